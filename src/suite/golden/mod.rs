//! Golden fixtures of the fabric: what every release line puts on the wire, pinned.
//!
//! | folder | a fixture is |
//! |---|---|
//! | `v1`, `v2`, `v3` | a message, a sample of it, the bytes, and what each line makes of them |
//! | `envelope` | the same of the frames around them |
//! | `negotiation` | what a release selects of every range that is offered |
//! | `matrix` | what every release understands of what every other one sends |
//! | `tables` | numbers, tags and keys by name |
//!
//! Where lines put out different bytes for one value, each form is a fixture; equal bytes are
//! stored once. What a line refuses to encode is a fixture as well. [`documents`] makes them all
//! from the samples, [`verify`] holds the fabric to those that are stored, and [`bless`] proposes
//! and accepts changes.

pub mod bless;
mod confirm;
mod differences;
mod fixture;
mod forms;
mod frozen;
mod later;
mod listing;
mod negotiation;
mod reading;
mod tables;
mod verify;
mod wire;
pub mod witnesses;

use std::collections::BTreeMap;

use bytes::Bytes;

pub use self::confirm::Evidence;
pub use self::fixture::is_by_digest;
pub use self::listing::{list, names, narrowed, nearest};
pub use self::tables::who_knows_what;
pub use self::verify::{Beside, Scope, check, verify};

use self::fixture::{Fixture, REFUSED, Refusals};
use self::forms::Forms;
use self::wire::{EnvelopeWire, PayloadWire, Wire};
use super::skew;
use super::subject::{Fabric, Subject};
use crate::fabric::catalogue::MessageType;
use crate::fabric::envelope::EnvelopeType;
use crate::fabric::release::Release;
use crate::fabric::version::ProtocolVersion;

/// The test that asserts the fixtures, as their heads name it.
pub const SOURCE: &str = "tests/it/golden.rs";

/// The content of every fixture that there should be, by name.
pub fn documents() -> BTreeMap<String, String> {
    let mut documents = BTreeMap::new();
    for wire in payload_wires() {
        write_all(wire, &mut documents);
    }
    for wire in envelope_wires() {
        write_all(wire, &mut documents);
    }
    documents.extend(negotiation::documents(&Fabric));
    documents.extend(tables::documents(&Fabric));
    documents.extend([skew::document()]);
    documents
}

/// Messages at the versions that have a codec.
fn payload_wires() -> impl Iterator<Item = PayloadWire> {
    ProtocolVersion::CODED
        .into_iter()
        .flat_map(|version| MessageType::all().map(move |message| PayloadWire { message, version }))
}

fn envelope_wires() -> impl Iterator<Item = EnvelopeWire> {
    EnvelopeType::ALL.iter().map(|of| EnvelopeWire(*of))
}

/// A fixture that there should be.
enum Planned<V> {
    /// Bytes of a value.
    Form(forms::Form<V>),
    /// Who refuses a value.
    Refused(Refusals<V>),
}

/// The fixtures of a case.
struct Plan<V> {
    /// The fixtures, by name.
    fixtures: Vec<(String, Planned<V>)>,
    /// Whether lines refuse the whole value and there is no fixture of it: no line can say all of
    /// it, so that nobody has words for it. What each line can say has its forms.
    is_unsayable: bool,
}

fn plan<W: Wire>(wire: W, case: &str, value: &W::Value, is_first: bool) -> Plan<W::Value> {
    let Forms { forms, refusals, is_refused } = forms::of(wire, case, value, &Fabric);
    let folder = wire.folder();
    let mut fixtures: Vec<_> = forms
        .into_iter()
        .map(|form| (format!("{folder}/{}", form.name), Planned::Form(form)))
        .collect();
    // That a message is unknown is said once: it is the same for every value.
    let is_worth_a_fixture = is_refused || (is_first && !refusals.is_empty());
    let holder = holder(wire, value).filter(|_| is_worth_a_fixture);
    let is_unsayable = is_worth_a_fixture && holder.is_none();
    if let Some(holder) = holder {
        let (case, value) = (case.to_owned(), value.clone());
        let refused = Refusals { case, holder, value, refusals };
        let name = format!("{folder}/{}{REFUSED}", refused.case);
        fixtures.push((name, Planned::Refused(refused)));
    }
    Plan { fixtures, is_unsayable }
}

/// The oldest line that can hold all of a value and say it.
fn holder<W: Wire>(wire: W, value: &W::Value) -> Option<Release> {
    let is_held = |line: &Release| {
        let json = wire.to_json(value, *line);
        wire.is_known_to(*line)
            && wire.fitted(value, *line).as_ref() == Some(value)
            && json.is_some_and(|json| wire.value_of(&json, *line).as_ref() == Ok(value))
    };
    Release::lines().find(is_held)
}

/// Writes all fixtures of a kind.
fn write_all<W: Wire>(wire: W, documents: &mut BTreeMap<String, String>) {
    for (index, (case, value)) in wire.samples().into_iter().enumerate() {
        let Plan { fixtures, .. } = plan(wire, case, &value, index == 0);
        let siblings = siblings(fixtures.iter().filter_map(|(_, planned)| match planned {
            Planned::Form(form) => Some((&form.bytes, form.name.as_str(), form.lines.first()?)),
            Planned::Refused(_) => None,
        }));
        for (name, planned) in fixtures {
            let content = match planned {
                Planned::Refused(refused) => refused.write(wire),
                Planned::Form(form) => {
                    let fixture = Fixture {
                        case: case.to_owned(),
                        readings: Vec::new(),
                        lines: form.lines,
                        value: form.value,
                        bytes: form.bytes,
                    };
                    let readings = readings(wire, &fixture, &Fabric, &siblings);
                    Fixture { readings, ..fixture }.write(wire)
                }
            };
            documents.insert(name, content);
        }
    }
}

/// The forms of a case: the bytes, the name, and the oldest line that writes them.
type Siblings = Vec<(Bytes, String, Release)>;

fn siblings<'a>(forms: impl Iterator<Item = (&'a Bytes, &'a str, &'a Release)>) -> Siblings {
    forms.map(|(bytes, name, line)| (bytes.clone(), name.to_owned(), *line)).collect()
}

/// What every line that is not named makes of a fixture.
fn readings<W: Wire>(
    wire: W,
    fixture: &Fixture<W::Value>,
    subject: &dyn Subject,
    siblings: &Siblings,
) -> Vec<reading::Reading> {
    let Some(&writer) = fixture.lines.first() else { return Vec::new() };
    let readers = wire.lines().into_iter().filter(|line| !fixture.lines.contains(line));
    let form = (&fixture.value, &fixture.bytes, writer);
    // A form that only a later line than the reader writes is not named: what is said of a reader
    // stays the same when lines are added.
    let name_of = |reader: Release, bytes: &Bytes| {
        let is_it = |(other, _, oldest): &&(Bytes, String, Release)| {
            other == bytes && oldest.number() <= reader.number()
        };
        siblings.iter().find(is_it).map(|(_, name, _)| name.clone())
    };
    let take = |reader| reading::take(wire, form, reader, subject, |bytes| name_of(reader, bytes));
    readers.map(take).collect()
}
