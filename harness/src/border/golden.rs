//! Golden fixtures of a protocol: a document for each release, version and message, with every value that
//! it sends and the bytes of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::node::{At, Protocol};
use super::requirements::PINNED;
use super::spoken::Border;
use crate::boundary::Breach;
use crate::golden::{Digest, Snapshot, Store, StoreError};
use crate::render::{dump, quoted, repro};
use crate::report::Grid;
use crate::skew::{Layer, Peer, Place, Selection};
use crate::verdict::{CaseId, Finding, Verdict};

pub use super::bless::{amend, bless, freeze, propose};
pub use super::difference::difference;

/// The folder of the fixtures, unless another one is named.
pub const FOLDER: &str = "golden";
/// How a document begins what a node broke, in the place of what it would have said.
const BROKE: &str = "no end: ";
/// How the line begins that has what is read of the bytes, if that is something else.
pub(super) const READ_AS: &str = "read as: ";
/// The grid of the fixtures.
pub(super) const GRID: &str = "golden fixtures";

/// What the nodes make now of a fixture.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Made {
    /// Its text.
    pub text: String,
    /// Whether a node broke in the place of saying something: nobody stores that.
    pub is_broken: bool,
    /// Why nodes were not asked everything, and how far the text is what they were asked.
    pub not_tried: Option<(String, usize)>,
}

impl Made {
    /// Adds what a node says of a value.
    fn push(&mut self, sample: &str, said: Result<String, Breach>) {
        let said = said.unwrap_or_else(|breach| {
            match &breach {
                Breach::NotTried(reason) => {
                    let len = self.text.len();
                    self.not_tried.get_or_insert_with(|| (reason.clone(), len));
                }
                _ => self.is_broken = true,
            }
            format!("{BROKE}{breach}\n")
        });
        self.text.push_str(&format!("\n{sample}\n{said}"));
    }

    /// Why nothing is known of it, where it is stored as it is as far as nodes were asked.
    fn open(&self, stored: &str) -> Option<&str> {
        let (reason, len) = self.not_tried.as_ref()?;
        stored.starts_with(self.text.get(..*len)?).then_some(reason)
    }
}

/// The documents that the nodes make now, by their names.
pub fn documents<P: Protocol>(border: &Border<P>) -> BTreeMap<String, Made> {
    let skew = border.skew();
    let mut documents = BTreeMap::new();
    for index in 0..border.nodes().len() {
        let mut places = skew.all_places(&Selection::default());
        places.retain(|(from, to, _)| (*from, *to) == (index, index));
        for place in places {
            let Layer::Version(version) = place.2 else { continue };
            let mut calls = skew.calls(place);
            calls.retain(|(topic, _)| {
                let message = skew.topics().get(*topic).map(|topic| topic.name);
                message.is_some_and(|message| {
                    border.protocol.is_pinned(At { message, version: version.number() })
                })
            });
            let said = said_at(border, place, version.number(), &calls);
            for ((topic, sample), said) in calls.into_iter().zip(said) {
                let Some(topic) = skew.topics().get(topic) else { continue };
                let Some(node) = skew.peers().nth(index) else { continue };
                let (node, message) = (node.name(), topic.name);
                let head = format!("message: {message}\nrelease: {node}\nversion: {version}\n");
                let document = documents.entry(format!("{node}/{version}/{message}"));
                let document = document.or_insert(Made { text: head, ..Made::default() });
                if let (Some((sample, _)), Some(said)) = (topic.samples.get(sample), said) {
                    document.push(sample, said);
                }
            }
        }
    }
    documents
}

/// What a node says of values at a version, one after the other; none of what it cannot hold. What it
/// breaks is told by the matrix, too, with its place.
fn said_at<P: Protocol>(
    border: &Border<P>,
    place: Place,
    version: i32,
    calls: &[(usize, usize)],
) -> Vec<Option<Result<String, Breach>>> {
    let outcomes = border.skew().alone(place, calls.to_vec(), move |peer, value| {
        let (node, at) = (peer.node(), At { message: value.message, version });
        let held = node.hold(at, &value.value)?;
        Some(said(node, at, &held))
    });
    outcomes.into_iter().map(Result::transpose).collect()
}

/// What a node writes of a value, and what it reads again, if that is something else.
pub(super) fn said<V: std::fmt::Debug>(node: &dyn super::Node<V>, at: At<'_>, held: &V) -> String {
    let shown = node.show(at, held);
    let mut text = format!("{shown}\n");
    match node.encode(at, held) {
        Err(words) => text.push_str(&format!("not sent: {words}\n")),
        Ok(bytes) => {
            text.push_str(&dump(&bytes));
            match node.decode(at, &bytes).map(|read| node.show(at, &read)) {
                Ok(read) if read == shown => {}
                Ok(read) => text.push_str(&format!("{READ_AS}{read}\n")),
                Err(words) => text.push_str(&format!("refused: {words}\n")),
            }
        }
    }
    text
}

/// The verdicts on the fixtures of a store, as far as they are this protocol's.
pub fn verify<P: Protocol>(border: &Border<P>, store: &Store) -> Grid {
    let mut grid = Grid::new(GRID);
    let documents = documents(border);
    let stored = store.entries.iter().filter(|(_, entry)| is_of(border, &entry.file));
    let stored = stored.map(|(name, _)| name).chain(store.manifest.frozen.keys());
    let names: BTreeSet<&String> = documents.keys().chain(stored).collect();
    for name in names {
        let case = CaseId::from_segments(["golden", name]).of(&PINNED);
        let (release, _) = name.split_once('/').unwrap_or((name, ""));
        let verdict = verdict_on(store, name, documents.get(name), case.clone());
        grid.record(release, "fixtures", &case, verdict);
    }
    grid
}

fn verdict_on(store: &Store, name: &str, made: Option<&Made>, case: CaseId) -> Verdict {
    let file = store.file_name(name);
    let finding = |case, expected: &str, actual: &str, place| {
        finding(store.folder(), case, (expected, actual), place)
    };
    let Some(entry) = store.entries.get(name) else {
        let actual = "none is stored: accept it with golden bless";
        return finding(case, "a fixture", actual, Some(file));
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
    if let Some(reason) = made.open(snapshot.content) {
        return Verdict::NotTried(reason.to_owned());
    }
    let made = made.text.as_str();
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

fn finding(
    folder: &Path,
    case: CaseId,
    (expected, actual): (&str, &str),
    place: Option<String>,
) -> Verdict {
    let mut again = format!("{} {}", repro(), quoted(case.as_str()));
    if folder != Path::new(FOLDER) {
        again.push_str(&format!(" --golden {}", quoted(&folder.to_string_lossy())));
    }
    Verdict::from(Finding {
        requirement: PINNED.sentence.to_owned(),
        expected: expected.to_owned(),
        actual: actual.to_owned(),
        place,
        repro: Some(again),
        case,
    })
}

/// Whether a snapshot is one of this protocol's.
pub(super) fn is_of<P: Protocol>(border: &Border<P>, file: &str) -> bool {
    file.lines().nth(1) == Some(&*format!("source: {}", border.protocol.name()))
}

/// The store of a folder; none if there is no such folder.
///
/// # Errors
///
/// If it cannot be read.
pub fn stored(folder: &Path) -> Result<Option<Store>, StoreError> {
    match Store::open(folder) {
        Err(StoreError::NoFolder(_)) => Ok(None),
        other => other.map(Some),
    }
}
