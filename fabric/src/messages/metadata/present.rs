//! Parts of documents that are always written, and that may be missing or null when they are read.

use crate::codec::describe::prelude::*;

/// A part that every release writes. Where it is missing, or null, what it is depends on the release
/// and on what stands beside it (07 §3.2): whoever reads the document fills it in, so that in a
/// document that was read it is always there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Present<T>(pub Option<T>);

impl<T> Present<T> {
    /// A part that is there.
    pub const fn of(value: T) -> Self {
        Self(Some(value))
    }

    /// The part; none only while the document is being read.
    pub const fn get(&self) -> Option<&T> {
        self.0.as_ref()
    }

    /// The same part, or this one where it is missing.
    pub(super) fn or_else(self, value: impl FnOnce() -> T) -> Self {
        Self(Some(self.0.unwrap_or_else(value)))
    }
}

impl<T: Default> Default for Present<T> {
    fn default() -> Self {
        Self::of(T::default())
    }
}

impl<T: Tree> Tree for Present<T> {
    const SHAPE: Shape = T::SHAPE;

    fn write<S: Sink>(&self, sink: &mut S, cx: Context) {
        self.0.write(sink, cx);
    }

    fn read<'a, N: Node<'a>>(node: N, cx: Context) -> Result<Self, Fault> {
        Option::read(node, cx).map(Self)
    }

    fn absent(_: Context) -> Option<Self> {
        Some(Self(None))
    }

    fn fit(&mut self, cx: Context) -> Result<(), Unfit> {
        self.0.fit(cx)
    }
}
