//! Names by which cases are addressed: each is one thing.

use std::collections::BTreeSet;

use thiserror::Error;

use super::node::Protocol;
use super::spoken::Border;
use crate::expected::ExpectedError;
use crate::skew::Peer;

/// Why a protocol cannot be tested as it is.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BorderError {
    /// Two have one name.
    #[error("there are two {of} {name:?}: give each a name of its own")]
    Twice {
        /// What they are.
        of: String,
        /// Their name.
        name: String,
    },
    /// There is no such message.
    #[error("there is no message {name:?}: the messages are {}", .known.join(", "))]
    NoMessage {
        /// The name that was asked for.
        name: String,
        /// Those that there are.
        known: Vec<&'static str>,
    },
    /// There is no such release.
    #[error("there is no release {name:?}: the releases are {}", .known.join(", "))]
    NoRelease {
        /// The name that was asked for.
        name: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// There is no such version.
    #[error("there is no version {name:?}: the versions are {}", .known.join(", "))]
    NoVersion {
        /// The version that was asked for, as it was written.
        name: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// The list of what is expected is none.
    #[error("the list of what is expected: {0}")]
    Expected(#[from] ExpectedError),
}

impl<P: Protocol> Border<P> {
    /// Refuses a protocol in which two things have one name: what is said of one would be said of the
    /// other.
    ///
    /// # Errors
    ///
    /// The first name that is there twice.
    pub fn named(&self) -> Result<(), BorderError> {
        once("releases", self.nodes().iter().map(|node| node.name().to_owned()))?;
        once("messages", self.messages().iter().map(|topic| topic.name.to_owned()))?;
        for topic in self.messages() {
            let samples = topic.samples.iter().map(|(name, _)| name.clone());
            once(&format!("values of {}", topic.name), samples)?;
        }
        for peer in self.skew().peers() {
            let versions = peer.layers().into_iter().map(|layer| layer.to_string());
            once(&format!("versions of {}", peer.name()), versions)?;
        }
        Ok(())
    }
}

fn once(of: &str, names: impl Iterator<Item = String>) -> Result<(), BorderError> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name.clone()) {
            return Err(BorderError::Twice { of: of.to_owned(), name });
        }
    }
    Ok(())
}
