//! Golden fixtures of a protocol: a document for each release, version and message, with every value that
//! it sends and the bytes of it.

use std::collections::BTreeMap;
use std::path::Path;

use super::node::{At, Protocol};
use super::requirements::PINNED;
use super::spoken::Border;
use crate::boundary::contain;
use crate::golden::{Digest, Frozen, Snapshot, Store, StoreError};
use crate::render::{dump, quoted, repro};
use crate::report::{Grid, Table};
use crate::verdict::{CaseId, Finding, Verdict};

/// The folder of the fixtures, unless another one is named.
pub const FOLDER: &str = "golden";
/// The grid of the fixtures.
const GRID: &str = "golden fixtures";
/// What the manifest of frozen fixtures says at its head.
const COMMENT: &str = "Fixtures of what has shipped: they never change.";
/// What the fixtures are frozen as.
const SHIPPED: &str = "shipped";

/// The documents that the nodes make now, by their names.
pub fn documents<P: Protocol>(border: &Border<P>) -> BTreeMap<String, String> {
    let mut documents = BTreeMap::new();
    for node in border.nodes() {
        for topic in border.messages() {
            for version in node.versions(topic.name) {
                let at = At { message: topic.name, version };
                if !border.protocol.is_pinned(at) {
                    continue;
                }
                let head = format!(
                    "message: {}\nrelease: {}\nversion: V{version}\n",
                    topic.name,
                    node.name()
                );
                let samples = topic.samples.iter().filter_map(|(name, sample)| {
                    let held = node.hold(at, &sample.value)?;
                    // What panics is told by the matrix, too.
                    let said = contain(|| said(node, at, &held));
                    let said = said.unwrap_or_else(|panicked| format!("{panicked}\n"));
                    Some(format!("\n{name}\n{said}"))
                });
                let content = head + &samples.collect::<String>();
                documents.insert(format!("{}/V{version}/{}", node.name(), topic.name), content);
            }
        }
    }
    documents
}

/// What a node writes of a value, and what it reads again, if that is something else.
fn said<V>(node: &dyn super::Node<V>, at: At<'_>, held: &V) -> String {
    let shown = node.show(at, held);
    let mut text = format!("{shown}\n");
    match node.encode(at, held) {
        Err(words) => text.push_str(&format!("not sent: {words}\n")),
        Ok(bytes) => {
            text.push_str(&dump(&bytes));
            match node.decode(at, &bytes).map(|read| node.show(at, &read)) {
                Ok(read) if read == shown => {}
                Ok(read) => text.push_str(&format!("read as: {read}\n")),
                Err(words) => text.push_str(&format!("refused: {words}\n")),
            }
        }
    }
    text
}

/// The verdicts on the fixtures of a folder.
pub fn verify<P: Protocol>(border: &Border<P>, folder: &Path) -> Grid {
    let mut grid = Grid::new(GRID);
    let store = match Store::open(folder) {
        Ok(store) => store,
        Err(error) => {
            let case = CaseId::from_segments(["golden", "store"]).of(&PINNED);
            let finding = finding(case.clone(), "a store", &error.to_string(), None);
            grid.record("store", "all", &case, finding);
            return grid;
        }
    };
    let documents = documents(border);
    let stored = store.entries.keys().filter(|name| !documents.contains_key(*name));
    for name in documents.keys().chain(stored) {
        let case = CaseId::from_segments(["golden", name]).of(&PINNED);
        let (release, _) = name.split_once('/').unwrap_or((name, ""));
        let verdict = verdict_on(&store, name, documents.get(name), case.clone());
        grid.record(release, "fixtures", &case, verdict);
    }
    grid
}

fn verdict_on(store: &Store, name: &str, made: Option<&String>, case: CaseId) -> Verdict {
    let file = store.file_name(name);
    let Some(entry) = store.entries.get(name) else {
        return finding(
            case,
            "a fixture",
            "none is stored: accept it with golden bless",
            Some(file),
        );
    };
    let Some(made) = made else {
        return finding(case, "nothing that is stored", "nobody makes it any more", Some(file));
    };
    let snapshot = match Snapshot::read(&entry.file) {
        Ok(snapshot) => snapshot,
        Err(error) => return finding(case, "a fixture", &error.to_string(), Some(file)),
    };
    if let Some(frozen) = store.manifest.frozen.get(name)
        && frozen.digest != Digest::of(snapshot.content)
    {
        return finding(case, "what was frozen", "the file was changed since", Some(file));
    }
    let lines = || snapshot.content.lines().zip(made.lines());
    match lines().position(|(stored, made)| stored != made) {
        None if snapshot.content == made => Verdict::Pass,
        None => {
            let [stored, made] = [snapshot.content, made].map(|text| text.lines().count());
            finding(case, &format!("{stored} lines"), &format!("{made} lines"), Some(file))
        }
        Some(at) => {
            let (stored, made) = lines().nth(at).unwrap_or_default();
            let place = format!("{file}, line {}", snapshot.line + at);
            finding(case, stored, made, Some(place))
        }
    }
}

fn finding(case: CaseId, expected: &str, actual: &str, place: Option<String>) -> Verdict {
    Verdict::from(Finding {
        requirement: PINNED.sentence.to_owned(),
        expected: expected.to_owned(),
        actual: actual.to_owned(),
        place,
        repro: Some(format!("{} {}", repro(), quoted(case.as_str()))),
        case,
    })
}

/// Makes the fixtures what the nodes write now, but for those that are frozen; what nobody makes any more
/// goes. Gives a row for each that changes, and whether one would have to that is frozen.
///
/// # Errors
///
/// If the store cannot be read or written.
pub fn bless<P: Protocol>(border: &Border<P>, folder: &Path) -> Result<(Table, bool), StoreError> {
    let mut store = opened(folder)?;
    let documents = documents(border);
    let mut table = Table::new(GRID, ["fixture", "what"]);
    let mut touches_frozen = false;
    let stored: Vec<String> = store.entries.keys().cloned().collect();
    for name in stored.iter().filter(|name| !documents.contains_key(*name)) {
        let is_frozen = store.manifest.frozen.contains_key(name);
        touches_frozen |= is_frozen;
        let what = if is_frozen { "frozen, and nobody makes it" } else { "removed" };
        table.rows.push(vec![name.clone(), what.to_owned()]);
        if !is_frozen {
            store.remove(name)?;
        }
    }
    for (name, content) in &documents {
        let stored = store.entries.get(name).map(|entry| Snapshot::read(&entry.file));
        let what = match stored {
            Some(Ok(snapshot)) if snapshot.content == content => continue,
            _ if store.manifest.frozen.contains_key(name) => "frozen, and would change",
            Some(_) => "changed",
            None => "new",
        };
        touches_frozen |= what.starts_with("frozen");
        table.rows.push(vec![name.clone(), what.to_owned()]);
        if !what.starts_with("frozen") {
            store.accept(name, Snapshot::write(border.protocol.name(), content))?;
        }
    }
    Ok((table, touches_frozen))
}

/// Freezes the fixtures of a release as they are stored: they never change again. Gives how many.
///
/// # Errors
///
/// If the store cannot be read or written.
pub fn freeze(folder: &Path, release: &str) -> Result<usize, StoreError> {
    let mut store = Store::open(folder)?;
    let own = store
        .entries
        .iter()
        .filter(|(name, _)| name.strip_prefix(release).is_some_and(|rest| rest.starts_with('/')));
    let digests: Vec<(String, Digest)> = own
        .filter_map(|(name, entry)| {
            let snapshot = Snapshot::read(&entry.file).ok()?;
            Some((name.clone(), Digest::of(snapshot.content)))
        })
        .collect();
    let count = digests.len();
    for (name, digest) in digests {
        // What is frozen stays as it was frozen.
        let frozen = || Frozen { digest, scope: SHIPPED.to_owned() };
        store.manifest.frozen.entry(name).or_insert_with(frozen);
    }
    store.save_manifest(COMMENT)?;
    Ok(count)
}

/// The store of a folder that need not be there yet.
fn opened(folder: &Path) -> Result<Store, StoreError> {
    match Store::open(folder) {
        Err(StoreError::NoFolder(_)) => Ok(Store::empty(folder)),
        other => other,
    }
}
