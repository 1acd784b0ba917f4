//! What a next release may change, and what the released decoders do then: one table of rules, and
//! the few places that do otherwise.

use std::fmt;

use crate::fabric::version::ProtocolVersion;
use crate::suite::reference;
use crate::suite::value::ValueType;

/// One thing that a next release may do to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// A field with a number, at the end of a record.
    AddNumber,
    /// A field with a record in it, at the end of a record.
    AddRecord,
    /// An optional field that is not set. Bilrost writes nothing of it.
    AddNull,
    /// A field at the end of a record that is closed: a duration or a range.
    AddToClosed,
    /// One more element at the end of values by position.
    AddElement,
    /// A variant of an enum that bilrost writes as a number.
    AddNumbered,
    /// A variant that holds nothing, in place of the one that was sent.
    AddUnit,
    /// A variant that holds something, in place of the one that was sent.
    AddHolder,
    /// A value for a variant that holds nothing.
    UnitValue,
    /// A second entry in the map of a variant, behind the first by its name.
    EntryAfter,
    /// A second entry in the map of a variant, before the first by its name.
    EntryBefore,
    /// One more name in a set of names.
    AddName,
    /// One more bit in a number that holds flags.
    FlagBit,
    /// A record as a list of its values.
    ByPosition,
    /// What a variant holds, as a list of its values.
    HeldByPosition,
    /// A number that does not fit the type that it has now.
    Widen,
    /// An optional field is there where it was not.
    Require,
    /// A field that may be missing is sent no more.
    StopOptional,
    /// A field that must be there is sent no more.
    StopRequired,
    /// The next version of the protocol, to a release that does not speak it.
    NextVersion,
    /// The message in flexbuffers, where bilrost is read.
    OtherCodec,
}

impl Change {
    /// What it is called.
    pub const fn words(self) -> &'static str {
        match self {
            Self::AddNumber => "add a field: a number",
            Self::AddRecord => "add a field: a record",
            Self::AddNull => "add an optional field, unset",
            Self::AddToClosed => "add a field to a duration or range",
            Self::AddElement => "add an element to a tuple",
            Self::AddNumbered => "add a variant with a number",
            Self::AddUnit => "add a variant without a value",
            Self::AddHolder => "add a variant with a value",
            Self::UnitValue => "give a variant without a value one",
            Self::EntryAfter => "add a second variant behind the one",
            Self::EntryBefore => "add a second variant before the one",
            Self::AddName => "add a name to a set of names",
            Self::FlagBit => "add a bit to flags",
            Self::ByPosition => "write a record by position",
            Self::HeldByPosition => "write what a variant holds by position",
            Self::Widen => "widen an integer, and use it",
            Self::Require => "make an optional field required",
            Self::StopOptional => "stop sending an optional field",
            Self::StopRequired => "stop sending a required field",
            Self::NextVersion => "send the next version",
            Self::OtherCodec => "send a message in the other codec",
        }
    }
}

/// The codecs, as far as they answer differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Coded {
    /// Bilrost, which is not spoken at V1.
    Bilrost,
    /// Flexbuffers at V1.
    FlexV1,
    /// Flexbuffers at V2 and V3.
    FlexV2,
    /// Flexbuffers in logs and in the metadata store.
    Kept,
    /// Bilrost inside log records, which is read when they are applied.
    Blob,
}

impl Coded {
    /// How a value is coded as a whole; at a version, if it is a message.
    pub fn of(of: ValueType, version: ProtocolVersion) -> Self {
        match (of, version) {
            (ValueType::LogRecord | ValueType::EpochMetadata, _) => Self::Kept,
            (ValueType::Message(message), _) if reference::is_bilrost(message, version) => {
                Self::Bilrost
            }
            (_, ProtocolVersion::V1) => Self::FlexV1,
            _ => Self::FlexV2,
        }
    }
}

impl fmt::Display for Coded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bilrost => "bilrost V2, V3",
            Self::FlexV1 => "flexbuffers V1",
            Self::FlexV2 => "flexbuffers V2, V3",
            Self::Kept => "logs, documents",
            Self::Blob => "bilrost in logs",
        })
    }
}

/// What a released decoder does with a changed message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// It reads what was meant.
    AsMeant,
    /// It reads the message as before, without the change.
    Ignored,
    /// It reads the empty variant, or the default, in the place of what was meant.
    Loss,
    /// It refuses the message with an error that has a type.
    Refused,
    /// It reads another value, and nobody notices.
    Misread,
    /// It panics.
    Panicked,
}

impl Class {
    /// What it is called.
    pub const fn words(self) -> &'static str {
        match self {
            Self::AsMeant => "as meant",
            Self::Ignored => "ignored",
            Self::Loss => "empty",
            Self::Refused => "refused",
            Self::Misread => "MISREAD",
            Self::Panicked => "PANIC",
        }
    }

    /// When a release may do it. What is kept is read whatever version a connection has: there it is
    /// a barrier in the log that keeps older readers from it.
    pub const fn verdict(self, coded: Coded) -> &'static str {
        match (self, coded) {
            (Self::AsMeant | Self::Ignored, _) => "safe",
            (Self::Loss | Self::Refused, Coded::Kept | Coded::Blob) => "only behind a barrier",
            (Self::Loss | Self::Refused, _) => "only behind a new version",
            (Self::Misread | Self::Panicked, _) => "never",
        }
    }
}

/// What a decoder does with a change.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// The change.
    pub change: Change,
    /// In which codec.
    pub coded: Coded,
    /// What becomes of it.
    pub class: Class,
}

const fn rule(change: Change, coded: Coded, class: Class) -> Rule {
    Rule { change, coded, class }
}

impl Rule {
    /// What a captured line shows of it, with a release and the case; or what else is to be known.
    pub const fn note(&self) -> &'static str {
        match (self.change, self.coded) {
            (Change::AddNumber, Coded::Bilrost) => "1.7.6 ignores state-feature-future",
            (Change::AddNumber, Coded::FlexV1) => "1.2.1 ignores get-extra-key",
            (Change::AddNumber, Coded::FlexV2) => "1.7.6 ignores get-extra-key",
            (Change::AddToClosed, Coded::FlexV2) => "1.7.6 refuses pp-journal-retention-extra",
            (Change::AddElement, Coded::FlexV2) => "1.7.6 reads pp-append-three",
            (Change::AddNumbered, _) => "1.7.6 refuses state-detailed-5",
            (Change::AddUnit, Coded::FlexV2) => "1.7.6 refuses logs-kind-unknown",
            (Change::AddHolder, Coded::FlexV2) => "1.7.6 refuses container-future-kind",
            (Change::UnitValue, Coded::FlexV2) => {
                "1.7.6 reads pr-NotSupported-payload; nobody gets the value"
            }
            (Change::EntryAfter, Coded::FlexV2) => {
                "1.7.6 reads the first of pp-kill-two, and of the second nothing"
            }
            (Change::AddName, Coded::FlexV2) => {
                "1.7.6 refuses h4-md-nc-feature-unknown: the whole document is lost"
            }
            (Change::ByPosition, Coded::FlexV2) => {
                "1.7.6 reads get-vector; a field put in the middle later shifts the others"
            }
            (Change::HeldByPosition, Coded::FlexV2) => "1.7.6 refuses pp-kill-vector",
            (Change::OtherCodec, _) => {
                "most are refused; flexbuffers of GetRecords are read as another value"
            }
            (Change::FlagBit, _) => "the bit is kept, and nobody does anything for it",
            _ => "",
        }
    }
}

/// The rules, from the decode rules of the two codecs (03 §2, 07 §4), which hold in logs and in the
/// metadata store as well (09 §2).
pub static RULES: [Rule; 72] = [
    rule(Change::AddNumber, Coded::Bilrost, Class::Ignored),
    rule(Change::AddNumber, Coded::FlexV1, Class::Ignored),
    rule(Change::AddNumber, Coded::FlexV2, Class::Ignored),
    rule(Change::AddNumber, Coded::Kept, Class::Ignored),
    rule(Change::AddNumber, Coded::Blob, Class::Ignored),
    rule(Change::AddRecord, Coded::Bilrost, Class::Ignored),
    rule(Change::AddRecord, Coded::FlexV1, Class::Ignored),
    rule(Change::AddRecord, Coded::FlexV2, Class::Ignored),
    rule(Change::AddRecord, Coded::Kept, Class::Ignored),
    rule(Change::AddRecord, Coded::Blob, Class::Ignored),
    rule(Change::AddNull, Coded::FlexV1, Class::Ignored),
    rule(Change::AddNull, Coded::FlexV2, Class::Ignored),
    rule(Change::AddNull, Coded::Kept, Class::Ignored),
    rule(Change::AddToClosed, Coded::FlexV1, Class::Refused),
    rule(Change::AddToClosed, Coded::FlexV2, Class::Refused),
    rule(Change::AddToClosed, Coded::Kept, Class::Refused),
    rule(Change::AddElement, Coded::Bilrost, Class::Ignored),
    rule(Change::AddElement, Coded::FlexV1, Class::Ignored),
    rule(Change::AddElement, Coded::FlexV2, Class::Ignored),
    rule(Change::AddElement, Coded::Kept, Class::Ignored),
    rule(Change::AddNumbered, Coded::Bilrost, Class::Refused),
    rule(Change::AddUnit, Coded::Bilrost, Class::Loss),
    rule(Change::AddUnit, Coded::FlexV1, Class::Refused),
    rule(Change::AddUnit, Coded::FlexV2, Class::Refused),
    rule(Change::AddUnit, Coded::Kept, Class::Refused),
    rule(Change::AddHolder, Coded::Bilrost, Class::Loss),
    rule(Change::AddHolder, Coded::FlexV1, Class::Refused),
    rule(Change::AddHolder, Coded::FlexV2, Class::Refused),
    rule(Change::AddHolder, Coded::Kept, Class::Refused),
    rule(Change::UnitValue, Coded::FlexV1, Class::Ignored),
    rule(Change::UnitValue, Coded::FlexV2, Class::Ignored),
    rule(Change::UnitValue, Coded::Kept, Class::Ignored),
    rule(Change::EntryAfter, Coded::FlexV1, Class::Ignored),
    rule(Change::EntryAfter, Coded::FlexV2, Class::Ignored),
    rule(Change::EntryAfter, Coded::Kept, Class::Ignored),
    rule(Change::EntryBefore, Coded::FlexV1, Class::Refused),
    rule(Change::EntryBefore, Coded::FlexV2, Class::Refused),
    rule(Change::EntryBefore, Coded::Kept, Class::Refused),
    rule(Change::AddName, Coded::FlexV1, Class::Refused),
    rule(Change::AddName, Coded::FlexV2, Class::Refused),
    rule(Change::FlagBit, Coded::Bilrost, Class::AsMeant),
    rule(Change::FlagBit, Coded::FlexV1, Class::AsMeant),
    rule(Change::ByPosition, Coded::FlexV1, Class::Ignored),
    rule(Change::ByPosition, Coded::FlexV2, Class::Ignored),
    rule(Change::ByPosition, Coded::Kept, Class::Ignored),
    rule(Change::HeldByPosition, Coded::FlexV1, Class::Refused),
    rule(Change::HeldByPosition, Coded::FlexV2, Class::Refused),
    rule(Change::HeldByPosition, Coded::Kept, Class::Refused),
    rule(Change::Widen, Coded::Bilrost, Class::Refused),
    rule(Change::Widen, Coded::FlexV1, Class::Refused),
    rule(Change::Widen, Coded::FlexV2, Class::Refused),
    rule(Change::Widen, Coded::Kept, Class::Refused),
    rule(Change::Widen, Coded::Blob, Class::Refused),
    rule(Change::Require, Coded::Bilrost, Class::AsMeant),
    rule(Change::Require, Coded::FlexV1, Class::AsMeant),
    rule(Change::Require, Coded::FlexV2, Class::AsMeant),
    rule(Change::Require, Coded::Kept, Class::AsMeant),
    rule(Change::Require, Coded::Blob, Class::AsMeant),
    rule(Change::StopOptional, Coded::Bilrost, Class::Loss),
    rule(Change::StopOptional, Coded::FlexV1, Class::Loss),
    rule(Change::StopOptional, Coded::FlexV2, Class::Loss),
    rule(Change::StopOptional, Coded::Kept, Class::Loss),
    rule(Change::StopOptional, Coded::Blob, Class::Loss),
    rule(Change::StopRequired, Coded::Bilrost, Class::Loss),
    rule(Change::StopRequired, Coded::FlexV1, Class::Refused),
    rule(Change::StopRequired, Coded::FlexV2, Class::Refused),
    rule(Change::StopRequired, Coded::Kept, Class::Refused),
    rule(Change::StopRequired, Coded::Blob, Class::Loss),
    rule(Change::NextVersion, Coded::Bilrost, Class::Refused),
    rule(Change::NextVersion, Coded::FlexV1, Class::Refused),
    rule(Change::NextVersion, Coded::FlexV2, Class::Refused),
    rule(Change::OtherCodec, Coded::Bilrost, Class::Misread),
];
