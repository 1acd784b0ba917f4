//! The recording of nodes that somebody runs.

use tokio::time::sleep;

use super::address::Address;
use super::probe::{GLANCE, runtime};
use super::proxy::{Note, Proxy, Recorder};
use super::{LiveError, Stop};
use crate::fabric::release::Release;
use crate::suite::live::Taped;

/// What is recorded.
pub struct Record {
    /// Where it listens, for each node in turn, and the node.
    pub ways: Vec<(Address, Address)>,
    /// What the nodes are, if it is not to be asked.
    pub release: Option<Release>,
    /// Whether somebody wants an end.
    pub stop: Stop,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recorded {
    /// Frames of nodes.
    pub frames: u64,
    /// Directions of streams that could not be read to their end.
    pub unreadable: u64,
    /// Those that are compressed where no Hello was read: it may be that nodes talk there.
    pub unknown: u64,
}

/// Passes on and records until somebody wants an end. `listens` is told where for each node; `notes` of
/// which node something is not recorded, once for each reason; `writes` is given frames as they come, and
/// ends it with an error.
///
/// # Errors
///
/// If an address cannot be had, or the frames cannot be written.
pub fn record<E: From<LiveError>>(
    asked: &Record,
    listens: impl FnOnce(&[Address]),
    mut notes: impl FnMut(usize, Note),
    mut writes: impl FnMut(Vec<Taped>) -> Result<(), E>,
) -> Result<Recorded, E> {
    runtime()?.block_on(async {
        let recorder = Recorder::of(asked.ways.len())?;
        let mut sockets = Vec::new();
        for (node, (here, upstream)) in asked.ways.iter().enumerate() {
            recorder.tape().is(node, asked.release);
            let way = (node, upstream.socket);
            let proxy = Proxy::bind(here, way, &recorder, asked.release.is_none()).await?;
            sockets.push(Address::from(proxy.socket()?));
            tokio::spawn(proxy.serve());
        }
        listens(&sockets);
        while !asked.stop.is_wanted() {
            sleep(GLANCE).await;
            recorder.notes().into_iter().for_each(|(node, note)| notes(node, note));
            let frames = {
                let mut tape = recorder.tape();
                // Nobody asks when streams ended.
                tape.take_ends();
                tape.take()
            };
            writes(frames)?;
        }
        let mut tape = recorder.tape();
        writes(tape.take())?;
        let (unreadable, unknown) = (tape.unreadable(), tape.unknown());
        Ok(Recorded { frames: tape.len(), unreadable, unknown })
    })
}
