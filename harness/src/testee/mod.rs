//! Testees: any implementation in any language, as a program that answers on standard input and output
//! (`docs/testee.md`).
//!
//! A [`Testee`] is such a program in as many processes as are needed at once. Whatever it does is an
//! answer here or a [`No`]; what one question kills is that question's alone, and the others go on in a
//! new process. The same question is asked once: its answer is kept.

mod batch;
mod conversation;
mod hello;
mod launch;
mod process;
mod table;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

use serde_json::Value as Json;
use thiserror::Error;

pub use self::batch::BATCH;
use self::conversation::Apart;
pub use self::conversation::Conversation;
pub use self::hello::{
    DECODE, DROP, ENCODE, FEED, Hello, INFORM, OPEN, Offered, REENCODE, SEND, SERVICE, WAKE,
};
pub use self::launch::{Launch, Limits, NoProgram};
pub use self::process::end_all;
use self::process::{Process, Silence, open, short};
pub use self::table::{Entry, TableError, read as read_table};
use crate::boundary::{Breach, Panicked};

/// Deaths and hangs after which a testee is asked no more.
const DEATHS_MAX: u64 = 100;
/// Deaths that a hang counts for: it costs the whole time limit.
const HANG: u64 = 10;
/// Starts without a hello before it is given up.
const STARTS_MAX: usize = 3;
/// One question of so many is asked twice.
const TWICE_EVERY: u64 = 64;
/// Tables of answers that are kept.
const SHARDS: usize = 256;
/// Bytes of questions and answers that each of them keeps.
const KEPT_LEN_MAX: usize = 2 << 20;
/// What an answer has exactly one of.
const ANSWERS: [&str; 5] = ["ok", "refused", "panicked", "unsupported", "fault"];
/// Characters of an answer that a message repeats.
const LIST_LEN_MAX: usize = 120;

/// Why there is no testee.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoTestee {
    /// There is no such program.
    #[error(transparent)]
    NoProgram(#[from] NoProgram),
    /// The system does not start it.
    #[error("the testee {name} cannot be started: {words}")]
    NotStarted {
        /// Its name.
        name: String,
        /// What the system says.
        words: String,
    },
    /// It did not say hello, however often it was started.
    #[error("the testee {name} does not answer the question `hello`: {words}")]
    NoHello {
        /// Its name.
        name: String,
        /// What it did instead.
        words: String,
    },
}

/// Why there is no answer to go on with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum No {
    /// The subject refuses, in its own words.
    Refused(String),
    /// The subject did what no subject may do, or was not asked any more.
    Broke(Breach),
}

/// How often what happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Asked {
    /// Questions that went over the pipe.
    pub questions: u64,
    /// Processes that died or hung.
    pub deaths: u64,
}

/// A testee that has said hello.
pub struct Testee {
    launch: Launch,
    hello: Hello,
    pool: Mutex<Pool>,
    apart: Mutex<Apart>,
    freed: Condvar,
    kept: Vec<Mutex<Kept>>,
    questions: AtomicU64,
    deaths: AtomicU64,
    /// The same, in which a hang weighs more.
    weighed: AtomicU64,
    fault: OnceLock<String>,
}

/// Its processes: those that nobody asks, and how many there are.
#[derive(Default)]
struct Pool {
    idle: Vec<Process>,
    count: usize,
}

/// A process of the pool that somebody asks, with its place there.
struct Taken<'a> {
    process: Process,
    place: Place<'a>,
}

/// A place in the pool: it is given back when whoever has it is done, panics or not.
struct Place<'a>(&'a Testee);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        open(&self.0.pool).count -= 1;
        self.0.freed.notify_one();
    }
}

/// Some of the answers that were given, each with the number of its question. In many small tables none
/// grows by much at once, which whoever looks at the memory of a call would take for the call's.
#[derive(Default)]
struct Kept {
    answers: HashMap<String, (u64, Result<Json, No>)>,
    len: usize,
}

impl Testee {
    /// Starts a program, and asks who it is.
    ///
    /// # Errors
    ///
    /// If it cannot be started, or does not say.
    pub fn start(launch: Launch) -> Result<Self, NoTestee> {
        let (process, hello) = greet(&launch)?;
        let pool = Pool { idle: vec![process], count: 1 };
        Ok(Self {
            launch,
            hello,
            pool: Mutex::new(pool),
            apart: Mutex::default(),
            freed: Condvar::new(),
            kept: (0..SHARDS).map(|_| Mutex::default()).collect(),
            questions: AtomicU64::new(0),
            deaths: AtomicU64::new(0),
            weighed: AtomicU64::new(0),
            fault: OnceLock::new(),
        })
    }

    /// The name of its node.
    pub fn name(&self) -> &str {
        &self.launch.name
    }

    /// How it was started.
    pub fn launch(&self) -> &Launch {
        &self.launch
    }

    /// What it says of itself.
    pub fn hello(&self) -> &Hello {
        &self.hello
    }

    /// How often what happened so far.
    pub fn asked(&self) -> Asked {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Asked { questions: of(&self.questions), deaths: of(&self.deaths) }
    }

    /// The questions whose answers are kept, each as a line, in the order in which they were asked.
    pub fn questions(&self) -> Vec<String> {
        let mut questions: Vec<(u64, String)> = Vec::new();
        for kept in &self.kept {
            let kept = open(kept);
            questions
                .extend(kept.answers.iter().map(|(question, (at, _))| (*at, question.clone())));
        }
        questions.sort_unstable();
        let lines = questions.iter().zip(0..);
        lines.map(|((_, members), id)| format!("{{\"id\":{id},{members}}}")).collect()
    }

    /// What is wrong with the testee itself, and not with what it stands for; none if nothing is.
    pub fn fault(&self) -> Option<&str> {
        self.fault.get().map(String::as_str)
    }

    /// Why it is asked nothing more: it is at fault, or has died too often; none if it goes on.
    pub fn over(&self) -> Option<String> {
        let died = || {
            let is_dead = self.weighed.load(Ordering::Relaxed) >= DEATHS_MAX;
            let count = self.deaths.load(Ordering::Relaxed);
            is_dead.then(|| format!("{} died or hung {count} times before", self.name()))
        };
        self.fault.get().cloned().or_else(died)
    }

    /// Asks a question: a verb, and the members that go with it, in their order. The answer is what
    /// is behind `ok`.
    ///
    /// # Errors
    ///
    /// If it refuses, or does worse.
    pub fn ask(&self, verb: &str, members: &[(&str, Json)]) -> Result<Json, No> {
        let question = question(verb, members);
        if let Some(answer) = self.known(&question) {
            return answer;
        }
        let answer = self.ask_anew(&question);
        if !matches!(answer, Err(No::Broke(Breach::NotTried(_)))) {
            self.keep(question, &answer);
        }
        answer
    }

    /// Asks a question about something that changes by being asked: its answer is not kept. All
    /// questions of one conversation go to one process, in their order, through `with`.
    ///
    /// # Errors
    ///
    /// As those of [`ask`](Self::ask).
    pub fn converse<T>(
        &self,
        with: impl FnOnce(&mut dyn FnMut(&str, &[(&str, Json)]) -> Result<Json, No>) -> Result<T, No>,
    ) -> Result<T, No> {
        let mut taken = Some(self.take_living()?);
        let mut ask = |verb: &str, members: &[(&str, Json)]| {
            let Some(mut one) = taken.take() else {
                return Err(No::Broke(Breach::NotTried("its process has ended".to_owned())));
            };
            match self.asked_of(&mut one.process, &question(verb, members)) {
                Ok(answer) => {
                    taken = Some(one);
                    self.understood(&answer)
                }
                Err(silence) => Err(self.silent(one.process, silence)),
            }
        };
        let result = with(&mut ask);
        if let Some(taken) = taken {
            self.give_back(taken);
        }
        result
    }

    /// Asks a process that is somebody's.
    fn asked_of(&self, process: &mut Process, question: &str) -> Result<Json, Silence> {
        self.questions.fetch_add(1, Ordering::Relaxed);
        process.ask(question, self.launch.limits.question)
    }

    fn ask_anew(&self, question: &str) -> Result<Json, No> {
        let count = self.questions.fetch_add(1, Ordering::Relaxed);
        let is_twice = self.hello.is_deterministic && count.is_multiple_of(TWICE_EVERY);
        let (taken, first) = self.answered(question)?;
        let (taken, again) = if is_twice {
            self.give_back(taken);
            self.answered(question)?
        } else {
            (taken, Json::Null)
        };
        self.give_back(taken);
        self.steady(&first, &again)
    }

    /// A process that has answered a question, and its answer. One that ended after its last answer has
    /// not ended of this question: another one is asked.
    fn answered(&self, question: &str) -> Result<(Taken<'_>, Json), No> {
        let mut is_second = false;
        loop {
            let mut taken = self.take()?;
            match taken.process.ask(question, self.launch.limits.question) {
                Ok(answer) => return Ok((taken, answer)),
                Err(Silence::Gone) if !is_second => is_second = true,
                Err(silence) => return Err(self.silent(taken.process, silence)),
            }
        }
    }

    /// What an answer says, if a second one to the same question, where there is one, says it too.
    fn steady(&self, first: &Json, again: &Json) -> Result<Json, No> {
        let said = self.understood(first);
        if again.is_null() || self.understood(again) == said {
            return said;
        }
        let words = format!("first {first}, then {again}");
        Err(No::Broke(Breach::Unsteady(words.chars().take(LIST_LEN_MAX * 2).collect())))
    }

    /// What an answer says.
    fn understood(&self, answer: &Json) -> Result<Json, No> {
        let said = |member: &str| answer.get(member).filter(|it| !it.is_null());
        let words = |said: &Json| {
            let words = said.get("words").and_then(Json::as_str).map(str::to_owned);
            words.unwrap_or_else(|| said.to_string())
        };
        let answers: Vec<(&str, &Json)> =
            ANSWERS.iter().filter_map(|member| Some((*member, said(member)?))).collect();
        match answers.as_slice() {
            [("ok", ok)] => Ok((*ok).clone()),
            [("refused", refused)] => match refused.get("words").and_then(Json::as_str) {
                Some(words) => Err(No::Refused(words.to_owned())),
                None => Err(self.faulty(&format!(
                    "it refuses without `words` that are text: {}",
                    short(&refused.to_string())
                ))),
            },
            [("panicked", panicked)] => {
                let location = panicked.get("place").and_then(Json::as_str).unwrap_or_default();
                let (message, location) = (words(panicked), location.to_owned());
                Err(No::Broke(Breach::Panicked(Panicked { message, location })))
            }
            [("unsupported", unsupported)] => {
                let words = words(unsupported);
                Err(self.faulty(&format!(
                    "it says that it cannot do what its hello says it can: {words}"
                )))
            }
            [("fault", fault)] => Err(self.faulty(&format!("it says of itself: {}", words(fault)))),
            _ => Err(self.faulty(&format!(
                "its answer has not one of {}: {}",
                ANSWERS.join(", "),
                short(&answer.to_string())
            ))),
        }
    }

    /// What is to be said of a process that gave no answer.
    fn silent(&self, process: Process, silence: Silence) -> No {
        drop(process);
        let mut weight = 1;
        let breach = match silence {
            Silence::Hung(limit) => {
                weight = HANG;
                Breach::Hung(limit)
            }
            Silence::Died(how) => Breach::Died(how),
            Silence::Gone => Breach::Died("before it was asked".to_owned()),
            Silence::Garbled(words) => return self.faulty(&words),
        };
        self.deaths.fetch_add(1, Ordering::Relaxed);
        self.weighed.fetch_add(weight, Ordering::Relaxed);
        No::Broke(breach)
    }

    /// Notes that an answer is none to its question, as whoever asked understands it: nothing more is
    /// asked.
    pub fn misanswered(&self, words: &str) -> Breach {
        let fault = self.fault.get_or_init(|| words.to_owned());
        Breach::NotTried(fault.clone())
    }

    /// Notes what is wrong with the testee itself: it is asked nothing more.
    fn faulty(&self, words: &str) -> No {
        No::Broke(self.misanswered(words))
    }

    /// A process that nobody asks.
    fn take(&self) -> Result<Taken<'_>, No> {
        let mut pool = open(&self.pool);
        let place = loop {
            if let Some(reason) = self.over() {
                // There may be more who wait than places that are given back.
                self.freed.notify_all();
                return Err(No::Broke(Breach::NotTried(reason)));
            }
            if let Some(process) = pool.idle.pop() {
                return Ok(Taken { process, place: Place(self) });
            }
            if pool.count < self.launch.limits.processes.max(1) {
                pool.count += 1;
                break Place(self);
            }
            pool = self.freed.wait(pool).unwrap_or_else(PoisonError::into_inner);
        };
        // The place is given back through the pool.
        drop(pool);
        match greet(&self.launch) {
            Ok((process, _)) => Ok(Taken { process, place }),
            Err(error) => Err(self.faulty(&error.to_string())),
        }
    }

    /// A process that nobody asks and that has not ended meanwhile.
    fn take_living(&self) -> Result<Taken<'_>, No> {
        loop {
            let mut taken = self.take()?;
            if taken.process.is_living() {
                return Ok(taken);
            }
        }
    }

    fn give_back(&self, taken: Taken<'_>) {
        let Taken { process, place } = taken;
        open(&self.pool).idle.push(process);
        // The process keeps it.
        std::mem::forget(place);
        self.freed.notify_one();
    }

    /// The table that has the answer to a question, if any has.
    fn shard(&self, question: &str) -> Option<MutexGuard<'_, Kept>> {
        let mut hasher = DefaultHasher::new();
        question.hash(&mut hasher);
        let index = hasher.finish() as usize % SHARDS;
        self.kept.get(index).map(open)
    }

    /// The answer to a question, if it is kept.
    fn known(&self, question: &str) -> Option<Result<Json, No>> {
        self.shard(question)?.answers.get(question).map(|(_, answer)| answer.clone())
    }

    fn keep(&self, question: String, answer: &Result<Json, No>) {
        let len = question.len() + answer.as_ref().map_or(SMALL, size);
        let number = self.questions.load(Ordering::Relaxed);
        if let Some(mut kept) = self.shard(&question).filter(|kept| kept.len + len <= KEPT_LEN_MAX)
        {
            kept.len += len;
            kept.answers.insert(question, (number, answer.clone()));
        }
    }
}

/// Bytes that a small value takes.
const SMALL: usize = 64;

/// Bytes that a value takes, about.
fn size(value: &Json) -> usize {
    match value {
        Json::String(text) => SMALL + text.len(),
        Json::Array(elements) => SMALL + elements.iter().map(size).sum::<usize>(),
        Json::Object(members) => {
            SMALL + members.iter().map(|(name, member)| name.len() + size(member)).sum::<usize>()
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => SMALL,
    }
}

/// The members of a question, without its number: a verb, and what goes with it.
pub fn question(verb: &str, members: &[(&str, Json)]) -> String {
    let mut text = format!("\"verb\":{}", Json::from(verb));
    for (name, value) in members {
        text.push_str(&format!(",{}:{value}", Json::from(*name)));
    }
    text
}

/// Starts a process and hears its hello, after a few attempts if need be. Who says nothing in all its time
/// is not asked for it again.
fn greet(launch: &Launch) -> Result<(Process, Hello), NoTestee> {
    let name = || launch.name.clone();
    let harness = concat!("skewproof ", env!("CARGO_PKG_VERSION"));
    let hello = question("hello", &[("testee", 1.into()), ("harness", harness.into())]);
    let mut last = String::new();
    for _ in 0..STARTS_MAX {
        let mut process = Process::start(launch)
            .map_err(|error| NoTestee::NotStarted { name: name(), words: error.to_string() })?;
        let answer = process.ask(&hello, launch.limits.start);
        let is_silent = matches!(answer, Err(Silence::Hung(_)));
        last = match answer {
            Ok(answer) => match answer.get("ok").map(Hello::read) {
                Some(Ok(hello)) => return Ok((process, hello)),
                Some(Err(words)) => return Err(NoTestee::NoHello { name: name(), words }),
                None => format!("it answers {answer}"),
            },
            Err(Silence::Hung(limit)) => format!("no answer within {limit:?}"),
            Err(Silence::Died(how)) => format!("its process ended, {how}"),
            Err(Silence::Gone) => "its process ended before it was asked".to_owned(),
            Err(Silence::Garbled(words)) => words,
        };
        let said = process.said();
        if !said.is_empty() && !last.contains(&said) {
            let said: String = said.chars().take(LIST_LEN_MAX * 4).collect();
            last = format!("{last}; it said: {said}");
        }
        if is_silent {
            break;
        }
    }
    Err(NoTestee::NoHello { name: name(), words: last })
}
