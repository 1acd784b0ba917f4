//! One run of a target behind the boundary: what the body objects to and what it breaks are
//! findings alike.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::{Features, Objection, Target, Words};
use crate::boundary::{Breach, Limits, Panicked, contain_within, supervise};

/// Stack of the threads that targets run in, in bytes: what a thread gets by default, said here
/// because it is a bound on the subject.
pub const STACK: usize = 2 << 20;

/// Memory that a run may hold at once, in bytes per byte of input.
const MEMORY_PER_BYTE: u64 = 4 << 10;
/// What the bound on memory starts from, in bytes: tables that are made once, and short inputs that
/// stand for large values, as two bytes for a list of 65,535, held twice with its bytes.
const MEMORY_FLOOR: u64 = 64 << 20;

/// Time that a run may take for each byte of input.
const TIME_PER_BYTE: Duration = Duration::from_micros(100);
/// What the bound on time starts from. Generous: it tells a hang from work on a busy machine.
const TIME_FLOOR: Duration = Duration::from_secs(5);

/// What runs may not do has a kind of its own, beside those of the objections.
const PANIC: &str = "panic";
const HANG: &str = "hang";
const MEMORY: &str = "memory";
const STACK_OVERFLOW: &str = "stack-overflow";
const OUT_OF_MEMORY: &str = "out-of-memory";
const DEATH: &str = "death";
const UNSTEADY: &str = "unsteady";
const UNREADABLE: &str = "unreadable";
/// Of an input that whoever should have run it did not.
pub const NOT_TRIED: &str = "not-tried";
/// All of these.
const BREACHES: [&str; 9] =
    [PANIC, HANG, MEMORY, STACK_OVERFLOW, OUT_OF_MEMORY, DEATH, UNSTEADY, UNREADABLE, NOT_TRIED];
/// What should come of a run that comes to no end of its own.
const AN_END: &str = "a value or an error";
/// Where a hang or too much memory is: nobody can say more.
const SOMEWHERE: &str = "the whole run";

/// What a run on an input of this length may take.
pub fn limits(input_len: usize) -> Limits {
    let bytes = u32::try_from(input_len).unwrap_or(u32::MAX);
    Limits {
        time: TIME_FLOOR.saturating_add(TIME_PER_BYTE.saturating_mul(bytes)),
        memory: MEMORY_FLOOR.saturating_add(MEMORY_PER_BYTE.saturating_mul(u64::from(bytes))),
    }
}

/// What makes two findings one: see [`Causes`](super::causes::Causes) for more that does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The target.
    pub target: &'static str,
    /// What kind of thing: that of the objection, or `panic`, `hang`, `memory`,
    /// `stack-overflow`, `out-of-memory`, `death`.
    pub kind: String,
    /// Where: that of the objection, or the file and line of the panic.
    pub place: String,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place.as_str() {
            "" => f.write_str(&self.kind),
            place => write!(f, "{} at {place}", self.kind),
        }
    }
}

impl Key {
    /// Whether a body has objected; otherwise the run came to no end of its own.
    pub fn is_objection(&self) -> bool {
        !BREACHES.contains(&self.kind.as_str())
    }
}

/// An input that shows something that must not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What makes it the same as another.
    pub key: Key,
    /// Who showed it, as pairs of a kind and a name.
    pub shown_by: BTreeSet<(String, String)>,
    /// What should have come, and what came.
    pub words: Words,
    /// The input.
    pub input: Vec<u8>,
}

/// How many fields of a frame a finding takes, before those of who showed it.
const FIELDS: usize = 6;

impl Finding {
    /// The parts of it, but for the target.
    pub(super) fn fields(&self) -> Vec<&[u8]> {
        let Self { key, words, shown_by, input } = self;
        let texts = [&key.kind, &key.place, &words.expected, &words.seen, &words.bytes];
        let mut fields: Vec<&[u8]> = texts.into_iter().map(String::as_bytes).collect();
        fields.push(input);
        fields.extend(shown_by.iter().flat_map(|(of, name)| [of.as_bytes(), name.as_bytes()]));
        fields
    }

    /// A finding of a target from its [parts](Self::fields).
    pub(super) fn of_fields(target: &'static str, fields: &[Vec<u8>]) -> Option<Self> {
        let text = |field: &[u8]| String::from_utf8_lossy(field).into_owned();
        let (head, shown_by) = fields.split_at_checked(FIELDS)?;
        let [kind, place, expected, seen, bytes, input] = head else { return None };
        let pairs = shown_by.chunks_exact(2).filter_map(|pair| match pair {
            [of, name] => Some((text(of), text(name))),
            _ => None,
        });
        Some(Self {
            key: Key { target, kind: text(kind), place: text(place) },
            words: Words { expected: text(expected), seen: text(seen), bytes: text(bytes) },
            shown_by: pairs.collect(),
            input: input.clone(),
        })
    }

    /// A run that did not come back in time.
    pub(super) fn hang(target: &Target, limit: Duration, input: Vec<u8>) -> Self {
        Self::of_breach(target, &Breach::Hung(limit), input)
    }

    /// A panic that no boundary of a run has contained.
    pub(super) fn panic(target: &Target, panicked: Panicked, input: Vec<u8>) -> Self {
        Self::of_breach(target, &Breach::Panicked(panicked), input)
    }

    /// A run that ended the process it was in.
    pub(super) fn death(target: &Target, seen: String, input: Vec<u8>) -> Self {
        let kinds =
            [("overflowed its stack", STACK_OVERFLOW), ("memory allocation of", OUT_OF_MEMORY)];
        let kind = kinds.into_iter().find(|(words, _)| seen.contains(words));
        let kind = kind.map_or(DEATH, |(_, kind)| kind);
        Self::seen_elsewhere(target, kind, SOMEWHERE, seen, input)
    }

    /// What another engine saw and ours did not.
    pub(super) fn seen_elsewhere(
        target: &Target,
        kind: &str,
        place: &str,
        seen: String,
        input: Vec<u8>,
    ) -> Self {
        let key = Key { target: target.name, kind: kind.to_owned(), place: place.to_owned() };
        Self::of_no_end(key, seen, input)
    }

    fn of_no_end(key: Key, seen: String, input: Vec<u8>) -> Self {
        let words = Words { expected: AN_END.to_owned(), seen, bytes: String::new() };
        Self { key, shown_by: BTreeSet::new(), words, input }
    }

    fn of_breach(target: &Target, breach: &Breach, input: Vec<u8>) -> Self {
        let (kind, place) = match breach {
            Breach::Panicked(panicked) => (PANIC, line_of(panicked)),
            Breach::TooMuchMemory { .. } => (MEMORY, SOMEWHERE.to_owned()),
            Breach::Hung(_) => (HANG, SOMEWHERE.to_owned()),
            Breach::NotTried(_) => (NOT_TRIED, SOMEWHERE.to_owned()),
            Breach::Unreadable(_) => (UNREADABLE, SOMEWHERE.to_owned()),
            Breach::Died(_) => (DEATH, SOMEWHERE.to_owned()),
            Breach::Unsteady(_) => (UNSTEADY, SOMEWHERE.to_owned()),
        };
        let key = Key { target: target.name, kind: kind.to_owned(), place };
        Self::of_no_end(key, breach.to_string(), input)
    }

    /// Whether the run did not come back in time.
    pub fn is_hang(&self) -> bool {
        self.key.kind == HANG
    }

    /// Whether it may be seen again only at a price: a hang costs the whole time limit, and what
    /// ends a process must not be run in one that is needed.
    pub fn is_costly(&self) -> bool {
        [HANG, STACK_OVERFLOW, OUT_OF_MEMORY, DEATH].contains(&self.key.kind.as_str())
    }
}

/// Runs a target in this thread, which should have a stack of [`STACK`] bytes; a hang in it is one
/// of the caller. Nothing is allocated unless something is found.
pub fn run(target: &Target, input: &[u8], features: &mut Features) -> Option<Finding> {
    let body = target.body;
    match contain_within(limits(input.len()).memory, || body(input, features)) {
        Ok(Ok(())) => None,
        Ok(Err(objection)) => {
            let Objection { kind, place, shown_by, words } = objection;
            let key = Key { target: target.name, kind: kind.to_owned(), place };
            let shown_by = shown_by.into_iter().map(|(of, name)| (of.to_owned(), name)).collect();
            Some(Finding { key, shown_by, words: *words, input: input.to_vec() })
        }
        Err(breach) => Some(Finding::of_breach(target, &breach, input.to_vec())),
    }
}

/// What came of one of many runs.
#[derive(Debug, Default)]
pub struct Surveyed {
    /// The features that it went through; none if it did not come back.
    pub features: Vec<u16>,
    /// What it showed.
    pub found: Option<Finding>,
}

/// Runs a target on one input after the other, in a thread of its own; those that hang in it are left
/// behind.
pub fn survey(target: &Target, inputs: &[&[u8]]) -> Vec<Surveyed> {
    let longest = inputs.iter().map(|input| input.len()).max().unwrap_or_default();
    // Each run looks at its own memory: here it must only not be in the way.
    let bounds = Limits { memory: u64::MAX, ..limits(longest) };
    let owned: Vec<Vec<u8>> = inputs.iter().map(|input| input.to_vec()).collect();
    let of_thread = *target;
    let call = move |index: usize| {
        let input = owned.get(index).map(Vec::as_slice).unwrap_or_default();
        let mut features = Features::new();
        let found = run(&of_thread, input, &mut features);
        Surveyed { features: features.slots(), found }
    };
    let outcomes = supervise(inputs.len(), bounds, Arc::new(call));
    let surveyed = outcomes.into_iter().zip(inputs).map(|(outcome, input)| {
        outcome.unwrap_or_else(|breach| {
            let found = Finding::of_breach(target, &breach, input.to_vec());
            Surveyed { features: Vec::new(), found: Some(found) }
        })
    });
    surveyed.collect()
}

/// Runs a target on an input, in a thread of its own.
pub fn replay(target: &Target, input: &[u8]) -> Option<Finding> {
    survey(target, &[input]).pop().and_then(|surveyed| surveyed.found)
}

/// File and line of a panic, the same on all machines and whatever the column: from the folder of
/// the package on.
fn line_of(panicked: &Panicked) -> String {
    let location = &panicked.location;
    let line = location.rsplit_once(':').map_or(location.as_str(), |(line, _)| line);
    let package = line.rfind("/src/").and_then(|src| line[..src].rfind('/'));
    package.map_or(line, |slash| &line[slash + 1..]).to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::toy;
    use super::*;

    #[test]
    fn what_a_body_does_is_a_finding_of_its_kind() {
        let kind = |input: &[u8]| replay(&toy::BREAKS, input).map(|found| found.key.kind);
        assert_eq!(kind(b""), None);
        assert_eq!(kind(b"o").as_deref(), Some("objects"));
        assert_eq!(kind(b"p").as_deref(), Some("panic"));
        assert_eq!(kind(b"m").as_deref(), Some("memory"));
    }

    #[test]
    fn a_survey_tells_the_features_of_each_and_goes_on_after_what_breaks() {
        let inputs: [&[u8]; 5] = [b"a", b"p", b"a", b"o", b"b"];
        let surveyed = survey(&toy::BREAKS, &inputs);
        assert!(surveyed.iter().all(|it| it.features.len() == 1));
        assert_eq!(surveyed[0].features, surveyed[2].features);
        assert_ne!(surveyed[0].features, surveyed[4].features);
        let found: Vec<bool> = surveyed.iter().map(|it| it.found.is_some()).collect();
        assert_eq!(found, [false, true, false, true, false]);
    }

    #[test]
    fn a_panic_is_known_by_its_line() {
        let found = replay(&toy::BREAKS, b"p").unwrap();
        let (file, line) = found.key.place.rsplit_once(':').unwrap();
        assert_eq!(file, "harness/src/fuzz/toy.rs");
        assert!(line.parse::<u32>().is_ok());
        assert_eq!(found.words.seen, "panicked: at 1");
        let of = |location: &str| {
            line_of(&Panicked { message: String::new(), location: location.to_owned() })
        };
        assert_eq!(
            of("/x/registry/flexbuffers-25.2.10/src/reader/mod.rs:7:9"),
            "flexbuffers-25.2.10/src/reader/mod.rs:7"
        );
        assert_eq!(of("src/a.rs:7:9"), "src/a.rs:7");
    }

    #[test]
    fn limits_grow_with_the_input() {
        let (short, long) = (limits(0), limits(1000));
        assert_eq!(long.memory - short.memory, 1000 * MEMORY_PER_BYTE);
        assert_eq!(long.time, short.time + 1000 * TIME_PER_BYTE);
    }
}
