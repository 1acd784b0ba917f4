//! Log records in the second custom form, which 1.7 reads and nobody writes (09 §1).
//!
//! The bodies here are put together by hand, payloads by the reference encoder. What must be read is the
//! command that a record in the usual form has.

use std::fmt::Debug;

use bytes::Bytes;

use super::Checks;
use crate::fabric::codec::json;
use crate::fabric::codec::tree::{Context, Tree};
use crate::fabric::log_records::apply::{self, Deduplication, Processed};
use crate::fabric::log_records::command::Command;
use crate::fabric::log_records::custom::SecondForm;
use crate::fabric::log_records::header::{
    DedupInformation, DedupSequenceNumber, Destination, EpochSequenceNumber, Producer, ProducerId,
};
use crate::fabric::log_records::second_form::{Announcement, Barrier, Durability, Truncation};
use crate::fabric::log_records::{LogRecord, context, encode};
use crate::fabric::messages::ids::{LeaderEpoch, PartitionId};
use crate::fabric::messages::records::Keys;
use crate::fabric::release::Release;
use crate::suite::compare::{self, Difference};
use crate::suite::log_records::{Sample, held_by_second_form, samples};
use crate::suite::reference::{self, Rules, Value};
use crate::suite::requirements;

const CHECK: &str = "log records in the second form";

/// The byte of the codec of such a body.
const CUSTOM: u8 = 7;
/// The codecs of payloads.
const FLEXBUFFERS: u32 = 2;
const BILROST: u32 = 6;

/// The kinds, each one place before its number, and the codecs of their payloads.
const KINDS: [(&str, u32); 25] = [
    ("AnnounceLeader", BILROST),
    ("VersionBarrier", BILROST),
    ("UpdatePartitionDurability", BILROST),
    ("PatchState", BILROST),
    ("TerminateInvocation", FLEXBUFFERS),
    ("PurgeInvocation", FLEXBUFFERS),
    ("PurgeJournal", FLEXBUFFERS),
    ("Invoke", FLEXBUFFERS),
    ("TruncateOutbox", BILROST),
    ("ProxyThrough", FLEXBUFFERS),
    ("AttachInvocation", FLEXBUFFERS),
    ("ResumeInvocation", FLEXBUFFERS),
    ("RestartAsNewInvocation", FLEXBUFFERS),
    ("InvokerEffect", FLEXBUFFERS),
    ("Timer", FLEXBUFFERS),
    ("ScheduleTimer", FLEXBUFFERS),
    ("InvocationResponse", FLEXBUFFERS),
    ("NotifyGetInvocationOutputResponse", FLEXBUFFERS),
    ("NotifySignal", FLEXBUFFERS),
    ("UpsertSchema", FLEXBUFFERS),
    ("UpsertRuleBook", BILROST),
    ("VQSchedulerDecisions", BILROST),
    ("VQueuesPause", BILROST),
    ("VQueuesResume", BILROST),
    ("PauseInvocation", BILROST),
];
/// The kind whose payload nobody has shown.
const NOT_SHOWN: &str = "PatchState";

/// Checks every patch of a release that reads this form, and that none before does.
pub fn run(checks: &mut Checks<'_>) {
    for release in Release::stable_patches() {
        if !release.is_at_least(7) {
            let result = is_foreign(release);
            record(checks, release, &["kind", "TruncateOutbox"], result);
            continue;
        }
        let mut shown: Vec<&str> = Vec::new();
        for sample in samples() {
            let Some(value) = sample.written_by(release) else { continue };
            shown.push(value.command.variant_name());
            let result = is_read(sample, &value, release);
            record(checks, release, &["kind", sample.case], result);
        }
        let missing: Vec<&str> =
            KINDS.iter().map(|(kind, _)| *kind).filter(|kind| !shown.contains(kind)).collect();
        record(checks, release, &["kinds"], same("kinds without a sample", &vec![], &missing));
        record(checks, release, &["unknown"], unknown_kinds(release));
        for (name, header, expected) in headers() {
            let body = body(&header, 9, BILROST, &[4, 11]);
            let result = same(name, &expected, &dedup(&body, release));
            record(checks, release, &["dedup", name], result);
        }
        for (name, information, expected) in pairs() {
            let result = is_meant(information, expected.as_ref(), release);
            record(checks, release, &["pair", name], result);
        }
    }
}

fn record(
    checks: &mut Checks<'_>,
    release: Release,
    what: &[&str],
    result: Result<(), Difference>,
) {
    let name = release.exact_name();
    let segments = [&["second-form", name.as_str()], what].concat();
    checks.record(CHECK, release, requirements::LOG_RECORD.case(segments), result);
}

fn same<T: PartialEq + Debug>(what: &str, expected: &T, actual: &T) -> Result<(), Difference> {
    let requirement = "a record in the second form is read as in the usual one";
    compare::same(requirement, what, expected, actual)
}

/// A body: its header, of which only the message about duplicates is given, and its payload.
fn body(dedup: &[u8], kind: u32, codec: u32, payload: &[u8]) -> Bytes {
    // Tags 1, 2 and 3: with a length, and twice in four bytes.
    let mut header = Vec::new();
    if !dedup.is_empty() {
        header.extend(nested(5, dedup));
    }
    // A key has the distance from the tag before.
    header.push(if dedup.is_empty() { 2 << 2 | 2 } else { 1 << 2 | 2 });
    header.extend(kind.to_le_bytes());
    header.push(1 << 2 | 2);
    header.extend(codec.to_le_bytes());
    let len = u8::try_from(header.len()).unwrap_or(u8::MAX);
    [&[CUSTOM, len], &header[..], payload].concat().into()
}

/// Bytes behind a key and their length, which is short.
fn nested(key: u8, bytes: &[u8]) -> Vec<u8> {
    [&[key, u8::try_from(bytes.len()).unwrap_or(u8::MAX)], bytes].concat()
}

/// Up to 1.6 it is a form that the reader does not take.
fn is_foreign(release: Release) -> Result<(), Difference> {
    let reaction = apply::react(&body(&[], 9, BILROST, &[4, 11]), release);
    same("what becomes of it", &"stops".to_owned(), &reaction.to_string())
}

fn read(body: &Bytes, release: Release) -> Option<SecondForm> {
    match apply::process(body, release) {
        Ok(Processed::SecondForm(form)) => Some(form),
        _ => None,
    }
}

fn dedup(body: &Bytes, release: Release) -> Option<Deduplication> {
    read(body, release).map(|form| form.dedup)
}

/// A record is the same command in the second form.
fn is_read(sample: &Sample, value: &LogRecord, release: Release) -> Result<(), Difference> {
    let name = value.command.variant_name();
    let numbered = (1..).zip(KINDS).find(|(_, (kind, _))| *kind == name);
    let Some((number, (kind, codec))) = numbered else {
        return same("a kind for the command", &sample.case, &name);
    };
    let cx = context(release);
    let Some(payload) = payload(value, cx) else {
        return same("a payload of the command", &sample.case, &"none");
    };
    let form = read(&body(&[], number, codec, &payload), release);
    same("the kind", &Some(Some(kind)), &form.as_ref().map(|form| form.kind))?;
    let command = form.and_then(|form| form.command(release).ok());
    let expected = (kind != NOT_SHOWN).then(|| held_by_second_form(&value.command));
    same("the command", &Some(expected), &command)
}

/// The payload of a command, by its kind.
fn payload(value: &LogRecord, cx: Context) -> Option<Vec<u8>> {
    match &value.command {
        Command::AnnounceLeader(it) => message(
            &Announcement {
                node_id: it.node_id.0?,
                leader_epoch: it.leader_epoch,
                partition_key_range: it.partition_key_range.0?,
                epoch_version: it.epoch_version,
            },
            cx,
        ),
        Command::VersionBarrier(it) => message(
            &Barrier {
                version: it.version.0.to_string(),
                human_reason: it.human_reason.clone(),
                partition_key_range: it.partition_key_range.clone(),
                feature_changes: it.feature_changes.clone(),
            },
            cx,
        ),
        Command::UpdatePartitionDurability(it) => message(
            &Durability {
                partition_id: it.partition_id,
                durable_point: it.durable_point,
                modification_time: it.modification_time,
            },
            cx,
        ),
        Command::TruncateOutbox(index) => {
            message(&Truncation { index: *index, partition_key_range: Keys::default() }, cx)
        }
        Command::PatchState(_) => Some(Vec::new()),
        Command::UpsertRuleBook(it) => Some(it.command.0.to_vec()),
        Command::VQSchedulerDecisions(it)
        | Command::VQueuesPause(it)
        | Command::VQueuesResume(it)
        | Command::PauseInvocation(it) => Some(it.0.to_vec()),
        _ => in_flexbuffers(value, cx),
    }
}

fn message<T: Tree>(value: &T, cx: Context) -> Option<Vec<u8>> {
    let json = json::to_json(value, cx).ok()?;
    reference::encode_message(&T::SHAPE, &json, cx, &Rules::RIGHT).ok()
}

/// The value of the command in a record, behind its length.
fn in_flexbuffers(value: &LogRecord, cx: Context) -> Option<Vec<u8>> {
    let json = json::to_json(value, cx).ok()?;
    let tree = reference::tree_of(LogRecord::SHAPE, &json, cx, &Rules::RIGHT).ok()?;
    let Value::Map(entries) = tree else { return None };
    let command = entries.into_iter().find(|(key, _)| key == "command")?.1;
    let Value::Map(variants) = command else { return None };
    let (name, value) = variants.into_iter().next()?;
    // One level deeper than in a record that is written.
    let is_proxy = name == "ProxyThrough";
    let value = if is_proxy { Value::Map(vec![("invocation".to_owned(), value)]) } else { value };
    reference::body(&value, &Rules::RIGHT).get(1..).map(<[u8]>::to_vec)
}

/// A number that no kind has stops the partition.
fn unknown_kinds(release: Release) -> Result<(), Difference> {
    for kind in [0, 26, u32::MAX] {
        let reaction = apply::react(&body(&[], kind, BILROST, &[4, 11]), release);
        let expected = ("stops".to_owned(), "Unsupported command kind".to_owned());
        let actual = (reaction.to_string(), reaction.reason());
        same(&format!("kind {kind}"), &expected, &actual)?;
    }
    Ok(())
}

/// Messages about duplicates, and what each means: nothing where it is refused.
fn headers() -> Vec<(&'static str, Vec<u8>, Option<Deduplication>)> {
    let [epoch, seq] = [5_u64, 0x0102_0304_0506_0708];
    let eight = |key: u8, number: u64| [&[key], &number.to_le_bytes()[..]].concat();
    let own = nested(5, &[eight(3, epoch), eight(7, seq)].concat());
    let partition = |number: u32| [&[2], &number.to_le_bytes()[..]].concat();
    let foreign = |number: u32| nested(9, &[partition(number), eight(7, seq)].concat());
    let producer = 0x0102_u128 << 64 | 3;
    let named = nested(13, &[nested(1, b"kafka"), eight(11, seq)].concat());
    let numbered = |len: usize| {
        nested(13, &[nested(5, &producer.to_le_bytes()[..len]), eight(7, seq)].concat())
    };
    let arbitrary = |prefix: Option<&str>, producer| Deduplication::Arbitrary {
        prefix: prefix.map(str::to_owned),
        producer,
        seq,
    };
    // The message about another partition has the tag after that about the leader.
    let both = [own.clone(), nested(5, &[partition(3), eight(7, seq)].concat())].concat();
    vec![
        ("none", vec![], Some(Deduplication::None)),
        ("own", own, Some(Deduplication::SelfProposal { leader_epoch: epoch, seq })),
        ("foreign", foreign(3), Some(Deduplication::ForeignPartition { partition: 3, seq })),
        ("foreign-too-great", foreign(1 << 16), None),
        ("named", named, Some(arbitrary(Some("kafka"), 0))),
        ("not-text", nested(13, &nested(1, &[0xff])), None),
        ("numbered", numbered(16), Some(arbitrary(None, producer))),
        ("numbered-too-short", numbered(15), None),
        ("two-of-them", both, None),
    ]
}

/// Pairs of producer and number in the usual form, and what each means: nothing where 1.7 refuses it (09 §2.2).
fn pairs() -> Vec<(&'static str, DedupInformation, Option<Deduplication>)> {
    let [epoch, seq] = [5, 9];
    let sn = || DedupSequenceNumber::Sn(seq);
    let esn = || {
        let leader_epoch = LeaderEpoch(epoch);
        DedupSequenceNumber::Esn(EpochSequenceNumber { leader_epoch, sequence_number: seq })
    };
    let partition = || ProducerId::Partition(PartitionId(3));
    let named = |name: &str| ProducerId::Other(name.to_owned());
    let numbered = || ProducerId::Producer(Producer { h: 1, l: 2 });
    let pair = |producer_id, sequence_number| DedupInformation { producer_id, sequence_number };
    let prefix = Some("kafka".to_owned());
    let producer = 1_u128 << 64 | 2;
    vec![
        (
            "own",
            pair(named("SELF"), esn()),
            Some(Deduplication::SelfProposal { leader_epoch: epoch, seq }),
        ),
        (
            "foreign",
            pair(partition(), sn()),
            Some(Deduplication::ForeignPartition { partition: 3, seq }),
        ),
        (
            "named",
            pair(named("kafka"), sn()),
            Some(Deduplication::Arbitrary { prefix, producer: 0, seq }),
        ),
        (
            "numbered",
            pair(numbered(), sn()),
            Some(Deduplication::Arbitrary { prefix: None, producer, seq }),
        ),
        ("foreign-of-an-epoch", pair(partition(), esn()), None),
        ("numbered-of-an-epoch", pair(numbered(), esn()), None),
    ]
}

/// A pair in a record means what it does, and a record whose pair means nothing stops the partition.
fn is_meant(
    information: DedupInformation,
    expected: Option<&Deduplication>,
    release: Release,
) -> Result<(), Difference> {
    let sample = crate::suite::log_records::sample("truncate");
    let Some(mut value) = sample.and_then(|sample| sample.written_by(release)) else {
        return same("a record", &"one", &"none");
    };
    let Destination::Processor(dest) = &mut value.header.dest;
    dest.dedup = Some(information);
    same("what the pair means", &expected.cloned(), &Deduplication::of(&value))?;
    let body = encode(&value, release).unwrap_or_default();
    let reaction = apply::react(&body, release);
    let reason = if expected.is_some() { "" } else { "invalid deduplication information" };
    same("why it is not applied", &reason.to_owned(), &reaction.reason())
}
