//! What the future of a world depends on, in words: of two worlds of which the same is said comes the
//! same, whatever is done to both.
//!
//! What lies behind them may differ, and does: how much time has passed in all, how many streams and
//! messages there have been, what is in records that nobody will look at again. None of that is said, or
//! it is said as seen from now.

use std::fmt::{Debug, Write as _};
use std::sync::Arc;

use super::process::StreamId;

/// What is said of a world, and the streams in it.
#[derive(Debug, Clone, Default)]
pub struct Outlook {
    streams: Arc<[StreamId]>,
    words: String,
}

impl Outlook {
    /// Of a world in which there are these streams, in their order.
    pub(super) fn new(streams: impl Iterator<Item = StreamId>) -> Self {
        Self { streams: streams.collect(), words: String::new() }
    }

    /// Says something more.
    pub fn say(&mut self, what: impl Debug) {
        // Text takes everything.
        let _ = writeln!(self.words, "{what:?}");
    }

    /// The how-manieth of the streams that are there a stream is: its number says how many there were
    /// before, and of that nothing depends but who comes first. None if it is not there any more.
    pub fn rank(&self, stream: StreamId) -> Option<usize> {
        self.ranks()(stream)
    }

    /// The same for all streams.
    pub fn ranks(&self) -> impl Fn(StreamId) -> Option<usize> + use<> {
        let streams = Arc::clone(&self.streams);
        move |stream| streams.binary_search(&stream).ok()
    }

    /// All that was said.
    pub(super) fn into_words(self) -> String {
        self.words
    }
}
