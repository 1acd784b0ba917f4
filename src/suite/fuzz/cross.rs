//! Any value from one release to another.
//!
//! An input is the message, the release that holds the value, the release that writes, the one that
//! reads, the number of the version, then what the value is drawn from. Log records in the message go
//! the same way, where the version has no part: the writer is the leader, and the reader follows it.

use arbitrary::{Arbitrary, Unstructured};
use bytes::Bytes;

use super::came::Came;
use super::case::{Case, Chosen, Judgement};
use super::gates::Gate;
use super::held::{Held, Value};
use super::records::Way;
use super::{describe, notes, objection};
use crate::fabric::annotate;
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::codec::tree::Context;
use crate::fabric::payload::EncodeError;
use crate::fabric::release::Release;
use crate::harness::fuzz::{Features, Objection};
use crate::harness::skew::{Exchange, Layer, Outcome, Watch};
use crate::suite::expectations;
use crate::suite::log_records::bodies;
use crate::suite::parting::without_indices;
use crate::suite::skew::{Node, Spoken, allowed, version};
use crate::suite::subject::Subject;

/// How many bytes stand before what the value is drawn from.
pub(super) const HEAD_LEN: usize = Held::HEAD_LEN + 3;

/// What an input asks for.
#[derive(Debug, Clone)]
pub struct Cross {
    /// The value.
    pub value: Value,
    /// Who writes it.
    pub writer: Chosen<Release>,
    /// Who reads it.
    pub reader: Chosen<Release>,
    /// The number of the version.
    pub number: Chosen<i32>,
}

/// What the value is comes first, and the value itself last.
impl<'a> Arbitrary<'a> for Cross {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        let held: Held = bytes.arbitrary()?;
        let (writer, reader, number) = bytes.arbitrary()?;
        Ok(Self { value: held.value(bytes)?, writer, reader, number })
    }
}

impl Case for Cross {
    fn holds(self, subject: &(impl Subject + ?Sized), features: &mut Features) -> Judgement {
        self.value.note(features);
        let (writer, reader, number) = (self.writer.0, self.reader.0, self.number.0);
        let Value { message, holder, .. } = self.value;
        for (_, body) in bodies(&message) {
            Way { holder, writer, reader }.go(subject, &body, features)?;
        }
        let gate = Gate::of_value(&message, writer, number);
        let Some(from) = gate.context(writer) else {
            let place = (message.message_type(), writer, number);
            return match subject.encode(&message, writer, number) {
                Err(error) if gate.is_why_not_encoded(&error) => Ok(()),
                other => {
                    let came = gate.instead(format_args!("{other:?}"));
                    Err(objection::at("gate-differs", place, came))
                }
            };
        };
        // What the writer holds of it, if it can hold it.
        let Ok(sent) = message.fitted(from) else { return Ok(()) };
        let journey = Journey { sent, from, reader, number };
        let bytes = match subject.encode(&journey.sent, writer, number) {
            Ok(bytes) => bytes,
            // A name that becomes a key in the old layout of a schema: no bytes say it (07 §3.2).
            Err(EncodeError::Unfit { unfit, .. }) if unfit.is_nul_in_key() => return Ok(()),
            Err(error) => {
                let came = Came::refusal(format_args!("{:?}", journey.sent), &error);
                return Err(journey.objection("fits-but-refused", came));
            }
        };
        journey.read(subject, &bytes, features)
    }

    fn commands(&self) -> Vec<String> {
        describe::value(&self.value.message, self.writer.0, self.number.0)
    }
}

/// A value on its way.
struct Journey {
    sent: Message,
    from: Context,
    reader: Release,
    number: i32,
}

impl Journey {
    fn read(
        &self,
        subject: &(impl Subject + ?Sized),
        bytes: &Bytes,
        features: &mut Features,
    ) -> Result<(), Objection> {
        let to = Context { release: self.reader, version: self.from.version };
        let found = expectations::counterpart(&self.sent, to).map(|found| found.value);
        let named = found.as_ref().unwrap_or(&self.sent).message_type();
        let gate = Gate::of_bytes(named, self.reader, self.number);
        let understood = found.filter(|found| {
            let is_open = matches!(gate, Gate::Open(_));
            is_open && !expectations::is_unreadable(found, self.from.release, self.reader)
        });
        let understood = understood.and_then(|found| found.fitted(to).ok());
        let decoded = subject.decode(named, bytes, self.reader, self.number);
        features.note(notes::mix([
            named as u64,
            self.reader.range().max as u64,
            self.number as u64,
            u64::from(decoded.is_ok()),
        ]));
        match (understood, decoded) {
            (None, Err(error)) if gate.is_why_not_decoded(&error) => Ok(()),
            (None, Err(error)) => {
                Err(self.objection("refused-otherwise", gate.instead(error).of_bytes(bytes)))
            }
            (None, Ok(value)) => {
                let came = gate.instead(format_args!("{value:?}")).of_bytes(bytes);
                Err(self.objection("not-refused", came))
            }
            (Some(understood), Err(error)) => {
                let came = Came::refusal(format_args!("{understood:?}"), &error);
                Err(self.objection("refused", self.marked(came, bytes)))
            }
            (Some(understood), Ok(value)) if understood != value => {
                let came = Came::value(&understood, &value);
                Err(self.objection("silent-change", self.marked(came, bytes)))
            }
            (Some(_), Ok(value)) if value == self.sent => Ok(()),
            // Something is lost, or has another name: whether it may be is for the matrix to say.
            (Some(_), Ok(_)) => self.is_listed(named, features),
        }
    }

    /// Whether all that is lost is on the list of what may be lost.
    /// What has no JSON form, as a number that is not finite, has no names to look for.
    fn is_listed(&self, named: MessageType, features: &mut Features) -> Result<(), Objection> {
        if self.sent.to_json(self.from).is_err() {
            return Ok(());
        }
        let exchange = Exchange {
            sender: &Node::of(self.from.release),
            receiver: &Node::of(self.reader),
            layer: Layer::Version(version(self.number)),
            allowances: allowed(),
            memory: u64::MAX,
        };
        let value = Spoken::Payload(self.sent.clone());
        let word = self.sent.message_type().row().word();
        let trace = exchange.run(word, &value, &Watch::default());
        let Some(trace) = trace else { return Ok(()) };
        features.note(notes::mix([named as u64, trace.outcome.class() as u64, 7]));
        match trace.outcome {
            Outcome::Violation(violation) => {
                let place = without_indices(&violation.to_string());
                let came = Came::words(place, format_args!("{:?}", self.sent), violation);
                Err(self.objection("unlisted-loss", came))
            }
            _ => Ok(()),
        }
    }

    /// What came of the bytes of the writer, with these.
    #[cold]
    fn marked(&self, came: Came, bytes: &[u8]) -> Came {
        came.in_bytes(&annotate::payload(self.sent.message_type(), self.from, bytes))
    }

    #[cold]
    fn objection(&self, kind: &'static str, came: Came) -> Objection {
        let message = self.sent.message_type();
        let mut it = objection::at(kind, (message, self.from.release, self.number), came);
        it.shown_by.push(("reader", self.reader.name().to_owned()));
        it
    }
}
