//! The two forms of a body that have a codec byte of their own, which nobody writes (09 §1).
//!
//! The first is read by 1.4 and 1.5, the second by 1.7; they share that byte and nothing else. Of
//! the first only the frame is specified. In the second each command has a number, and its payload
//! a codec: flexbuffers, or bilrost where 1.7 describes the command in it.

use bytes::Bytes;

use super::apply::Deduplication;
use super::framing::{BodyError, StorageCodec};
use crate::codec::bilrost::varint;
use crate::codec::describe::prelude::*;
use crate::gates::rule;
use crate::release::Release;

record! {
    /// A part of a record in the first form: bytes, and the codec that they are in.
    pub struct FirstFormPart {
        codec: u32 = 1,
        bytes: Bytes = 2,
    }
}

record! {
    /// A record in the first form.
    pub struct FirstForm {
        header: FirstFormPart = 1,
        kind: u32 = 2,
        payload: FirstFormPart = 3,
    }
}

/// Why the reader of a release does not take a body with this codec byte.
pub(super) fn refusal(rest: &Bytes, release: Release) -> BodyError {
    if !rule!("record_form.custom_1", release) {
        return BodyError::UnsupportedCodec { codec: StorageCodec::Custom };
    }
    let record: FirstForm = match bilrost::decode(rest, super::context(release)) {
        Ok(record) => record,
        Err(fault) => return BodyError::Malformed(fault),
    };
    if record.header.codec == 0 {
        let fault = Fault::new(FaultKind::Missing);
        return BodyError::Malformed(fault.in_field("codec").in_field("header"));
    }
    BodyError::Unwritten
}

/// The commands, each one place before its number in the second form.
const SECOND_FORM_KINDS: [&str; 25] = [
    "AnnounceLeader",
    "VersionBarrier",
    "UpdatePartitionDurability",
    "PatchState",
    "TerminateInvocation",
    "PurgeInvocation",
    "PurgeJournal",
    "Invoke",
    "TruncateOutbox",
    "ProxyThrough",
    "AttachInvocation",
    "ResumeInvocation",
    "RestartAsNewInvocation",
    "InvokerEffect",
    "Timer",
    "ScheduleTimer",
    "InvocationResponse",
    "NotifyGetInvocationOutputResponse",
    "NotifySignal",
    "UpsertSchema",
    "UpsertRuleBook",
    "VQSchedulerDecisions",
    "VQueuesPause",
    "VQueuesResume",
    "PauseInvocation",
];

/// A record in the second form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecondForm {
    /// By what it is recognised when it comes again.
    pub dedup: Deduplication,
    /// The name of its command; none for a number that no command has.
    pub kind: Option<&'static str>,
    /// Its payload.
    pub payload: Bytes,
}

impl SecondForm {
    /// Reads what follows the codec byte.
    ///
    /// # Errors
    ///
    /// What is wrong with the header, and where. The payload is not looked at.
    pub fn decode(rest: &Bytes) -> Result<Self, Fault> {
        let truncated = |what| Fault::at(FaultKind::Truncated { what }, 0);
        let (len, behind) =
            varint::read(rest).map_err(|_| truncated("the length of the header"))?;
        let parts = usize::try_from(len).ok().and_then(|len| behind.split_at_checked(len));
        let (header, payload) = parts.ok_or_else(|| truncated("the header"))?;
        let header = rest.slice_ref(header);
        let payload = rest.slice_ref(payload);
        let mut record = Self { dedup: Deduplication::None, kind: None, payload };
        record.read_header(&mut Reader::new(&header))?;
        Ok(record)
    }

    fn read_header(&mut self, reader: &mut Reader<'_>) -> Result<(), Fault> {
        let known =
            [(1, WireType::LengthDelimited), (2, WireType::Fixed32), (CODEC, WireType::Fixed32)];
        read_fields(reader, known, |tag, reader| {
            match tag {
                1 => {
                    let dedup = reader.delimited(read_dedup);
                    self.dedup = dedup.map_err(|fault| fault.in_field("dedup"))?;
                }
                // Each kind of payload has one codec.
                CODEC => drop(reader.fixed32()?),
                _ => {
                    let place = (reader.fixed32()? as usize).checked_sub(1);
                    self.kind = place.and_then(|place| SECOND_FORM_KINDS.get(place)).copied();
                }
            }
            Ok(())
        })
    }
}

/// The tag of the codec of the payload.
const CODEC: u32 = 3;

/// Reads the known fields of a message, each at most once, and skips the others.
fn read_fields<const N: usize>(
    reader: &mut Reader<'_>,
    known: [(u32, WireType); N],
    mut read: impl FnMut(u32, &mut Reader<'_>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut seen = [false; N];
    let mut tag = 0;
    while let Some(wire) = reader.key(&mut tag)? {
        let mut fields = known.iter().zip(&mut seen);
        match fields.find(|((known, _), _)| *known == tag) {
            Some(((_, expected), is_seen)) => {
                bilrost::see(is_seen, reader)?;
                reader.expect(*expected, wire)?;
                read(tag, reader)?;
            }
            None => reader.skip(wire)?,
        }
    }
    Ok(())
}

fn read_dedup(reader: &mut Reader<'_>) -> Result<Deduplication, Fault> {
    let mut dedup = None;
    let known = [1, 2, 3].map(|tag| (tag, WireType::LengthDelimited));
    read_fields(reader, known, |tag, reader| {
        let read = reader.delimited(|reader| match tag {
            1 => read_self(reader),
            2 => read_foreign(reader),
            _ => read_arbitrary(reader),
        })?;
        match dedup.replace(read) {
            Some(_) => Err(reader.fault(FaultKind::Conflicting)),
            None => Ok(()),
        }
    })?;
    Ok(dedup.unwrap_or(Deduplication::None))
}

fn read_self(reader: &mut Reader<'_>) -> Result<Deduplication, Fault> {
    let (mut leader_epoch, mut seq) = (0, 0);
    read_fields(reader, [0, 1].map(|tag| (tag, WireType::Fixed64)), |tag, reader| {
        *(if tag == 0 { &mut leader_epoch } else { &mut seq }) = reader.fixed64()?;
        Ok(())
    })?;
    Ok(Deduplication::SelfProposal { leader_epoch, seq })
}

fn read_foreign(reader: &mut Reader<'_>) -> Result<Deduplication, Fault> {
    let (mut partition, mut seq) = (0, 0);
    let known = [(0, WireType::Fixed32), (1, WireType::Fixed64)];
    read_fields(reader, known, |tag, reader| {
        if tag == 0 {
            partition = u16::try_from(reader.fixed32()?).map_err(|_| {
                reader.fault(FaultKind::OutOfRange { what: "u16" }).in_field("partition")
            })?;
        } else {
            seq = reader.fixed64()?;
        }
        Ok(())
    })?;
    Ok(Deduplication::ForeignPartition { partition, seq })
}

fn read_arbitrary(reader: &mut Reader<'_>) -> Result<Deduplication, Fault> {
    let (mut prefix, mut producer, mut seq) = (None, 0, 0);
    let known =
        [(0, WireType::LengthDelimited), (1, WireType::LengthDelimited), (2, WireType::Fixed64)];
    read_fields(reader, known, |tag, reader| {
        match tag {
            0 => {
                let bytes = reader.bytes()?;
                let text = std::str::from_utf8(&bytes)
                    .map_err(|_| reader.fault_in(&bytes, FaultKind::NotUtf8).in_field("prefix"))?;
                prefix = Some(text.to_owned());
            }
            1 => {
                let wrong = reader.fault(FaultKind::OutOfRange { what: "16 bytes" });
                let bytes = <[u8; 16]>::try_from(reader.slice()?)
                    .map_err(|_| wrong.in_field("producer_id"))?;
                producer = u128::from_le_bytes(bytes);
            }
            _ => seq = reader.fixed64()?,
        }
        Ok(())
    })?;
    Ok(Deduplication::Arbitrary { prefix, producer, seq })
}
