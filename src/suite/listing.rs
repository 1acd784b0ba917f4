//! The names that commands take, with what is behind them.

use crate::fabric::catalogue::{MESSAGES, MessageRow, Role, SortCode};
use crate::fabric::downgrade::{Way, way};
use crate::fabric::limits::{FrameLimits, Side};
use crate::fabric::release::{Gate, NegotiationRule, Release, ReleaseKind, ReleaseNumber};
use crate::fabric::session::{QUIRKS, QuirkRow};
use crate::fabric::version::ProtocolVersion;
use crate::harness::report::Table;
use crate::suite::log_records::{OCCASIONS, Occasion};
use crate::suite::planted::{PLANTED, Planted, RECORD_BUGS, RecordBug};
use crate::suite::{expectations, faults, samples, session, skew};

/// The releases; with their patches, in the order of releases, or lines and other builds alone.
pub fn releases(with_patches: bool) -> Table {
    let row = |release: Release| {
        let row = release.row();
        vec![
            row.name.to_owned(),
            row.exact.to_owned(),
            match row.kind {
                ReleaseKind::Line => "line",
                ReleaseKind::Patch => "patch",
                ReleaseKind::Variant => "variant",
            }
            .to_owned(),
            versions(row.range.min, row.range.max),
            match release.rule() {
                NegotiationRule::A => "A",
                NegotiationRule::B => "B",
            }
            .to_owned(),
            row.note.to_owned(),
        ]
    };
    let mut releases = skew::releases();
    releases.retain(|release| with_patches || release.row().kind != ReleaseKind::Patch);
    let columns = ["release", "exact", "kind", "versions", "rule", "note"];
    let mut table = Table::new("releases", columns);
    table.rows = releases.iter().map(|release| row(*release)).collect();
    if with_patches {
        table
            .columns
            .splice(5..5, ["reads", "dialler writes", "acceptor writes"].map(str::to_owned));
        for (row, release) in table.rows.iter_mut().zip(releases) {
            row.splice(5..5, frame_lengths(release));
        }
    }
    table
}

/// How long frames may be where nothing else is configured: read, and written by either side (02 §7).
fn frame_lengths(release: Release) -> [String; 3] {
    let limits = FrameLimits::of(release);
    let words = |limit: Option<usize>| {
        limit.map_or_else(|| "any".to_owned(), |bytes| format!("{} MiB", bytes >> 20))
    };
    [Some(limits.inbound), limits.outbound(Side::Client), limits.outbound(Side::Server)].map(words)
}

/// The bugs that can be planted.
pub fn bugs() -> Table {
    let row =
        |bug: &Planted| vec![bug.id.to_owned(), bug.site().to_string(), bug.sentence.to_owned()];
    let of_records = |bug: &RecordBug| {
        vec![bug.id.to_owned(), "log records".to_owned(), bug.sentence.to_owned()]
    };
    let rows = PLANTED.iter().map(row).chain(RECORD_BUGS.iter().map(of_records)).collect();
    Table { rows, ..Table::new("bugs", ["bug", "planted in", "what is wrong"]) }
}

/// What nodes can be told in the plan of an upgrade.
pub fn occasions() -> Table {
    let row = |it: &Occasion| {
        let kind = if it.is_setting { "setting" } else { "action" };
        let writes = |line: Release| it.cases(line).next().map(|_| line.to_string());
        let lines: Vec<String> = Release::lines().filter_map(writes).collect();
        vec![it.word.to_owned(), kind.to_owned(), lines.join(", "), it.what.to_owned()]
    };
    let columns = ["word", "kind", "lines", "what it is"];
    Table { rows: OCCASIONS.iter().map(row).collect(), ..Table::new("occasions", columns) }
}

/// The faults of released sessions.
pub fn quirks() -> Table {
    let row = |row: &QuirkRow| {
        let script = session::shown_by(row.quirk).unwrap_or("-");
        vec![row.id.to_owned(), with_quirk(row), script.to_owned(), row.sentence.to_owned()]
    };
    let columns = ["quirk", "releases", "script", "what such a server does"];
    Table { rows: QUIRKS.iter().map(row).collect(), ..Table::new("quirks", columns) }
}

/// The known faults of released servers, with what shows them and what is to be known of them.
pub fn faults() -> Table {
    let mut table = faults::table();
    table.columns.extend(["shown by", "and by", "note"].map(str::to_owned));
    for (row, fault) in table.rows.iter_mut().zip(faults::known()) {
        let script = fault.script.iter().map(|script| format!("skewproof session {script}"));
        let plan = fault.upgrades.iter();
        let plan = plan.map(|it| format!("skewproof upgrade --plan '{}'", it.plan));
        let mut commands = script.chain(plan);
        row.extend([(); 2].map(|()| commands.next().unwrap_or_default()));
        row.push(fault.note.clone());
    }
    table
}

/// The first and last release that have a quirk.
fn with_quirk(row: &QuirkRow) -> String {
    match span(row.gate) {
        span if span.is_empty() => "a candidate of 1.2".to_owned(),
        span => span,
    }
}

/// The stable releases that know something: `1.4.0 to 1.6.0`, `from 1.4.3`, `up to 1.7.2`, `all`;
/// nothing if none does.
fn span(gate: Gate) -> String {
    let mut open = Release::stable().filter(|release| gate.is_open(*release));
    let (first, last) = (open.next(), open.last());
    let (Some(first), last) = (first, last.or(first)) else { return String::new() };
    let last = last.map(|last| last.exact_name()).unwrap_or_default();
    match (gate.first() == ReleaseNumber::FIRST, gate.last() == ReleaseNumber::LAST) {
        (true, true) => "all".to_owned(),
        (false, true) => format!("from {}", first.exact_name()),
        (true, false) => format!("up to {last}"),
        (false, false) if first.exact_name() == last => last,
        (false, false) => format!("{} to {last}", first.exact_name()),
    }
}

/// The messages.
pub fn messages() -> Table {
    let row = |message: &MessageRow| {
        vec![
            message.word().to_owned(),
            match message.role {
                Role::Call(Some(reply)) => format!("call, answered by {}", reply.row().word()),
                Role::Call(None) => "unary".to_owned(),
                Role::Reply => "reply".to_owned(),
                Role::Both => "wrapper of calls and replies".to_owned(),
            },
            known_to(message),
            message.v1_target.map_or_else(|| "-".to_owned(), |target| target.to_string()),
            message.service.to_string(),
            match way(message.message_type, ProtocolVersion::V1) {
                Way::OwnForm => message.codec_at(ProtocolVersion::V1).to_string(),
                replaced => replaced.to_string(),
            },
            if Release::lines().any(|line| message.is_known_to(line) && line.range().max >= 2) {
                from_v2(message)
            } else {
                "-".to_owned()
            },
            match message.sort_code {
                SortCode::None => "-",
                SortCode::LogletId => "loglet id",
                SortCode::PartitionId => "partition id",
            }
            .to_owned(),
        ]
    };
    let columns =
        ["message", "role", "releases", "V1 target", "service", "at V1", "from V2", "sort code"];
    Table { rows: MESSAGES.iter().map(row).collect(), ..Table::new("messages", columns) }
}

/// The codec of a message from V2 on, and from when all of it can be carried.
fn from_v2(message: &MessageRow) -> String {
    let codec = message.codec_at(ProtocolVersion::V2);
    let samples: Vec<_> = samples::samples(message.message_type).collect();
    let first = samples.iter().map(|sample| expectations::first_version(&sample.message)).max();
    match first.filter(|first| *first > ProtocolVersion::V2) {
        Some(first) => format!("{codec}, all of it from {first}"),
        None => codec.to_string(),
    }
}

/// The first and last line that know a message.
fn known_to(message: &MessageRow) -> String {
    let lines: Vec<_> = Release::lines().filter(|line| message.is_known_to(*line)).collect();
    match (lines.first(), lines.last()) {
        (Some(first), Some(last)) if first == last => first.to_string(),
        (Some(first), Some(last)) => format!("{first} to {last}"),
        _ => "-".to_owned(),
    }
}

fn versions(min: i32, max: i32) -> String {
    if min == max { format!("V{min}") } else { format!("V{min} to V{max}") }
}
