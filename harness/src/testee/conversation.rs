//! A conversation that lasts: what was asked in it is remembered, so that a copy of it goes its own way
//! from there on.

use std::collections::{BTreeSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, Weak};

use serde_json::Value as Json;

use super::hello::{DROP, OPEN};
use super::process::{Process, open};
use super::{No, Testee, greet, question};
use crate::boundary::Breach;

/// Conversations that have a process at the same time, besides those that answer single questions.
const PROCESSES_MAX: usize = 16;

/// The processes of conversations: those that nobody has, and who has the others, the longest first.
#[derive(Default)]
pub(super) struct Apart {
    idle: Vec<Process>,
    held: VecDeque<Weak<Mutex<Option<Held>>>>,
}

/// A conversation with a process of its own, in which what is asked changes what comes of later questions.
///
/// A copy has said what the original had said; the first of the two to go on keeps the process, and to
/// another one all of it is said again for the other.
#[derive(Clone)]
pub struct Conversation {
    testee: Arc<Testee>,
    /// What was asked, and what the answer was, in a number.
    asked: Arc<Vec<(String, u64)>>,
    held: Arc<Mutex<Option<Held>>>,
}

/// A process in the middle of a conversation.
struct Held {
    testee: Arc<Testee>,
    process: Option<Process>,
    /// How many of the questions it has answered.
    at: usize,
    /// The numbers of sessions that are open in it.
    sessions: BTreeSet<u64>,
}

impl Conversation {
    /// One in which nothing was said yet.
    pub fn new(testee: Arc<Testee>) -> Self {
        Self { testee, asked: Arc::default(), held: Arc::default() }
    }

    /// Asks a question.
    ///
    /// # Errors
    ///
    /// If it refuses, or does worse.
    pub fn ask(&mut self, verb: &str, members: &[(&str, Json)]) -> Result<Json, No> {
        let text = question(verb, members);
        let session = members.iter().find(|(name, _)| *name == "session");
        let session = session.filter(|_| verb == OPEN).and_then(|(_, number)| number.as_u64());
        let mut held = open(&self.held);
        let is_copied = Arc::strong_count(&self.held) > 1;
        if held.as_ref().map_or(is_copied, |held| held.at != self.asked.len()) {
            // A copy has gone on with it, or will find another's process in its place.
            drop(held);
            self.held = Arc::default();
            held = open(&self.held);
        }
        let process = match held.take() {
            Some(process) => process,
            None => self.caught_up()?,
        };
        let process = held.insert(process);
        process.sessions.extend(session);
        let answer = process.ask(&text);
        let answered = hash(&answer);
        process.at += 1;
        if process.process.is_none() {
            *held = None;
        }
        drop(held);
        Arc::make_mut(&mut self.asked).push((text, answered));
        answer
    }

    /// A process to which all was said that this conversation has had so far.
    fn caught_up(&self) -> Result<Held, No> {
        let process = self.testee.apart(&self.held)?;
        let mut held = Held {
            testee: Arc::clone(&self.testee),
            process: Some(process),
            at: 0,
            sessions: BTreeSet::new(),
        };
        for (text, answered) in self.asked.iter() {
            let answer = held.ask(text);
            if matches!(answer, Err(No::Broke(_))) && held.process.is_none() {
                return Err(answer.err().unwrap_or_else(|| No::Refused(String::new())));
            }
            if self.testee.hello.is_deterministic && hash(&answer) != *answered {
                let words = "told the same once more, a session goes on otherwise".to_owned();
                return Err(No::Broke(Breach::Unsteady(words)));
            }
            held.sessions.extend(opened(text));
            held.at += 1;
        }
        Ok(held)
    }
}

/// The number of the session that a question opens.
fn opened(text: &str) -> Option<u64> {
    let of_open = format!("\"verb\":\"{OPEN}\",\"session\":");
    let number = text.strip_prefix(&of_open)?;
    number.split(',').next()?.parse().ok()
}

fn hash(answer: &Result<Json, No>) -> u64 {
    let mut hasher = DefaultHasher::new();
    match answer {
        Ok(answer) => answer.to_string().hash(&mut hasher),
        Err(no) => format!("{no:?}").hash(&mut hasher),
    }
    hasher.finish()
}

impl Held {
    /// Asks; a process that gave no answer is gone.
    fn ask(&mut self, text: &str) -> Result<Json, No> {
        let Some(mut process) = self.process.take() else {
            return Err(No::Broke(Breach::NotTried("its process has ended".to_owned())));
        };
        match self.testee.asked_of(&mut process, text) {
            Ok(answer) => {
                self.process = Some(process);
                self.testee.understood(&answer)
            }
            Err(silence) => Err(self.testee.silent(process, silence)),
        }
    }
}

/// A process that has forgotten all sessions is as good as a new one.
impl Drop for Held {
    fn drop(&mut self) {
        for session in std::mem::take(&mut self.sessions) {
            let forgotten = self.ask(&question(DROP, &[("session", session.into())]));
            if forgotten.is_err() {
                return;
            }
        }
        if let Some(process) = self.process.take() {
            open(&self.testee.apart).idle.push(process);
        }
    }
}

impl Testee {
    /// A process for a conversation: a new one, or that of another one which has had its own for long.
    fn apart(&self, for_whom: &Arc<Mutex<Option<Held>>>) -> Result<Process, No> {
        if let Some(reason) = self.over() {
            return Err(No::Broke(Breach::NotTried(reason)));
        }
        let longest = {
            let mut apart = open(&self.apart);
            apart.held.retain(|held| held.strong_count() > 0);
            let is_full = apart.held.len() >= PROCESSES_MAX;
            let longest = if is_full { apart.held.pop_front() } else { None };
            apart.held.push_back(Arc::downgrade(for_whom));
            longest
        };
        // Whoever is just asking keeps it.
        if let Some(longest) = longest.and_then(|held| held.upgrade())
            && let Ok(mut held) = longest.try_lock()
        {
            held.take();
        }
        loop {
            let Some(mut process) = open(&self.apart).idle.pop() else { break };
            if process.is_living() {
                return Ok(process);
            }
        }
        let greeted = greet(&self.launch).map(|(process, _)| process);
        greeted.map_err(|error| self.faulty(&error.to_string()))
    }
}
