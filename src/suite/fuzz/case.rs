//! What inputs ask for: a case of each target, drawn from the bytes.
//!
//! The corpus is bytes, so what they say stays as it is: every choice is one byte, from the front, and a
//! byte that is not there is zero, so that any bytes are a case. What `arbitrary` derives for variants
//! and lists takes other bytes; for these a type says here how it is drawn.
//!
//! The debug form of a case is the value to paste into a test: with all that is in this module it
//! compiles, and is the same case.

use std::fmt::{self, Debug};

use arbitrary::{Arbitrary, Error, Result, Unstructured};
use bytes::Bytes;

pub use super::cross::Cross;
pub use super::decode::Decode;
pub use super::differential::Differential;
pub use super::explain::Explain;
pub use super::explain::Taken::{self, *};
pub use super::frame::Framed;
pub use super::handshake::Handshake;
pub use super::handshake::Step::{self, *};
pub use super::held::Value;
pub use super::negotiate::Negotiate;
pub use super::roundtrip::Roundtrip;
pub use super::run;
pub use super::session::Event::{self, *};
pub use super::session::{Operation, Session};
pub use crate::fabric::catalogue::MessageType;
pub use crate::fabric::envelope::EnvelopeType;
use crate::fabric::release::Release;
pub use crate::fabric::session::DrainReason::*;
pub use crate::fabric::version::VersionRange;
use crate::harness::fuzz::{Features, Objection, literal};
use crate::suite::subject::Subject;

/// Nothing, or what does not hold.
pub type Judgement = std::result::Result<(), Objection>;

/// What an input asks for.
pub trait Case: Debug + for<'a> Arbitrary<'a> {
    /// The case of an input; none if what is drawn is no value.
    fn of(input: &[u8]) -> Option<Self> {
        Self::arbitrary_take_rest(Unstructured::new(input)).ok()
    }

    /// Asks a subject.
    ///
    /// # Errors
    ///
    /// What does not hold.
    fn holds(self, subject: &(impl Subject + ?Sized), features: &mut Features) -> Judgement;

    /// Commands that show more of it.
    fn commands(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Something of a table, by the byte that is its index.
pub trait Choice: Copy + PartialEq + 'static {
    /// The table: two rows or more, and as many as a byte has values at most. New rows go to the end.
    fn all() -> impl Iterator<Item = Self>;

    /// An expression that is it.
    fn literal(self) -> String;
}

impl Choice for MessageType {
    fn all() -> impl Iterator<Item = Self> {
        Self::all()
    }

    fn literal(self) -> String {
        format!("MessageType::{self:?}")
    }
}

impl Choice for EnvelopeType {
    fn all() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied()
    }

    fn literal(self) -> String {
        format!("EnvelopeType::{self:?}")
    }
}

/// The lines, then the patches and variants.
impl Choice for Release {
    fn all() -> impl Iterator<Item = Self> {
        Self::all()
    }

    fn literal(self) -> String {
        format!("{:?}.parse().unwrap()", self.name())
    }
}

/// The numbers of versions: those that a codec exists for, the one that is burned, and some that
/// nobody has heard of.
impl Choice for i32 {
    fn all() -> impl Iterator<Item = Self> {
        [0, 1, 2, 3, 4, 5, -1, Self::MAX].into_iter()
    }

    fn literal(self) -> String {
        self.to_string()
    }
}

/// The byte that chooses something.
pub(super) fn byte_of<T: Choice>(it: T) -> u8 {
    (0..).zip(T::all()).find(|(_, other)| *other == it).map_or(0, |(byte, _)| byte)
}

/// What a byte chooses.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Chosen<T>(pub T);

impl<T: Choice> Chosen<T> {
    /// What this byte chooses.
    pub(super) fn of(byte: u8) -> Result<Self> {
        let mut all = T::all();
        let (count, _) = all.size_hint();
        all.nth(usize::from(byte) % count.max(1)).map(Self).ok_or(Error::EmptyChoose)
    }
}

impl<'a, T: Choice> Arbitrary<'a> for Chosen<T> {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
        Self::of(bytes.arbitrary()?)
    }
}

impl<T: Choice> Debug for Chosen<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Chosen({})", self.0.literal())
    }
}

/// A byte whose bits say something each.
#[derive(Clone, Copy, Arbitrary)]
pub struct Bits(pub u8);

impl Debug for Bits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bits({:#010b})", self.0)
    }
}

/// Bytes as they are: all that are left.
#[derive(Clone)]
pub struct Raw(pub Bytes);

impl Raw {
    /// These bytes.
    pub fn new(bytes: &[u8]) -> Self {
        Self(Bytes::copy_from_slice(bytes))
    }

    /// As many as the next byte says, if there are as many.
    pub(super) fn sized(bytes: &mut Unstructured<'_>) -> Result<Self> {
        let len = usize::from(u8::arbitrary(bytes)?).min(bytes.len());
        bytes.bytes(len).map(Self::new)
    }
}

impl<'a> Arbitrary<'a> for Raw {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
        bytes.bytes(bytes.len()).map(Self::new)
    }
}

impl Debug for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Raw::new({})", literal(&self.0))
    }
}

/// What happens one after the other, until the bytes have run out; at most so many.
#[derive(Clone)]
pub struct Script<T, const MAX: usize>(pub Vec<T>);

impl<'a, T: Arbitrary<'a>, const MAX: usize> Arbitrary<'a> for Script<T, MAX> {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
        let mut steps = Vec::new();
        while !bytes.is_empty() && steps.len() < MAX {
            steps.push(bytes.arbitrary()?);
        }
        Ok(Self(steps))
    }
}

impl<T: Debug, const MAX: usize> Debug for Script<T, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Script(vec!")?;
        f.debug_list().entries(&self.0).finish()?;
        f.write_str(")")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::mem::discriminant;

    use super::*;

    fn each_has_its_byte<T: Choice + Debug>() {
        assert!((2..=256).contains(&T::all().count()));
        for it in T::all() {
            assert_eq!(Chosen::of(byte_of(it)), Ok(Chosen(it)));
        }
    }

    #[test]
    fn bytes_choose_what_they_stand_for() {
        each_has_its_byte::<MessageType>();
        each_has_its_byte::<EnvelopeType>();
        each_has_its_byte::<Release>();
        each_has_its_byte::<i32>();
    }

    /// All of a table is reached by a byte of inputs, beside one that goes through all its values.
    fn all_is_reached<T: Choice + Debug>(
        at: usize,
        beside: usize,
        reached: impl Fn(&[u8]) -> Option<T>,
    ) {
        let mut left: Vec<T> = T::all().collect();
        for (byte, other) in (0..=u8::MAX).flat_map(|it| (0..=u8::MAX).map(move |at| (it, at))) {
            let mut input = [0; 8];
            (input[beside], input[at]) = (other, byte);
            let reached = reached(&input);
            left.retain(|it| Some(*it) != reached);
            if left.is_empty() {
                return;
            }
        }
        panic!("not reached: {left:?}");
    }

    #[test]
    fn heads_reach_all_that_there_is() {
        let payload = |taken| if let Payload(Chosen(it)) = taken { Some(it) } else { None };
        let frame = |taken| if let Frame(Chosen(it)) = taken { Some(it) } else { None };
        all_is_reached(0, 7, |it| Some(Negotiate::of(it)?.accepts.0));
        all_is_reached(1, 7, |it| Some(Negotiate::of(it)?.dials.0));
        all_is_reached(0, 7, |it| Some(Handshake::of(it)?.sides.accepts.0));
        all_is_reached(1, 7, |it| Some(Handshake::of(it)?.sides.dials.0));
        all_is_reached(0, 7, |it| Some(Session::of(it)?.dials.0));
        all_is_reached(1, 7, |it| Some(Session::of(it)?.accepts.0));
        all_is_reached(0, 7, |it| Some(Framed::of(it)?.release.0));
        all_is_reached(1, 7, |it| Some(Framed::of(it)?.of.0));
        all_is_reached(0, 7, |it| Some(Decode::of(it)?.message.0));
        all_is_reached(1, 7, |it| Some(Decode::of(it)?.release.0));
        all_is_reached(2, 7, |it| Some(Decode::of(it)?.number.0));
        all_is_reached(0, 7, |it| payload(Differential::of(it)?.taken));
        all_is_reached(0, 7, |it| frame(Differential::of(it)?.taken));
        all_is_reached(1, 7, |it| Some(Differential::of(it)?.release.0));
        all_is_reached(2, 7, |it| Some(Differential::of(it)?.number.0));
        all_is_reached(1, 0, |it| payload(Explain::of(it)?.taken));
        all_is_reached(1, 0, |it| frame(Explain::of(it)?.taken));
        all_is_reached(2, 7, |it| Some(Explain::of(it)?.release.0));
        all_is_reached(3, 7, |it| Some(Explain::of(it)?.number.0));
        // A value is one of a release that knows the message.
        all_is_reached(0, 1, |it| Some(Roundtrip::of(it)?.value.message.message_type()));
        all_is_reached(1, 0, |it| Some(Roundtrip::of(it)?.value.holder));
        all_is_reached(2, 0, |it| Some(Roundtrip::of(it)?.release.0));
        all_is_reached(3, 0, |it| Some(Roundtrip::of(it)?.number.0));
        all_is_reached(0, 1, |it| Some(Cross::of(it)?.value.message.message_type()));
        all_is_reached(1, 0, |it| Some(Cross::of(it)?.value.holder));
        all_is_reached(2, 0, |it| Some(Cross::of(it)?.writer.0));
        all_is_reached(3, 0, |it| Some(Cross::of(it)?.reader.0));
        all_is_reached(4, 0, |it| Some(Cross::of(it)?.number.0));
    }

    #[test]
    fn scripts_reach_every_step_at_every_place() {
        let (mut steps, mut events, mut places) = <(HashSet<_>, HashSet<_>, HashSet<_>)>::default();
        for byte in 0..=u8::MAX {
            let Handshake { steps: Script(heard), .. } =
                Handshake::of(&[0, 0, 0, 0, 0, 0, 0, byte]).unwrap();
            steps.extend(heard.iter().map(discriminant));
            let done =
                (0..3).flat_map(|how| Session::of(&[0, 0, 0, byte, how]).unwrap().operations.0);
            let done: Vec<_> = done.collect();
            events.extend(done.iter().map(|it| discriminant(&it.event)));
            places.extend(done.iter().map(|it| (it.side, it.link)));
        }
        assert_eq!((steps.len(), events.len(), places.len()), (5, 15, 8));
    }
}
