//! What a testee is held to by itself: the bytes of its release, and bytes that nobody sends.

use std::collections::HashMap;
use std::sync::Arc;

use super::hostile::to_paste;
use super::{Behind, Contained};
use crate::fabric::annotate::{self, Annotation};
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::codec::tree::Context;
use crate::fabric::envelope::{Envelope, EnvelopeError, EnvelopeType};
use crate::fabric::payload::{DecodeError, EncodeError};
use crate::fabric::session::Dialect;
use crate::fabric::version::ProtocolVersion;
use crate::harness::boundary::{Breach, caught};
use crate::harness::report::Grid;
use crate::harness::skew::matrix::ROOT;
use crate::harness::skew::{Layer, changes, says_nothing};
use crate::harness::verdict::{CaseId, Finding, Verdict};
use crate::suite::future::Class;
use crate::suite::future::trial::{self, Tried};
use crate::suite::subject::{Fabric, Subject};
use crate::suite::value::ValueType;
use crate::suite::{fuzz, repro, requirements, samples, skew};
use bytes::Bytes;

/// The grid of what a testee makes of the bytes of its release.
const BYTES: &str = "bytes of the release that it stands for";
/// The grid of what the next release may change.
const CHANGED: &str = "what the next release may change";

/// Holds the built-in values of every message and frame against the bytes of the release.
pub fn bytes(testee: &Behind) -> Grid {
    let mut grid = Grid::new(BYTES);
    for message in testee.messages() {
        for version in testee.release().versions() {
            if testee.has_payload(message, version.number()) {
                payloads(testee, message, version, &mut grid);
            }
        }
    }
    for of in EnvelopeType::ALL.iter().filter(|of| testee.has_frame(**of)) {
        frames(testee, *of, &mut grid);
    }
    grid
}

fn payloads(testee: &Behind, of: MessageType, version: ProtocolVersion, grid: &mut Grid) {
    let (release, word, number) = (testee.release(), of.row().word(), version.number());
    let layer = Layer::Version(skew::version(number));
    for sample in samples::samples(of) {
        let Ok(right) = sample.message.encode(release, number) else { continue };
        let Ok(value) = Message::decode(of, &right, release, number) else { continue };
        let place = Asked { testee, layer, word, sample: sample.case };
        let cx = Context { release, version };
        let written = caught(|| testee.encode(&sample.message, release, number));
        let same = |bytes: Result<Bytes, EncodeError>| {
            let bytes = bytes.map_err(|error| error.to_string())?;
            parting(&bytes, &right, &annotate::payload(of, cx, &right))
        };
        place.record(grid, Way::Writes, written.map(same));
        let read = caught(|| testee.decode(of, &right, release, number));
        let same = |read: Result<Message, DecodeError>| match read {
            Ok(read) if read == value => Ok(()),
            Ok(read) => Err(other_value(&read, &value, cx)),
            Err(error) => Err(Parted::from(format!("refused: {error}"))),
        };
        place.record(grid, Way::Reads, read.map(same));
    }
}

fn frames(testee: &Behind, of: EnvelopeType, grid: &mut Grid) {
    let release = testee.release();
    for (case, frame) in samples::envelope::samples(of) {
        let Ok(right) = frame.encode(release).map(Bytes::from) else { continue };
        let Ok(value) = Envelope::decode(of, release, right.clone()) else { continue };
        let place = Asked { testee, layer: Layer::Envelope, word: of.word(), sample: case };
        let written = caught(|| testee.encode_envelope(&value, release));
        let own = value.encode(release).map(Bytes::from).unwrap_or(right);
        let same = |bytes: Result<Bytes, EnvelopeError>| {
            let bytes = bytes.map_err(|error| error.to_string())?;
            parting(&bytes, &own, &annotate::protobuf(of, release, &own, |_| None))
        };
        place.record(grid, Way::Frames, written.map(same));
    }
}

/// How a value parts from the right one, and in which field.
fn other_value(read: &Message, right: &Message, cx: Context) -> Parted {
    let [shown, wanted] = [read, right].map(|it| it.to_json(cx).unwrap_or_default());
    let path = changes(&wanted, &shown, &says_nothing).into_iter().next().map(|(_, path)| path);
    let place = path.map(|path| format!("another value, in {path}"));
    Parted { seen: format!("{shown} instead of {wanted}"), place }
}

/// How bytes part from the right ones, and where; nothing if they do not.
fn parting(written: &Bytes, right: &Bytes, annotation: &Annotation<'_>) -> Result<(), Parted> {
    if written == right {
        return Ok(());
    }
    let at = written.iter().zip(right).take_while(|(one, other)| one == other).count();
    let path = annotation.path_at(at.min(right.len().saturating_sub(1))).unwrap_or_default();
    let seen = format!("{} instead of {}", hex::encode(written), hex::encode(right));
    Err(Parted { seen, place: Some(format!("from byte {at} on, in {path}")) })
}

/// What was seen instead of what should have been.
struct Parted {
    seen: String,
    place: Option<String>,
}

impl From<String> for Parted {
    fn from(seen: String) -> Self {
        Self { seen, place: None }
    }
}

/// Changes what its release would send as the next one may, at every place of every message: it does to a
/// testee what it does to its release.
pub fn changed(testee: &Arc<Behind>) -> Grid {
    let mut grid = Grid::new(CHANGED);
    let (release, subject) = (testee.release(), Contained(Arc::clone(testee)));
    for message in testee.messages() {
        let place = |it: &Tried| (it.cx.version, it.change, it.place.clone());
        let right = trial::of_release(ValueType::Message(message), release, &Fabric);
        subject.foresee(&|| trial::given(&right));
        let right: HashMap<_, Class> = right.iter().map(|it| (place(it), it.class)).collect();
        let is_asked = |it: &Tried| testee.has_payload(message, it.cx.version.number());
        let changed = trial::of_release(ValueType::Message(message), release, &subject);
        for tried in changed.into_iter().filter(is_asked) {
            let Some(right) = right.get(&place(&tried)) else { continue };
            let case = tried.case(&["testee", testee.testee().name(), "changed"]);
            let case = case.of(&requirements::TESTEE_CHANGED);
            let verdict = of_change(testee, message, (&tried, *right), &case);
            grid.record(message.row().word(), tried.change.words(), &case, verdict);
        }
    }
    grid
}

fn of_change(
    testee: &Behind,
    message: MessageType,
    (tried, right): (&Tried, Class),
    case: &CaseId,
) -> Verdict {
    if tried.class == right {
        return Verdict::Pass;
    }
    let number = tried.cx.version.number();
    let question = fuzz::Asked::Payload(message, number, tried.bytes.clone());
    Verdict::from(Finding {
        case: case.clone(),
        requirement: requirements::TESTEE_CHANGED.sentence.to_owned(),
        expected: format!("{}, as by {}", right.words(), testee.release()),
        actual: format!("{}: {}", tried.class.words(), tried.detail),
        place: Some(tried.place.clone()).filter(|place| !place.is_empty()),
        repro: to_paste(testee, &question),
    })
}

/// What is asked of a value.
#[derive(Clone, Copy)]
enum Way {
    Writes,
    Reads,
    Frames,
}

/// A value of a message at a layer.
struct Asked<'a> {
    testee: &'a Behind,
    layer: Layer,
    word: &'a str,
    sample: &'a str,
}

impl Asked<'_> {
    fn record(&self, grid: &mut Grid, way: Way, came: Result<Result<(), Parted>, Breach>) {
        let (requirement, verb) = match way {
            Way::Writes => (&requirements::TESTEE_WRITES, "writes"),
            Way::Reads => (&requirements::TESTEE_READS, "reads"),
            Way::Frames => (&requirements::TESTEE_FRAMES, "writes"),
        };
        let (name, release) = (self.testee.testee().name(), self.testee.release());
        let layer = self.layer.to_string();
        let case = CaseId::from_segments(["testee", name, verb, &layer, self.word, self.sample])
            .of(requirement);
        let actual = match came {
            Ok(Ok(())) => None,
            Ok(Err(parted)) => Some(parted),
            Err(Breach::NotTried(reason)) => {
                return grid.record(self.word, verb, &case, Verdict::NotTried(reason));
            }
            Err(breach) => Some(Parted::from(breach.to_string())),
        };
        let (from, to) = match way {
            Way::Writes | Way::Frames => (name, release.name()),
            Way::Reads => (release.name(), name),
        };
        let cell = CaseId::from_segments([ROOT, from, to, &layer, self.word, self.sample]);
        let verdict = actual.map_or(Verdict::Pass, |Parted { seen, place }| {
            Verdict::from(Finding {
                case: case.clone(),
                requirement: requirement.sentence.to_owned(),
                expected: format!("as {release}"),
                actual: seen,
                place,
                repro: Some(repro::case_with(&cell, [self.testee])),
            })
        });
        grid.record(self.word, verb, &case, verdict);
    }
}
