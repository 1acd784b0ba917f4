//! Many questions at once, of a testee that takes them so: their answers are there when they are asked.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::Value as Json;

use super::{No, TWICE_EVERY, Testee};

/// Many questions in one.
pub const BATCH: &str = "batch";
/// Questions of one batch.
const QUESTIONS_MAX: usize = 256;
/// Bytes of the questions of one batch; a longer question is one of its own.
const LEN_MAX: usize = 1 << 20;

impl Testee {
    /// Asks questions ahead of their time, if it can be asked many at once, and keeps the answers; no
    /// more of them once `is_enough`. What becomes of a batch as a whole says nothing of a question: one
    /// that has no answer after that is asked by itself when its time has come. So is one of so many, for
    /// whether it is answered alike again.
    pub fn foresee(
        &self,
        questions: impl IntoIterator<Item = String>,
        is_enough: impl Fn() -> bool + Sync,
    ) {
        if !self.hello.can(BATCH) {
            return;
        }
        let is_asked = |(index, question): &(usize, String)| {
            !(*index as u64).is_multiple_of(TWICE_EVERY) && self.known(question).is_none()
        };
        let asked = questions.into_iter().enumerate().filter(is_asked).map(|(_, it)| it);
        let batches = batches(asked);
        let next = AtomicUsize::new(0);
        let work = || {
            while let Some(batch) = batches.get(next.fetch_add(1, Ordering::Relaxed)) {
                if is_enough() || self.ask_batch(batch).is_none() {
                    next.store(batches.len(), Ordering::Relaxed);
                }
            }
        };
        thread::scope(|scope| {
            for _ in 1..self.launch.limits.processes.min(batches.len()) {
                // Whoever has no thread for it does it alone.
                let _ = thread::Builder::new().spawn_scoped(scope, work);
            }
            work();
        });
    }

    /// Asks one batch, and keeps what is an answer to go on with; none if nothing came of it.
    fn ask_batch(&self, questions: &[String]) -> Option<()> {
        let asks: Vec<String> = questions
            .iter()
            .zip(0_u64..)
            .map(|(question, id)| format!("{{\"id\":{id},{question}}}"))
            .collect();
        let batch = format!("\"verb\":\"{BATCH}\",\"asks\":[{}]", asks.join(","));
        let mut taken = self.take().ok()?;
        let mut answer = taken.process.ask(&batch, self.launch.limits.question).ok()?;
        self.give_back(taken);
        self.questions.fetch_add(questions.len() as u64, Ordering::Relaxed);
        let answers = answer.get_mut("ok")?.get_mut("answers")?.as_array_mut()?;
        for ((question, answer), id) in questions.iter().zip(answers).zip(0_u64..) {
            let is_it = answer.get("id").and_then(Json::as_u64) == Some(id);
            if is_it && ["ok", "refused"].iter().any(|member| answer.get(member).is_some()) {
                let said = self.understood(answer);
                if matches!(said, Ok(_) | Err(No::Refused(_))) {
                    self.keep(question.clone(), &said);
                }
            }
        }
        Some(())
    }
}

/// Questions in batches that are neither too many nor too long.
fn batches(questions: impl Iterator<Item = String>) -> Vec<Vec<String>> {
    let mut batches: Vec<Vec<String>> = Vec::new();
    let mut len = 0;
    for question in questions {
        let fits = |batch: &&mut Vec<String>| {
            batch.len() < QUESTIONS_MAX && len + question.len() <= LEN_MAX
        };
        match batches.last_mut().filter(fits) {
            Some(batch) => {
                len += question.len();
                batch.push(question);
            }
            None => {
                len = question.len();
                batches.push(vec![question]);
            }
        }
    }
    batches
}
