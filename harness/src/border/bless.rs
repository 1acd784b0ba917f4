//! Changes of the fixtures of a protocol: what nodes write now waits beside a fixture, or becomes it. What is
//! frozen changes by name and with a reason alone. What is not this protocol's is left alone.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::golden::{GRID, Made, documents, is_of, stored};
use super::node::Protocol;
use super::spoken::Border;
use crate::golden::{Digest, Frozen, Snapshot, Store, StoreError};
use crate::report::Table;

/// What the manifest of frozen fixtures says at its head.
const COMMENT: &str = "Fixtures of what has shipped: they never change.";
/// What the fixtures are frozen as.
const SHIPPED: &str = "shipped";

/// What becomes of a fixture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    /// There is a first one.
    New,
    /// Nodes write something else.
    Changed,
    /// Nobody makes it any more.
    Gone,
    /// It is frozen, and nodes write something else.
    Frozen,
    /// It is frozen, and stored as nodes write it now, which is not what was frozen.
    FrozenChanged,
    /// It is frozen, and nobody makes it any more.
    FrozenGone,
    /// A node breaks in the place of saying something.
    Broken,
    /// Nobody knows enough to store it.
    NotTried,
    /// The file of its name is somebody else's.
    Foreign,
}

impl Change {
    /// What is said of it, as it is proposed or done.
    const fn words(self, is_done: bool) -> &'static str {
        match self {
            Self::New => "new",
            Self::Changed => "changed",
            Self::Gone if is_done => "removed",
            Self::Gone => "nobody makes it, and it goes when fixtures are blessed",
            Self::Frozen => "frozen, and would change",
            Self::FrozenChanged => "frozen, and the file was changed since",
            Self::FrozenGone => "frozen, and nobody makes it",
            Self::Broken => "a release comes to no end, and nothing is stored",
            Self::NotTried => "not all of it was tried, and nothing is stored",
            Self::Foreign => "a snapshot of something else, and left alone",
        }
    }

    /// Whether it may be made without a word more.
    const fn is_free(self) -> bool {
        matches!(self, Self::New | Self::Changed | Self::Gone)
    }
}

/// The fixtures of a protocol beside what its nodes make now.
struct Changes<'a, P: Protocol> {
    border: &'a Border<P>,
    store: Store,
    documents: BTreeMap<String, Made>,
    changes: Vec<(String, Change)>,
}

impl<'a, P: Protocol> Changes<'a, P> {
    fn of(border: &'a Border<P>, folder: &Path) -> Result<Self, StoreError> {
        // The folder need not be there yet.
        let store = stored(folder)?.unwrap_or_else(|| Store::empty(folder));
        let documents = documents(border);
        let mut changes = Vec::new();
        let names: BTreeSet<&String> =
            store.entries.keys().chain(store.manifest.frozen.keys()).collect();
        for name in names.into_iter().filter(|name| !documents.contains_key(*name)) {
            let is_frozen = store.manifest.frozen.contains_key(name);
            let is_own = store.entries.get(name).is_none_or(|entry| is_of(border, &entry.file));
            let change = match (is_frozen, is_own) {
                (true, true) => Change::FrozenGone,
                (true, false) => Change::Foreign,
                (false, true) => Change::Gone,
                (false, false) => continue,
            };
            changes.push((name.clone(), change));
        }
        for (name, made) in &documents {
            let file = store.entries.get(name).map(|entry| entry.file.as_str());
            let read = file.and_then(|file| Snapshot::read(file).ok());
            let is_as_made = read.is_some_and(|snapshot| snapshot.content == made.text);
            let frozen = store.manifest.frozen.get(name);
            let change = match file {
                _ if is_as_made && frozen.is_none_or(|it| it.digest == Digest::of(&made.text)) => {
                    continue;
                }
                _ if made.is_broken => Change::Broken,
                _ if made.not_tried.is_some() => Change::NotTried,
                Some(file) if !is_of(border, file) => Change::Foreign,
                _ if frozen.is_some() && is_as_made => Change::FrozenChanged,
                _ if frozen.is_some() => Change::Frozen,
                Some(_) => Change::Changed,
                None => Change::New,
            };
            changes.push((name.clone(), change));
        }
        Ok(Self { border, store, documents, changes })
    }

    /// The file that a fixture should become; none if nobody makes it.
    fn file(&self, name: &str) -> Option<String> {
        let made = self.documents.get(name)?;
        Some(Snapshot::write(self.border.protocol.name(), &made.text))
    }

    /// Takes back what waits and is none of these changes.
    fn withdraw(&mut self) -> Result<(), StoreError> {
        let is_due = |name: &String| self.changes.iter().any(|(changed, _)| changed == name);
        let waiting = self.store.pending.iter();
        let waiting = waiting.filter(|(name, it)| is_of(self.border, &it.file) && !is_due(name));
        let over: Vec<String> = waiting.map(|(name, _)| name.clone()).collect();
        over.iter().try_for_each(|name| self.store.withdraw(name))
    }

    /// A row for each, and whether one is left that takes more than to be blessed.
    fn told(&self, is_done: bool) -> (Table, bool) {
        let words =
            |(name, it): &(String, Change)| vec![name.clone(), it.words(is_done).to_owned()];
        let rows = self.changes.iter().map(words).collect();
        let is_left = self.changes.iter().any(|(_, change)| !change.is_free());
        (Table { rows, ..Table::new(GRID, ["fixture", "what"]) }, is_left)
    }
}

/// Puts what nodes write now beside the fixtures that it would change, as `.snap.new`, for somebody to look
/// at. Gives a row for each, and whether one takes more than to be blessed.
///
/// # Errors
///
/// If the store cannot be read or written.
pub fn propose<P: Protocol>(
    border: &Border<P>,
    folder: &Path,
) -> Result<(Table, bool), StoreError> {
    let mut changes = Changes::of(border, folder)?;
    changes.withdraw()?;
    for (name, change) in changes.changes.clone() {
        let waits = matches!(change, Change::New | Change::Changed | Change::Frozen);
        if let Some(file) = changes.file(&name).filter(|_| waits) {
            changes.store.propose(&name, file)?;
        }
    }
    Ok(changes.told(false))
}

/// Makes the fixtures what the nodes write now, but for those that are frozen; what nobody makes any more
/// goes. Gives a row for each that changes, and whether one is left that should have.
///
/// # Errors
///
/// If the store cannot be read or written.
pub fn bless<P: Protocol>(border: &Border<P>, folder: &Path) -> Result<(Table, bool), StoreError> {
    let mut changes = Changes::of(border, folder)?;
    changes.withdraw()?;
    for (name, change) in changes.changes.clone() {
        match changes.file(&name).filter(|_| change.is_free()) {
            Some(file) => changes.store.accept(&name, file)?,
            None if change == Change::Gone => changes.store.remove(&name)?,
            None => {}
        }
    }
    Ok(changes.told(true))
}

/// Makes one frozen fixture what the nodes write now, or removes it if nobody makes it any more; the manifest
/// keeps the reason. If it does neither, why not.
///
/// # Errors
///
/// If the store cannot be read or written.
pub fn amend<P: Protocol>(
    border: &Border<P>,
    folder: &Path,
    name: &str,
    reason: &str,
) -> Result<Result<(), &'static str>, StoreError> {
    let mut changes = Changes::of(border, folder)?;
    let Some(frozen) = changes.store.manifest.frozen.get(name).cloned() else {
        return Ok(Err("it is not frozen"));
    };
    let change = changes.changes.iter().find(|(changed, _)| changed == name).map(|it| it.1);
    match (change, changes.file(name), changes.documents.get(name)) {
        (Some(Change::Frozen | Change::FrozenChanged), Some(file), Some(made)) => {
            changes.store.accept(name, file)?;
            let frozen = Frozen { digest: Digest::of(&made.text), ..frozen.clone() };
            changes.store.manifest.frozen.insert(name.to_owned(), frozen);
        }
        (Some(Change::FrozenGone), ..) => {
            changes.store.remove(name)?;
            changes.store.manifest.frozen.remove(name);
        }
        (change, ..) => {
            let why = change.map_or("it would not change", |change| change.words(false));
            return Ok(Err(why));
        }
    }
    changes.store.manifest.amend(name, frozen.digest, reason);
    changes.store.save_manifest(COMMENT)?;
    Ok(Ok(()))
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
