//! Bytes of a message part by part: where each begins, how long it is, and what it is.

use super::node::{At, Node};
use crate::render::dump;
use crate::render::fold::{WIDTH, folded};
use crate::render::printable::printable;

/// Bytes on a line of a dump, and the columns that they take.
const DUMPED: usize = 8;
const COLUMNS: usize = DUMPED * 3;
/// Lines of bytes of one part that are shown.
const LINES_MAX: usize = 8;
/// What stands for bytes that nobody describes.
const REST: &str = "not described";

/// What a node knows of the bytes of its messages. From it follow what every byte of a message is, in
/// `explain`, and which parts of fixtures differ, in `golden diff`.
///
/// A message that is a length and a text:
///
/// ```
/// use skewproof_harness::border::{At, Describe, Spans};
///
/// struct Texts;
///
/// impl Describe for Texts {
///     fn describe(&self, _: At<'_>, spans: &mut Spans<'_>) -> Option<()> {
///         let len = spans.take(1, "", "length of the text")?;
///         spans.take(usize::from(*len.first()?), "text", "in UTF-8").map(drop)
///     }
/// }
///
/// let at = At { message: "Text", version: 1 };
/// let spans = Spans::of(&Texts, at, b"\x02hi!");
/// assert_eq!(spans.to_string(), "\
/// 0000  02                        length of the text
/// 0001  68 69                     text: in UTF-8
/// 0003  21                        not described
/// ");
/// assert!(Spans::of(&Texts, at, b"\x09hi").is_cut());
/// ```
pub trait Describe {
    /// Takes the bytes of a message apart, from the first on. What it does not take is not described; none
    /// as soon as there are fewer bytes than there should be, as [`Spans::take`] says.
    fn describe(&self, at: At<'_>, spans: &mut Spans<'_>) -> Option<()>;
}

/// Bytes line by line: as a node describes them, or as they are.
pub(super) fn explained<V>(node: &dyn Node<V>, at: At<'_>, bytes: &[u8]) -> String {
    match node.describe() {
        Some(describe) => Spans::of(describe, at, bytes).to_string(),
        None => dump(bytes),
    }
}

/// A part of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Where it begins.
    pub start: usize,
    /// How many bytes it has.
    pub len: usize,
    /// The field that it belongs to; empty for what belongs to none.
    pub path: String,
    /// What it is.
    pub what: String,
}

impl Span {
    /// The field and what it is, as one of them or both.
    pub fn words(&self) -> String {
        match (&*self.path, &*self.what) {
            ("", what) => what.to_owned(),
            (path, "") => path.to_owned(),
            (path, what) => format!("{path}: {what}"),
        }
    }
}

/// Bytes, and the parts that they are taken into, one after the other.
#[derive(Debug, Clone)]
pub struct Spans<'b> {
    bytes: &'b [u8],
    found: Vec<Span>,
    taken: usize,
    is_cut: bool,
}

impl<'b> Spans<'b> {
    /// The parts of a message, as somebody describes it.
    pub fn of(describe: &(impl Describe + ?Sized), at: At<'_>, bytes: &'b [u8]) -> Self {
        let mut spans = Self { bytes, found: Vec::new(), taken: 0, is_cut: false };
        let is_whole = describe.describe(at, &mut spans).is_some();
        spans.is_cut |= !is_whole;
        spans
    }

    /// The next bytes, so many, as a part of a field, or of none if its path is empty. Gives them; none if
    /// there are fewer: then what is left is that part.
    pub fn take(
        &mut self,
        len: usize,
        path: impl Into<String>,
        what: impl Into<String>,
    ) -> Option<&'b [u8]> {
        let rest = self.rest();
        let (path, mut what) = (path.into(), what.into());
        let taken = rest.get(..len);
        if taken.is_none() {
            self.is_cut = true;
            what = format!("{what} ({} of {len} bytes)", rest.len()).trim_start().to_owned();
        }
        let len = len.min(rest.len());
        if len > 0 {
            self.found.push(Span { start: self.taken, len, path, what });
        }
        self.taken += len;
        taken
    }

    /// The next bytes, a number of so many, the first the highest, and as many bytes behind it as it says: the
    /// length of a field, and the field. Gives those; none as [`take`](Self::take) says. A number of no bytes
    /// is no field.
    pub fn counted(&mut self, len: usize, path: &str) -> Option<&'b [u8]> {
        let number = self.take(len, path, "its length")?;
        let grown =
            |sum: usize, byte: &u8| sum.saturating_mul(0x100).saturating_add((*byte).into());
        self.take(number.iter().fold(0, grown), path, "")
    }

    /// The bytes that are not taken yet.
    pub fn rest(&self) -> &'b [u8] {
        self.bytes.get(self.taken..).unwrap_or_default()
    }

    /// Whether there are fewer bytes than there should be.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// The parts, one after the other, all bytes in them.
    pub fn parts(&self) -> Vec<Span> {
        let (start, len) = (self.taken, self.rest().len());
        let rest = Span { start, len, path: String::new(), what: REST.to_owned() };
        self.found.iter().cloned().chain((len > 0).then_some(rest)).collect()
    }

    /// The bytes of a part.
    pub fn bytes_of(&self, part: &Span) -> &'b [u8] {
        self.bytes.get(part.start..).and_then(|rest| rest.get(..part.len)).unwrap_or_default()
    }
}

/// A line for each part, with its offset and its bytes.
impl std::fmt::Display for Spans<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for part in self.parts() {
            let words = printable(&part.words()).to_string();
            let room = WIDTH.saturating_sub("0000  ".len() + COLUMNS + "  ".len());
            let words = folded("", &words, room);
            let mut words = words.lines();
            let lines: Vec<&[u8]> = self.bytes_of(&part).chunks(DUMPED).collect();
            for (index, bytes) in lines.iter().take(LINES_MAX).enumerate() {
                let at = part.start + index * DUMPED;
                let bytes: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                let line = format!(
                    "{at:04x}  {:<COLUMNS$}  {}",
                    bytes.join(" "),
                    words.next().unwrap_or_default()
                );
                writeln!(f, "{}", line.trim_end())?;
            }
            for words in words {
                writeln!(f, "      {:<COLUMNS$}  {words}", "")?;
            }
            let hidden = part.len.saturating_sub(LINES_MAX * DUMPED);
            if hidden > 0 {
                writeln!(f, "      … {hidden} bytes more")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Two;

    impl Describe for Two {
        fn describe(&self, _: At<'_>, spans: &mut Spans<'_>) -> Option<()> {
            spans.take(0, "nothing", "")?;
            spans.take(
                2,
                "number",
                "a number of two bytes, in words that are longer than a line has",
            )?;
            spans.take(100, "text", "").map(drop)
        }
    }

    /// A field behind its length.
    struct Counted;

    impl Describe for Counted {
        fn describe(&self, at: At<'_>, spans: &mut Spans<'_>) -> Option<()> {
            let len = usize::try_from(at.version).ok()?;
            spans.counted(len, "field").map(drop)
        }
    }

    #[test]
    fn a_field_is_as_long_as_the_number_before_it() {
        let parts = |version, bytes: &[u8]| {
            let spans = Spans::of(&Counted, At { message: "Field", version }, bytes);
            let parts = spans.parts().iter().map(|it| (it.len, it.words())).collect::<Vec<_>>();
            (parts, spans.is_cut())
        };
        let [len, field, rest] = ["field: its length", "field", REST].map(str::to_owned);
        let whole = vec![(2, len.clone()), (1, field), (1, rest.clone())];
        assert_eq!(parts(2, &[0, 1, 7, 8]), (whole, false));
        assert_eq!(parts(0, &[0, 1]), (vec![(2, rest)], false));
        let cut = "field: (1 of 256 bytes)".to_owned();
        assert_eq!(parts(2, &[1, 0, 7]), (vec![(2, len), (1, cut)], true));
        assert!(parts(9, &[0xff; 9]).1);
    }

    #[test]
    fn every_byte_is_in_one_part() {
        let bytes = [7; 110];
        let at = At { message: "Two", version: 1 };
        for len in 0..bytes.len() {
            let spans = Spans::of(&Two, at, &bytes[..len]);
            let parts = spans.parts();
            let ends = parts.iter().scan(0, |end, part| {
                let is_next = part.start == *end && part.len > 0;
                *end += part.len;
                Some((is_next, *end))
            });
            let ends: Vec<(bool, usize)> = ends.collect();
            assert!(ends.iter().all(|(is_next, _)| *is_next), "{parts:?}");
            assert_eq!(ends.last().map_or(0, |(_, end)| *end), len);
            assert_eq!(spans.is_cut(), len < 102, "{len}");
            assert!(spans.to_string().lines().all(|line| line.chars().count() <= WIDTH));
        }
        let text = Spans::of(&Two, at, &bytes).to_string();
        assert!(text.contains("… 36 bytes more\n"), "{text}");
        assert!(text.ends_with("not described\n"), "{text}");
        let text = Spans::of(&Two, at, &bytes[..1]).to_string();
        assert!(text.contains("(1 of 2 bytes)"), "{text}");
    }
}
