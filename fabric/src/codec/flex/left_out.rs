//! What a struct has beside the keys that the specification names.

use std::collections::BTreeMap;

use super::opaque::Opaque;
use crate::codec::fault::{Fault, FaultKind};
use crate::codec::tree::{Context, Node, Sink, Tree};

/// What is in the names of keys that the specification leaves out: those of retry policies, and in
/// the old layout of schemas what the new one has too (07 §3.3).
const LEFT_OUT: [&str; 4] = ["retry", "documentation", "metadata", "enable_lazy_state"];

/// Entries of a struct whose keys the specification leaves out, carried as they are. An unknown key
/// of any other name is ignored, as the released servers do.
#[derive(Debug, Clone, Default)]
pub struct LeftOut(BTreeMap<String, (usize, Opaque)>);

/// The order in which the entries were written means nothing.
impl PartialEq for LeftOut {
    fn eq(&self, other: &Self) -> bool {
        let values = |Self(entries): &Self| -> Vec<_> {
            entries.iter().map(|(key, (_, value))| (key.clone(), value.clone())).collect()
        };
        values(self) == values(other)
    }
}

impl Eq for LeftOut {}

impl LeftOut {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Keeps the entry, if its key is one that the specification leaves out.
    pub(crate) fn take<'a, N: Node<'a>>(
        &mut self,
        key: &'a str,
        node: N,
        cx: Context,
    ) -> Result<bool, Fault> {
        if !LEFT_OUT.iter().any(|part| key.contains(part)) {
            return Ok(false);
        }
        node.charge(size_of::<(String, usize, Opaque)>().saturating_add(key.len()))?;
        let entry = (node.written_order(key), Opaque::read(node, cx)?);
        match self.0.insert(key.to_owned(), entry) {
            None => Ok(true),
            Some(_) => Err(node.fault(FaultKind::Repeated)),
        }
    }

    /// Writes the entries into the map that is being written, in the order in which they were read.
    pub(crate) fn write<S: Sink>(&self, sink: &mut S, cx: Context) {
        let mut entries: Vec<_> = self.0.iter().collect();
        entries.sort_by_key(|(_, (order, _))| *order);
        for (key, (_, value)) in entries {
            sink.key(key);
            value.write(sink, cx);
        }
    }
}
