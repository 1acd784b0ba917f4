//! The ways to read bytes, the best first, and how sure the first one is.

use bytes::Bytes;

use super::candidates::{Candidate, Candidates, Given, Names};
use super::reading::{Grade, Probe, Reading, explained};
use crate::fabric::annotate;
use crate::fabric::codec::json::Tape;
use crate::fabric::codec::tree::Context;
use crate::fabric::version::ProtocolVersion;
use crate::suite::form::Form;

/// Bytes up to which every release is asked about every message. Of longer input only the newest
/// release of each version is, until something fits.
const EVERYWHERE_LEN_MAX: usize = 64 << 10;
/// Bytes by which damaged readings are compared first.
const PREFIX_LEN: usize = 16 << 10;
/// Damaged readings that are compared by all their bytes.
const WHOLE_MAX: usize = 4;

/// How sure a reading is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certainty {
    /// It was asked for.
    Asked,
    /// The frame around it names it.
    Named,
    /// Nothing else reads every byte.
    Certain,
    /// So many messages have this very form.
    Shared(usize),
    /// Nothing else reads the bytes, but they are written in another order than they would be.
    Likely,
    /// Nothing reads every byte.
    Guess,
    /// Nothing fits.
    Nothing,
}

/// The ways to read bytes.
#[derive(Debug, Clone)]
pub struct Ranking {
    /// The best one.
    pub best: Reading,
    /// How sure it is.
    pub certainty: Certainty,
    /// The others that are worth a word, in order.
    pub others: Vec<Reading>,
    /// The decoder's word on the best one: the value as JSON, or why there is none.
    pub verdict: Result<Tape, String>,
    /// Number of the bytes.
    pub len: usize,
}

impl Ranking {
    /// Tries the candidates.
    pub(super) fn of(bytes: &Bytes, candidates: Candidates) -> Self {
        let mut readings = exact_ones(bytes, &candidates.list);
        if readings.is_empty() {
            readings = partial_ones(bytes, &candidates);
        }
        readings.sort_by_key(|reading| (reading.rank(), reading.form.field_count()));
        let nothing = Reading {
            form: Form::Flexbuffer,
            contexts: Vec::new(),
            grade: Grade::Partial { decodes: false, explained: 0 },
        };
        let mut readings = readings.into_iter();
        let best = readings.next().unwrap_or(nothing);
        let others: Vec<Reading> = readings.collect();
        let certainty = certainty(&best, &others, candidates.given);
        let verdict = verdict(&best, bytes);
        Self { best, certainty, others, verdict, len: bytes.len() }
    }
}

fn certainty(best: &Reading, others: &[Reading], given: Given) -> Certainty {
    let rivals = others.iter().filter(|other| other.is_as_good_as(best)).count();
    match best.grade {
        _ if given == Given::Asked => Certainty::Asked,
        _ if given == Given::Named => Certainty::Named,
        Grade::Exact | Grade::SameValue if rivals > 0 => Certainty::Shared(rivals + 1),
        Grade::Exact => Certainty::Certain,
        Grade::SameValue => Certainty::Likely,
        Grade::Partial { explained: 0, .. } => Certainty::Nothing,
        Grade::Partial { .. } => Certainty::Guess,
    }
}

fn verdict(reading: &Reading, bytes: &Bytes) -> Result<Tape, String> {
    let cx = reading.context().ok_or_else(|| "no message fits".to_owned())?;
    reading.form.decode(bytes, cx)?.to_tape(cx)
}

/// The readings that account for every byte.
fn exact_ones(bytes: &Bytes, candidates: &[Candidate]) -> Vec<Reading> {
    let is_long = bytes.len() > EVERYWHERE_LEN_MAX;
    let mut found = Vec::new();
    for Candidate { form, contexts } in candidates {
        let asked = if is_long { newest_of_each_version(contexts) } else { contexts.clone() };
        let grades: Vec<Option<Grade>> =
            asked.iter().map(|cx| Probe::of(*form, bytes, *cx).grade()).collect();
        let Some(grade) = [Grade::Exact, Grade::SameValue]
            .into_iter()
            .find(|grade| grades.contains(&Some(*grade)))
        else {
            continue;
        };
        let fits = |cx: &Context| {
            let known = asked.iter().position(|it| it == cx).and_then(|index| grades.get(index));
            let found = known.copied().unwrap_or_else(|| Probe::of(*form, bytes, *cx).grade());
            found == Some(grade)
        };
        let contexts = contexts.iter().copied().filter(fits).collect();
        found.push(Reading { form: *form, contexts, grade });
    }
    if found.iter().any(|it| it.grade == Grade::Exact) {
        found.retain(|it| it.grade == Grade::Exact);
    }
    found
}

/// The readings that do not, by how much of the bytes they explain.
fn partial_ones(bytes: &Bytes, candidates: &Candidates) -> Vec<Reading> {
    let flexbuffer = explained(&annotate::flexbuffers(bytes));
    let prefix_len = bytes.len().min(PREFIX_LEN);
    let whole = Partly { bytes, names: candidates.names.as_ref(), flexbuffer };
    let prefix = Partly {
        bytes: &bytes.slice(..prefix_len),
        flexbuffer: flexbuffer.saturating_mul(prefix_len) / bytes.len().max(1),
        ..whole
    };
    let mut readings: Vec<Reading> = candidates
        .list
        .iter()
        .flat_map(|Candidate { form, contexts }| {
            newest_of_each_version(contexts).into_iter().map(|cx| prefix.reading(*form, cx))
        })
        .collect();
    readings.sort_by_key(Reading::rank);
    keep_one_of_each_form(&mut readings);
    if prefix_len < bytes.len() {
        readings.truncate(WHOLE_MAX);
        let again = readings.iter().filter_map(|it| Some(whole.reading(it.form, it.context()?)));
        readings = again.collect();
    }
    readings
}

/// Bytes, or the beginning of them, that no reading accounts for.
#[derive(Clone, Copy)]
struct Partly<'a> {
    bytes: &'a Bytes,
    names: Option<&'a Names>,
    /// How many of them mean something in a flexbuffer.
    flexbuffer: usize,
}

impl Partly<'_> {
    fn reading(&self, form: Form, cx: Context) -> Reading {
        let probe = Probe::of(form, self.bytes, cx);
        let decodes = probe != Probe::Refused;
        let grade = Grade::Partial { decodes, explained: self.explained(form, cx, probe) };
        Reading { form, contexts: vec![cx], grade }
    }

    /// The dump of a flexbuffer explains every byte whatever the message is. What the message knows
    /// of them is for its decoder to say, and if that refuses, for the names at the root.
    fn explained(&self, form: Form, cx: Context, probe: Probe) -> usize {
        let len = self.bytes.len();
        match (form, probe) {
            _ if !form.is_flexbuffers_at(cx.version) => {
                explained(&form.annotate(self.bytes, cx, &mut |_| None))
            }
            (_, Probe::Decodes { encoded_len }) => len - len.abs_diff(encoded_len).min(len),
            (Form::Payload(message), _) => {
                let (known, all) = self.names.map_or((0, 1), |names| names.share(message, cx));
                self.flexbuffer / 4 + self.flexbuffer / 2 * known / all
            }
            _ => self.flexbuffer / 4,
        }
    }
}

/// The first context of each version.
fn newest_of_each_version(contexts: &[Context]) -> Vec<Context> {
    let mut versions: Vec<ProtocolVersion> = Vec::new();
    let mut is_first = |cx: &&Context| {
        let is_first = !versions.contains(&cx.version);
        versions.push(cx.version);
        is_first
    };
    contexts.iter().filter(|cx| is_first(cx)).copied().collect()
}

/// Drops readings of a form that an earlier one has.
fn keep_one_of_each_form(readings: &mut Vec<Reading>) {
    let mut forms: Vec<Form> = Vec::new();
    readings.retain(|reading| {
        let is_first = !forms.contains(&reading.form);
        forms.push(reading.form);
        is_first
    });
}
