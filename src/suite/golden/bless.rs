//! Changes of the store: what the samples make now is put beside what is stored, and becomes the
//! fixture once somebody accepts it. What is frozen is not touched, unless it is amended by name
//! and with a reason.

use std::collections::{BTreeMap, BTreeSet};

use super::{SOURCE, documents, frozen};
use crate::harness::golden::{Entry, Snapshot, Store, StoreError};
use crate::harness::report::Table;

/// What becomes of a fixture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// A new fixture waits.
    New,
    /// A change waits.
    Changed,
    /// A change of a frozen fixture waits, for an amendment.
    ChangedFrozen,
    /// A frozen fixture is gone; what waits is as it was.
    Missing,
    /// What is stored is not what the samples make, and nothing waits that could be accepted.
    Unproposed,
    /// Nothing makes the fixture any more; it goes when that is accepted.
    Orphan,
    /// Nothing makes the frozen fixture any more; it takes an amendment to remove it.
    OrphanFrozen,
    /// What waited was accepted.
    Accepted,
    /// It was removed.
    Removed,
    /// It was frozen, as it is.
    Frozen,
    /// What waits is not what the samples make now: it was not accepted.
    Stale,
    /// What waited is made by no sample: it was removed.
    Withdrawn,
}

impl Act {
    /// What is said of it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::New => "new, waits to be accepted",
            Self::Changed => "changed, waits to be accepted",
            Self::ChangedFrozen => "changed but FROZEN: see --amend",
            Self::Missing => "missing, waits to be accepted",
            Self::Unproposed => "not what the samples make, and nothing waits",
            Self::Orphan => "made by no sample, goes when accepted",
            Self::OrphanFrozen => "made by no sample but FROZEN: see --amend",
            Self::Accepted => "accepted",
            Self::Removed => "removed",
            Self::Frozen => "frozen",
            Self::Stale => "what waits is out of date: run bless again",
            Self::Withdrawn => "what waited is made by no sample, and was removed",
        }
    }

    /// Whether somebody has to do something about it.
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::Accepted | Self::Removed | Self::Frozen | Self::Withdrawn)
    }
}

/// What was done, fixture by fixture.
#[derive(Debug, Default)]
pub struct Acts(Vec<(String, Act)>);

impl Acts {
    fn add(&mut self, name: &str, act: Act) {
        self.0.push((name.to_owned(), act));
    }

    /// The acts as a table.
    pub fn table(&self) -> Table {
        let rows = self.0.iter().map(|(name, act)| vec![name.clone(), act.words().to_owned()]);
        Table { rows: rows.collect(), ..Table::new("golden fixtures", ["fixture", "what"]) }
    }

    /// How many there are, and how many of them are open.
    pub fn count(&self) -> (usize, usize) {
        (self.0.len(), self.0.iter().filter(|(_, act)| act.is_open()).count())
    }

    /// Whether something frozen would have to be amended.
    pub fn touches_frozen(&self) -> bool {
        let is_frozen = |act| matches!(act, Act::ChangedFrozen | Act::OrphanFrozen);
        self.0.iter().any(|(_, act)| is_frozen(*act))
    }
}

/// Puts every new or changed fixture beside the stored one. What waits without need is withdrawn.
///
/// # Errors
///
/// If the store cannot be written, or has lost its manifest.
pub fn propose(store: &mut Store) -> Result<Acts, StoreError> {
    store.check_manifest(frozen::is_frozen)?;
    let mut acts = Acts::default();
    let documents = documents();
    for (name, content) in &documents {
        if is_stored(store, name, content) {
            store.withdraw(name)?;
        } else {
            store.propose(name, Snapshot::write(SOURCE, content))?;
        }
        if let Some(act) = due(store, name, content) {
            acts.add(name, act);
        }
    }
    let pending: Vec<String> = store.pending.keys().cloned().collect();
    for name in pending.iter().filter(|name| !documents.contains_key(*name)) {
        store.withdraw(name)?;
        acts.add(name, Act::Withdrawn);
    }
    for name in store.entries.keys().filter(|name| !documents.contains_key(*name)) {
        let is_frozen = store.manifest.frozen.contains_key(name);
        acts.add(name, if is_frozen { Act::OrphanFrozen } else { Act::Orphan });
    }
    Ok(acts)
}

/// Accepts what waits, if it is what the samples make and nothing frozen changes by it; removes
/// orphans that are not frozen; freezes what has shipped, and is what the samples make. What is
/// left is open.
///
/// # Errors
///
/// If the store cannot be written, or has lost its manifest.
pub fn accept(store: &mut Store) -> Result<Acts, StoreError> {
    store.check_manifest(frozen::is_frozen)?;
    let mut acts = Acts::default();
    let documents = documents();
    let pending: Vec<String> = store.pending.keys().cloned().collect();
    for name in pending {
        let act = match documents.get(&name) {
            Some(content) if is_what_waits(store, &name, content) => {
                if is_frozen_against(store, &name, content) {
                    Act::ChangedFrozen
                } else {
                    store.accept(&name, Snapshot::write(SOURCE, content))?;
                    Act::Accepted
                }
            }
            Some(_) => Act::Stale,
            None => {
                store.withdraw(&name)?;
                Act::Withdrawn
            }
        };
        acts.add(&name, act);
    }
    let orphans: Vec<String> =
        store.entries.keys().filter(|name| !documents.contains_key(*name)).cloned().collect();
    for name in orphans {
        if store.manifest.frozen.contains_key(&name) {
            acts.add(&name, Act::OrphanFrozen);
        } else {
            store.remove(&name)?;
            acts.add(&name, Act::Removed);
        }
    }
    left(store, &documents, &mut acts);
    freeze(store, &documents, &mut acts)?;
    Ok(acts)
}

/// How many fixtures are not what the samples make, or not what is frozen.
pub fn open(store: &Store) -> usize {
    let documents = documents();
    let due = documents.iter().filter(|(name, content)| due(store, name, content).is_some());
    let orphans = store.entries.keys().filter(|name| !documents.contains_key(*name));
    due.count() + orphans.count()
}

/// Makes one fixture what the samples make of it, or removes it if they make nothing, frozen or
/// not; the reason is kept in the manifest. `None` if there is nothing to amend.
///
/// # Errors
///
/// If the store cannot be written.
pub fn amend(store: &mut Store, name: &str, reason: &str) -> Result<Option<Acts>, StoreError> {
    let Some(frozen) = store.manifest.frozen.get(name).cloned() else { return Ok(None) };
    let mut acts = Acts::default();
    match documents().get(name) {
        Some(content) if !is_frozen_against(store, name, content) => return Ok(None),
        Some(content) => {
            store.accept(name, Snapshot::write(SOURCE, content))?;
            store.manifest.frozen.insert(name.to_owned(), frozen::freeze(content));
            acts.add(name, Act::Accepted);
        }
        None => {
            store.remove(name)?;
            store.manifest.frozen.remove(name);
            acts.add(name, Act::Removed);
        }
    }
    store.manifest.amend(name, frozen.digest, reason);
    store.save_manifest(frozen::COMMENT)?;
    Ok(Some(acts))
}

/// What there is to do until the fixture is what the samples make; nothing if it is.
fn due(store: &Store, name: &str, content: &str) -> Option<Act> {
    if is_frozen_against(store, name, content) {
        return Some(Act::ChangedFrozen);
    }
    if is_stored(store, name, content) {
        return None;
    }
    let is_frozen = store.manifest.frozen.contains_key(name);
    Some(match store.entries.contains_key(name) {
        true => Act::Changed,
        false if is_frozen => Act::Missing,
        false => Act::New,
    })
}

fn is_stored(store: &Store, name: &str, content: &str) -> bool {
    is_content(store.entries.get(name), content)
}

/// Whether the fixture is frozen, and this is not what is frozen of it.
fn is_frozen_against(store: &Store, name: &str, content: &str) -> bool {
    let file = Snapshot::write(SOURCE, content);
    store.manifest.frozen.get(name).is_some_and(|frozen| !frozen::holds(frozen, &file))
}

fn is_what_waits(store: &Store, name: &str, content: &str) -> bool {
    is_content(store.pending.get(name), content)
}

fn is_content(entry: Option<&Entry>, content: &str) -> bool {
    entry.is_some_and(|entry| {
        Snapshot::read(&entry.file).is_ok_and(|snapshot| snapshot.content == content)
    })
}

/// Adds what nothing was done about: there is more to do than to accept.
fn left(store: &Store, documents: &BTreeMap<String, String>, acts: &mut Acts) {
    let told: BTreeSet<String> = acts.0.iter().map(|(name, _)| name.clone()).collect();
    for (name, content) in documents.iter().filter(|(name, _)| !told.contains(*name)) {
        match due(store, name, content) {
            None => {}
            Some(Act::ChangedFrozen) => acts.add(name, Act::ChangedFrozen),
            Some(_) => acts.add(name, Act::Unproposed),
        }
    }
}

/// Adds to the manifest what should be in it and is not. What no sample makes as it is stored is not
/// what any release writes: it is open, and frozen by nobody.
fn freeze(
    store: &mut Store,
    documents: &BTreeMap<String, String>,
    acts: &mut Acts,
) -> Result<(), StoreError> {
    for (name, content) in documents.iter().filter(|(name, _)| frozen::is_frozen(name)) {
        if is_stored(store, name, content) && !store.manifest.frozen.contains_key(name) {
            store.manifest.frozen.insert(name.clone(), frozen::freeze(content));
            acts.add(name, Act::Frozen);
        }
    }
    store.save_manifest(frozen::COMMENT)
}
