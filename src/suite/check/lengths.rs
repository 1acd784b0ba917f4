//! Numbers, texts, bytes, lists and maps of every length at which their form changes: the fabric writes what
//! the second encoder writes, and reads it as the value (03 §2, §3.2).

use bytes::Bytes;
use serde_json::{Map, Value as Json, json};

use super::{Checks, GRID, strangers};
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::codec::tree::Context;
use crate::fabric::messages::ids::{LogletId, LogletOffset};
use crate::fabric::messages::log_server::{LogServerRequestHeader, Trim};
use crate::fabric::messages::records::{Payloads, Record};
use crate::fabric::messages::scanner::{Octets, RemoteQueryScannerOpen};
use crate::fabric::messages::sequencer::Append;
use crate::fabric::release::Release;
use crate::fabric::version::ProtocolVersion::{self, V1, V2, V3};
use crate::suite::compare::{self, Difference};
use crate::suite::reference::{self, Rules};
use crate::suite::requirements;
use crate::suite::subject::Subject;

const CHECK: &str = "lengths at which forms change";

/// Who writes at each version: a line for each form.
const WRITERS: [(&str, ProtocolVersion); 3] = [("1.4", V1), ("1.7", V2), ("1.7", V3)];

/// Checks each version.
pub(super) fn run(checks: &mut Checks<'_>) {
    for (release, version) in WRITERS {
        let Ok(release) = release.parse::<Release>() else { continue };
        let cx = Context { release, version };
        let version = version.to_string();
        for (name, values) in VALUES {
            let mut values = values(cx);
            let result = values.try_for_each(|value| is_alike(&value, cx, checks.subject));
            let case = requirements::ENCODER.case([release.name(), &version, "lengths", name]);
            checks.record_in(GRID, CHECK, release, case, result);
        }
    }
}

type Values = fn(Context) -> Box<dyn Iterator<Item = Message>>;

/// What is written, under which name.
const VALUES: [(&str, Values); 5] = [
    ("numbers", numbers),
    ("texts", texts),
    ("bytes", runs),
    ("lists", lists),
    ("documents", documents),
];

/// The same bytes as those of the second encoder, which are read as the value.
fn is_alike(value: &Message, cx: Context, subject: &dyn Subject) -> Result<(), Difference> {
    let sentence = requirements::ENCODER.sentence;
    let failed = |error: &dyn std::fmt::Display| {
        let shown: String = format!("{value:?}").chars().take(200).collect();
        Difference::new(sentence, shown, error.to_string())
    };
    let (message, number) = (value.message_type(), cx.version.number());
    let expected = reference::encode(value, cx, &Rules::RIGHT).map_err(|error| failed(&error))?;
    let bytes = subject.encode(value, cx.release, number).map_err(|error| failed(&error))?;
    compare::payload_bytes(sentence, message, cx, &expected, &bytes)?;
    match subject.decode(message, &bytes, cx.release, number) {
        Ok(read) if read == *value => Ok(()),
        Ok(read) => Err(failed(&format!("{read:?}"))),
        Err(error) => Err(failed(&error)),
    }
}

/// The first number of each length in bilrost and in flexbuffers, with its neighbours.
fn borders() -> impl Iterator<Item = u64> {
    let bilrost = (1..9).scan(0, |sum: &mut u64, groups| {
        *sum += 1 << (7 * groups);
        Some(*sum)
    });
    let flexbuffers = [8, 16, 32, 63].map(|bits| 1 << bits);
    let beside = |border: u64| [border - 1, border, border + 1];
    bilrost.chain(flexbuffers).flat_map(beside).chain([0, 1, u64::MAX])
}

fn numbers(_: Context) -> Box<dyn Iterator<Item = Message>> {
    Box::new(borders().map(|number| {
        let narrow = LogletOffset(u32::try_from(number).unwrap_or(u32::MAX));
        let header =
            LogServerRequestHeader { loglet_id: LogletId(number), known_global_tail: narrow };
        Message::Trim(Trim { header, trim_point: narrow })
    }))
}

/// So many letters, none like its neighbours.
fn letters(len: usize) -> String {
    (b'a'..=b'z').cycle().take(len).map(char::from).collect()
}

/// Lengths around those at which lengths are longer, bytes are not copied but shared, or there is no room left
/// where all else is written.
fn lens() -> impl Iterator<Item = usize> {
    let around = [128, 256, 384].map(|len| len - 6..len + 6);
    (0..8).chain(around.into_iter().flatten()).chain([16_511, 16_512, 65_535, 65_536])
}

fn texts(_: Context) -> Box<dyn Iterator<Item = Message>> {
    Box::new(lens().map(|len| {
        let open = RemoteQueryScannerOpen { table: letters(len), ..Default::default() };
        Message::RemoteQueryScannerOpen(open)
    }))
}

/// Bytes in records, which are copied when all else is written, and bytes that are a list of numbers.
fn runs(_: Context) -> Box<dyn Iterator<Item = Message>> {
    let record = |len: usize| Record { body: Bytes::from(letters(len)), ..Record::default() };
    let append = move |len: usize| {
        let records = vec![record(len), record(len / 2), record(1)];
        Message::Append(Append { payloads: Payloads(records), ..Append::default() })
    };
    let open = |len: usize| {
        let octets = Octets(Bytes::from(letters(len)));
        let open = RemoteQueryScannerOpen { projection_schema_bytes: octets, ..Default::default() };
        Message::RemoteQueryScannerOpen(open)
    };
    Box::new(lens().flat_map(move |len| [append(len), open(len)]))
}

/// Records, so many of them.
fn lists(_: Context) -> Box<dyn Iterator<Item = Message>> {
    let lens = (0..=5).chain([7, 8, 127, 128, 254, 255, 256, 257]);
    Box::new(lens.map(|len| {
        let payloads = Payloads(vec![Record::default(); len]);
        Message::Append(Append { payloads, ..Append::default() })
    }))
}

/// What a schema holds that the specification leaves out, which is a flexbuffer of any kind (07 §3.3): lists
/// of one kind and of several, and maps of many keys, in any order.
fn documents(cx: Context) -> Box<dyn Iterator<Item = Message>> {
    // At V1 nobody has that place.
    if cx.version == V1 {
        return Box::new(std::iter::empty());
    }
    let alike = |element: Json, len: usize| Json::Array(vec![element; len]);
    let elements = [
        json!(0),
        json!(255),
        json!(256),
        json!(65_536),
        json!(u64::MAX),
        json!(-1),
        json!(-128),
        json!(-129),
        json!(-32_769),
        json!(i64::MIN),
        json!(0.5),
        json!(0.1),
        json!(true),
        json!(null),
        json!("text"),
        json!([1]),
        json!({"key": 1}),
    ];
    let lists = elements.clone().into_iter().flat_map(move |element| {
        (1..=5).map(move |len| alike(element.clone(), len)).collect::<Vec<_>>()
    });
    let pairs = elements.clone().into_iter().flat_map(move |one| {
        elements.clone().map(|other| json!([one, other, {"a": one, "bb": other}]))
    });
    // Keys with the same beginning and the same end, and those that are longer than what is compared first.
    let keys = [1, 8, 31, 32, 33, 63, 64, 65, 200].map(|count| {
        let key = |index: usize| format!("{}{index}{}", letters(index % 12), letters(index % 3));
        let entries = (0..count).rev().map(|index| (key(index), json!(index)));
        Json::Object(entries.collect::<Map<_, _>>())
    });
    let crowd = (0..100).map(|index| (format!("same-start-{index:03}-same-end"), json!(index)));
    let crowd = [Json::Object(crowd.collect::<Map<_, _>>())];
    let message = MessageType::MetadataUpdate;
    let value =
        move |document| Message::from_json(message, &strangers::with_left_out(document), cx).ok();
    Box::new(lists.chain(pairs).chain(keys).chain(crowd).filter_map(value))
}

#[cfg(test)]
mod tests {
    use super::super::objections;
    use super::*;
    use crate::fabric::payload::EncodeError;
    use crate::fabric::session::Dialect;
    use crate::suite::subject::Fabric;

    /// Writes what is as long as a border as if it were longer.
    struct Off(u64);

    impl Subject for Off {}

    impl Dialect for Off {
        fn encode(
            &self,
            message: &Message,
            release: Release,
            number: i32,
        ) -> Result<Bytes, EncodeError> {
            let other = match message.clone() {
                Message::Trim(mut trim) if trim.header.loglet_id.0 == self.0 => {
                    trim.header.loglet_id.0 += 1;
                    Message::Trim(trim)
                }
                Message::RemoteQueryScannerOpen(mut open) if open.table.len() as u64 == self.0 => {
                    open.table.push('!');
                    Message::RemoteQueryScannerOpen(open)
                }
                other => other,
            };
            Fabric.encode(&other, release, number)
        }
    }

    #[test]
    fn what_is_written_otherwise_at_a_border_is_seen() {
        assert_eq!(objections(run, &Fabric), [""; 0]);
        let seen = |border: u64| objections(run, &Off(border));
        for version in ["1.4/V1", "1.7/V2", "1.7/V3"] {
            let case = |name: &str| format!("check/encoder/{version}/lengths/{name}");
            assert!(seen(16_511).contains(&case("numbers")));
            assert!(seen(16_512).contains(&case("numbers")));
            assert!(seen(384).contains(&case("texts")));
        }
    }

    #[test]
    fn documents_are_written_at_the_versions_that_have_them() {
        let count = |release: &str, version| {
            documents(Context { release: release.parse().unwrap(), version }).count()
        };
        assert_eq!([count("1.4", V1), count("1.7", V2)], [0, count("1.7", V3)]);
        assert!(count("1.7", V3) > 300);
    }
}
