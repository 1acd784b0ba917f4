//! The payload types of the fabric: one typed superset per message, which every release line holds
//! a part of (03).
//!
//! Where an old line's form differs, the difference stands at the type that has it: a gate on a
//! field or variant, or a form written out by hand ([`records::Payloads`] for the record layouts
//! of V2 and V3, [`sequencer::SequencerStatus`] for V1).

pub mod gossip;
pub mod ids;
pub mod ingest;
pub mod log_server;
pub mod node_state;
pub mod records;
pub mod scanner;
pub mod sequencer;
