//! What a line would send, ready to be changed: one walk finds the places, another makes the change, and
//! what a release reads of it is compared with what was there.

use bytes::Bytes;
use serde_json::Value as Json;

use super::blob::Blob;
use super::rules::{Change, Class, Coded};
use super::sites::{FLAGS, Site, Sites};
use super::trial::Tried;
use super::{bilrost, flex};
use crate::fabric::codec::shape::Shape;
use crate::fabric::codec::tree::Context;
use crate::fabric::version::ProtocolVersion;
use crate::harness::boundary::{self, Panicked};
use crate::suite::parting::{join, partings};
use crate::suite::reference::{self, Rules, Value};
use crate::suite::subject::Subject;
use crate::suite::value::{Unread, Value as Spoken, ValueType};

/// Longest message that is changed: a large one shows nothing that a small one does not.
const LEN_MAX: usize = 4096;

/// What a line would send, ready to be changed.
pub(super) struct Base {
    cx: Context,
    /// As the line reads it back.
    value: Spoken,
    /// The JSON form of what is changed, and its shape.
    json: Json,
    shape: Shape,
    form: Form,
    bytes: Bytes,
}

enum Form {
    Bilrost,
    Flex(Value),
    /// Bilrost, inside the blob of a command.
    Blob(Blob),
}

impl Base {
    /// What there is to change of a value: the value, and what it has in a blob.
    pub(super) fn all(sample: &Spoken, cx: Context, subject: &dyn Subject) -> Vec<Self> {
        let whole = Self::new(sample, cx, subject);
        let blob = whole.as_ref().and_then(Self::blob);
        whole.into_iter().chain(blob).collect()
    }

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
        Some(Self { cx, value, json, shape: of.shape(), form, bytes })
    }

    /// What a release reads in the blob of a record when it applies it.
    fn blob(&self) -> Option<Self> {
        let blob = Blob::of(&self.value)?;
        let content = blob.read(&self.value, self.cx).ok()??;
        let json = content.to_json(self.cx).ok()?;
        let (value, bytes) = (self.value.clone(), self.bytes.clone());
        Some(Self {
            cx: self.cx,
            value,
            json,
            shape: content.shape(),
            form: Form::Blob(blob),
            bytes,
        })
    }

    /// In which codec it is changed.
    pub(super) fn coded(&self) -> Coded {
        match self.form {
            Form::Blob(_) => Coded::Blob,
            _ => Coded::of(self.of(), self.cx.version),
        }
    }

    fn of(&self) -> ValueType {
        self.value.value_type()
    }

    pub(super) fn sites(&self) -> Vec<Site> {
        let mut sites = Sites::default();
        self.walk(&mut sites);
        sites.found
    }

    /// The bytes with the change at one of the sites.
    pub(super) fn changed(&self, index: usize) -> Option<Bytes> {
        self.walk(&mut Sites::with_target(index))
    }

    fn walk(&self, sites: &mut Sites) -> Option<Bytes> {
        let Self { cx, shape, .. } = self;
        match &self.form {
            Form::Bilrost => bilrost::walk(*shape, &self.bytes, *cx, sites).map(Bytes::from),
            Form::Flex(tree) => {
                let mut tree = tree.clone();
                flex::walk(*shape, &mut tree, cx.release, sites);
                Some(written(self.of(), tree, *cx))
            }
            Form::Blob(blob) => {
                let walk = |sites: &mut Sites| bilrost::walk(*shape, &blob.bytes, *cx, sites);
                let changed = sites.enter(&blob.place, walk)?;
                blob.within(&self.value, changed, *cx)
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

    pub(super) fn read(
        &self,
        site: &Site,
        bytes: &Bytes,
        subject: &dyn Subject,
    ) -> (Class, String) {
        let value = match self.decode(bytes, self.cx.version.number(), subject) {
            Err(panicked) => return (Class::Panicked, panicked.to_string()),
            Ok(Err(error)) => return (Class::Refused, error.to_string()),
            Ok(Ok(value)) => value,
        };
        let (prefix, json) = match &self.form {
            Form::Blob(blob) => match boundary::contain(|| blob.read(&value, self.cx)) {
                Err(panicked) => return (Class::Panicked, panicked.to_string()),
                Ok(Err(fault)) => return (Class::Refused, fault.to_string()),
                Ok(Ok(content)) => {
                    (blob.place.as_str(), content.and_then(|it| it.to_json(self.cx).ok()))
                }
            },
            _ if value == self.value => return unchanged(site),
            _ => ("", value.to_json(self.cx).ok()),
        };
        match json {
            None => (Class::Misread, "a value without a JSON form".to_owned()),
            Some(json) if !prefix.is_empty() && json == self.json => unchanged(site),
            Some(json) => self.compare(site, prefix, &json),
        }
    }

    /// Another value than before the change: what was meant, or less, or something else.
    fn compare(&self, site: &Site, prefix: &str, json: &Json) -> (Class, String) {
        let partings = partings(self.shape, &self.json, Some(json), &|_| false);
        let mut places = partings.iter().map(|it| join(prefix, &it.place));
        if let Some(elsewhere) = places.find(|place| !place.starts_with(&site.place)) {
            return (Class::Misread, format!("{elsewhere} is another"));
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
    pub(super) fn other_codec(&self, subject: &dyn Subject) -> Option<Tried> {
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
        let (cx, coded, place) = (self.cx, self.coded(), String::new());
        Some(Tried { of, cx, coded, place, change, class, detail, bytes })
    }

    /// The same bytes, under the number that comes after all that the line speaks.
    pub(super) fn next_version(&self, subject: &dyn Subject) -> Tried {
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
            coded: self.coded(),
            place: String::new(),
            change: Change::NextVersion,
            class,
            detail,
            bytes: bytes.clone(),
        }
    }
}

/// The same as before the change.
fn unchanged(site: &Site) -> (Class, String) {
    // A number is what it is: nothing else may be read in its place.
    let is_number = site.change == Change::Widen;
    let class = if is_number { Class::Misread } else { Class::Ignored };
    (class, "read as before the change".to_owned())
}

/// The bytes of a value in flexbuffers form, whatever the form holds.
fn written(of: ValueType, tree: Value, cx: Context) -> Bytes {
    match of {
        ValueType::Message(message) => reference::encode_tree(message, tree, cx, &Rules::RIGHT),
        ValueType::LogRecord | ValueType::EpochMetadata => reference::body(&tree, &Rules::RIGHT),
    }
}

/// Whether flags, as a number or in an object, have the bit that no release has.
fn is_flagged(flags: &Json) -> bool {
    let bits = flags.get("bits").unwrap_or(flags).as_u64();
    bits.is_some_and(|bits| bits & FLAGS.1 != 0)
}
