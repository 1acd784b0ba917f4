//! The golden fixtures: every one is asserted with insta, planted bugs are seen by them, damage is
//! a finding.
//!
//! `cargo insta test --review` shows what changed; with `CI=true` nothing is written.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use skewproof::fabric::annotate;
use skewproof::harness::boundary::contain;
use skewproof::harness::golden::{Document, Entry, Manifest, Snapshot, Store, count};
use skewproof::harness::report::Report;
use skewproof::suite::golden::{self, SOURCE, Scope, bless};
use skewproof::suite::planted;
use skewproof::suite::samples;
use skewproof::suite::subject::{Fabric, Subject};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden")
}

fn store() -> Store {
    Store::open(&folder()).unwrap()
}

fn verify(store: &Store, subject: &dyn Subject, only: &[String]) -> Report {
    let scope = Scope { only, ..Scope::default() };
    golden::verify(store, store.entries.len(), subject, scope)
}

/// The findings of a report, each with its row.
fn findings(report: &Report) -> Vec<String> {
    let finding = |finding: &skewproof::harness::verdict::Finding| {
        let place = finding.place.as_deref().unwrap_or_default();
        format!("{}: {} {place}", finding.case, finding.requirement)
    };
    report.findings().map(finding).collect()
}

/// All fixtures in one test: the names of those that differ are what it fails with.
#[test]
fn every_fixture_is_as_the_samples_make_it() {
    let mut differing = Vec::new();
    for (name, content) in golden::documents() {
        let (inner, file) = name.rsplit_once('/').unwrap();
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(folder().join(inner));
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        let assert = || insta::assert_snapshot!(file, content);
        if settings.bind(|| contain(assert)).is_err() {
            differing.push(name);
        }
    }
    assert!(
        differing.is_empty(),
        "{} fixtures differ, and wait beside those that are stored unless `CI` is set:\n{}\n\
         review them with `cargo insta review` or `skewproof golden bless`",
        differing.len(),
        differing.join("\n")
    );
}

#[test]
fn the_store_is_verified_and_nothing_is_left_out() {
    let store = store();
    let report = golden::verify(&store, count(&folder()).unwrap(), &Fabric, Scope::default());
    assert_eq!(findings(&report), [""; 0]);
    let note = format!("{0} fixtures checked, {0} on disk", store.entries.len());
    assert!(report.notes().iter().any(|it| it.starts_with(&note)), "{:?}", report.notes());
    assert!(store.entries.len() > 2000);
    let unseen = golden::verify(&store, store.entries.len() + 1, &Fabric, Scope::default());
    assert_eq!(unseen.findings().count(), 1);
}

/// The head that we write is the one that insta writes.
#[test]
fn both_ways_to_accept_write_the_same_file() {
    let differs = |(name, entry): (&String, &Entry)| {
        let snapshot = Snapshot::read(&entry.file).unwrap();
        (Snapshot::write(SOURCE, snapshot.content) != entry.file).then(|| name.clone())
    };
    assert_eq!(store().entries.iter().filter_map(differs).next(), None);
}

#[test]
fn every_dump_covers_its_bytes_without_gap_or_overlap() {
    let (mut dumps, mut digests) = (0, 0);
    for (name, entry) in &store().entries {
        let snapshot = Snapshot::read(&entry.file).unwrap();
        let document = Document::read(&snapshot).unwrap();
        for dump in &document.paragraphs {
            let Some(len) = dump.title.strip_prefix("bytes: ") else { continue };
            if golden::is_by_digest(dump.body) {
                digests += 1;
                continue;
            }
            let bytes = annotate::read_back(dump.body).unwrap();
            assert_eq!(bytes.len().to_string(), len, "{name}");
            // Reading back has compared each offset with the number of bytes before it.
            let is_fault = |line: &str| line.starts_with('!');
            assert!(!dump.body.lines().any(is_fault), "{name}: the dump gives up");
            dumps += 1;
        }
    }
    assert!(dumps > 2000, "{dumps}");
    // What nobody can read is the exception.
    assert!(digests < dumps / 20, "{digests}");
}

#[test]
fn every_sample_has_a_fixture() {
    let store = store();
    let mut missing = Vec::new();
    for sample in samples::all() {
        let name = format!("{}/{}", sample.message.message_type().row().word(), sample.case);
        let is_there = |folder: &str| {
            let names = [format!("{folder}/{name}"), format!("{folder}/{name}.refused")];
            names.iter().any(|name| store.entries.contains_key(name))
        };
        if !["v1", "v2", "v3"].into_iter().any(is_there) {
            missing.push(name);
        }
    }
    assert_eq!(missing, [""; 0]);
}

/// What is there by its digest is pinned like what is there in full.
#[test]
fn a_digest_that_does_not_fit_is_a_finding() {
    for (name, title) in
        [("v2/Store/one-record-70k", "bytes: "), ("v2/Store/one-record-70k", "value")]
    {
        let (mut store, file) = one(name);
        assert!(!is_found(&mut store, name, &file));
        let at = file.find(&format!("\n{title}")).unwrap();
        let digest = at + file[at..].find("SHA-256: ").unwrap() + "SHA-256: ".len();
        let new = if file[digest..].starts_with('0') { "1" } else { "0" };
        let mut flipped = file.clone();
        flipped.replace_range(digest..=digest, new);
        assert!(is_found(&mut store, name, &flipped), "{title}");
    }
}

/// The verdicts that are about bytes and values, and not about the store.
const VERDICTS: [&str; 5] = [
    "the named lines write the bytes",
    "the named lines read the value",
    "every other line reads them as it says",
    "written back as it says",
    "refused in these words",
];

#[test]
fn planted_bugs_are_seen() {
    let store = store();
    let mut unseen = BTreeSet::new();
    for id in [
        "M04", "M05", "M06", "M11", "M14", "M18", "M20", "M26", "M28", "M36", "M38", "M44", "M53",
        "M59",
    ] {
        let subject = planted::find(id).unwrap().subject();
        let report = verify(&store, subject.as_ref(), &[]);
        let rows = failed_verdicts(&report);
        println!("{id}: {rows:?}");
        if rows.is_empty() {
            unseen.insert(id);
        }
    }
    assert!(unseen.is_empty(), "{unseen:?}");
}

#[test]
fn bugs_of_the_envelope_are_seen() {
    let store = store();
    let only = ["envelope".to_owned()];
    for bug in planted::ENVELOPE_BUGS {
        let rows = failed_verdicts(&verify(&store, bug, &only));
        println!("{}: {rows:?}", bug.id);
        assert!(!rows.is_empty(), "{}: {}", bug.id, bug.sentence);
    }
}

/// The rows of verdicts on bytes and values with a finding.
fn failed_verdicts(report: &Report) -> Vec<&'static str> {
    let grid = &report.grids()[0];
    let failed = |row: &&str| {
        let index = grid.rows().iter().position(|name| name == row).unwrap();
        (0..grid.columns().len())
            .filter_map(|column| grid.cell(index, column))
            .any(|tally| tally.failed > 0)
    };
    VERDICTS.into_iter().filter(failed).collect()
}

/// A store of one fixture, and its file.
fn one(name: &str) -> (Store, String) {
    let mut store = store();
    let file = store.entries[name].file.clone();
    store.entries.retain(|other, _| other == name);
    store.manifest = Manifest::default();
    (store, file)
}

/// Whether something of the file itself is found, with its line.
fn is_found(store: &mut Store, name: &str, file: &str) -> bool {
    store.entries.get_mut(name).unwrap().file = file.to_owned();
    let report = verify(store, &Fabric, &[name.to_owned()]);
    findings(&report).iter().any(|finding| finding.contains(".snap: line "))
}

#[test]
fn a_fixture_that_is_cut_is_a_finding_wherever_it_is_cut() {
    for name in ["v2/Stored/minimal", "v1/Gossip/typical.refused", "negotiation/accepts-1.3"] {
        let (mut store, file) = one(name);
        assert!(!is_found(&mut store, name, &file));
        let ends: Vec<usize> = file.match_indices('\n').map(|(at, _)| at).collect();
        for end in ends {
            let cuts = [&file[..end], &file[..=end]];
            for cut in cuts.into_iter().filter(|cut| *cut != file) {
                assert!(is_found(&mut store, name, cut), "{name} cut at {end}");
            }
        }
        assert!(is_found(&mut store, name, ""));
    }
}

#[test]
fn a_fixture_with_a_flipped_character_is_a_finding_wherever_it_is() {
    let name = "v2/Stored/minimal";
    let (mut store, file) = one(name);
    // What insta keeps in the head is compared by nobody.
    let content = file.find("message:").unwrap();
    for (at, old) in file.char_indices().skip_while(|(at, _)| *at < content) {
        for new in ['\n', '0', 'x', ' ', '"'].into_iter().filter(|new| *new != old) {
            let mut flipped = file.clone();
            flipped.replace_range(at..at + old.len_utf8(), &new.to_string());
            assert!(is_found(&mut store, name, &flipped), "{at}: {old:?} to {new:?}");
        }
    }
}

/// A reviewer wants to know what became of the bytes before what became of the words about them.
#[test]
fn what_is_wrong_with_bytes_is_said_before_what_is_wrong_with_words() {
    let name = "v2/Trim/typical";
    let (mut store, file) = one(name);
    let (right, wrong) =
        ("04 c2 02                  trim_point", "08 c2 02                  trim_point");
    assert!(file.contains(right));
    store.entries.get_mut(name).unwrap().file = file.replace(right, wrong);
    let found = findings(&verify(&store, &Fabric, &[name.to_owned()]));
    let index = |words: &str| found.iter().position(|it| it.contains(words)).unwrap();
    assert!(index("writes exactly these bytes") < index("in every line"), "{found:#?}");
    assert!(index("reads exactly this value") < index("in every line"), "{found:#?}");
}

#[test]
fn what_is_frozen_is_not_changed_removed_renamed_or_left_out() {
    let name = "v2/Gossip/typical";
    let only = [name.to_owned()];
    let requirement = "a frozen fixture is never changed, removed or renamed";
    let found = |store: &Store| findings(&verify(store, &Fabric, &only)).join("\n");
    let mut changed = store();
    changed.entries.get_mut(name).unwrap().file.push_str("more\n");
    assert!(found(&changed).contains(requirement));
    let mut renamed = store();
    let entry = renamed.entries.remove(name).unwrap();
    renamed.entries.insert(format!("{name}-1"), entry);
    let text = found(&renamed);
    assert!(text.contains(requirement) && text.contains("every fixture is made by"), "{text}");
    let mut unlisted = store();
    unlisted.manifest.frozen.remove(name);
    assert!(found(&unlisted).contains("is in the manifest"));
}

#[test]
fn blessing_proposes_accepts_and_leaves_what_is_frozen() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("golden");
    let mut store = Store::empty(&folder);
    // A new store: everything waits, is accepted, and is frozen.
    let count = bless::propose(&mut store).unwrap().count();
    assert_eq!((store.entries.len(), store.pending.len()), (0, count.0));
    assert_eq!(bless::accept(&mut store).unwrap().count().1, 0);
    let mut store = Store::open(&folder).unwrap();
    assert_eq!(findings(&verify(&store, &Fabric, &[])), [""; 0]);
    assert_eq!(bless::propose(&mut store).unwrap().count(), (0, 0));

    // One that is not frozen and one that is are not what the samples make.
    let (free, frozen) = ("tables/numbers", "v2/Gossip/typical");
    for name in [free, frozen] {
        store.accept(name, Snapshot::write(SOURCE, "about: something else\n")).unwrap();
    }
    let old = Snapshot::read(&store.entries[frozen].file).unwrap().content.to_owned();
    let entry = skewproof::harness::golden::Frozen {
        digest: skewproof::harness::golden::Digest::of(old.trim_end()),
        scope: "1.7".to_owned(),
    };
    store.manifest.frozen.insert(frozen.to_owned(), entry.clone());
    let acts = bless::propose(&mut store).unwrap();
    assert!(acts.touches_frozen());
    assert_eq!(acts.count(), (2, 2));
    assert_eq!(bless::accept(&mut store).unwrap().count(), (2, 1));
    assert_eq!(Snapshot::read(&store.entries[frozen].file).unwrap().content, old);

    // An amendment takes a name that is frozen, and keeps its reason.
    assert!(bless::amend(&mut store, free, "no").unwrap().is_none());
    assert!(bless::amend(&mut store, frozen, "it was\nwrong").unwrap().is_some());
    let store = Store::open(&folder).unwrap();
    let amendment = &store.manifest.amendments[0];
    assert_eq!((amendment.name.as_str(), amendment.was), (frozen, entry.digest));
    assert_eq!(amendment.reason, "it was wrong");
    assert!(store.pending.is_empty());
    assert_eq!(findings(&verify(&store, &Fabric, &[])), [""; 0]);
}
