//! Messages to and from sequencers (03 §6.4).

use super::ids::{LogId, LogletId, LogletOffset, SegmentIndex};
use super::records::Payloads;
use crate::codec::describe::prelude::*;
use crate::gates::rule;

record! {
    /// What every request to a sequencer begins with.
    pub struct CommonRequestHeader {
        log_id: LogId = 1,
        segment_index: SegmentIndex = 2,
        loglet_id: LogletId = 3,
    }
}

record! {
    /// What every answer of a sequencer begins with.
    pub struct CommonResponseHeader {
        known_global_tail: Option<LogletOffset> = 1,
        sealed: Option<bool> = 2,
        status: SequencerStatus = 3,
    }
}

record! {
    /// Appends records to a log.
    pub struct Append {
        header: CommonRequestHeader = 1,
        payloads: Payloads = 2,
    }
}

record! {
    /// Answers [`Append`].
    pub struct Appended {
        header: CommonResponseHeader = 1,
        last_offset: LogletOffset = 2,
    }
}

record! {
    /// Asks for the state of a sequencer.
    pub struct GetSequencerState {
        header: CommonRequestHeader = 1,
        force_seal_check: bool = 2,
    }
}

record! {
    /// Answers [`GetSequencerState`].
    pub struct SequencerState {
        header: CommonResponseHeader = 1,
    }
}

/// How a request to a sequencer went.
///
/// It has three forms. Bilrost leaves the field out for `Ok` and writes an empty message for
/// `Unknown`. Flexbuffers, at V1, always has a value, `"Ok"` included, and none for `Unknown`:
/// 1.4 sends an error in its place (04 R3). JSON follows the type that a release has: `"Ok"` up to
/// 1.3, null from 1.4 on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SequencerStatus {
    /// The request was carried out.
    #[default]
    Ok,
    /// The request was refused.
    Refused(Refusal),
}

one_of! {
    /// Why a sequencer refused.
    pub enum Refusal: tag {
        /// 1.2 and 1.3 have no such variant; no release has a V1 form of it.
        Unknown = 0,
        Sealed = 2,
        Gone = 3,
        LogletIdMismatch = 4,
        UnknownLogId = 5,
        UnknownSegmentIndex = 6,
        NotSequencer = 7,
        Shutdown = 8,
        Error(SequencerError) = 9,
    }
}

record! {
    /// A refusal in words.
    pub struct SequencerError {
        retryable: bool = 0,
        message: String = 1,
    }
}

impl Refusal {
    /// What takes the place of `Unknown` at V1.
    fn unknown_at_v1() -> Self {
        Self::Error(SequencerError { retryable: false, message: "Unknown error".to_owned() })
    }
}

impl SequencerStatus {
    /// Whether the form has null for `Ok`.
    fn ok_is_null(form: Form, cx: Context) -> bool {
        form == Form::Json && rule!("json.ok_is_null", cx.release)
    }
}

impl Tree for SequencerStatus {
    const SHAPE: Shape = Shape::Optional(&Refusal::SHAPE);

    fn write<S: Sink>(&self, sink: &mut S, cx: Context) {
        match self {
            Self::Ok if Self::ok_is_null(S::FORM, cx) => sink.null(),
            Self::Ok => sink.text("Ok"),
            Self::Refused(Refusal::Unknown)
                if S::FORM == Form::Flexbuffers && rule!("Refusal.Unknown", cx.release) =>
            {
                Refusal::unknown_at_v1().write(sink, cx);
            }
            Self::Refused(refusal) => refusal.write(sink, cx),
        }
    }

    fn read<'a, N: Node<'a>>(node: N, cx: Context) -> Result<Self, Fault> {
        let is_ok = if Self::ok_is_null(N::FORM, cx) {
            node.is_null()
        } else {
            match node.variant_name() {
                Some(name) => name == "Ok",
                // As a variant without a value may have one (07 §4).
                None => N::FORM == Form::Flexbuffers && first_entry(node)?.0 == "Ok",
            }
        };
        if is_ok {
            return Ok(Self::Ok);
        }
        match Refusal::read(node, cx)? {
            Refusal::Unknown if N::FORM == Form::Flexbuffers => {
                Err(unknown_variant(node, "SequencerStatus", "Unknown"))
            }
            refusal => Ok(Self::Refused(refusal)),
        }
    }

    fn fit(&mut self, cx: Context) -> Result<(), Unfit> {
        match self {
            Self::Ok => Ok(()),
            Self::Refused(refusal) if *refusal == Refusal::Unknown => {
                if cx.version == crate::version::ProtocolVersion::V1 {
                    *refusal = Refusal::unknown_at_v1();
                }
                Ok(())
            }
            Self::Refused(refusal) => refusal.fit(cx),
        }
    }
}

impl BilrostField for SequencerStatus {
    fn is_omitted(&self) -> bool {
        *self == Self::Ok
    }

    fn put_field<'v>(&'v self, tag: u32, writer: &mut Writer<'v>, cx: Context) {
        if let Self::Refused(refusal) = self {
            writer.start(tag, Refusal::WIRE);
            refusal.put(writer, cx);
        }
    }

    fn get_field(
        &mut self,
        is_seen: &mut bool,
        wire: WireType,
        reader: &mut Reader<'_>,
        cx: Context,
    ) -> Result<(), Fault> {
        let mut refusal = Refusal::default();
        refusal.get_field(is_seen, wire, reader, cx)?;
        *self = Self::Refused(refusal);
        Ok(())
    }
}
