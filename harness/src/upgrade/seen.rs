//! What was seen in a run that did not end it: known faults, and states that last.

use super::event::{Lasting, Violation};
use super::run::Span;
use super::time::Time;

/// A violation, and how long it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// What was seen first.
    pub violation: Violation,
    /// The step in which it began.
    pub step: usize,
    /// What that step did, in words.
    pub label: String,
    /// From when to when; none is the end of the run.
    pub lasting: Lasting,
}

impl Seen {
    /// A state that lasts as a sentence: which step did what, and for how long; `end` is the end of the
    /// run.
    pub fn sentence(&self, end: Time) -> String {
        let Self { violation, step, label, lasting: Lasting { from, to } } = self;
        let lasted = Time::from_ms(to.unwrap_or(end).since(*from));
        let until = if to.is_some() { "" } else { ", to the end of the plan" };
        format!("step {step} ({label}) {}; it lasts {lasted}{until}", violation.what)
    }
}

/// Everything that was seen in a run so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Log {
    seen: Vec<Seen>,
}

impl Log {
    /// Takes in what was seen when the last step of these had settled. What is not seen any more was
    /// over when that step began.
    pub(super) fn enter(&mut self, spans: &[Span], violations: Vec<Violation>) {
        let Some(now) = spans.last() else { return };
        let is_open = |seen: &&mut Seen| seen.lasting.to.is_none();
        for seen in self.seen.iter_mut().filter(is_open) {
            if !violations.iter().any(|it| seen.violation.is_same(it)) {
                seen.lasting.to = Some(now.from);
            }
        }
        for violation in violations {
            let is_known =
                |seen: &Seen| seen.lasting.to.is_none() && seen.violation.is_same(&violation);
            if self.seen.iter().any(is_known) {
                continue;
            }
            let lasting = violation.lasting.unwrap_or(Lasting { from: now.from, to: None });
            let span = spans.iter().rfind(|span| span.from <= lasting.from).unwrap_or(now);
            let (step, label) = (span.step, span.label.clone());
            self.seen.push(Seen { violation, step, label, lasting });
        }
    }

    /// All of it, in the order in which it began.
    pub(super) fn into_seen(mut self) -> Vec<Seen> {
        self.seen.sort_by_key(|seen| seen.lasting.from);
        self.seen
    }
}
