//! What a testee says of itself in its first answer.

use std::ops::RangeInclusive;

use serde_json::Value as Json;

/// Verbs that an answer needs a value for.
pub const ENCODE: &str = "encode";
/// Bytes to a value.
pub const DECODE: &str = "decode";
/// Bytes read, and written again.
pub const REENCODE: &str = "reencode";
/// One side of a connection: it is opened, things happen to it, it is forgotten.
pub const OPEN: &str = "open";
/// See [`OPEN`].
pub const FEED: &str = "feed";
/// What the owner of a session does.
pub const SEND: &str = "send";
/// Time passes.
pub const WAKE: &str = "wake";
/// A service of the node that has sessions changes.
pub const SERVICE: &str = "service";
/// What a node knows of itself and others is something else from now on.
pub const INFORM: &str = "inform";
/// See [`OPEN`].
pub const DROP: &str = "drop";

/// Bytes of a text in a hello: it is shown to people.
const TEXT_LEN_MAX: usize = 200;

/// A message that a testee has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// Its name.
    pub name: String,
    /// The versions that it has a form at; none if it has no versions.
    pub versions: Option<RangeInclusive<i32>>,
}

/// What a testee says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello {
    /// The protocol that it speaks.
    pub protocol: String,
    /// Its own name.
    pub name: String,
    /// The release that it is, or stands for.
    pub release: String,
    /// What it is written in.
    pub language: String,
    /// Where its faults are reported, if it says so.
    pub issues: Option<String>,
    /// What it can be asked.
    pub verbs: Vec<String>,
    /// What it can be asked about.
    pub messages: Vec<Offered>,
    /// Whether the same question has the same answer.
    pub is_deterministic: bool,
}

impl Hello {
    /// Reads the first answer.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub(super) fn read(answer: &Json) -> Result<Self, String> {
        match answer.get("testee").and_then(Json::as_u64) {
            Some(1) => {}
            Some(other) => {
                return Err(format!(
                    "it speaks version {other} of the protocol of testees, and not 1"
                ));
            }
            None => return Err("its hello has no member \"testee\": 1".to_owned()),
        }
        let text = |member: &str| {
            let text = answer.get(member).and_then(Json::as_str).map(str::to_owned);
            let text = text.filter(|text| text.len() <= TEXT_LEN_MAX);
            text.ok_or_else(|| {
                format!("its hello has no text {member:?} of at most {TEXT_LEN_MAX} bytes")
            })
        };
        let is_deterministic = match answer.get("deterministic") {
            None | Some(Json::Null) => true,
            Some(Json::Bool(it)) => *it,
            Some(_) => {
                return Err(
                    "its hello has a \"deterministic\" that is neither true nor false".to_owned()
                );
            }
        };
        let list = |member: &str| {
            let list = answer.get(member).and_then(Json::as_array);
            list.ok_or_else(|| format!("its hello has no list {member:?}"))
        };
        let verbs = list("verbs")?.iter().filter_map(Json::as_str).map(str::to_owned);
        Ok(Self {
            protocol: text("protocol")?,
            name: text("name")?,
            release: text("release")?,
            language: text("language")?,
            issues: text("issues").ok(),
            verbs: verbs.collect(),
            messages: list("messages")?.iter().map(offered).collect::<Result<_, _>>()?,
            is_deterministic,
        })
    }

    /// Whether it can be asked this.
    pub fn can(&self, verb: &str) -> bool {
        self.verbs.iter().any(|it| it == verb)
    }

    /// Whether it has a message at a version, or without one.
    pub fn has(&self, message: &str, version: Option<i32>) -> bool {
        let is_at = |versions: &Option<RangeInclusive<i32>>| match (versions, version) {
            (Some(versions), Some(version)) => versions.contains(&version),
            (None, None) => true,
            _ => false,
        };
        self.messages.iter().any(|it| it.name == message && is_at(&it.versions))
    }
}

fn offered(message: &Json) -> Result<Offered, String> {
    let wrong = || format!("its hello has a message {message} that is not {{name, min, max}}");
    let name = message.get("name").and_then(Json::as_str).ok_or_else(wrong)?.to_owned();
    let number = |member: &str| {
        let number =
            |it: &Json| it.as_i64().and_then(|it| i32::try_from(it).ok()).ok_or_else(wrong);
        message.get(member).map(number).transpose()
    };
    let versions = match (number("min")?, number("max")?) {
        (Some(min), Some(max)) if min <= max => Some(min..=max),
        (None, None) => None,
        _ => return Err(wrong()),
    };
    Ok(Offered { name, versions })
}
