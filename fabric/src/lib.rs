//! Restate's node-to-node fabric, protocol versions V1 to V3, as six release lines speak it.
//! Sans-IO: no sockets, no clock, no randomness.

pub mod annotate;
pub mod catalogue;
pub mod codec;
pub mod downgrade;
pub mod envelope;
pub mod gates;
pub mod limits;
pub mod log_records;
pub mod messages;
pub mod negotiation;
pub mod node;
pub mod panics;
pub mod payload;
pub mod release;
pub mod session;
pub mod stream;
pub mod version;
