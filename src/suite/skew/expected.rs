//! Violations that are known: of releases that are in the matrix because of them.

use super::version;
use crate::harness::skew::Layer;

/// A violation that has to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// The node that does it.
    pub node: &'static str,
    /// Where.
    pub layer: Layer,
    /// The message that it sends.
    pub message: &'static str,
    /// How what happens begins, in words.
    pub words: &'static str,
    /// Why it is here.
    pub reason: &'static str,
    /// The public issue.
    pub issue: &'static str,
}

const fn asserts(message: &'static str, words: &'static str) -> Known {
    Known {
        node: "1.3.3-dev",
        layer: Layer::Version(version(1)),
        message,
        words,
        reason: "the build of the issue: its codec asserts what it should refuse (04 R1)",
        issue: "restatedev/restate#3263",
    }
}

/// Every known violation. One that no longer happens is a finding, too.
pub const KNOWN: &[Known] = &[
    asserts("Gossip", "the sender panicked: Gossip needs V2"),
    asserts("GetClusterState", "the sender panicked: GetClusterState needs V2"),
    asserts("ClusterStateReply", "the sender panicked: ClusterStateReply needs V2"),
];
