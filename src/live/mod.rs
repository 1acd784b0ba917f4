//! Real servers: the only room with sockets. It moves bytes and decides nothing about the protocol:
//! what is played, and what must come back, is said by [`suite::live`](crate::suite::live).
//!
//! One thread, one TCP connection to a server, as many streams of HTTP/2 as a run needs.

mod accept;
mod address;
mod check;
mod clients;
mod cluster;
mod dial;
mod node;
mod pages;
mod place;
mod play;
mod probe;
mod proxy;
mod record;
mod scenario;
mod serve;
mod server;
mod stream;
mod tap;
#[cfg(test)]
mod tests;
mod upgrade;
mod version;
mod welcome;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use thiserror::Error;

pub use self::address::{Address, NoAddress};
pub use self::check::{Check, Checked, check};
pub use self::cluster::Written;
pub use self::dial::Unspoken;
pub use self::node::{Exit, NoNode};
pub use self::probe::{Probe, Probed, probe};
pub use self::proxy::Note;
pub use self::record::{Record, Recorded, record};
pub use self::scenario::{Play, Shown};
pub use self::serve::serve;
pub use self::server::{NoProgram, server};
pub use self::upgrade::{Upgrade, Upgraded};
pub use self::version::Build;
pub use self::welcome::welcome;
use crate::suite::live::NoServer;

/// Why a server could not be played to.
#[derive(Debug, Error)]
pub enum LiveError {
    /// It does not speak HTTP/2.
    #[error("{address}: {why}")]
    Unspoken {
        /// Where it was looked for.
        address: String,
        /// What happened.
        why: Unspoken,
    },
    /// It speaks, and is none that can be spoken to.
    #[error("{address}: {why}")]
    NoServer {
        /// Where it was looked for.
        address: String,
        /// What it does instead.
        why: NoServer,
    },
    /// It does not say which cluster it is of.
    #[error("{0} does not name its cluster")]
    NoCluster(String),
    /// An address to listen at cannot be had.
    #[error("cannot listen at {address}: {why}")]
    Taken {
        /// The address.
        address: String,
        /// What the system says.
        why: std::io::Error,
    },
    /// A server is not there, or does not start.
    #[error(transparent)]
    NoNode(#[from] NoNode),
    /// A program does not say which release it is.
    #[error("{program} does not say which release it is: {why}")]
    Unnamed {
        /// The program.
        program: String,
        /// What it does instead.
        why: String,
    },
    /// Two programs of one upgrade are one release: a step cannot tell which is meant.
    #[error("two of the servers are {0}: an upgrade goes from one release to another")]
    Same(String),
    /// What is known of servers cannot be read.
    #[error("the list of known faults: {0}")]
    BadList(String),
    /// What judges an answer failed: a fault of ours.
    #[error("a play was lost by a fault of skewproof: {0}")]
    Lost(String),
    /// Somebody wants an end.
    #[error("stopped")]
    Stopped,
    /// The system has no thread or socket left.
    #[error("no sockets: {0}")]
    NoSockets(#[from] std::io::Error),
}

/// Whether somebody wants an end.
#[derive(Debug, Clone, Default)]
pub struct Stop(pub Arc<AtomicBool>);

impl Stop {
    fn is_wanted(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
