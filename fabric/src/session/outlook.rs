//! What the future of a connection depends on, in words, while nothing is on its way in either direction.

use std::fmt::Debug;

use super::connection::{Connection, Stage};
use super::local::MetadataVersions;
use super::open::Open;

impl Connection {
    /// Says all of it, of a process with these versions of metadata; false if something is left to be done
    /// or to be answered. A call whose answer is not on its way gets none: its number says nothing. That a
    /// peer shows versions which are known is no news, whatever it showed before.
    pub(crate) fn outlook(&self, known: MetadataVersions, say: &mut dyn FnMut(&dyn Debug)) -> bool {
        let Self { stage, outputs } = self;
        let Stage::Open(open) = stage else { return false };
        let Open { opened, last_id: _, calls, last_request: _, requests, seen, drain, .. } =
            &**open;
        let Open {
            deserted, has_last_request, has_answered_all, has_ended, is_deaf, closed, ..
        } = &**open;
        let waiting = calls.values().filter(|call| !call.is_abandoned);
        say(&(opened, seen.max(known), drain, deserted, closed));
        say(&(has_last_request, has_answered_all, has_ended, is_deaf));
        say(&waiting.map(|call| (call.expects, call.until)).collect::<Vec<_>>());
        outputs.is_empty() && requests.is_empty()
    }
}
