//! Sets that the released servers keep in no order.

use std::collections::BTreeSet;

use crate::codec::describe::prelude::*;

/// A list in which each value counts once and the order does not: the released servers write their
/// sets as they come. The order in which it was read is kept, so that it can be written again.
#[derive(Debug, Clone)]
pub struct Unordered<T>(pub Vec<T>);

impl<T> Default for Unordered<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Ord> PartialEq for Unordered<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0.iter().collect::<BTreeSet<_>>() == other.0.iter().collect::<BTreeSet<_>>()
    }
}

impl<T: Ord> Eq for Unordered<T> {}

impl<T: Tree + Ord + Clone> Tree for Unordered<T> {
    const SHAPE: Shape = <Vec<T> as Tree>::SHAPE;

    fn write<S: Sink>(&self, sink: &mut S, cx: Context) {
        self.0.write(sink, cx);
    }

    fn read<'a, N: Node<'a>>(node: N, cx: Context) -> Result<Self, Fault> {
        let mut values = Vec::<T>::read(node, cx)?;
        let mut seen = BTreeSet::new();
        values.retain(|value| seen.insert(value.clone()));
        Ok(Self(values))
    }

    fn fit(&mut self, cx: Context) -> Result<(), Unfit> {
        self.0.fit(cx)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::codec::json::{from_json, to_json};
    use crate::log_records::tests::context;

    #[test]
    fn order_and_repetition_do_not_count() {
        let cx = context("1.7");
        let set: Unordered<u32> = from_json(&json!([3, 1, 3]), cx).unwrap();
        assert_eq!(set, Unordered(vec![1, 3]));
        assert_ne!(set, Unordered(vec![1, 2]));
        assert_eq!(to_json(&set, cx).unwrap(), json!([3, 1]));
    }
}
