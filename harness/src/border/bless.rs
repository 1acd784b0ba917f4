//! Changes of the fixtures of a protocol: what nodes write now waits beside a fixture, or becomes it. What is
//! frozen changes by name and with a reason alone. What is not this protocol's is left alone.

use std::collections::BTreeMap;
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
        let own = store.entries.iter().filter(|(_, entry)| is_of(border, &entry.file));
        for (name, _) in own.filter(|(name, _)| !documents.contains_key(*name)) {
            let is_frozen = store.manifest.frozen.contains_key(name);
            changes.push((name.clone(), if is_frozen { Change::FrozenGone } else { Change::Gone }));
        }
        for (name, made) in &documents {
            let file = store.entries.get(name).map(|entry| entry.file.as_str());
            let change = match file.map(Snapshot::read) {
                Some(Ok(snapshot)) if snapshot.content == made.text => continue,
                _ if made.is_broken => Change::Broken,
                _ if made.not_tried.is_some() => Change::NotTried,
                Some(_) if file.is_some_and(|file| !is_of(border, file)) => Change::Foreign,
                _ if store.manifest.frozen.contains_key(name) => Change::Frozen,
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
/// keeps the reason. False if it is not frozen, or would not change.
///
/// # Errors
///
/// If the store cannot be read or written.
pub fn amend<P: Protocol>(
    border: &Border<P>,
    folder: &Path,
    name: &str,
    reason: &str,
) -> Result<bool, StoreError> {
    let mut changes = Changes::of(border, folder)?;
    let change = changes.changes.iter().find(|(changed, _)| changed == name).map(|it| it.1);
    let file = changes.file(name).filter(|_| change == Some(Change::Frozen));
    let Some(frozen) = changes.store.manifest.frozen.get(name).cloned() else { return Ok(false) };
    match (file, changes.documents.get(name)) {
        (Some(file), Some(made)) => {
            changes.store.accept(name, file)?;
            let frozen = Frozen { digest: Digest::of(&made.text), ..frozen.clone() };
            changes.store.manifest.frozen.insert(name.to_owned(), frozen);
        }
        _ if change == Some(Change::FrozenGone) => {
            changes.store.remove(name)?;
            changes.store.manifest.frozen.remove(name);
        }
        _ => return Ok(false),
    }
    changes.store.manifest.amend(name, frozen.digest, reason);
    changes.store.save_manifest(COMMENT)?;
    Ok(true)
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
