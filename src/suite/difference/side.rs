//! One side of a comparison: bytes, and who is said to write them.

use bytes::Bytes;
use serde_json::Value as Json;
use thiserror::Error;

use crate::fabric::annotate::{self, Annotation, Carried};
use crate::fabric::catalogue::MessageType;
use crate::fabric::codec::tree::Context;
use crate::fabric::envelope::EnvelopeType;
use crate::fabric::release::Release;
use crate::fabric::version::ProtocolVersion;
use crate::harness::golden::{Document, Snapshot};
use crate::harness::json;
use crate::suite::explain::Hints;
use crate::suite::form::{Content, Form, places};
use crate::suite::golden::is_by_digest;
use crate::suite::speaker::SpeakError;

/// Why a document is no fixture with bytes.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{name}:{line}: {problem}")]
pub struct NotAFixture {
    /// The document.
    pub name: String,
    /// The line in it, counted from 1.
    pub line: usize,
    /// What is wrong with it, or missing.
    pub problem: String,
}

/// Bytes, and who is said to write them.
#[derive(Debug, Clone)]
pub struct Side {
    /// What the user calls it.
    pub name: String,
    /// What the bytes are.
    pub form: Form,
    /// The lines that write them, and the version; oldest or newest first, never none.
    pub contexts: Vec<Context>,
    /// The bytes.
    pub bytes: Bytes,
    /// The value, as the first of the lines has it, if it is written down somewhere.
    pub value: Option<Json>,
}

impl Side {
    /// A side from the text of a fixture.
    ///
    /// # Errors
    ///
    /// If it is not a fixture, or one without bytes: the text of a refusal, a table.
    pub fn of_fixture(name: &str, text: &str) -> Result<Self, NotAFixture> {
        let wrong =
            |line: usize, problem: String| NotAFixture { name: name.to_owned(), line, problem };
        let snapshot =
            Snapshot::read(text).map_err(|error| wrong(error.line, error.problem.to_string()))?;
        let document = Document::read(&snapshot)
            .map_err(|error| wrong(error.line, error.problem.to_string()))?;
        let field = |name: &str| {
            let found = document.fields.iter().find(|field| field.name == name);
            found.ok_or_else(|| wrong(snapshot.line, format!("has no `{name}:`")))
        };
        let message = field("message")?;
        let form = form(message.value)
            .ok_or_else(|| wrong(message.line, format!("unknown message {:?}", message.value)))?;
        let version = document.field("version").and_then(|text| {
            let number = text.trim_start_matches('V').parse().ok()?;
            ProtocolVersion::from_number(number)
        });
        let lines = field("written by")?;
        let contexts = lines
            .value
            .split(", ")
            .map(|line| {
                let release: Release =
                    line.parse().map_err(|e| wrong(lines.line, format!("{e}")))?;
                let newest = ProtocolVersion::from_number(release.range().max);
                let version = version.or(newest).unwrap_or(ProtocolVersion::V3);
                Ok(Context { release, version })
            })
            .collect::<Result<Vec<_>, _>>()?;
        let dump = document.paragraphs.iter().find(|it| it.title.starts_with("bytes: "));
        let dump = dump.ok_or_else(|| wrong(snapshot.line, "has no `bytes:`".to_owned()))?;
        if is_by_digest(dump.body) {
            let problem = "has its bytes only by their digest: they are too long to show";
            return Err(wrong(dump.line + 1, problem.to_owned()));
        }
        let bytes = annotate::read_back(dump.body)
            .map_err(|error| wrong(dump.line + error.line, error.problem.to_string()))?;
        let value = document.paragraphs.iter().find(|it| it.title.starts_with("value"));
        let value = value.map(|it| {
            json::read(it.body).map_err(|error| wrong(it.line, format!("value: {error}")))
        });
        let value = value.transpose()?;
        Ok(Self { name: name.to_owned(), form, contexts, bytes: bytes.into(), value })
    }

    /// A side from bytes of a message; the newest version that is not ruled out is meant.
    ///
    /// # Errors
    ///
    /// If a name is unknown, or there is no such message in the release or at the version.
    pub fn of_bytes(
        name: &str,
        bytes: Bytes,
        message: &str,
        release: Option<&str>,
        number: Option<i32>,
    ) -> Result<Self, SpeakError> {
        let hints = Hints::new(Some(message), release, number)?;
        let all: Vec<(Form, Context)> =
            hints.forms().flat_map(|form| hints.contexts(form).map(move |cx| (form, cx))).collect();
        let nothing = || SpeakError::Misasked {
            problem: format!("nobody speaks {message} there"),
            hint: "leave out --release or --protocol".to_owned(),
        };
        let (form, first) = all.first().copied().ok_or_else(nothing)?;
        let contexts = all.into_iter().map(|(_, cx)| cx);
        let contexts = contexts.filter(|cx| cx.version == first.version).collect();
        Ok(Self { name: name.to_owned(), form, contexts, bytes, value: None })
    }

    /// Other bytes, said to be the same message by the same lines.
    #[must_use]
    pub fn with_bytes(&self, name: &str, bytes: Bytes) -> Self {
        let (form, contexts) = (self.form, self.contexts.clone());
        Self { name: name.to_owned(), form, contexts, bytes, value: None }
    }

    /// The side in a few words.
    pub(super) fn words(&self) -> String {
        let Self { name, form, contexts, bytes, .. } = self;
        let (len, plural) = (bytes.len(), if bytes.len() == 1 { "" } else { "s" });
        format!("{name}: {form}, {}, {len} byte{plural}", places(*form, contexts))
    }

    /// The encoding, in one word.
    pub(super) fn codec(&self) -> &'static str {
        self.contexts.first().map_or("", |cx| self.form.codec_at(cx.version))
    }

    /// Every byte, with the payload of a frame in its place if it is known what it is; and whether
    /// it is not.
    pub(super) fn annotation(&self) -> (Annotation<'_>, bool) {
        let Some(&cx) = self.contexts.last() else {
            return (annotate::flexbuffers(&self.bytes), false);
        };
        let mut is_sealed = false;
        let annotation = self.form.annotate(&self.bytes, cx, &mut |carried| {
            let opened = opened(carried, cx.release);
            is_sealed |= opened.is_none();
            opened
        });
        (annotation, is_sealed)
    }

    /// The value that the bytes stand for: the one written down, or what their own lines read.
    pub(super) fn content(&self) -> Result<(Content, Context), String> {
        let cx = *self.contexts.first().ok_or_else(|| "nobody writes it".to_owned())?;
        let content = match &self.value {
            Some(json) => self.form.content_from_json(json, cx),
            None => self.form.decode(&self.bytes, cx),
        };
        content.map(|content| (content, cx))
    }
}

/// What the payload of a frame is, if the frame says it and the release has one version for it.
fn opened(carried: &Carried<'_>, release: Release) -> Option<(MessageType, Context)> {
    let message = carried.message_type()?;
    let is_v1 = |version: &ProtocolVersion| *version == ProtocolVersion::V1;
    let may_be = |version: &ProtocolVersion| {
        is_v1(version) == (carried.carrier == EnvelopeType::BinaryMessage)
            && Form::Payload(message).exists_at(Context { release, version: *version })
    };
    let mut versions = ProtocolVersion::ALL.into_iter().filter(may_be);
    let version = versions.next().filter(|_| versions.next().is_none())?;
    Some((message, Context { release, version }))
}

/// The form with a name.
fn form(name: &str) -> Option<Form> {
    let payload = name.parse::<MessageType>().ok().map(Form::Payload);
    let is_full = name.contains('.');
    payload.filter(|_| !is_full).or_else(|| EnvelopeType::from_name(name).map(Form::Envelope))
}
