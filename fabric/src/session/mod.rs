//! A connection between two nodes, from the first frame to the last (02, 05): both sides as state
//! machines without sockets or clocks.
//!
//! Frames and points in time go in, frames and events come out. What all connections of a process
//! have in common — who it is, what it offers, what it knows of its peers — is a [`Local`], which
//! every call takes. The version of a connection is settled by its handshake and never changes;
//! payloads go through the codec of that version in both directions, replies too.
//!
//! | step | by |
//! |---|---|
//! | a connection begins | [`Connection::dial`], [`Connection::incoming`] |
//! | something arrives | [`Connection::handle`] |
//! | the owner sends | [`Connection::call`], [`Connection::tell`], [`Connection::reply`], [`Connection::drain`] |
//! | what is to be done | [`Connection::poll`] |
//! | when to come back at the latest | [`Connection::deadline`] |
//!
//! Where a released server misbehaves there is a [`Quirk`]: with it the model does what the server
//! did, without it what is right.
//!
//! ```
//! use std::time::Duration;
//!
//! use skewproof_fabric::envelope::{GenerationalNodeId, Swimlane};
//! use skewproof_fabric::session::{Connection, Event, Input, Local, Output};
//!
//! let (old, new) = ("1.4".parse()?, "1.7".parse()?);
//! let mut dials = Local::new(old, GenerationalNodeId::new(1, 1), "cluster");
//! let mut accepts = Local::new(new, GenerationalNodeId::new(2, 1), "cluster");
//! let now = Duration::ZERO;
//! let mut a = Connection::dial(&mut dials, now, Swimlane::General, None);
//! let mut b = Connection::incoming(&accepts, now);
//!
//! let Some(Output::Send(hello)) = a.poll() else { panic!("the first frame is the Hello") };
//! b.handle(&mut accepts, now, Input::Frame(&hello));
//! let Some(Output::Send(welcome)) = b.poll() else { panic!("it is answered by a Welcome") };
//! a.handle(&mut dials, now, Input::Frame(&welcome));
//! let Some(Output::Event(Event::Opened(opened))) = a.poll() else { panic!("that is all") };
//! assert_eq!(opened.version.number(), 2);
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

mod connection;
mod event;
mod inbound;
mod local;
mod open;
mod outbound;
mod outlook;
mod quirk;
mod route;
mod undecodable;

pub use self::connection::{Connection, HANDSHAKE_TIMEOUT};
pub use self::event::{
    CallError, CallId, Closed, Dropped, Event, Input, Opened, Outcome, Output, Request, RequestId,
};
pub use self::local::{Dialect, Local, MetadataVersions, OwnDialect, ServiceState, Services};
pub use self::open::{
    DRAIN_TIMEOUT, DrainReason, FLUSH_TIMEOUT, OUTSTANDING_MAX, stays_on_garbage,
};
pub use self::quirk::{QUIRKS, Quirk, QuirkRow, Quirks, UnknownQuirk};
pub use self::undecodable::{Fate, Messages, UNDECODABLE, UndecodableRow, row as undecodable};

#[cfg(test)]
mod tests;
