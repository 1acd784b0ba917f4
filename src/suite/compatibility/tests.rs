//! That the table is whole, and that its verdicts are those of 08 §5.

use std::collections::BTreeSet;

use super::*;
use crate::fabric::log_records::apply::Reaction;
use crate::suite::faults::Severity;
use crate::suite::gates;
use crate::suite::live::Scenario;
use crate::suite::log_records;
use crate::suite::releases::Releases;
use crate::suite::subject::Fabric;

/// The pages that the table is compared with.
const WHO_SENDS: &str = include_str!("../../../docs/spec/08-who-sends.md");
const FINDINGS: &str = include_str!("../../../docs/spec/08-who-sends.tsv");
const LOG_RECORDS: &str = include_str!("../../../docs/spec/09-log-records.md");

fn release(name: &str) -> Release {
    name.parse().unwrap()
}

fn without_version(address: &str) -> &str {
    address.split_once('/').map_or(address, |(_, rest)| rest)
}

#[test]
fn the_table_is_one() {
    assert_eq!(TABLE.as_ref().err(), None);
    for row in table() {
        let is_at_home = row.findings.is_empty() || row.kind != Kind::Release;
        assert!(is_at_home, "{}: bytes are no fault of one release", row.id);
        assert!(!row.breaks() || row.avoid.is_some(), "{} says nothing that avoids it", row.id);
        assert!(!row.counts() || row.user != "Nothing.", "{} counts and is nothing", row.id);
        let sentences = row.avoid.iter().chain([&row.user]);
        sentences.for_each(|it| assert!(it.ends_with('.'), "{}: {it:?} is no sentence", row.id));
    }
}

#[test]
fn every_finding_of_the_gates_has_one_row_and_no_row_is_stale() {
    let mut used: BTreeSet<(&str, &str)> = BTreeSet::new();
    for finding in gates::observe(&Fabric) {
        let address = finding.address();
        let address = without_version(&address);
        for pair in &finding.pairs {
            let is_it = |row: &&Row| row.is_about(address) && row.holds(pair.from, pair.to);
            let rows: Vec<_> = table().iter().filter(is_it).collect();
            let ids: Vec<_> = rows.iter().map(|row| &row.id).collect();
            assert_eq!(rows.len(), 1, "{address}, {} to {}: {ids:?}", pair.from, pair.to);
            let row = rows[0];
            let of_row = row.findings.iter().find(|it| *it == address).unwrap();
            used.insert((&row.id, of_row));
        }
    }
    for row in table() {
        for finding in &row.findings {
            assert!(used.contains(&(&*row.id, &**finding)), "{}: {finding} is stale", row.id);
        }
    }
}

/// The severities of the specification, of the pairs of last patches that it names.
#[test]
fn what_is_sent_and_how_bad_it_is_is_what_the_specification_says() {
    let releases = |text: &str| -> Vec<Release> { text.split(", ").map(release).collect() };
    let mut compared = 0;
    for line in FINDINGS.lines().skip(1) {
        let [address, pairs, _, sent, severity, _] =
            line.split('\t').collect::<Vec<_>>().try_into().unwrap();
        let (from, to) = pairs.split_once(" to ").unwrap();
        let pairs = releases(from)
            .into_iter()
            .flat_map(|from| releases(to).into_iter().map(move |to| (from, to)));
        for (from, to) in pairs.filter(|(from, to)| from != to) {
            let Some(row) = of_finding(without_version(address), from, to) else { continue };
            let said = severity.split("; ").find_map(|part| match part.split_once(": ") {
                Some((line, severity)) => (release(line) == from).then_some(severity),
                None => Some(part),
            });
            let said = Severity::named(said.unwrap()).unwrap();
            // A row of the specification has one word for all its pairs and keys.
            let is_sharper = ["S2", "S3", "S5", "R31", "placement", "gone"].contains(&&*row.id);
            assert!(row.severity == said || is_sharper, "{address}, {from} to {to}: {}", row.id);
            assert_eq!(sent.starts_with("never"), row.sent == Sent::Never, "{address}: {}", row.id);
            compared += 1;
        }
    }
    assert!(compared > 150, "{compared}");
}

/// The ids of the rows of a page, by the letters of its tables.
fn ids(page: &'static str, letters: &[char]) -> BTreeSet<&'static str> {
    let first = page.lines().filter_map(|line| line.strip_prefix("| "));
    let ids = first.filter_map(|row| row.split_once("<a id=").map(|(id, _)| id.trim_matches('*')));
    ids.filter(|id| id.starts_with(letters)).collect()
}

#[test]
fn every_row_of_the_specification_has_a_row() {
    // Facts, verdicts and what is not known are no skew.
    let of_08 = ids(WHO_SENDS, &['G', 'N', 'L', 'U', 'Q', 'S', 'D', 'P', 'M', 'E']);
    let of_09 = ids(LOG_RECORDS, &['L']);
    assert_eq!((of_08.len(), of_09.len()), (134, 22));
    let marks = table().iter().flat_map(|row| row.section.split("; "));
    let named: BTreeSet<(&str, &str)> = marks
        .filter_map(|mark| mark.split_once(' '))
        .flat_map(|(page, places)| places.split(", ").map(move |place| (page, place)))
        .collect();
    let missing = |page: &'static str, ids: BTreeSet<&'static str>| -> Vec<&'static str> {
        ids.into_iter().filter(|id| !named.contains(&(page, *id))).collect()
    };
    assert_eq!(missing("08", of_08), [""; 0]);
    assert_eq!(missing("09", of_09), [""; 0]);
}

#[test]
fn who_cannot_dial_whom_is_in_the_table() {
    use crate::fabric::negotiation::handshake;
    for [from, to] in
        Release::stable().flat_map(|it| Release::stable().map(move |other| [it, other]))
    {
        let is_refused = handshake(from, to).is_err();
        let ids = ["R15", "rule-A", "R11"];
        let is_it = |row: &&Row| ids.contains(&&*row.id) && row.holds(from, to);
        let rows = table().iter().filter(is_it).count();
        assert_eq!(rows, usize::from(is_refused), "{from} dials {to}");
    }
}

/// 08 §5: from, to, the verdict on the way, and ids that stand among its reasons.
const VERDICTS: [(&str, &str, &str, &[&str]); 62] = [
    ("1.2", "1.3", "limits", &["R31", "R19", "sql-1.3"]),
    ("1.2.0", "1.3.0", "limits", &["R31", "R60"]),
    ("1.2", "1.3.0", "limits", &["R31"]),
    ("1.3", "1.2", "limits", &["R31", "gone"]),
    ("1.3", "1.4", "limits", &["R30", "cancel", "L2"]),
    ("1.3", "1.4.0", "breaks", &["L1"]),
    ("1.3", "1.4.1", "limits", &["R30"]),
    ("1.3.1", "1.4.0", "breaks", &["L1"]),
    ("1.3.0", "1.4", "breaks", &["R11"]),
    ("1.3.0", "1.4.0", "breaks", &["R11", "L1"]),
    ("1.4", "1.3", "limits", &["R30", "worker-state", "roll-new-partition"]),
    ("1.4.0", "1.3", "breaks", &["L1"]),
    ("1.4", "1.3.0", "breaks", &["R11"]),
    ("1.4", "1.5", "limits", &["resume", "L4", "L5", "sql-1.5"]),
    ("1.4.0", "1.5.0", "limits", &["resume", "L3", "S6-switch"]),
    ("1.4.2", "1.5", "limits", &["resume", "S6-switch"]),
    ("1.5", "1.4", "limits", &["storage-1.5", "S4-1.5"]),
    ("1.5", "1.4.0", "limits", &["storage-1.5", "L3"]),
    (
        "1.5",
        "1.6",
        "limits",
        &["sql-1.6", "pause", "S11", "S12", "ingest-switch", "frame-size", "frame-size-record"],
    ),
    ("1.5.3", "1.6.2", "limits", &["sql-1.6"]),
    ("1.5", "1.6.0", "limits", &["S18-1.6.0", "S19", "1.6.0-memory"]),
    ("1.5", "1.6.1", "limits", &["S19"]),
    ("1.6", "1.5", "limits", &["L8", "S10-switch"]),
    ("1.6", "1.7", "limits", &["S3", "L12", "S2", "sql-filters", "S5"]),
    ("1.6", "1.7.0", "limits", &["S3", "S20", "S18", "1.7.0-vqueues"]),
    ("1.6", "1.7.1", "limits", &["S3", "S20", "S18"]),
    ("1.6", "1.7.2", "limits", &["S3", "S18", "1.7.0-vqueues"]),
    ("1.7", "1.6", "limits", &["S1", "L12", "S3", "S16", "storage-1.7-switch"]),
    ("1.7.2", "1.7.3", "limits", &["S5-1.7.3", "node-state-1.7.3", "id-tail", "L17"]),
    ("1.7.0", "1.7.6", "limits", &["sql-1.7.0", "S5-1.7.3", "L17"]),
    ("1.7.6", "1.7.2", "limits", &["S5-1.7.3"]),
    ("1.7.0", "1.7.1", "limits", &["sql-1.7.0", "sql-1.7.1"]),
    ("1.7.3", "1.7.5", "safe", &["L16"]),
    ("1.7.4", "1.7.5", "safe", &["L16"]),
    ("1.7.4", "1.7.6", "safe", &["L16"]),
    ("1.7.6", "1.7.4", "safe", &["L16"]),
    ("1.7.5", "1.7.6", "safe", &[]),
    ("1.2", "1.4", "breaks", &["rule-A", "zstd"]),
    ("1.4", "1.2", "breaks", &["rule-A"]),
    ("1.2", "1.5", "no talk", &["R15"]),
    ("1.2", "1.6", "no talk", &["R15", "start-1.6"]),
    ("1.2", "1.7", "no talk", &["R15", "start-1.7"]),
    ("1.3", "1.5", "no talk", &["R15"]),
    ("1.3", "1.6", "no talk", &["R15", "start-1.6"]),
    ("1.3", "1.7", "no talk", &["R15", "start-1.7"]),
    ("1.5", "1.2", "no talk", &["R15", "back-1.5"]),
    ("1.6", "1.2", "no talk", &["R15", "back-1.6"]),
    ("1.7", "1.2", "no talk", &["R15", "back-1.7"]),
    ("1.5", "1.3", "no talk", &["R15"]),
    ("1.6", "1.3", "no talk", &["R15"]),
    ("1.7", "1.3", "no talk", &["R15"]),
    ("1.4", "1.6", "breaks", &["L9", "start-1.6", "resume"]),
    ("1.4.2", "1.6", "breaks", &["L9", "S6"]),
    ("1.6", "1.4", "breaks", &["L9", "back-1.6"]),
    ("1.4", "1.7", "breaks", &["L9", "L10", "ingest"]),
    ("1.7", "1.4", "breaks", &["L9", "L10"]),
    ("1.5", "1.7", "breaks", &["L10", "ingest", "start-1.7", "dedup-query"]),
    ("1.7", "1.5", "breaks", &["L10", "back-1.7"]),
    ("1.7.0-rc.3", "1.6", "avoid", &["1.7.0-rc.3"]),
    ("1.3", "1.3.3-dev", "breaks", &["1.3.3-dev"]),
    ("1.2", "1.2.0", "limits", &["R60"]),
    ("1.5.0", "1.5.6", "safe", &[]),
];

/// What fails by itself is not called safe.
#[test]
fn between_1_3_and_1_4_requests_fail_by_themselves() {
    for (from, to) in [("1.3", "1.4"), ("1.4", "1.3")] {
        let verdict = verdict(release(from), release(to));
        assert!(matches!(verdict.kind, VerdictKind::Interrupted(_)), "{:?}", verdict.kind);
        assert_eq!(verdict.reasons[0].row.id, "R30");
        assert!(verdict.kind.is_yes() && !verdict.kind.to_string().contains("works"));
    }
    assert!(matches!(verdict(release("1.5"), release("1.6")).kind, VerdictKind::Limits(_)));
}

#[test]
fn verdicts_are_those_of_the_specification() {
    for (from, to, said, ids) in VERDICTS {
        let verdict = verdict(release(from), release(to));
        let words = match verdict.kind {
            VerdictKind::Safe => "safe",
            VerdictKind::Limits(_) | VerdictKind::Interrupted(_) => "limits",
            VerdictKind::Breaks => "breaks",
            VerdictKind::Avoid => "avoid",
            VerdictKind::CannotTalk => "no talk",
        };
        let reasons: Vec<&str> = verdict.reasons.iter().map(|it| &*it.row.id).collect();
        assert_eq!(words, said, "{from} to {to}: {reasons:?}");
        for id in ids {
            assert!(reasons.contains(id), "{from} to {to} has no {id}: {reasons:?}");
        }
    }
    // All ordered pairs of lines are among them.
    let pairs = Release::lines()
        .flat_map(|it| Release::lines().map(move |other| (it.name(), other.name())));
    for (from, to) in pairs.filter(|(from, to)| from != to) {
        assert!(VERDICTS.iter().any(|it| (it.0, it.1) == (from, to)), "{from} to {to}");
    }
}

#[test]
fn what_breaks_comes_first_and_what_needs_a_switch_last() {
    let first =
        |from: &str, to: &str| verdict(release(from), release(to)).reasons[0].row.id.clone();
    assert_eq!(first("1.3", "1.4"), "R30");
    assert_eq!(first("1.4", "1.5"), "resume");
    assert_eq!(first("1.5", "1.6"), "frame-size-record");
    assert_eq!(first("1.6", "1.7"), "S3");
    assert_eq!(first("1.7", "1.6"), "S1");
    assert_eq!(first("1.5", "1.7"), "L10");
    assert_eq!(first("1.3", "1.6"), "R15");
    let together = together(release("1.5"), release("1.7"));
    assert_eq!(together.reasons[0].row.id, "L10");
    let sent: Vec<Sent> = together.reasons.iter().map(|it| it.row.sent).collect();
    assert_eq!(sent.last(), Some(&Sent::Switch));
}

#[test]
fn a_name_is_a_whole_word() {
    for (words, path, expected) in [
        ("unknown variant \"Chunk\"", "body.Chunk", true),
        ("at body.lsn: trailing bytes", "body.lsn", true),
        ("at body.last_lsn: trailing bytes", "body.lsn", false),
        ("at body.lsns: trailing bytes", "body.lsn", false),
    ] {
        assert_eq!(says(words, path), expected, "{words}");
    }
}

/// Each known skew of log records: the bytes show it on the pair that meets it, where `ask` names it,
/// and not on the pair that a patch mended, where `ask` does not.
#[test]
fn every_skew_of_log_records_is_seen_on_its_pair_and_not_where_it_is_mended() {
    // All of these read what they meet; the fault of L17 is in applying (09 §8).
    const HARMLESS: [&str; 3] = ["L7", "L11", "L17"];
    // By its own row; where all is lost anyway, by what breaks.
    let names = |one: Release, other: Release, id: &str| {
        let is_own = |row: &Row| {
            row.id.strip_prefix(id).is_some_and(|it| !it.starts_with(|c: char| c.is_ascii_digit()))
        };
        let reasons = reasons(Move::Together, one, other);
        let mut rows = reasons.iter().map(|it| it.row).filter(|row| row.kind == Kind::LogRecord);
        rows.any(|row| row.severity > Severity::None && (is_own(row) || row.breaks()))
    };
    let (mut met, mut mended) = (0, 0);
    for row in &log_records::ROWS {
        let shown = row.show();
        let is_seen = shown.iter().any(|it| it.reaction != Reaction::Applied);
        assert_eq!(is_seen, !HARMLESS.contains(&row.id), "{}", row.id);
        let command = table().iter().find(|it| it.id == row.id).map(|it| {
            let [one, other] = ["1.7", "1.6"].map(release);
            it.shown_by(one, other)
        });
        assert_eq!(command, Some(format!("skewproof records {}", row.id)));
        for it in shown {
            assert_eq!(it.reaction.to_string(), it.expected, "{} {}", row.id, it.reader);
            // Nobody writes L21 and L22, and a client may not be able to bring L20 about.
            let Ok(writer) = it.writer.parse::<Release>() else { continue };
            let reader = release(it.reader);
            let is_applied = it.reaction == Reaction::Applied;
            // Up to 1.3 and from 1.5 on nobody talks; and L18 is of contributors' builds.
            let is_asked = version(writer, reader).is_some() && row.id != "L18";
            if is_applied && row.id != "L17" {
                assert!(!names(writer, reader, row.id), "{} mended in {}", row.id, it.reader);
                mended += 1;
            } else if is_asked {
                assert!(names(writer, reader, row.id), "{}, {writer} to {reader}", row.id);
                met += 1;
            }
        }
    }
    assert!(met > 20 && mended > 20, "{met}, {mended}");
}

/// What nodes read, change and write back in the metadata store is shown on real servers, where it is known.
#[test]
fn every_row_of_the_metadata_store_that_a_scenario_shows_names_it() {
    let mut shown = Vec::new();
    for row in table() {
        let newest = |of: &Releases| Release::stable().filter(|it| of.has(*it)).last();
        let (Some(writer), Some(reader)) = (newest(&row.from), newest(&row.to)) else { continue };
        let line = row.shown_by(writer, reader);
        let Some(rest) = line.strip_prefix("skewproof live scenario ") else { continue };
        let (name, servers) = rest.split_once(' ').unwrap();
        let scenario = Scenario::named(name).unwrap();
        assert!(!scenario.expected([reader, writer]).unwrap().is_empty(), "{}", row.id);
        let [writer, reader] = [writer, reader].map(|release| release.exact_name());
        assert_eq!(servers, format!("--server npm:{reader} --server npm:{writer}"));
        shown.push((row.id.as_str(), scenario.name()));
    }
    let expected = [
        ("S1", "provision"),
        ("S2", "schema"),
        ("S3", "kafka"),
        ("S5", "pins"),
        ("S5-1.7.3", "pins"),
    ];
    assert_eq!(shown, expected);
}

/// Whatever `ask` says, it names a command; that each works is tested with the pages.
#[test]
fn every_reason_from_the_log_has_a_command_of_its_own() {
    for row in table().iter().filter(|row| row.kind == Kind::LogRecord) {
        let [one, other] = ["1.7", "1.6"].map(release);
        assert!(!row.is_only_listed(), "{}", row.id);
        assert!(row.shown_by(one, other).starts_with("skewproof records "), "{}", row.id);
    }
}
