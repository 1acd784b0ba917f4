//! The trial: each change at each place of each message, made to what a release itself would send, and
//! given back to it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use bytes::Bytes;

use super::base::Base;
use super::exceptions::{EXCEPTIONS, Exception};
use super::rules::{Change, Class, Coded, RULES};
use crate::fabric::catalogue::MessageType;
use crate::fabric::codec::tree::Context;
use crate::fabric::log_records;
use crate::fabric::release::Release;
use crate::fabric::session::Fate;
use crate::harness::verdict::CaseId;
use crate::suite::parting::without_indices;
use crate::suite::subject::{Fabric, Subject};
use crate::suite::value::ValueType;

/// A change at a place, and what a release did with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// Of what.
    pub of: ValueType,
    /// Who read it, at which version.
    pub cx: Context,
    /// In which codec.
    pub coded: Coded,
    /// Where, without indices; empty for the message as a whole.
    pub place: String,
    /// What was changed.
    pub change: Change,
    /// What its decoder did.
    pub class: Class,
    /// What it said or read.
    pub detail: String,
    /// The bytes that it was given.
    pub bytes: Bytes,
}

impl Tried {
    /// The address of its case, behind some segments.
    pub fn case(&self, root: &[&str]) -> CaseId {
        let change = self.change.words().replace([' ', ':', ','], "-").replace("--", "-");
        let (road, word) = (self.road(), self.of.word());
        let case = CaseId::from_segments([root, &[&road, word, &change]].concat());
        if self.place.is_empty() { case } else { case.child(&self.place) }
    }

    /// How it comes to who reads it.
    fn road(&self) -> String {
        match self.of {
            ValueType::Message(_) => self.cx.version.to_string(),
            ValueType::LogRecord => "log".to_owned(),
            ValueType::EpochMetadata => "store".to_owned(),
        }
    }

    /// What comes of it once a decoder of the release has refused; none where nothing is refused, or
    /// the connection does not come to be.
    pub fn fate(&self) -> Option<Consequence> {
        let is_sent = self.change != Change::NextVersion;
        (is_sent && self.class == Class::Refused).then(|| match self.of {
            ValueType::Message(message) => Consequence::Server(Fate::of(message, self.cx.release)),
            ValueType::LogRecord => Consequence::Partition,
            ValueType::EpochMetadata => Consequence::Claim,
        })
    }

    /// The exception that it falls under.
    pub fn exception(&self) -> Option<&'static Exception> {
        EXCEPTIONS.iter().find(|exception| {
            self.change == exception.change
                && self.place.ends_with(exception.place)
                && exception.coded.contains(&self.coded)
                && self.cx.release.is_at_least(exception.since)
                && !self.cx.release.is_at_least(exception.until.saturating_add(1))
        })
    }

    /// What the rules say that becomes of it; none if no rule says anything.
    pub fn expected(&self) -> Option<Class> {
        // Nothing in the bytes says which codec it is: whether they are something in the other one
        // depends on the value.
        if self.change == Change::OtherCodec && self.class == Class::Refused {
            return Some(Class::Refused);
        }
        let key = (self.change, self.coded);
        let rule = || RULES.iter().find(|rule| (rule.change, rule.coded) == key);
        self.exception().map(|it| it.class).or_else(|| rule().map(|rule| rule.class))
    }
}

/// What a refusal does to a server as it was released.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Consequence {
    /// A message: see [`Fate`].
    Server(Fate),
    /// A log record: the processor of its partition stops, and stops again after every restart (08 §0).
    Partition,
    /// The epochs of a partition: the node can neither claim it nor move it.
    Claim,
}

impl Consequence {
    /// In two words, for a column of a table.
    pub const fn short(self) -> &'static str {
        match self {
            Self::Server(fate) => fate.short(),
            Self::Partition => "partition stops",
            Self::Claim => "no claim",
        }
    }
}

impl fmt::Display for Consequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server(fate) => fate.fmt(f),
            Self::Partition => f.write_str("the partition stops, and again after every restart"),
            Self::Claim => f.write_str("the node cannot claim the partition"),
        }
    }
}

/// Tries every change of one type of values.
pub fn run(of: ValueType, subject: &dyn Subject) -> Vec<Tried> {
    let mut tried = Vec::new();
    // Releases that treat them alike do the same with every change.
    let mut of_kinds: HashMap<Vec<bool>, Vec<Tried>> = HashMap::new();
    let is_asked = |release: &Release| of.is_known_to(*release) && subject.speaks_as(*release);
    for release in Release::stable().filter(is_asked) {
        let Some(kind) = subject.kind(of, release) else {
            subject.foresee(&|| given(&of_release(of, release, &Fabric)));
            tried.extend(of_release(of, release, subject));
            continue;
        };
        let of_kind = of_kinds.entry(kind).or_insert_with(|| of_release(of, release, subject));
        let own = |one: &Tried| Tried { cx: Context { release, ..one.cx }, ..one.clone() };
        tried.extend(of_kind.iter().map(own));
    }
    tried
}

/// What was given to a release to read, of messages.
pub fn given(tried: &[Tried]) -> Vec<(MessageType, i32, Bytes)> {
    let of_messages = tried.iter().filter_map(|it| match it.of {
        ValueType::Message(message) => Some((message, it.cx.version.number(), it.bytes.clone())),
        _ => None,
    });
    of_messages.collect()
}

/// Tries every change on one release; of a message at every version.
pub fn of_release(of: ValueType, release: Release, subject: &dyn Subject) -> Vec<Tried> {
    let mut tried = Vec::new();
    let ValueType::Message(message) = of else {
        run_in(of, log_records::context(release), subject, &mut tried);
        return tried;
    };
    for version in release.versions().filter(|version| message.row().min_version <= *version) {
        run_in(of, Context { release, version }, subject, &mut tried);
    }
    tried
}

fn run_in(of: ValueType, cx: Context, subject: &dyn Subject, tried: &mut Vec<Tried>) {
    let mut known = HashSet::new();
    // What made no difference because the sample has the default there: another may show more.
    let mut unclear: BTreeMap<(String, Change), Tried> = BTreeMap::new();
    for base in of.written_by(cx).iter().flat_map(|value| Base::all(value, cx, subject)) {
        let mut seen = HashSet::new();
        for (index, site) in base.sites().into_iter().enumerate() {
            let key = (without_indices(&site.place), site.change);
            if known.contains(&key) || !seen.insert(key.clone()) {
                continue;
            }
            let Some(bytes) = base.changed(index) else { continue };
            let (class, detail) = base.read(&site, &bytes, subject);
            let (place, change) = key.clone();
            let one = Tried { of, cx, coded: base.coded(), place, change, class, detail, bytes };
            let is_stop = matches!(change, Change::StopOptional | Change::StopRequired);
            if is_stop && class == Class::Ignored {
                unclear.insert(key, one);
            } else {
                unclear.remove(&key);
                known.insert(key);
                tried.push(one);
            }
        }
        let is_versioned = matches!(of, ValueType::Message(_));
        if is_versioned && known.insert((String::new(), Change::NextVersion)) {
            tried.push(base.next_version(subject));
        }
        if known.insert((String::new(), Change::OtherCodec)) {
            tried.extend(base.other_codec(subject));
        }
    }
    // Nothing was lost only because there was nothing: it is the default that is read.
    tried.extend(unclear.into_values().map(|one| Tried { class: Class::Loss, ..one }));
}
