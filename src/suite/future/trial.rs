//! The trial: each change at each place of each message, made to what a release itself would send, and
//! given back to it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use bytes::Bytes;
use serde_json::Value as Json;

use super::rules::{Change, Class, Coded, EXCEPTIONS, Exception, RULES};
use super::sites::{FLAGS, Site, Sites};
use super::{bilrost, flex};
use crate::fabric::catalogue::MessageType;
use crate::fabric::codec::tree::Context;
use crate::fabric::log_records;
use crate::fabric::release::Release;
use crate::fabric::session::Fate;
use crate::fabric::version::ProtocolVersion;
use crate::harness::boundary::{self, Panicked};
use crate::harness::verdict::CaseId;
use crate::suite::parting::{partings, without_indices};
use crate::suite::reference::{self, Rules, Value};
use crate::suite::subject::{Fabric, Subject};
use crate::suite::value::{Unread, Value as Spoken, ValueType};

/// Longest message that is changed: a large one shows nothing that a small one does not.
const LEN_MAX: usize = 4096;

/// A change at a place, and what a release did with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// Of what.
    pub of: ValueType,
    /// Who read it, at which version.
    pub cx: Context,
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
    /// In which codec.
    pub fn coded(&self) -> Coded {
        Coded::of(self.of, self.cx.version)
    }

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
                && exception.coded.contains(&self.coded())
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
        let coded = self.coded();
        let rule = || RULES.iter().find(|rule| (rule.change, rule.coded) == (self.change, coded));
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
    for value in of.written_by(cx) {
        let Some(base) = Base::new(&value, cx, subject) else { continue };
        let mut seen = HashSet::new();
        for (index, site) in base.sites().into_iter().enumerate() {
            let key = (without_indices(&site.place), site.change);
            if known.contains(&key) || !seen.insert(key.clone()) {
                continue;
            }
            let Some(bytes) = base.changed(index) else { continue };
            let (class, detail) = base.read(&site, &bytes, subject);
            let (place, change) = key.clone();
            let one = Tried { of, cx, place, change, class, detail, bytes };
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

/// Whether flags, as a number or in an object, have the bit that no release has.
fn is_flagged(flags: &Json) -> bool {
    let bits = flags.get("bits").unwrap_or(flags).as_u64();
    bits.is_some_and(|bits| bits & FLAGS.1 != 0)
}

/// What a line would send, ready to be changed.
struct Base {
    cx: Context,
    /// As the line reads it back.
    value: Spoken,
    json: Json,
    form: Form,
    bytes: Bytes,
}

enum Form {
    Bilrost,
    Flex(Value),
}

impl Base {
    fn new(sample: &Spoken, cx: Context, subject: &dyn Subject) -> Option<Self> {
        let of = sample.value_type();
        // What the version cannot carry is no message at all.
        let number = cx.version.number();
        sample.encode(cx.release, number, subject).ok()?;
        let json = sample.to_json(cx).ok()?;
        let (form, bytes) = match sample {
            Spoken::Message(message)
                if reference::is_bilrost(message.message_type(), cx.version) =>
            {
                (Form::Bilrost, reference::encode(message, cx, &Rules::RIGHT).ok()?)
            }
            _ => {
                let tree = reference::tree_of(of.shape(), &json, cx, &Rules::RIGHT).ok()?;
                (Form::Flex(tree.clone()), written(of, tree, cx))
            }
        };
        if bytes.len() > LEN_MAX {
            return None;
        }
        let value = Spoken::decode(of, &bytes, (cx.release, number), subject).ok()?;
        let json = value.to_json(cx).ok()?;
        Some(Self { cx, value, json, form, bytes })
    }

    fn of(&self) -> ValueType {
        self.value.value_type()
    }

    fn sites(&self) -> Vec<Site> {
        let mut sites = Sites::default();
        self.walk(&mut sites);
        sites.found
    }

    /// The bytes with the change at one of the sites.
    fn changed(&self, index: usize) -> Option<Bytes> {
        self.walk(&mut Sites::with_target(index))
    }

    fn walk(&self, sites: &mut Sites) -> Option<Bytes> {
        let shape = self.of().shape();
        match &self.form {
            Form::Bilrost => bilrost::walk(shape, &self.bytes, self.cx, sites).map(Bytes::from),
            Form::Flex(tree) => {
                let mut tree = tree.clone();
                flex::walk(shape, &mut tree, self.cx.release, sites);
                Some(written(self.of(), tree, self.cx))
            }
        }
    }

    /// What a release of the subject makes of bytes at the version with this number.
    fn decode(
        &self,
        bytes: &Bytes,
        number: i32,
        subject: &dyn Subject,
    ) -> Result<Result<Spoken, Unread>, Panicked> {
        let asked = (self.cx.release, number);
        boundary::contain(|| Spoken::decode(self.of(), bytes, asked, subject))
    }

    fn read(&self, site: &Site, bytes: &Bytes, subject: &dyn Subject) -> (Class, String) {
        match self.decode(bytes, self.cx.version.number(), subject) {
            Err(panicked) => (Class::Panicked, panicked.to_string()),
            Ok(Err(error)) => (Class::Refused, error.to_string()),
            Ok(Ok(value)) if value == self.value => {
                let detail = "read as before the change".to_owned();
                // A number is what it is: nothing else may be read in its place.
                let is_number = site.change == Change::Widen;
                (if is_number { Class::Misread } else { Class::Ignored }, detail)
            }
            Ok(Ok(value)) => self.compare(site, &value),
        }
    }

    /// Another value than before the change: what was meant, or less, or something else.
    fn compare(&self, site: &Site, value: &Spoken) -> (Class, String) {
        let Ok(json) = value.to_json(self.cx) else {
            return (Class::Misread, "a value without a JSON form".to_owned());
        };
        let shape = self.of().shape();
        let partings = partings(shape, &self.json, Some(&json), &|_| false);
        if let Some(elsewhere) = partings.iter().find(|it| !it.place.starts_with(&site.place)) {
            return (Class::Misread, format!("{} is another", elsewhere.place));
        }
        let received = partings.first().and_then(|it| it.received);
        let words = received.map_or_else(|| "nothing".to_owned(), Json::to_string);
        let class = match site.change {
            Change::AddUnit | Change::AddHolder => {
                let is_empty = received.and_then(Json::as_str) == site.empty_variant
                    && site.empty_variant.is_some();
                if is_empty { Class::Loss } else { Class::Misread }
            }
            Change::Require if received.is_some_and(|json| !json.is_null()) => Class::AsMeant,
            Change::FlagBit if received.is_some_and(is_flagged) => Class::AsMeant,
            Change::StopOptional | Change::StopRequired => Class::Loss,
            _ => Class::Misread,
        };
        (class, format!("read as {words}"))
    }

    /// The same value in flexbuffers, where it is read as bilrost.
    fn other_codec(&self, subject: &dyn Subject) -> Option<Tried> {
        let (Form::Bilrost, Spoken::Message(message)) = (&self.form, &self.value) else {
            return None;
        };
        let Context { release, version } = self.cx;
        let cx = Context { release, version: ProtocolVersion::V1 };
        let tree = reference::tree(message, cx, &Rules::RIGHT).ok()?;
        let bytes = written(self.of(), tree, cx);
        let (class, detail) = match self.decode(&bytes, version.number(), subject) {
            Err(panicked) => (Class::Panicked, panicked.to_string()),
            Ok(Err(error)) => (Class::Refused, error.to_string()),
            Ok(Ok(_)) => (Class::Misread, "read as bilrost".to_owned()),
        };
        let (of, change) = (self.of(), Change::OtherCodec);
        Some(Tried { of, cx: self.cx, place: String::new(), change, class, detail, bytes })
    }

    /// The same bytes, under the number that comes after all that the line speaks.
    fn next_version(&self, subject: &dyn Subject) -> Tried {
        let Self { cx, bytes, .. } = self;
        let number = cx.release.range().max + 1;
        let (class, detail) = match self.decode(bytes, number, subject) {
            Err(panicked) => (Class::Panicked, panicked.to_string()),
            Ok(Err(error)) => (Class::Refused, error.to_string()),
            Ok(Ok(_)) => (Class::Misread, format!("read at {number}")),
        };
        Tried {
            of: self.of(),
            cx: *cx,
            place: String::new(),
            change: Change::NextVersion,
            class,
            detail,
            bytes: bytes.clone(),
        }
    }
}

/// The bytes of a value in flexbuffers form, whatever the form holds.
fn written(of: ValueType, tree: Value, cx: Context) -> Bytes {
    match of {
        ValueType::Message(message) => reference::encode_tree(message, tree, cx, &Rules::RIGHT),
        ValueType::LogRecord | ValueType::EpochMetadata => reference::body(&tree, &Rules::RIGHT),
    }
}
