//! The fabric in the skew matrix: which nodes are paired, and what they have to say.

mod agreement;
mod expected;
pub mod lanes;
mod losses;
mod peer;
mod question;
mod rewritten;
mod snapshot;
mod story;
pub mod tables;
mod verdicts;

pub use self::agreement::agreement;
pub use self::expected::{KNOWN, Known};
pub use self::losses::{LOSSES, allowed};
pub use self::peer::{Node, Spoken, version};
pub use self::question::{Plan, Question, node_named};
pub use self::snapshot::{DOCUMENT, document};
pub use self::story::{layers_named, story};
pub use self::verdicts::{GRID, of as verdicts};

use std::sync::OnceLock;

use super::samples;
use crate::fabric::catalogue::MessageType;
use crate::fabric::envelope::EnvelopeType;
use crate::fabric::release::Release;
use crate::harness::skew::{Matrix, Skew, Topic};

/// Every release in the order of releases, variants among the lines.
pub fn releases() -> Vec<Release> {
    let mut releases: Vec<_> = Release::all().collect();
    releases.sort_by_key(|release| release.number());
    releases
}

/// Every release as a node.
pub fn nodes() -> Vec<Node> {
    releases().into_iter().map(Node::of).collect()
}

/// The whole matrix. Made once: it depends on nothing but the program.
pub fn whole() -> &'static Matrix {
    static WHOLE: OnceLock<Matrix> = OnceLock::new();
    WHOLE.get_or_init(|| Plan::everything().run(&|| ()))
}

/// The matrix of these nodes, over all messages.
pub fn of(nodes: Vec<Node>) -> Skew<Node> {
    Skew::new(nodes, topics(), allowed())
}

/// Every message with its samples: payloads, then what is in frames.
fn topics() -> Vec<Topic<Spoken>> {
    let payloads = MessageType::all().map(|message| {
        let samples = samples::samples(message);
        Topic {
            name: message.row().word(),
            is_envelope: false,
            samples: samples.map(|s| (s.case.to_owned(), Spoken::Payload(s.message))).collect(),
        }
    });
    let frames = EnvelopeType::ALL.iter().map(|of| Topic {
        name: of.word(),
        is_envelope: true,
        samples: samples::envelope::samples(*of)
            .into_iter()
            .map(|(case, value)| (case.to_owned(), Spoken::Frame(value)))
            .collect(),
    });
    payloads.chain(frames).collect()
}
