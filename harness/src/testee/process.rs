//! One process of a testee: a question goes in as a line, its answer comes out as one, in time or not.

use std::collections::BTreeSet;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use super::launch::SECONDS_MAX;
use super::{LIST_LEN_MAX, Launch};
use crate::{json, system};

/// Bytes of a line that is read; what is longer is no answer.
const LINE_LEN_MAX: u64 = 64 << 20;
/// Bytes of what a testee says beside its answers, of which the end is kept.
const SAID_LEN_MAX: usize = 64 << 10;
/// Lines on standard output that are no objects, and are passed over, for each question.
const STRAY_LINES_MAX: usize = 1_000;
/// Bytes that a pipe takes at once, whoever reads or not.
const AT_ONCE: usize = 4 << 10;
/// For how long the last words of a process are waited for when it has died.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Silence {
    /// The process had ended before it was asked.
    Gone,
    /// It did not come in time.
    Hung(Duration),
    /// The process ended: how, and the end of what it said.
    Died(String),
    /// What came is no answer to the question.
    Garbled(String),
}

/// A process that answers.
pub(super) struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<io::Result<Vec<u8>>>,
    said: Said,
    asked: u64,
}

/// The end of what a testee says beside its answers, on both of its streams.
#[derive(Debug, Clone, Default)]
pub(super) struct Said(Arc<Mutex<Vec<u8>>>);

impl Said {
    fn add(&self, bytes: &[u8]) {
        let mut said = open(&self.0);
        said.extend_from_slice(bytes);
        let too_many = said.len().saturating_sub(SAID_LEN_MAX);
        said.drain(..too_many);
    }

    /// As text, without space around it.
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&open(&self.0)).trim().to_owned()
    }
}

/// What a thread that panicked has left is as good as before: each change is made at once.
pub(super) fn open<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The groups of all processes that are there, to end them when this one has to end.
static GROUPS: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());
/// Whether this process ends: what is started now is ended at once.
static IS_ENDING: AtomicBool = AtomicBool::new(false);

/// Ends all processes of testees, and what they have started, those too that are just being started.
pub fn end_all() {
    IS_ENDING.store(true, Ordering::SeqCst);
    open(&GROUPS).iter().for_each(|group| system::end_group(*group));
}

impl Process {
    /// Starts a program, with what it starts in a group of its own.
    ///
    /// # Errors
    ///
    /// If it cannot be started.
    pub(super) fn start(launch: &Launch) -> io::Result<Self> {
        let mut command = launch.command();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        system::apart(&mut command);
        let mut child = spawn(&mut command)?;
        open(&GROUPS).insert(child.id());
        if IS_ENDING.load(Ordering::SeqCst) {
            system::end_group(child.id());
        }
        let said = Said::default();
        let (sender, lines) = mpsc::channel();
        let (stdin, stdout, stderr) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let process = Self { child, stdin, lines, said: said.clone(), asked: 0 };
        if let (Some(stdout), Some(stderr)) = (stdout, stderr) {
            thread::Builder::new().spawn(move || read_lines(stdout, &sender))?;
            thread::Builder::new().spawn(move || listen(stderr, &said))?;
        }
        Ok(process)
    }

    /// Whether it has not ended.
    pub(super) fn is_living(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|ended| ended.is_none())
    }

    /// What it said beside its answers.
    pub(super) fn said(&self) -> String {
        self.said.text()
    }

    /// Asks a question, given by its members without the braces; gives the answer to it.
    ///
    /// # Errors
    ///
    /// If there is none. The process is of no more use then.
    pub(super) fn ask(&mut self, members: &str, limit: Duration) -> Result<Json, Silence> {
        let (id, now) = (self.asked, Instant::now());
        // A limit that no clock can tell is as good as a long one.
        let until = now.checked_add(limit).unwrap_or(now + SECONDS_MAX);
        self.asked += 1;
        let question = format!("{{\"id\":{id},{members}}}\n");
        let Some(mut stdin) = self.stdin.take() else { return Err(Silence::Gone) };
        if question.len() <= AT_ONCE {
            if stdin.write_all(question.as_bytes()).is_err() {
                // Whoever does not live to be asked has died of nothing that was asked.
                return Err(if id == 0 { self.died() } else { Silence::Gone });
            }
            self.stdin = Some(stdin);
            return self.answer(id, limit, until);
        }
        // Whoever does not read must not keep us from looking at the clock.
        let (sender, sent) = mpsc::channel();
        let write = move || {
            let written = stdin.write_all(question.as_bytes());
            let _ = sender.send(written.is_ok().then_some(stdin));
        };
        if thread::Builder::new().spawn(write).is_err() {
            return Err(Silence::Garbled("no thread could be had to write to it".to_owned()));
        }
        let answer = self.answer(id, limit, until);
        self.stdin =
            sent.recv_timeout(until.saturating_duration_since(Instant::now())).ok().flatten();
        answer
    }

    /// The line that answers a question.
    fn answer(&mut self, id: u64, limit: Duration, until: Instant) -> Result<Json, Silence> {
        for _ in 0..STRAY_LINES_MAX {
            let line = self.line(limit, until)?;
            if !line.trim_ascii_start().starts_with(b"{") {
                self.said.add(&line);
                continue;
            }
            let text = String::from_utf8(line).map_err(|_| {
                Silence::Garbled("it answers with bytes that are no UTF-8".to_owned())
            })?;
            let answer: Json = json::read(&text).map_err(|error| {
                Silence::Garbled(format!(
                    "it answers with what is no JSON: {error}: {}",
                    short(&text)
                ))
            })?;
            return match answer.get("id").and_then(Json::as_u64) {
                Some(answered) if answered == id => Ok(answer),
                _ => Err(Silence::Garbled(format!(
                    "it was asked question {id}, and answers another: {}",
                    short(&text)
                ))),
            };
        }
        Err(Silence::Garbled(format!("{STRAY_LINES_MAX} lines that are no answer, instead of one")))
    }

    /// The next line. What a process has started may hold its output open when it has died itself.
    fn line(&mut self, limit: Duration, until: Instant) -> Result<Vec<u8>, Silence> {
        let mut has_ended = false;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left.min(LAST_WORDS)) {
                Ok(Ok(line)) => return Ok(line),
                Ok(Err(error)) => return Err(Silence::Garbled(error.to_string())),
                Err(RecvTimeoutError::Disconnected) => return Err(self.died()),
                Err(RecvTimeoutError::Timeout) if has_ended => return Err(self.died()),
                Err(RecvTimeoutError::Timeout) if left <= LAST_WORDS => {
                    return Err(Silence::Hung(limit));
                }
                Err(RecvTimeoutError::Timeout) => has_ended = !self.is_living(),
            }
        }
    }

    /// How it ended. One that only closed its output is ended.
    fn died(&mut self) -> Silence {
        self.stdin = None;
        let until = Instant::now() + LAST_WORDS;
        let status = loop {
            match self.child.try_wait() {
                Ok(Some(status)) => break status.to_string(),
                Ok(None) if Instant::now() < until => thread::sleep(Duration::from_millis(1)),
                _ => break "closed its output".to_owned(),
            }
        };
        // What it said is read by another thread, which may be behind.
        thread::sleep(Duration::from_millis(5));
        let said = self.said();
        Silence::Died(if said.is_empty() { status } else { format!("{status}: {}", ending(&said)) })
    }
}

/// Nobody is left behind.
impl Drop for Process {
    fn drop(&mut self) {
        self.stdin = None;
        let group = self.child.id();
        system::end_group(group);
        let _ = self.child.kill();
        let _ = self.child.wait();
        open(&GROUPS).remove(&group);
    }
}

/// A file that somebody is still writing is busy for a moment.
fn spawn(command: &mut Command) -> io::Result<Child> {
    match command.spawn() {
        Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => {
            thread::sleep(Duration::from_millis(50));
            command.spawn()
        }
        started => started,
    }
}

/// Sends each line, without its end, until there are no more or nobody listens.
fn read_lines(stdout: impl Read, to: &Sender<io::Result<Vec<u8>>>) {
    let mut from = BufReader::new(stdout);
    loop {
        let mut line = Vec::new();
        let read = (&mut from).take(LINE_LEN_MAX).read_until(b'\n', &mut line);
        let is_whole = line.last() == Some(&b'\n');
        let sent = match read {
            // Half a line is what a process leaves that dies.
            Ok(_) if !is_whole && (line.len() as u64) < LINE_LEN_MAX => return,
            Ok(_) if !is_whole => {
                let words = format!("it answers with a line of more than {LINE_LEN_MAX} bytes");
                to.send(Err(io::Error::other(words)))
            }
            Ok(_) => {
                line.pop();
                to.send(Ok(line))
            }
            Err(error) => to.send(Err(error)),
        };
        if sent.is_err() || !is_whole {
            return;
        }
    }
}

/// Keeps the end of what is said.
fn listen(mut stderr: impl Read, said: &Said) {
    let mut chunk = [0; 4 << 10];
    while let Ok(read @ 1..) = stderr.read(&mut chunk) {
        said.add(chunk.get(..read).unwrap_or_default());
    }
}

/// The beginning of what was answered, for a message.
pub(super) fn short(text: &str) -> String {
    let short: String = text.chars().take(LIST_LEN_MAX).collect();
    if short.len() < text.len() { format!("{short}…") } else { short }
}

/// The last lines of what was said, for a message.
fn ending(said: &str) -> String {
    let lines: Vec<&str> = said.lines().rev().take(3).collect();
    let last: Vec<String> = lines.into_iter().rev().map(|line| short(line.trim())).collect();
    last.join(" / ")
}
