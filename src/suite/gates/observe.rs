//! The trial: what every release writes of every sample, read by every other one.
//!
//! Nothing is concluded from gates alone. They say what a difference is called; that there is one,
//! and what the receiver does, is seen.

use bytes::Bytes;
use serde_json::Value as Json;

use super::finding::{Change, GateFinding, Key, Outcome, Road, index};
use super::kept;
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::codec::fault::{Fault, FaultKind};
use crate::fabric::codec::shape::Shape;
use crate::fabric::codec::tree::Context;
use crate::fabric::messages::metadata::logs::LogsConfiguration;
use crate::fabric::messages::metadata::present::Present;
use crate::fabric::messages::metadata::{MetadataContainer, MetadataMessage};
use crate::fabric::payload::DecodeError;
use crate::fabric::release::{Gate, Release};
use crate::fabric::version::ProtocolVersion;
use crate::harness::gates::{self, gather};
use crate::suite::expectations::{self, Counterpart};
use crate::suite::fields;
use crate::suite::parting::{Member, Parting, join, partings, without_indices};
use crate::suite::samples::{self, Sample};
use crate::suite::subject::Subject;
use crate::suite::value::ValueType;

/// Characters of a value that a reason quotes.
const QUOTED_MAX: usize = 60;

/// Tries everything, and gathers what is the same between several pairs. In the order of versions,
/// messages and paths.
pub fn observe(subject: &dyn Subject) -> Vec<GateFinding> {
    let mut seen = Vec::new();
    for version in ProtocolVersion::CODED {
        let speakers = || Release::stable().filter(|release| release.speaks(version));
        for release in speakers() {
            let sender = Context { release, version };
            for message in MessageType::all().filter(|m| m.row().is_known_to(release)) {
                for value in samples::samples(message).flat_map(values) {
                    let Some(sent) = Sent::new(&value, sender, subject) else { continue };
                    for reader in speakers().filter(|reader| *reader != release) {
                        sent.read_by(Context { release: reader, version }, subject, &mut seen);
                    }
                }
            }
        }
    }
    kept::observe(subject, &mut seen);
    gather(seen).into_iter().map(Into::into).collect()
}

/// A sample, and what it hides: logs in memory have a provider of the same name, and a reader that
/// does not know the provider says nothing of the logs.
fn values(sample: Sample) -> Vec<Message> {
    let mut apart = sample.message.clone();
    let update = match &mut apart {
        Message::MetadataUpdate(update) => Some(update),
        Message::MetadataMessage(MetadataMessage::MetadataUpdate(update)) => Some(update),
        _ => None,
    };
    match update.map(|update| &mut update.container) {
        Some(MetadataContainer::Logs(logs)) => {
            logs.config = Present::of(LogsConfiguration::default());
            vec![sample.message, apart]
        }
        _ => vec![sample.message],
    }
}

/// What one pair met with one sample.
pub(super) type Seen = gates::Seen<Key>;

/// A message that a line can send, with its bytes.
struct Sent {
    value: Message,
    bytes: Bytes,
    journey: Journey,
}

impl Sent {
    fn new(sample: &Message, cx: Context, subject: &dyn Subject) -> Option<Self> {
        let fitted = sample.clone().fitted(cx).ok()?;
        // What the sender replaces is a loss like any other: here it counts as sent.
        let value = if expectations::has_stand_in(sample, cx) { sample.clone() } else { fitted };
        let json = value.to_json(cx).ok()?;
        let bytes = subject.encode(&value, cx.release, cx.version.number()).ok()?;
        let (road, of) = (Road::Version(cx.version), ValueType::Message(today(&value, cx)));
        let journey = Journey { road, of, shape: value.message_type().shape(), cx, json };
        Some(Self { value, bytes, journey })
    }

    fn read_by(&self, reader: Context, subject: &dyn Subject, seen: &mut Vec<Seen>) {
        let message = self.value.message_type();
        let refused = |change, reason: &str, seen: &mut Vec<Seen>| {
            let journey = &self.journey;
            journey.note(reader.release, seen, String::new(), change, Outcome::Refused, reason);
        };
        let Some(Counterpart { message_type, value }) =
            expectations::counterpart(&self.value, reader)
        else {
            let change = by_gate(message.row().gate, reader.release, Change::MessageAdded);
            return refused(change, "unknown message", seen);
        };
        let number = reader.version.number();
        match subject.decode(message_type, &self.bytes, reader.release, number) {
            Ok(received) if received == value => {}
            Ok(received) => self.compare(&received, reader, seen),
            Err(DecodeError::Malformed { fault, .. }) => {
                self.journey.refused(&fault, reader.release, seen);
            }
            Err(error) => refused(Change::Form, &error.to_string(), seen),
        }
    }

    /// The receiver read something: what differs from what was sent, and why.
    fn compare(&self, received: &Message, reader: Context, seen: &mut Vec<Seen>) {
        let sender = self.journey.cx;
        let Some(Counterpart { value: received, .. }) = expectations::counterpart(received, sender)
        else {
            return;
        };
        // In the spelling of the sender, if that has words for it.
        let json = received.to_json(sender).or_else(|_| received.to_json(reader));
        if let Ok(json) = json {
            self.journey.compare(&json, reader.release, seen);
        }
    }
}

/// The message as it is called today: up to 1.3 both metadata messages were one.
fn today(value: &Message, cx: Context) -> MessageType {
    let newest = Release::lines().last().unwrap_or(cx.release);
    let counterpart = expectations::counterpart(value, Context { release: newest, ..cx });
    counterpart.map_or_else(|| value.message_type(), |counterpart| counterpart.message_type)
}

/// A value on its way from one release to others.
pub(super) struct Journey {
    pub(super) road: Road,
    pub(super) of: ValueType,
    pub(super) shape: Shape,
    pub(super) cx: Context,
    /// As the sender has it.
    pub(super) json: Json,
}

impl Journey {
    /// The receiver read something, in the spelling of the sender: what differs from what was sent.
    pub(super) fn compare(&self, received: &Json, reader: Release, seen: &mut Vec<Seen>) {
        let is_closed = self.is_closed_for(reader);
        for parting in partings(self.shape, &self.json, Some(received), &is_closed) {
            let (outcome, reason) = loss(&parting);
            let change = change_of(parting.whole, reader);
            let place = self.called(parting.whole, parting.place);
            self.note(reader, seen, place, change, outcome, &reason);
        }
    }

    /// The receiver refused: which member it tripped over.
    pub(super) fn refused(&self, fault: &Fault, reader: Release, seen: &mut Vec<Seen>) {
        let mut place = self.inside(fault.place().path());
        if let FaultKind::UnknownVariant { found, .. } = fault.kind() {
            place = join(&place, found);
        }
        let is_closed = self.is_closed_for(reader);
        let closed = partings(self.shape, &self.json, None, &is_closed);
        let tripped = closed.iter().find(|parting| self.inside(parting.place.clone()) == place);
        let member = tripped.and_then(|parting| parting.whole);
        let change = change_of(member, reader);
        let reason = fault.kind().to_string();
        self.note(reader, seen, self.called(member, place), change, Outcome::Refused, &reason);
    }

    /// Whether a member is known to the sender, and not to the reader.
    fn is_closed_for(&self, reader: Release) -> impl Fn(Member) -> bool {
        let sender = self.cx.release;
        move |member| member.gate.is_open(sender) && !member.gate.is_open(reader)
    }

    /// What a place is called. Of what is kept a member is in so many places that it goes by its row
    /// in the table of gates.
    fn called(&self, member: Option<Member>, place: String) -> String {
        match (self.of, member.and_then(|member| fields::path_of(member.gate))) {
            (ValueType::Message(_), _) | (_, None) => place,
            (_, Some(path)) => path.to_owned(),
        }
    }

    /// A place without the wrapper that metadata messages have at V1.
    fn inside(&self, place: String) -> String {
        let wrapper = format!("{}.", self.of.name());
        place.strip_prefix(&wrapper).map_or_else(|| place.clone(), str::to_owned)
    }

    /// What one reader met.
    pub(super) fn note(
        &self,
        reader: Release,
        seen: &mut Vec<Seen>,
        place: String,
        change: Change,
        outcome: Outcome,
        reason: &str,
    ) {
        let path = without_indices(&self.inside(place));
        seen.push(Seen {
            what: (self.road, self.of, path, change),
            outcome,
            reason: reason.to_owned(),
            pair: (index(self.cx.release), index(reader)),
        });
    }
}

/// What a closed gate is called, if `added` is what it is called before it opens.
fn by_gate(gate: Gate, reader: Release, added: Change) -> Change {
    let is_still_to_come = Release::stable()
        .filter(|line| line.number() > reader.number())
        .any(|line| gate.is_open(line));
    match (added, is_still_to_come) {
        (Change::MessageAdded, false) => Change::MessageRemoved,
        (Change::VariantAdded, false) => Change::VariantRemoved,
        (Change::FieldAdded, false) => Change::FieldRemoved,
        (added, _) => added,
    }
}

fn change_of(member: Option<Member>, reader: Release) -> Change {
    match member {
        Some(Member { is_variant: true, gate }) => by_gate(gate, reader, Change::VariantAdded),
        Some(Member { is_variant: false, gate }) => by_gate(gate, reader, Change::FieldAdded),
        None => Change::Form,
    }
}

/// What became of something that was read otherwise than it was sent.
fn loss(parting: &Parting<'_>) -> (Outcome, String) {
    let is_field = parting.whole.is_some_and(|member| !member.is_variant);
    match parting.received {
        _ if is_field => (Outcome::Dropped, "the receiver has no such field".to_owned()),
        None | Some(Json::Null) => (Outcome::Dropped, "read as null".to_owned()),
        Some(received) => {
            (Outcome::Altered, format!("{} is read as {}", quoted(parting.sent), quoted(received)))
        }
    }
}

fn quoted(json: &Json) -> String {
    let text = json.to_string();
    match text.char_indices().nth(QUOTED_MAX) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
