//! Tomorrow's peer: plausible next releases, and what the released decoders would do with what they
//! send.
//!
//! Every stable release is given its own bytes with one thing changed, at every place of every message where the
//! change can be made ([`Change`]): a field more, a variant more, a wider number. What it does must
//! be what [`RULES`] says, the single truth of what a next release may change; the few places that
//! do otherwise are [`EXCEPTIONS`], each with its reason. Versions that nobody knows yet are offered
//! to every release ([`negotiation`]), and messages, services and wrappers that nobody knows yet are
//! sent to sessions of every release. What leaders write into logs, and what is kept in the metadata
//! store, is changed in the same way: there no version keeps a change from who does not know it.
//!
//! ```
//! use skewproof::fabric::catalogue::MessageType;
//! use skewproof::suite::future::{Change, Class, trial};
//! use skewproof::suite::subject::Fabric;
//! use skewproof::suite::value::ValueType;
//!
//! let tried = trial::run(ValueType::Message(MessageType::Trim), &Fabric);
//! let mut added = tried.iter().filter(|it| it.change == Change::AddNumber);
//! assert!(added.all(|it| it.class == Class::Ignored));
//! ```

mod base;
mod bilrost;
mod blob;
mod exceptions;
mod flex;
pub mod negotiation;
mod report;
mod rules;
mod services;
mod sites;
#[cfg(test)]
mod tests;
pub mod trial;

pub use self::exceptions::{EXCEPTIONS, Exception};
pub use self::report::{Servers, grid, report, report_of};
pub use self::rules::{Change, Class, Coded, RULES, Rule};
pub use self::trial::Tried;
