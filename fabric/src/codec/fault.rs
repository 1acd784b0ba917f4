//! What can be wrong with bytes or JSON, and where.
//!
//! A [`Fault`] travels up through the decoders, each of which adds its own step to the place; the
//! entry points turn it into the public error with message, release and version.

use std::fmt;

use thiserror::Error;

use crate::limits::EXCERPT_LEN_MAX;
use crate::panics::KnownPanic;

/// What was wrong with the input.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FaultKind {
    /// The input ends inside a value.
    #[error("the input ends inside {what}")]
    Truncated {
        /// What was being read.
        what: &'static str,
    },
    /// Bytes are left over behind the value.
    #[error("{count} bytes are left over")]
    Trailing {
        /// How many.
        count: usize,
    },
    /// A number does not fit its type.
    #[error("the number does not fit {what}")]
    OutOfRange {
        /// The type.
        what: &'static str,
    },
    /// The wire type, or the kind of a self-describing value, is another than this field has.
    #[error("expected {expected}, found {found}")]
    WrongType {
        /// What the field holds.
        expected: &'static str,
        /// What the input has.
        found: &'static str,
    },
    /// A field that occurs at most once came again.
    #[error("the field is there twice")]
    Repeated,
    /// Two members of a one-of.
    #[error("two members of one one-of")]
    Conflicting,
    /// A field without a default is not there.
    #[error("the field is missing")]
    Missing,
    /// An enum number that this release has no variant for.
    #[error("{number} is no variant of {name}")]
    UnknownNumber {
        /// The enum.
        name: &'static str,
        /// The number.
        number: u64,
    },
    /// A variant name that this release does not know.
    #[error("unknown variant {found:?} of {name}")]
    UnknownVariant {
        /// The enum.
        name: &'static str,
        /// An excerpt of what was found.
        found: String,
    },
    /// A JSON object has a member that the type has not.
    #[error("unknown field {found:?}")]
    UnknownField {
        /// An excerpt of what was found.
        found: String,
    },
    /// Text that is not UTF-8.
    #[error("the text is not UTF-8")]
    NotUtf8,
    /// A string that does not follow the grammar of what it stands for.
    #[error("{found:?} is not {expected}")]
    Malformed {
        /// What it should be.
        expected: &'static str,
        /// An excerpt of what was found.
        found: String,
    },
    /// A value on which released servers panic instead of refusing it.
    #[error("released servers panic here: {}", known.what)]
    Panics {
        /// What they panic on.
        known: &'static KnownPanic,
    },
    /// A list or tuple of the wrong length.
    #[error("expected {expected} elements, found {found}")]
    WrongLength {
        /// Elements of the tuple.
        expected: usize,
        /// Elements found.
        found: usize,
    },
    /// Two ranges that have a key in common.
    #[error("two ranges overlap")]
    Overlapping,
    /// A buffer that is not a flexbuffer: an offset, length, width or type byte out of range.
    #[error("not a flexbuffer: {what}")]
    NotFlexbuffers {
        /// Which of its rules is broken.
        what: &'static str,
    },
    /// A bound of [`crate::limits`] is exceeded.
    #[error("more than {limit} {what}")]
    TooMuch {
        /// Of what.
        what: &'static str,
        /// The bound.
        limit: usize,
    },
}

impl FaultKind {
    /// What is wrong where a flexbuffer ends before a value does.
    pub(crate) const OUTSIDE: &str = "a value lies outside the buffer";

    /// Whether it is that a value lies outside of its flexbuffer.
    pub fn is_outside(&self) -> bool {
        *self == Self::NotFlexbuffers { what: Self::OUTSIDE }
    }

    /// A short, printable piece of foreign text.
    pub(crate) fn excerpt(text: &str) -> String {
        let mut end = text.len().min(EXCERPT_LEN_MAX);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.get(..end).unwrap_or_default().to_owned()
    }
}

/// One step on the way to a place.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Field(&'static str),
    Index(usize),
}

/// Where in a value, or in the bytes, a fault lies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// Innermost step first, as the steps are added on the way up.
    steps: Vec<Step>,
    offset: Option<usize>,
}

impl Place {
    /// Offset in the input, in bytes, if the fault has one.
    pub fn offset(&self) -> Option<usize> {
        self.offset
    }

    /// The names of the fields on the way, innermost first, without the indices of lists.
    pub fn fields(&self) -> impl Iterator<Item = &'static str> {
        self.steps.iter().filter_map(|step| match step {
            Step::Field(name) => Some(*name),
            Step::Index(_) => None,
        })
    }

    /// The field, as `nodes[3].node_id`; empty for the value as a whole.
    pub fn path(&self) -> String {
        let mut path = String::new();
        for step in self.steps.iter().rev() {
            match step {
                Step::Field(name) => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(name);
                }
                Step::Index(index) => path.push_str(&format!("[{index}]")),
            }
        }
        path
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path();
        f.write_str(if path.is_empty() { "the value" } else { &path })?;
        match self.offset {
            Some(offset) => write!(f, " (byte {offset})"),
            None => Ok(()),
        }
    }
}

/// A fault and its place. Boxed: it is rare, and results stay small.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault(Box<(FaultKind, Place)>);

impl Fault {
    /// A fault without an offset.
    #[cold]
    pub fn new(kind: FaultKind) -> Self {
        Self(Box::new((kind, Place::default())))
    }

    /// A fault at an offset of the input.
    #[cold]
    pub fn at(kind: FaultKind, offset: usize) -> Self {
        Self(Box::new((kind, Place { steps: Vec::new(), offset: Some(offset) })))
    }

    /// The same fault, seen from the value that has it in this field.
    #[cold]
    pub fn in_field(mut self, name: &'static str) -> Self {
        self.0.1.steps.push(Step::Field(name));
        self
    }

    /// The same fault, seen from the list that has it in this element.
    #[cold]
    pub fn in_element(mut self, index: usize) -> Self {
        self.0.1.steps.push(Step::Index(index));
        self
    }

    /// What is wrong.
    pub fn kind(&self) -> &FaultKind {
        &self.0.0
    }

    /// Where.
    pub fn place(&self) -> &Place {
        &self.0.1
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place(), self.kind())
    }
}

impl std::error::Error for Fault {}
