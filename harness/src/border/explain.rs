//! What bytes are: which messages they can be, who reads them so, and what each byte is.
//!
//! Every message is tried, at every version of every release. Who reads a value and writes it as it came has
//! read every byte; who writes it otherwise has perhaps lost some.

use std::io;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value as Json, json};
use thiserror::Error;

use super::describe::explained;
use super::names::BorderError;
use super::node::{At, Protocol};
use super::spoken::{Border, Spoken};
use crate::boundary::{Breach, supervise};
use crate::render::fold::paragraph;
use crate::render::requirements::counted;
use crate::skew::{LIMITS, Peer};

/// Reasons of refusals that are shown.
const REFUSALS_MAX: usize = 5;
/// Other readings that are shown.
const OTHERS_MAX: usize = 8;

/// What is known of bytes beforehand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hints {
    /// The message.
    pub message: Option<String>,
    /// The version, as the protocol writes it.
    pub version: Option<String>,
    /// The release.
    pub release: Option<String>,
}

/// Why bytes are not explained.
#[derive(Debug, Error)]
pub enum ExplainError {
    /// There is nothing that is named so.
    #[error(transparent)]
    Named(#[from] BorderError),
    /// No process can be had.
    #[error("cannot try it in a process of its own: {0}")]
    Process(#[from] io::Error),
    /// No release has it.
    #[error("no release has that message at that version")]
    Nothing,
}

/// A release that may read bytes: its index, that of the message, and the number of the version.
pub(super) type Candidate = (usize, usize, i32);

/// One way to read bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The message.
    pub message: &'static str,
    /// Who reads it, by name, at which versions, as the protocol writes them.
    pub by: Vec<(String, Vec<String>)>,
    /// What is read, as the newest of them shows it.
    pub value: Json,
    /// Whether all of them write the same bytes of it.
    pub is_exact: bool,
    /// Each byte, as the newest of them describes it, or as they are.
    pub dump: String,
}

/// What bytes can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// How many bytes there are.
    pub len: usize,
    /// The ways to read them, the best first.
    pub readings: Vec<Reading>,
    /// Why they are refused, and by how many releases at how many versions of a message.
    pub refusals: Vec<(&'static str, String, usize)>,
    /// What comes to no end of it: the message, the release, the version, and how.
    pub broken: Vec<(&'static str, String, String, Breach)>,
}

/// What came of bytes: of who may read them, what is read, or why not, or how it came to no end.
type Came = (Candidate, Result<Result<Read, String>, Breach>);

/// What a release makes of bytes.
pub(super) struct Read {
    value: Json,
    is_exact: bool,
    dump: String,
}

impl<P: Protocol> Border<P> {
    /// Explains bytes. What ends a process is tried in processes of a program first, if one is given, which
    /// serves them as [`guarded`](super::guarded) does.
    ///
    /// # Errors
    ///
    /// If a hint names nothing, or no process can be had.
    pub fn explain(
        &self,
        bytes: &Bytes,
        hints: &Hints,
        program: Option<&Path>,
    ) -> Result<Explanation, ExplainError> {
        self.named()?;
        let mut candidates = self.candidates(hints)?;
        if candidates.is_empty() {
            return Err(ExplainError::Nothing);
        }
        let mut came: Vec<Came> = Vec::new();
        if let Some(program) = program {
            let readings: Vec<(Candidate, Bytes)> =
                candidates.iter().map(|it| (*it, bytes.clone())).collect();
            let lost = self.lost_readings(program, &readings)?;
            let is_open = |at: &usize| !lost.contains_key(at);
            let open = (0..candidates.len()).filter(is_open);
            candidates = open.filter_map(|at| readings.get(at)).map(|(it, _)| *it).collect();
            let lost = lost.into_iter();
            came.extend(lost.filter_map(|(at, breach)| Some((readings.get(at)?.0, Err(breach)))));
        }
        let nodes: Vec<Spoken<P::Value>> = self.skew().peers().cloned().collect();
        let names: Vec<&'static str> = self.messages().iter().map(|topic| topic.name).collect();
        let (asked, input) = (candidates.clone(), bytes.clone());
        let read = move |index: usize| {
            let (node, topic, version) = *asked.get(index)?;
            let at = At { message: names.get(topic)?, version };
            Some(read(nodes.get(node)?, at, &input))
        };
        let read = supervise(candidates.len(), LIMITS, Arc::new(read));
        let read = candidates.into_iter().zip(read);
        came.extend(read.filter_map(|(it, read)| Some((it, read.transpose()?))));
        Ok(self.explained(bytes.len(), came))
    }

    fn candidates(&self, hints: &Hints) -> Result<Vec<Candidate>, BorderError> {
        let message = hints.message.as_deref().map(|name| self.message(name)).transpose()?;
        let release = hints.release.as_deref().map(|name| self.release(name)).transpose()?;
        let mut all = Vec::new();
        for (node, peer) in self.nodes().into_iter().enumerate() {
            for (topic, it) in self.messages().iter().enumerate() {
                all.extend(peer.versions(it.name).into_iter().map(|it| (node, topic, it)));
            }
        }
        let is_version = |(_, _, version): &Candidate| {
            hints.version.as_ref().is_none_or(|asked| *asked == P::version(*version))
        };
        if let Some(name) = &hints.version
            && !all.iter().any(is_version)
        {
            let mut known: Vec<i32> = all.iter().map(|it| it.2).collect();
            known.sort_unstable();
            known.dedup();
            let known = known.into_iter().map(P::version).collect();
            return Err(BorderError::NoVersion { name: name.clone(), known });
        }
        all.retain(is_version);
        all.retain(|it| release.is_none_or(|asked| asked == it.0));
        all.retain(|it| message.is_none_or(|asked| asked == it.1));
        Ok(all)
    }

    fn explained(&self, len: usize, came: Vec<Came>) -> Explanation {
        let mut explanation =
            Explanation { len, readings: Vec::new(), refusals: Vec::new(), broken: Vec::new() };
        for ((node, topic, version), came) in came {
            let Some(message) = self.messages().get(topic).map(|topic| topic.name) else {
                continue;
            };
            let release = self.skew().peers().nth(node).map(|peer| peer.name().to_owned());
            let Some(release) = release else { continue };
            let version = P::version(version);
            match came {
                Ok(Ok(read)) => explanation.add_reading(message, release, version, read),
                Ok(Err(words)) => explanation.add_refusal(message, words),
                Err(breach) => explanation.broken.push((message, release, version, breach)),
            }
        }
        let spread = |it: &Reading| it.by.iter().map(|(_, versions)| versions.len()).sum::<usize>();
        explanation.readings.sort_by_key(|it| (!it.is_exact, usize::MAX - spread(it)));
        explanation.refusals.sort_by_key(|it| usize::MAX - it.2);
        explanation
    }
}

/// What a release makes of bytes.
pub(super) fn read<V>(node: &Spoken<V>, at: At<'_>, bytes: &Bytes) -> Result<Read, String>
where
    V: std::fmt::Debug,
{
    let node = node.node();
    let value = node.decode(at, bytes)?;
    let is_exact = node.encode(at, &value).is_ok_and(|written| written == *bytes);
    let dump = explained(node, at, bytes);
    Ok(Read { value: node.show(at, &value), is_exact, dump })
}

impl Reading {
    /// Who reads them so, in words.
    fn readers(&self) -> String {
        let words =
            |(name, versions): &(String, Vec<String>)| format!("{name} at {}", versions.join(", "));
        self.by.iter().map(words).collect::<Vec<_>>().join("; ")
    }
}

impl Explanation {
    fn add_reading(&mut self, message: &'static str, release: String, version: String, read: Read) {
        let is_same = |it: &&mut Reading| {
            (it.message, it.is_exact) == (message, read.is_exact) && it.value == read.value
        };
        match self.readings.iter_mut().find(is_same) {
            Some(known) => {
                match known.by.last_mut() {
                    Some((last, versions)) if *last == release => versions.push(version),
                    _ => known.by.push((release, vec![version])),
                }
                known.dump = read.dump;
            }
            None => self.readings.push(Reading {
                message,
                by: vec![(release, vec![version])],
                value: read.value,
                is_exact: read.is_exact,
                dump: read.dump,
            }),
        }
    }

    fn add_refusal(&mut self, message: &'static str, words: String) {
        let mut known = self.refusals.iter_mut();
        match known.find(|it| it.0 == message && it.1 == words) {
            Some((.., count)) => *count += 1,
            None => self.refusals.push((message, words, 1)),
        }
    }

    /// Whether somebody reads them, and nobody breaks.
    pub fn is_ok(&self) -> bool {
        !self.readings.is_empty() && self.broken.is_empty()
    }

    /// The explanation for people.
    pub fn to_text(&self) -> String {
        let len = counted(self.len, "byte");
        let mut text = String::new();
        let first = match self.readings.first() {
            Some(first) => {
                let exact =
                    if first.is_exact { "written so by" } else { "read, not written so, by" };
                let rivals =
                    self.readings.iter().filter(|it| it.is_exact == first.is_exact).count();
                let rivals = match rivals {
                    1 => String::new(),
                    2 => ", or another that fits as well".to_owned(),
                    rivals => format!(", or one of {} others that fit as well", rivals - 1),
                };
                let mark = if first.is_exact { '✓' } else { '~' };
                format!("{mark} {len}: {}{rivals}; {exact} {}", first.message, first.readers())
            }
            None => format!("✗ {len}: no release reads them"),
        };
        paragraph(&mut text, "", 2, &first);
        for (message, release, version, breach) in &self.broken {
            let words = format!("✗ {message} at {version}: {release} {breach}");
            paragraph(&mut text, "", 2, &words);
        }
        if let Some(first) = self.readings.first() {
            text.push_str(&format!("\n{:#}\n\n{}", first.value, first.dump));
        }
        let others: Vec<&Reading> = self.readings.iter().skip(1).collect();
        if !others.is_empty() {
            text.push_str("\nor\n");
        }
        for other in others.iter().take(OTHERS_MAX) {
            let exact = if other.is_exact { "" } else { ", not written so" };
            let words = format!("{}{exact}: {}", other.message, other.readers());
            paragraph(&mut text, "  ", 4, &words);
        }
        if others.len() > OTHERS_MAX {
            text.push_str(&format!("  … {} more\n", others.len() - OTHERS_MAX));
        }
        if self.readings.is_empty() {
            for (message, words, count) in self.refusals.iter().take(REFUSALS_MAX) {
                let words = format!("{message}, {}: {words}", counted(*count, "time"));
                paragraph(&mut text, "  ", 4, &words);
            }
            if self.refusals.len() > REFUSALS_MAX {
                let more = self.refusals.len() - REFUSALS_MAX;
                text.push_str(&format!("  … {more} more reasons; --message has those of one\n"));
            }
        }
        text
    }

    /// The explanation for programs: a JSON document, ending in a line break.
    pub fn to_json(&self) -> String {
        let versions = |it: &Reading| -> Json {
            it.by.iter().map(|(name, versions)| (name.clone(), json!(versions))).collect()
        };
        let reading = |it: &Reading| {
            json!({
                "message": it.message,
                "by": versions(it),
                "exact": it.is_exact,
                "value": it.value,
                "dump": it.dump.lines().collect::<Vec<_>>(),
            })
        };
        let refusal = |(message, words, count): &(&str, String, usize)| json!({ "message": message, "words": words, "count": count });
        let broken = |(message, release, version, breach): &(&str, String, String, Breach)| {
            json!({
                "message": message,
                "release": release,
                "version": version,
                "how": breach.to_string(),
            })
        };
        let document = json!({
            "bytes": self.len,
            "readings": self.readings.iter().map(reading).collect::<Vec<_>>(),
            "refusals": self.refusals.iter().map(refusal).collect::<Vec<_>>(),
            "broken": self.broken.iter().map(broken).collect::<Vec<_>>(),
        });
        format!("{document:#}\n")
    }
}
