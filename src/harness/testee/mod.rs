//! Testees: any implementation in any language, as a program that answers on standard input and output
//! (`docs/testee.md`).
//!
//! A [`Testee`] is such a program in as many processes as are needed at once. Whatever it does is an
//! answer here or a [`No`]; what one question kills is that question's alone, and the others go on in a
//! new process. The same question is asked once: its answer is kept.

mod hello;
mod launch;
mod process;
mod table;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, OnceLock, PoisonError};

use serde_json::Value as Json;
use thiserror::Error;

pub use self::hello::{DECODE, ENCODE, Hello, OPEN, Offered, REENCODE};
pub use self::launch::{Launch, Limits, NoProgram};
pub use self::process::end_all;
use self::process::{Process, Silence, open};
pub use self::table::{Entry, TableError, read as read_table};
use crate::harness::boundary::{Breach, Panicked};

/// Deaths and hangs after which a testee is asked no more.
const DEATHS_MAX: u64 = 100;
/// Starts without a hello before it is given up.
const STARTS_MAX: usize = 3;
/// One question of so many is asked twice.
const TWICE_EVERY: u64 = 64;
/// Bytes of questions and answers that are kept.
const KEPT_LEN_MAX: usize = 512 << 20;
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
    freed: Condvar,
    kept: Mutex<Kept>,
    questions: AtomicU64,
    deaths: AtomicU64,
    fault: OnceLock<String>,
}

/// Its processes: those that nobody asks, and how many there are.
#[derive(Default)]
struct Pool {
    idle: Vec<Process>,
    count: usize,
}

/// Answers that were given.
#[derive(Default)]
struct Kept {
    answers: HashMap<String, (usize, Result<Json, No>)>,
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
            freed: Condvar::new(),
            kept: Mutex::default(),
            questions: AtomicU64::new(0),
            deaths: AtomicU64::new(0),
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
        let kept = open(&self.kept);
        let mut questions: Vec<(usize, &String)> =
            kept.answers.iter().map(|(question, (index, _))| (*index, question)).collect();
        questions.sort_unstable();
        questions.iter().map(|(index, members)| format!("{{\"id\":{index},{members}}}")).collect()
    }

    /// What is wrong with the testee itself, and not with what it stands for; none if nothing is.
    pub fn fault(&self) -> Option<&str> {
        self.fault.get().map(String::as_str)
    }

    /// Whether it is asked nothing more: it is at fault, or has died too often.
    pub fn is_over(&self) -> bool {
        self.fault.get().is_some() || self.deaths.load(Ordering::Relaxed) >= DEATHS_MAX
    }

    /// Asks a question: a verb, and the members that go with it, in their order. The answer is what
    /// is behind `ok`.
    ///
    /// # Errors
    ///
    /// If it refuses, or does worse.
    pub fn ask(&self, verb: &str, members: &[(&str, Json)]) -> Result<Json, No> {
        let question = question(verb, members);
        if let Some((_, answer)) = open(&self.kept).answers.get(&question) {
            return answer.clone();
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
        let mut process = Some(self.take()?);
        let mut ask = |verb: &str, members: &[(&str, Json)]| {
            let Some(mut one) = process.take() else {
                return Err(No::Broke(Breach::NotTried("its process has ended".to_owned())));
            };
            self.questions.fetch_add(1, Ordering::Relaxed);
            match one.ask(&question(verb, members), self.launch.limits.question) {
                Ok(answer) => {
                    process = Some(one);
                    self.understood(&answer)
                }
                Err(silence) => Err(self.silent(one, silence)),
            }
        };
        let result = with(&mut ask);
        match process {
            Some(process) => self.give_back(process),
            None => self.gone(),
        }
        result
    }

    fn ask_anew(&self, question: &str) -> Result<Json, No> {
        let mut process = self.take()?;
        let count = self.questions.fetch_add(1, Ordering::Relaxed);
        let limit = self.launch.limits.question;
        let silence = match process.ask(question, limit) {
            Ok(first) => {
                let is_twice = self.hello.is_deterministic && count.is_multiple_of(TWICE_EVERY);
                let again = if is_twice { process.ask(question, limit) } else { Ok(Json::Null) };
                match again {
                    Ok(again) => {
                        self.give_back(process);
                        return self.steady(&first, &again);
                    }
                    Err(silence) => silence,
                }
            }
            Err(silence) => silence,
        };
        let no = self.silent(process, silence);
        self.gone();
        Err(no)
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
        if let Some(ok) = said("ok") {
            Ok(ok.clone())
        } else if let Some(refused) = said("refused") {
            Err(No::Refused(words(refused)))
        } else if let Some(panicked) = said("panicked") {
            let location = panicked.get("place").and_then(Json::as_str).unwrap_or_default();
            let (message, location) = (words(panicked), location.to_owned());
            Err(No::Broke(Breach::Panicked(Panicked { message, location })))
        } else if let Some(unsupported) = said("unsupported") {
            let words = words(unsupported);
            Err(self
                .faulty(&format!("it says that it cannot do what its hello says it can: {words}")))
        } else if let Some(fault) = said("fault") {
            Err(self.faulty(&format!("it says of itself: {}", words(fault))))
        } else {
            Err(self.faulty(&format!(
                "its answer has none of ok, refused, panicked, unsupported, fault: {answer}"
            )))
        }
    }

    /// What is to be said of a process that gave no answer.
    fn silent(&self, process: Process, silence: Silence) -> No {
        drop(process);
        let breach = match silence {
            Silence::Hung(limit) => Breach::Hung(limit),
            Silence::Died(how) => Breach::Died(how),
            Silence::Garbled(words) => return self.faulty(&words),
        };
        self.deaths.fetch_add(1, Ordering::Relaxed);
        No::Broke(breach)
    }

    /// Notes that an answer is none to its question, as whoever asked understands it: nothing more is
    /// asked.
    pub fn misanswered(&self, words: &str) -> No {
        self.faulty(words)
    }

    /// Notes what is wrong with the testee itself: it is asked nothing more.
    fn faulty(&self, words: &str) -> No {
        let fault = self.fault.get_or_init(|| words.to_owned());
        No::Broke(Breach::NotTried(fault.clone()))
    }

    /// A process that nobody asks.
    fn take(&self) -> Result<Process, No> {
        if let Some(fault) = self.fault.get() {
            return Err(No::Broke(Breach::NotTried(fault.clone())));
        }
        if self.deaths.load(Ordering::Relaxed) >= DEATHS_MAX {
            let reason = format!("{} died or hung {DEATHS_MAX} times", self.name());
            return Err(No::Broke(Breach::NotTried(reason)));
        }
        let mut pool = open(&self.pool);
        loop {
            if let Some(process) = pool.idle.pop() {
                return Ok(process);
            }
            if pool.count < self.launch.limits.processes.max(1) {
                pool.count += 1;
                break;
            }
            pool = self.freed.wait(pool).unwrap_or_else(PoisonError::into_inner);
        }
        drop(pool);
        greet(&self.launch).map(|(process, _)| process).map_err(|error| {
            self.gone();
            self.faulty(&error.to_string())
        })
    }

    fn give_back(&self, process: Process) {
        open(&self.pool).idle.push(process);
        self.freed.notify_one();
    }

    /// One process less.
    fn gone(&self) {
        open(&self.pool).count -= 1;
        self.freed.notify_one();
    }

    fn keep(&self, question: String, answer: &Result<Json, No>) {
        let len = question.len()
            + match answer {
                Ok(Json::Object(members)) => {
                    members.values().map(|it| it.as_str().map_or(256, str::len)).sum()
                }
                _ => 256,
            };
        let mut kept = open(&self.kept);
        if kept.len + len <= KEPT_LEN_MAX {
            kept.len += len;
            let index = kept.answers.len();
            kept.answers.insert(question, (index, answer.clone()));
        }
    }
}

/// The members of a question, without its number.
fn question(verb: &str, members: &[(&str, Json)]) -> String {
    let mut text = format!("\"verb\":{}", Json::from(verb));
    for (name, value) in members {
        text.push_str(&format!(",{}:{value}", Json::from(*name)));
    }
    text
}

/// Starts a process and hears its hello, after a few attempts if need be.
fn greet(launch: &Launch) -> Result<(Process, Hello), NoTestee> {
    let name = || launch.name.clone();
    let harness = concat!("skewproof ", env!("CARGO_PKG_VERSION"));
    let hello = question("hello", &[("testee", 1.into()), ("harness", harness.into())]);
    let mut last = String::new();
    for _ in 0..STARTS_MAX {
        let mut process = Process::start(launch)
            .map_err(|error| NoTestee::NotStarted { name: name(), words: error.to_string() })?;
        let answer = process.ask(&hello, launch.limits.start);
        last = match answer {
            Ok(answer) => match answer.get("ok").map(Hello::read) {
                Some(Ok(hello)) => return Ok((process, hello)),
                Some(Err(words)) => return Err(NoTestee::NoHello { name: name(), words }),
                None => format!("it answers {answer}"),
            },
            Err(Silence::Hung(limit)) => format!("no answer within {limit:?}"),
            Err(Silence::Died(how)) => format!("its process ended, {how}"),
            Err(Silence::Garbled(words)) => words,
        };
        let said = process.said();
        if !said.is_empty() && !last.contains(&said) {
            let said: String = said.chars().take(LIST_LEN_MAX * 4).collect();
            last = format!("{last}; it said: {said}");
        }
    }
    Err(NoTestee::NoHello { name: name(), words: format!("{last} ({STARTS_MAX} starts)") })
}
