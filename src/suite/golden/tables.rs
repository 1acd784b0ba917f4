//! What is pinned of names and numbers: targets, services and other enums of the envelope, the
//! messages, and the tags and keys of every type in a payload.

use std::collections::BTreeMap;

use crate::fabric::catalogue::{MESSAGES, MessageType, SortCode};
use crate::fabric::codec::shape::{ChoiceShape, RecordShape, Shape};
use crate::fabric::codec::tree::Tree;
use crate::fabric::envelope::EnumType;
use crate::fabric::log_records::LogRecord;
use crate::fabric::log_records::epoch::EpochMetadata;
use crate::fabric::release::{Gate, Release};
use crate::fabric::version::ProtocolVersion;
use crate::harness::golden::Digest;
use crate::suite::fields;
use crate::suite::log_records;
use crate::suite::subject::Subject;

/// The folder of the tables.
pub const FOLDER: &str = "tables";

/// The tables, by name.
pub fn documents(subject: &dyn Subject) -> Vec<(String, String)> {
    let tables = [
        ("numbers", numbers()),
        ("messages", messages()),
        ("types", types()),
        ("fields", who_knows_what(subject)),
        ("records", records(subject)),
    ];
    tables.into_iter().map(|(name, text)| (format!("{FOLDER}/{name}"), text)).collect()
}

/// The lines that know something, so that a later line changes nothing: `from 1.4`, `until 1.3`,
/// nothing for all.
fn known(is_known: impl Fn(Release) -> bool) -> String {
    let lines: Vec<Release> = Release::lines().collect();
    let first = lines.iter().position(|line| is_known(*line));
    let last = lines.iter().rposition(|line| is_known(*line));
    let (Some(first), Some(last)) = (first, last) else { return "in no line".to_owned() };
    let from = (first > 0).then(|| format!("from {}", lines[first]));
    let until = (last + 1 < lines.len()).then(|| format!("until {}", lines[last]));
    [from, until].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn line(columns: &[(usize, &str)]) -> String {
    let text: String =
        columns.iter().map(|(width, text)| format!("{text:width$} ", width = *width)).collect();
    format!("{}\n", text.trim_end())
}

/// Enums of the envelope.
fn numbers() -> String {
    let mut text = String::from("about: numbers of the envelope's enums\n");
    for of in EnumType::ALL {
        let names: BTreeMap<&str, ()> =
            Release::lines().filter_map(|line| Some((of.full_name(line)?, ()))).collect();
        let names: Vec<&str> = names.into_keys().collect();
        text.push_str(&format!("\n{}:\n", names.join(", ")));
        let rows: BTreeMap<(i32, &str), ()> = Release::lines()
            .flat_map(|line| of.rows(line).map(|row| ((row.number, row.name), ())))
            .collect();
        for (number, name) in rows.into_keys() {
            let known = known(|line| of.name(line, number) == Some(name));
            text.push_str(&line(&[(5, &number.to_string()), (40, name), (0, &known)]));
        }
    }
    text
}

/// The messages and where they go.
fn messages() -> String {
    let mut text = String::from("about: messages, where they go and how they are encoded\n\n");
    let titles = ["target", "service", "sort code", "at V1", "from V2", "message", "known"];
    let widths = [6, 7, 12, 11, 11, 30, 0];
    let row = |columns: [&str; 7]| {
        let columns: Vec<(usize, &str)> = widths.into_iter().zip(columns).collect();
        line(&columns)
    };
    text.push_str(&row(titles));
    for message in &MESSAGES {
        let target = message.v1_target.map_or_else(|| "-".to_owned(), |target| target.to_string());
        let at_v1 = match message.v1_target {
            Some(_) => message.codec_at(ProtocolVersion::V1).to_string(),
            None => "refused".to_owned(),
        };
        let sort_code = match message.sort_code {
            SortCode::None => "-",
            SortCode::LogletId => "loglet id",
            SortCode::PartitionId => "partition id",
        };
        text.push_str(&row([
            &target,
            &message.service.to_string(),
            sort_code,
            &at_v1,
            &message.codec_at(ProtocolVersion::V2).to_string(),
            message.word(),
            &known(|line| message.is_known_to(line)),
        ]));
    }
    text
}

/// Everything that some stable patch does not know, with the first and the last that do.
pub fn who_knows_what(subject: &dyn Subject) -> String {
    let patches: Vec<Release> = Release::stable_patches().map(|it| subject.release(it)).collect();
    let mut text =
        String::from("about: what not every release knows: the first and the last that do\n");
    let mut owner = String::new();
    for known in fields::all() {
        let is_known: Vec<bool> = patches.iter().map(|it| known.is_known_to(*it)).collect();
        if is_known.iter().all(|is_known| *is_known) {
            continue;
        }
        let end = |at: Option<usize>, open: usize| match at {
            Some(at) if at != open => patches.get(at).map_or_else(String::new, Release::exact_name),
            _ => "-".to_owned(),
        };
        let first = end(is_known.iter().position(|is| *is), 0);
        let last = end(is_known.iter().rposition(|is| *is), patches.len() - 1);
        if known.owner != owner {
            owner.clone_from(&known.owner);
            text.push_str(&format!("\n{owner}:\n"));
        }
        let path = if known.path.is_empty() { "(the message)" } else { &known.path };
        text.push_str(&line(&[(7, &first), (7, &last), (0, path)]));
    }
    text
}

/// The bodies of log records: the first release that writes them so, their length, and the bytes or
/// what stands for them.
fn records(subject: &dyn Subject) -> String {
    let mut text = String::from(
        "about: bodies of log records, from the first release on that writes them so\n",
    );
    for sample in log_records::all() {
        text.push_str(&format!("\n{}:\n", sample.case));
        let mut before = String::new();
        for writer in Release::stable_patches() {
            let record = sample.written_by(writer);
            let body = record.map(|record| subject.encode_record(&record, writer));
            let (len, says) = match body {
                Some(Ok(body)) => (body.len().to_string(), Digest::of(&body).to_string()),
                Some(Err(error)) => ("-".to_owned(), error.to_string()),
                None => ("-".to_owned(), "no such record".to_owned()),
            };
            if says != before {
                text.push_str(&line(&[(7, &writer.exact_name()), (5, &len), (0, &says)]));
                before = says;
            }
        }
    }
    text
}

/// Every record and choice with its tags and keys.
fn types() -> String {
    let mut found = BTreeMap::new();
    for message in MessageType::all() {
        visit(message.shape(), &mut found);
    }
    visit(LogRecord::SHAPE, &mut found);
    visit(EpochMetadata::SHAPE, &mut found);
    let mut text = String::from(
        "about: bilrost tags and flexbuffers keys of the types in payloads and logs\n",
    );
    found.values().for_each(|table| text.push_str(table));
    text
}

/// Adds the types that a shape is made of.
fn visit(shape: Shape, found: &mut BTreeMap<&'static str, String>) {
    match shape {
        Shape::Optional(inner) | Shape::List(inner) | Shape::Packed(inner) => visit(*inner, found),
        Shape::Wrapped(_, inner) => visit(*inner, found),
        Shape::Map(key, value) => [key, value].into_iter().for_each(|inner| visit(*inner, found)),
        Shape::Tuple(shapes) => shapes.iter().for_each(|inner| visit(*inner, found)),
        Shape::Bare(fields) => fields.iter().for_each(|(_, inner)| visit(*inner, found)),
        Shape::Dual(dual) => {
            [dual.tree, dual.v2, dual.v3].into_iter().for_each(|inner| visit(inner, found));
        }
        Shape::Record(record) => visit_record(record, found),
        Shape::Choice(choice) => visit_choice(choice, found),
        _ => {}
    }
}

fn visit_record(record: &'static RecordShape, found: &mut BTreeMap<&'static str, String>) {
    if found.contains_key(record.name) {
        return;
    }
    let form = if record.positional { ", by position in flexbuffers" } else { "" };
    let mut text = format!("\nrecord {}{form}:\n", record.name);
    for field in record.fields {
        let (name, key) = (field.field.name, field.field.key);
        let key = if name == key { String::new() } else { format!(" (key {key})") };
        let name = format!("{name}{key}");
        text.push_str(&member(field.tag, &name, &words(field.shape), field.field.gate));
    }
    found.insert(record.name, text);
    record.fields.iter().for_each(|field| visit(field.shape, found));
}

fn visit_choice(choice: &'static ChoiceShape, found: &mut BTreeMap<&'static str, String>) {
    if found.contains_key(choice.name) {
        return;
    }
    let form = if choice.numbered { ", by number in bilrost" } else { "" };
    let mut text = format!("\nchoice {}{form}:\n", choice.name);
    for variant in choice.variants {
        let holds = variant.shape.map_or_else(|| "-".to_owned(), words);
        text.push_str(&member(variant.tag, variant.variant.name, &holds, variant.variant.gate));
    }
    found.insert(choice.name, text);
    choice.variants.iter().filter_map(|v| v.shape).for_each(|shape| visit(shape, found));
}

fn member(tag: Option<u32>, name: &str, holds: &str, gate: Gate) -> String {
    let tag = tag.map_or_else(|| "-".to_owned(), |tag| tag.to_string());
    line(&[(4, &tag), (32, name), (32, holds), (0, &known(|line| gate.is_open(line)))])
}

/// A shape in words.
fn words(shape: Shape) -> String {
    let all = |shapes: Vec<String>| shapes.join(", ");
    match shape {
        Shape::Bool => "bool".to_owned(),
        Shape::Uint(bits) => format!("u{bits}"),
        Shape::Int(bits) => format!("i{bits}"),
        Shape::Text(what) => format!("text {what}"),
        Shape::Blob => "blob".to_owned(),
        Shape::Octets => "octets".to_owned(),
        Shape::Any => "any".to_owned(),
        Shape::Optional(inner) => format!("optional {}", words(*inner)),
        Shape::List(inner) => format!("list of {}", words(*inner)),
        Shape::Packed(inner) => format!("packed list of {}", words(*inner)),
        Shape::Map(key, value) => format!("map of {} to {}", words(*key), words(*value)),
        Shape::Tuple(shapes) => format!("({})", all(shapes.iter().map(|s| words(*s)).collect())),
        Shape::Record(record) => record.name.to_owned(),
        Shape::Choice(choice) => choice.name.to_owned(),
        Shape::Dual(dual) => {
            let [tree, v2, v3] = [dual.tree, dual.v2, dual.v3].map(words);
            if v2 == v3 {
                format!("{tree}; in bilrost {v2}")
            } else {
                format!("{tree}; in bilrost at V2 {v2}, at V3 {v3}")
            }
        }
        Shape::Wrapped(tag, inner) => format!("message with tag {tag}: {}", words(*inner)),
        Shape::Bare(fields) => {
            let fields = fields.iter().map(|(name, shape)| format!("{name} {}", words(*shape)));
            format!("bare ({})", all(fields.collect()))
        }
    }
}
