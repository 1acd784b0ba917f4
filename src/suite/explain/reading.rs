//! One way to read bytes, and how well it fits.

use bytes::Bytes;

use crate::fabric::annotate::{Annotation, What};
use crate::fabric::codec::tree::Context;
use crate::suite::form::{Form, places};

/// How well a reading fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grade {
    /// The bytes decode, and the value encodes to the same bytes: every byte is accounted for.
    Exact,
    /// The value encodes to as many other bytes, which decode to it again: a map has another order.
    SameValue,
    /// Something is wrong.
    Partial {
        /// Whether a value was read all the same.
        decodes: bool,
        /// Bytes that have a meaning in this reading; an estimate where only the decoder could say.
        explained: usize,
    },
}

/// One way to read bytes.
#[derive(Debug, Clone)]
pub struct Reading {
    /// What they are read as.
    pub form: Form,
    /// The releases and versions that read them so, the newest first; never none.
    pub contexts: Vec<Context>,
    /// How well it fits.
    pub grade: Grade,
}

impl Reading {
    /// The newest release and version that read the bytes so.
    pub fn context(&self) -> Option<Context> {
        self.contexts.first().copied()
    }

    /// All releases and versions that do.
    pub fn places(&self) -> String {
        places(self.form, &self.contexts)
    }

    /// Whether another reading fits as well.
    pub(super) fn is_as_good_as(&self, other: &Self) -> bool {
        self.grade == other.grade
    }

    /// What comes first when readings are sorted: the better grade, then more bytes with a meaning.
    pub(super) fn rank(&self) -> impl Ord + use<> {
        match self.grade {
            Grade::Exact => (0, 0, false),
            Grade::SameValue => (1, 0, false),
            Grade::Partial { decodes, explained } => (2, usize::MAX - explained, !decodes),
        }
    }
}

/// What the decoder makes of bytes, before any is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Probe {
    Exact,
    SameValue,
    /// Reads a value that is written in so many bytes.
    Decodes {
        encoded_len: usize,
    },
    Refused,
}

impl Probe {
    /// Asks the decoder, and then the encoder.
    pub(super) fn of(form: Form, bytes: &Bytes, cx: Context) -> Self {
        let Ok(value) = form.decode(bytes, cx) else { return Self::Refused };
        let Ok(encoded) = value.encode(cx) else { return Self::Decodes { encoded_len: 0 } };
        if encoded == *bytes {
            return Self::Exact;
        }
        let encoded_len = encoded.len();
        let is_same = encoded_len == bytes.len()
            && form.decode(&encoded, cx).is_ok_and(|again| again == value);
        if is_same { Self::SameValue } else { Self::Decodes { encoded_len } }
    }

    /// The grade, if nothing has to be counted for it.
    pub(super) fn grade(self) -> Option<Grade> {
        match self {
            Self::Exact => Some(Grade::Exact),
            Self::SameValue => Some(Grade::SameValue),
            Self::Decodes { .. } | Self::Refused => None,
        }
    }
}

/// Bytes that have a meaning of their own.
pub(super) fn explained(annotation: &Annotation<'_>) -> usize {
    let has_meaning = |what| {
        !matches!(what, What::Unknown { .. } | What::Unread | What::Unreferenced | What::Continued)
    };
    let spans = annotation.spans().filter(|span| has_meaning(span.what()) && !span.is_foreign());
    spans.map(|span| span.len()).sum()
}
