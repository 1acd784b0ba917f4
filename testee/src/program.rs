//! The usual testee: a table of messages, with a function that reads and one that writes.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::process::ExitCode;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use crate::serve::serve;
use crate::testee::{At, Content, Hello, Message, No, Sample, Testee, Verb};

/// A testee that is put together row by row.
///
/// ```
/// use skewproof_testee::{Program, serve_on};
///
/// let read = |bytes: &[u8], _| std::str::from_utf8(bytes).map(str::to_owned);
/// let write = |name: &String, _| Ok::<_, String>(name.clone().into_bytes());
/// let program =
///     Program::new("greeting", "our tree", "2.0").message_with_values("Name", 1..=2, read, write);
/// let question = r#"{"id":1,"verb":"decode","message":"Name","version":2,"hex":"6869"}"#;
/// let mut answer = Vec::new();
/// serve_on(program, question.as_bytes(), &mut answer)?;
/// assert_eq!(answer, b"{\"id\":1,\"ok\":{\"value\":\"hi\"}}\n");
/// # Ok::<_, std::io::Error>(())
/// ```
pub struct Program {
    hello: Hello,
    rows: Vec<Row>,
    samples: Vec<(Topic, Sample)>,
}

/// A message at some versions; or a frame, which has none.
struct Row {
    name: String,
    versions: Option<RangeInclusive<i32>>,
    reencode: Reencode,
    values: Option<(Decode, Encode)>,
}

/// What a sample is of.
struct Topic {
    message: String,
    /// Bytes are so at one version; a value at any.
    version: Option<i32>,
}

type Reencode = Box<dyn Fn(&[u8], i32) -> Result<Vec<u8>, No>>;
type Decode = Box<dyn Fn(&[u8], i32) -> Result<Json, No>>;
type Encode = Box<dyn Fn(&Json, i32) -> Result<Vec<u8>, No>>;

impl Program {
    /// A testee of a protocol, without messages: what it is called in reports, and its release.
    pub fn new(
        protocol: impl Into<String>,
        name: impl Into<String>,
        release: impl Into<String>,
    ) -> Self {
        let hello = Hello {
            verbs: vec![Verb::Reencode, Verb::Decode, Verb::Encode, Verb::Samples],
            ..Hello::new(protocol, name, release)
        };
        Self { hello, rows: Vec::new(), samples: Vec::new() }
    }

    /// Where its bugs are reported, as a URL.
    #[must_use]
    pub fn issues(mut self, url: impl Into<String>) -> Self {
        self.hello.issues = Some(url.into());
        self
    }

    /// A message that is read and written again. One whose type differs between versions has a row
    /// for each type.
    #[must_use]
    pub fn message<T: 'static, E: Display, F: Display>(
        self,
        name: impl Into<String>,
        versions: RangeInclusive<i32>,
        read: impl Fn(&[u8], i32) -> Result<T, E> + 'static,
        write: impl Fn(&T, i32) -> Result<Vec<u8>, F> + 'static,
    ) -> Self {
        self.row(name.into(), Some(versions), reencode(read, write), None)
    }

    /// A message whose values are given and taken too: they are compared field by field, in the form
    /// that `serde` gives them. If any message of the testee is without values, all are judged by what
    /// is written.
    #[must_use]
    pub fn message_with_values<T, E, F>(
        self,
        name: impl Into<String>,
        versions: RangeInclusive<i32>,
        read: impl Fn(&[u8], i32) -> Result<T, E> + Clone + 'static,
        write: impl Fn(&T, i32) -> Result<Vec<u8>, F> + Clone + 'static,
    ) -> Self
    where
        T: Serialize + DeserializeOwned + 'static,
        E: Display,
        F: Display,
    {
        let values = (decode(read.clone()), encode(write.clone()));
        self.row(name.into(), Some(versions), reencode(read, write), Some(values))
    }

    /// A message without versions, such as a frame of an envelope.
    #[must_use]
    pub fn frame<T: 'static, E: Display, F: Display>(
        self,
        name: impl Into<String>,
        read: impl Fn(&[u8]) -> Result<T, E> + 'static,
        write: impl Fn(&T) -> Result<Vec<u8>, F> + 'static,
    ) -> Self {
        let reencode = reencode(move |bytes, _| read(bytes), move |value, _| write(value));
        self.row(name.into(), None, reencode, None)
    }

    /// Something of a message that shall be tried, in the form that `serde` gives it. One that has no
    /// such form is left out.
    #[must_use]
    pub fn sample(
        mut self,
        message: impl Into<String>,
        name: impl Into<String>,
        value: &impl Serialize,
    ) -> Self {
        if let Ok(value) = serde_json::to_value(value) {
            let sample = Sample { name: name.into(), content: Content::Value(value) };
            self.samples.push((Topic { message: message.into(), version: None }, sample));
        }
        self
    }

    /// The same as bytes, which are so at one version.
    #[must_use]
    pub fn sample_bytes(
        mut self,
        message: impl Into<String>,
        version: i32,
        name: impl Into<String>,
        bytes: impl Into<Vec<u8>>,
    ) -> Self {
        let sample = Sample { name: name.into(), content: Content::Bytes(bytes.into()) };
        self.samples.push((Topic { message: message.into(), version: Some(version) }, sample));
        self
    }

    /// Answers until there are no more questions.
    pub fn serve(self) -> ExitCode {
        serve(self)
    }

    fn row(
        mut self,
        name: String,
        versions: Option<RangeInclusive<i32>>,
        reencode: Reencode,
        values: Option<(Decode, Encode)>,
    ) -> Self {
        self.rows.push(Row { name, versions, reencode, values });
        self
    }

    /// The row for a message at a version, and the version.
    fn find(&self, at: At<'_>) -> Result<(&Row, i32), No> {
        let At { message, version } = at;
        let mut rows = self.rows.iter().filter(|row| row.name == message).peekable();
        if rows.peek().is_none() {
            return Err(No::Unsupported(format!("there is no message {message:?}")));
        }
        let row = rows.find(|row| match (&row.versions, version) {
            (Some(versions), Some(version)) => versions.contains(&version),
            (None, None) => true,
            _ => false,
        });
        let said =
            || version.map_or("without a version".to_owned(), |it| format!("at version {it}"));
        let row =
            row.ok_or_else(|| No::Unsupported(format!("there is no {message} {}", said())))?;
        Ok((row, version.unwrap_or_default()))
    }

    fn values(&self, at: At<'_>) -> Result<(&Decode, &Encode, i32), No> {
        let (row, version) = self.find(at)?;
        let (decode, encode) = row.values.as_ref().ok_or_else(|| {
            No::Unsupported(format!("{} is read and written, without values", at.message))
        })?;
        Ok((decode, encode, version))
    }
}

impl Testee for Program {
    fn hello(&self) -> Hello {
        let mut hello = self.hello.clone();
        for row in &self.rows {
            let next = Message { name: row.name.clone(), versions: row.versions.clone() };
            match hello.messages.iter_mut().find_map(|known| joined(known, &next)) {
                Some((known, versions)) => known.versions = Some(versions),
                None => hello.messages.push(next),
            }
        }
        // What is offered holds for every message.
        let mut messages = self.rows.iter().filter(|row| row.versions.is_some()).peekable();
        if messages.peek().is_none() || messages.any(|row| row.values.is_none()) {
            hello.verbs.retain(|verb| !matches!(verb, Verb::Decode | Verb::Encode));
        }
        if self.samples.is_empty() {
            hello.verbs.retain(|verb| *verb != Verb::Samples);
        }
        hello
    }

    fn reencode(&mut self, at: At<'_>, bytes: &[u8]) -> Result<Vec<u8>, No> {
        let (row, version) = self.find(at)?;
        (row.reencode)(bytes, version)
    }

    fn decode(&mut self, at: At<'_>, bytes: &[u8]) -> Result<Json, No> {
        let (decode, _, version) = self.values(at)?;
        decode(bytes, version)
    }

    fn encode(&mut self, at: At<'_>, value: &Json) -> Result<Vec<u8>, No> {
        let (_, encode, version) = self.values(at)?;
        encode(value, version)
    }

    fn samples(&mut self, at: At<'_>) -> Result<Vec<Sample>, No> {
        self.find(at)?;
        let is_of = |topic: &Topic| {
            topic.message == at.message && (topic.version.is_none() || topic.version == at.version)
        };
        let samples = self.samples.iter().filter(|(topic, _)| is_of(topic));
        Ok(samples.map(|(_, sample)| sample.clone()).collect())
    }
}

/// A known message and its versions with those of another row, if they follow on each other.
fn joined<'a>(
    known: &'a mut Message,
    next: &Message,
) -> Option<(&'a mut Message, RangeInclusive<i32>)> {
    let (of_known, of_next) = (known.versions.clone()?, next.versions.clone()?);
    let follows =
        known.name == next.name && of_known.end().checked_add(1) == Some(*of_next.start());
    follows.then(|| (known, *of_known.start()..=*of_next.end()))
}

fn reencode<T: 'static, E: Display, F: Display>(
    read: impl Fn(&[u8], i32) -> Result<T, E> + 'static,
    write: impl Fn(&T, i32) -> Result<Vec<u8>, F> + 'static,
) -> Reencode {
    Box::new(move |bytes, version| {
        let value = read(bytes, version).map_err(No::refused)?;
        write(&value, version).map_err(No::refused)
    })
}

fn decode<T: Serialize + 'static, E: Display>(
    read: impl Fn(&[u8], i32) -> Result<T, E> + 'static,
) -> Decode {
    Box::new(move |bytes, version| {
        let value = read(bytes, version).map_err(No::refused)?;
        serde_json::to_value(value).map_err(|error| No::Fault(format!("no JSON form: {error}")))
    })
}

/// A value that the type cannot hold is refused: its release does not know it.
fn encode<T: DeserializeOwned + 'static, F: Display>(
    write: impl Fn(&T, i32) -> Result<Vec<u8>, F> + 'static,
) -> Encode {
    Box::new(move |value, version| {
        let value = T::deserialize(value).map_err(No::refused)?;
        write(&value, version).map_err(No::refused)
    })
}
