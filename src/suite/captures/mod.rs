//! Recorded conversations of real nodes, replayed: every frame and every payload must decode, and
//! encode to the same bytes again.

mod adopt;
mod bodies;
mod content;
mod nodes;
mod recording;
mod replay;
#[cfg(test)]
mod tests;

pub use adopt::{Proposal, proposals, table};
pub use nodes::{Process, Untold};
pub use recording::{DamagedRecording, Frame, Recording, Side, StreamId};

use super::subject::Subject;
use crate::harness::report::Report;

/// Replays recordings. `advance` is told of every frame that is done.
pub fn replay(
    recordings: &[Recording],
    subject: &dyn Subject,
    mut advance: impl FnMut(u64),
) -> Report {
    let mut report = Report::new("recorded conversations");
    for recording in recordings {
        replay::replay(recording, subject, &mut report, &mut advance);
    }
    report
}
