//! What a line is about, told by its members.

use super::line::Line;
use super::log_record;

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A value of a message, and its bytes.
    Payload,
    /// A frame, and its bytes.
    Envelope,
    /// The numbers of an enum.
    EnumTable,
    /// The versions that a release supports.
    Constants,
    /// What one release understood of another's payload.
    CrossPayload,
    /// What one release understood of another's frame.
    CrossEnvelope,
    /// Versions and bytes that a release should not get.
    Foreign,
    /// Odd bytes, and what the library of released servers said.
    Library,
    /// Values that releases encode differently.
    Differences,
    /// Figures to read.
    Speed,
    /// Bodies of log records, and documents that are kept the same way.
    LogRecord,
    /// A line of another layer than these.
    OtherLayer,
    /// A recorded frame.
    Recorded,
    /// None of these.
    Unknown,
}

impl Kind {
    /// What a line is about.
    pub fn of(line: &Line) -> Self {
        let is_envelope = |name| line.optional_text(name).ok().flatten() == Some("envelope");
        // Such a line says what a release makes of a value, or says it badly.
        let is_of_a_value =
            line.has("message") && ["value", "hex", "error"].iter().any(|name| line.has(name));
        if line.has("layer") {
            match line.text("layer") {
                Ok(log_record::LAYER | log_record::DOCUMENTS) => Self::LogRecord,
                _ => Self::OtherLayer,
            }
        } else if line.has("real") {
            Self::Library
        } else if line.has("op") {
            Self::Foreign
        } else if line.has("decoder") && is_envelope("protocol") {
            Self::CrossEnvelope
        } else if line.has("decoder") {
            Self::CrossPayload
        } else if line.has("groups") {
            Self::Differences
        } else if line.has("enum") {
            Self::EnumTable
        } else if line.has("constants") {
            Self::Constants
        } else if line.has("hex") && line.has("value") && line.has("protocol") {
            Self::Payload
        } else if line.has("hex") && line.has("value") {
            Self::Envelope
        } else if line.has("hex") && line.has("acceptor_release") {
            Self::Recorded
        } else if line.has("decode_ns") || line.has("encode_ns") {
            Self::Speed
        } else if is_of_a_value && line.has("protocol") {
            Self::Payload
        } else if is_of_a_value {
            Self::Envelope
        } else {
            Self::Unknown
        }
    }

    /// Why a line of this kind is not verified; none if it is.
    pub fn reason_to_skip(self, line: &Line) -> Option<String> {
        let reason = match self {
            Self::Speed => "speed of the real codecs: figures to read, nothing to verify",
            Self::Recorded => "a recorded frame: `skewproof captures` replays it",
            Self::OtherLayer => {
                let layer = line.text("layer").unwrap_or("another one");
                return Some(format!("of the layer {layer:?}, whose format is not read yet"));
            }
            Self::Unknown => "a line of no known kind",
            _ => return None,
        };
        Some(reason.to_owned())
    }
}
