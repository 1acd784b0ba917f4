//! In which region and zone a node is (07 §6).

use crate::codec::describe::prelude::*;

/// Where a node is: a region, or a region and a zone, joined by a dot; empty if nobody said.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Location(String);

/// A region and a zone.
const LABELS_MAX: usize = 2;

impl Location {
    /// Reads its text. White space around it goes, and so do empty labels at its end. None if it
    /// has more than two labels, a space or a colon in one, or something behind an empty one.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let is_label = |label: &str| !label.contains([' ', ':']);
        if text.split('.').count() > LABELS_MAX || !text.split('.').all(is_label) {
            return None;
        }
        let plain = text.trim_end_matches('.');
        (!plain.starts_with('.')).then(|| Self(plain.to_owned()))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Tree for Location {
    const SHAPE: Shape = Shape::Text("a location");

    fn write<S: Sink>(&self, sink: &mut S, _: Context) {
        sink.text(&self.0);
    }

    fn read<'a, N: Node<'a>>(node: N, _: Context) -> Result<Self, Fault> {
        let text = node.text()?;
        Self::parse(text).ok_or_else(|| {
            let expected = "a location, such as region.zone";
            node.fault(FaultKind::Malformed { expected, found: FaultKind::excerpt(text) })
        })
    }

    fn fit(&mut self, _: Context) -> Result<(), Unfit> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_have_at_most_two_labels() {
        for (text, expected) in [
            ("", Some("")),
            (" r\t", Some("r")),
            ("r.z", Some("r.z")),
            ("r.", Some("r")),
            (".", Some("")),
            ("a\tb", Some("a\tb")),
            ("Ä.z/1", Some("Ä.z/1")),
            ("region-1.zone_2", Some("region-1.zone_2")),
            (".z", None),
            ("r z", None),
            ("r:z", None),
            ("a.b.c", None),
            ("r..z", None),
            ("r.z.", None),
            ("..", None),
        ] {
            let read = Location::parse(text);
            assert_eq!(read.as_ref().map(Location::as_str), expected, "{text:?}");
        }
    }
}
