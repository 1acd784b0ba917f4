//! What is in a store, for people.

use super::witnesses;
use crate::harness::golden::{Document, Snapshot, Store};
use crate::harness::report::Table;
use crate::harness::selection::Selection;
use crate::suite::names;

/// The fixtures whose names begin with one of `only`, or all; a row each. `confirmed` is the text that
/// says which vector of a released server has their bytes.
pub fn list(store: &Store, only: &[String], confirmed: Option<&str>) -> Table {
    let columns = ["fixture", "lines", "bytes", "frozen", "confirmed by"];
    let witnesses = witnesses::read(confirmed.unwrap_or_default());
    let mut table = Table::new("golden fixtures", columns);
    for name in names(store, only) {
        let Some(entry) = store.entries.get(name) else { continue };
        let snapshot = Snapshot::read(&entry.file);
        let document = snapshot.as_ref().ok().and_then(|it| Document::read(it).ok());
        let lines = document.as_ref().and_then(|it| it.field("written by")).unwrap_or("-");
        let len = document.as_ref().and_then(|it| {
            it.paragraphs.iter().find_map(|part| part.title.strip_prefix("bytes: "))
        });
        let is_frozen = store.manifest.frozen.contains_key(name);
        let frozen = if is_frozen { "frozen" } else { "-" };
        let witness = witnesses.get(name).copied().unwrap_or("-");
        let row = [name, lines, len.unwrap_or("-"), frozen, witness];
        table.rows.push(row.map(str::to_owned).to_vec());
    }
    table
}

/// What the names of fixtures begin with that have the cases which are asked for; nothing if any may.
pub fn narrowed(selection: &Selection) -> Vec<String> {
    let name = selection.beginning().strip_prefix("golden/");
    // A fixture has its folder and its message; what follows may be a release that is no part of its name.
    let steps = name.into_iter().flat_map(|name| name.split('/').take(2));
    let start = steps.collect::<Vec<_>>().join("/");
    if start.contains('/') { vec![start] } else { Vec::new() }
}

/// A question about the addresses of fixtures that are most like one that is none: those that have most of
/// its steps in common, as its folder and its message.
pub fn nearest(store: &Store, address: &str) -> Option<String> {
    let addresses: Vec<String> =
        store.entries.keys().map(|name| format!("golden/{name}")).collect();
    let common = |name: &String| {
        address.split('/').zip(name.split('/')).take_while(|(one, other)| one == other).count()
    };
    let most = addresses.iter().map(common).max()?;
    names::nearest(address, addresses.into_iter().filter(|name| common(name) == most))
}

/// The names of fixtures that begin with one of `only`, or all.
pub fn names<'a>(store: &'a Store, only: &[String]) -> Vec<&'a str> {
    let is_meant =
        |name: &&str| only.is_empty() || only.iter().any(|start| name.starts_with(start.as_str()));
    store.entries.keys().map(String::as_str).filter(is_meant).collect()
}
