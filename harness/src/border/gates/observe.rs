//! What becomes of each part of each value between every two releases, at every version that both have.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use serde_json::Value as Json;

use super::super::node::Protocol;
use super::super::spoken::{Border, Named, Spoken};
use crate::gates::{self, Outcome, Pair};
use crate::skew::peer::Peer;
use crate::skew::{self, Layer, LossKind, Place, Selection, Trace, Violation, changes};

/// A part of a message at a version: the index of the message, the path, the number of the version.
pub(super) type Part = (usize, String, i32);
/// A release at a version, by its index and the number.
pub(super) type Spot = (usize, i32);

/// What was seen of all pairs.
#[derive(Debug, Default)]
pub(super) struct Observed {
    /// What did not come through.
    pub(super) seen: Vec<gates::Seen<Part>>,
    /// Refusals that were foreseen.
    pub(super) foreseen: BTreeSet<(Part, Pair)>,
    /// Where a release reads from itself what it sends, by message and path; the path of all of it is empty.
    pub(super) known: BTreeMap<(usize, String), BTreeSet<Spot>>,
    /// Where nodes could not be asked: the message, and the layer.
    pub(super) not_tried: BTreeSet<(usize, Layer)>,
}

/// What came of one value.
struct Came {
    /// The parts of it that say something.
    set: BTreeSet<String>,
    read: Read,
}

/// What the receiver made of it.
enum Read {
    /// A value, which differs so.
    Value(Vec<(LossKind, String)>),
    /// Nothing, in these words.
    Refused { words: String, is_foreseen: bool },
    /// It came to no end, or the sender did.
    Broken,
}

/// Sends everything. `advance` is called after every block.
pub(super) fn observe<P: Protocol>(
    border: &Border<P>,
    message: Option<usize>,
    advance: &(dyn Fn() + Sync),
) -> Observed {
    let skew = border.skew();
    let places = skew.all_places(&Selection::default());
    let blocks: Vec<Observed> = places
        .into_par_iter()
        .map(|place| {
            let block = of_place(border, place, message);
            advance();
            block
        })
        .collect();
    skew.fates().count();
    blocks.into_iter().fold(Observed::default(), Observed::and)
}

fn of_place<P: Protocol>(border: &Border<P>, place: Place, message: Option<usize>) -> Observed {
    let (skew, (from, to, layer)) = (border.skew(), place);
    let mut observed = Observed::default();
    let Layer::Version(version) = layer else { return observed };
    let mut calls = skew.calls(place);
    calls.retain(|(topic, _)| message.is_none_or(|only| only == *topic));
    let came = skew.traces(place, calls.clone(), move |sender, receiver, trace| {
        came(sender, receiver, layer, trace)
    });
    let mut of_topics: BTreeMap<usize, Vec<Came>> = BTreeMap::new();
    for ((topic, _), came) in calls.into_iter().zip(came) {
        match came {
            Some(Ok(Some(Came { read: Read::Broken, .. })) | Err(_)) => {
                observed.not_tried.insert((topic, layer));
            }
            Some(Ok(Some(came))) => of_topics.entry(topic).or_default().push(came),
            // What is not sent does not come anywhere.
            Some(Ok(None)) | None => {}
        }
    }
    for (topic, came) in of_topics {
        observed.add(topic, version.number(), (from, to), came);
    }
    observed
}

/// What came of a value; none if it was not sent.
fn came<V>(
    sender: &Spoken<V>,
    receiver: &Spoken<V>,
    layer: Layer,
    trace: Trace<Named<V>>,
) -> Option<Came>
where
    Spoken<V>: Peer<Value = Named<V>>,
    V: PartialEq,
{
    if let skew::Outcome::Violation(Violation::Breach(..)) = trace.outcome {
        return Some(Came { set: BTreeSet::new(), read: Read::Broken });
    }
    trace.bytes?;
    let sent = sender.show(layer, &trace.sent);
    let is_absent = |part: &Json| receiver.is_absent(part);
    let read = match (trace.received, trace.outcome) {
        (Some(received), _) if received == trace.sent => Read::Value(Vec::new()),
        (Some(received), _) => {
            Read::Value(changes(&sent, &receiver.show(layer, &received), &is_absent))
        }
        (None, skew::Outcome::Refused { words, is_foreseen }) => {
            Read::Refused { words, is_foreseen }
        }
        // Whatever else it is, the matrix tells it.
        (None, _) => return None,
    };
    let mut set = BTreeSet::new();
    parts(&sent, "", &is_absent, &mut set);
    Some(Came { set, read })
}

/// The paths of all parts that say something, with `[]` for any index.
fn parts(
    value: &Json,
    path: &str,
    is_absent: &dyn Fn(&Json) -> bool,
    found: &mut BTreeSet<String>,
) {
    if is_absent(value) {
        return;
    }
    if !path.is_empty() {
        found.insert(path.to_owned());
    }
    match value {
        Json::Object(fields) => {
            for (name, field) in fields {
                let inner = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                parts(field, &inner, is_absent, found);
            }
        }
        Json::Array(elements) => {
            let inner = format!("{path}[]");
            elements.iter().for_each(|element| parts(element, &inner, is_absent, found));
        }
        _ => {}
    }
}

impl Observed {
    fn and(mut self, other: Self) -> Self {
        self.seen.extend(other.seen);
        self.foreseen.extend(other.foreseen);
        self.not_tried.extend(other.not_tried);
        for (part, spots) in other.known {
            self.known.entry(part).or_default().extend(spots);
        }
        self
    }

    /// Adds what came of the values of one message.
    fn add(&mut self, topic: usize, version: i32, pair: Pair, came: Vec<Came>) {
        let accepted = came.iter().filter(|came| matches!(came.read, Read::Value(_)));
        let accepted: BTreeSet<String> =
            accepted.flat_map(|came| came.set.iter().cloned()).collect();
        for Came { set, read } in came {
            match read {
                Read::Value(lost) => {
                    if pair.0 == pair.1 {
                        self.note_known(topic, &set, &lost, (pair.0, version));
                    }
                    for (kind, path) in lost {
                        let (outcome, reason) = match kind {
                            LossKind::Dropped => (Outcome::Dropped, ""),
                            LossKind::Changed => (Outcome::Altered, "another value is read"),
                            LossKind::Added => (Outcome::Altered, "it is read where none was sent"),
                        };
                        let what = (topic, path, version);
                        let reason = reason.to_owned();
                        self.seen.push(gates::Seen { what, outcome, reason, pair });
                    }
                }
                Read::Broken => {}
                Read::Refused { words, is_foreseen } => {
                    // What no value has that is read: the shortest path has the others in it.
                    let alone = set.iter().filter(|path| !accepted.contains(*path));
                    let path = alone.min_by_key(|path| path.len()).cloned().unwrap_or_default();
                    let what = (topic, path, version);
                    if is_foreseen {
                        self.foreseen.insert((what.clone(), pair));
                    }
                    let outcome = Outcome::Refused;
                    self.seen.push(gates::Seen { what, outcome, reason: words, pair });
                }
            }
        }
    }

    /// Notes what a release reads from itself as it has sent it.
    fn note_known(
        &mut self,
        topic: usize,
        set: &BTreeSet<String>,
        lost: &[(LossKind, String)],
        spot: Spot,
    ) {
        let is_lost = |path: &str| {
            lost.iter().any(|(_, lost)| is_within(lost, path) || is_within(path, lost))
        };
        let whole = set.iter().filter(|path| !is_lost(path)).cloned();
        for path in whole.chain([String::new()]) {
            self.known.entry((topic, path)).or_default().insert(spot);
        }
    }
}

/// Whether a path is another one, or a part of it.
fn is_within(path: &str, of: &str) -> bool {
    let rest = path.strip_prefix(of);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}
