//! A worker in a process of its own, from both sides of the pipes.
//!
//! To the worker goes a task, in frames; the end of its input tells it to end. From it come messages
//! and pulses.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Instant;

use tempfile::TempDir;

use super::Target;
use super::frames::{number, read_frame, write_frame};
use super::run::Finding;
use super::session::TICK;
use super::worker::{self, Ends, Message, Noted, Shared, Silence, Task};
use crate::system::is_ended_from_outside;

/// The command that [`serve`]s, before the target and the file for notes.
pub const WORKER: &str = "fuzz-worker";

/// Tags of frames.
const INPUT: u8 = b'i';
const WORD: u8 = b'w';
const KNOWN: u8 = b'n';
const GO: u8 = b'g';
const LOADED: u8 = b'l';
const KEPT: u8 = b'k';
const FOUND: u8 = b'f';
const PULSE: u8 = b'p';
const STALLED: u8 = b's';
/// The last one: the task is done. Whoever ends without it was ended by an input.
const DONE: u8 = b'd';

/// A worker, from outside.
#[derive(Debug)]
pub struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    folder: Folder,
    shared: Arc<Shared>,
}

/// How a worker died.
#[derive(Debug)]
pub enum Death {
    /// Of an input, in this run.
    Found(Finding, u64),
    /// Of an input that it has not noted, in the epoch of this run if that is known; and what was seen.
    Unnoted(Option<u64>, String),
    /// Of a signal that somebody has sent: no input does that.
    Ended,
}

/// The folder of one process: what is run now, and what it said. Gone when dropped.
#[derive(Debug)]
struct Folder(TempDir);

impl Folder {
    fn new() -> io::Result<Self> {
        tempfile::tempdir().map(Self)
    }

    fn note(&self) -> PathBuf {
        self.0.path().join("note")
    }

    fn said(&self) -> PathBuf {
        self.0.path().join("said")
    }
}

/// A process that nobody looks after any more is of no use.
impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Process {
    /// Starts a worker of this program on a task.
    ///
    /// # Errors
    ///
    /// If it cannot be started.
    pub fn start(program: &Path, target: &Target, task: &Task) -> io::Result<(Self, Ends)> {
        let folder = Folder::new()?;
        let mut child = Command::new(program)
            .args([WORKER, target.name])
            .arg(folder.note())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(folder.said())?)
            .spawn()?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let shared = Arc::new(Shared::default());
        let mut process = Self { child, stdin, folder, shared: Arc::clone(&shared) };
        let stdout = stdout.ok_or(ErrorKind::BrokenPipe)?;
        if let Some(stdin) = &mut process.stdin {
            match send_task(BufWriter::new(stdin), task) {
                // It has died before it heard all: who looks after it finds out why.
                Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
                sent => sent?,
            }
        }
        let (sender, messages) = mpsc::channel();
        let (of_thread, target) = (Arc::clone(&shared), target.name);
        thread::Builder::new().spawn(move || {
            let mut from = BufReader::new(stdout);
            // A pipe that breaks is a process that has died: who looks after it finds out why.
            while let Ok(Some(frame)) = read_frame(&mut from) {
                if take(target, frame, &of_thread, &sender).is_none() {
                    return;
                }
            }
        })?;
        Ok((process, (shared, messages)))
    }

    /// Tells it to end.
    pub fn end(&mut self) {
        self.stdin = None;
    }

    /// What was noted last, if anything was.
    fn noted(&self) -> Option<Noted> {
        Noted::read(&fs::read(self.folder.note()).ok()?)
    }

    /// Waits for its end, and says how it died, when nothing more comes from it; none if it has done its
    /// task. The input is known only if it was careful. `is_stopped` if somebody wants everything to end.
    ///
    /// # Errors
    ///
    /// If nobody knows how it ended.
    pub fn death(&mut self, target: &Target, is_stopped: bool) -> io::Result<Option<Death>> {
        let status = self.child.wait()?;
        if self.shared.is_done.load(Ordering::Relaxed) {
            return Ok(None);
        }
        if is_ended_from_outside(status, is_stopped) {
            return Ok(Some(Death::Ended));
        }
        let said = fs::read(self.folder.said()).unwrap_or_default();
        let seen = format!("{status}: {}", String::from_utf8_lossy(&said).trim());
        Ok(Some(match self.noted() {
            Some(Noted { run, input: Some(input) }) => {
                Death::Found(Finding::death(target, seen, input), run)
            }
            noted => Death::Unnoted(noted.map(|noted| noted.run), seen),
        }))
    }
}

/// Does what a message from a worker says; `None` if nobody listens.
fn take(
    target: &'static str,
    (tag, fields): (u8, Vec<Vec<u8>>),
    shared: &Shared,
    sender: &Sender<Message>,
) -> Option<()> {
    let message = match (tag, fields.as_slice()) {
        (PULSE, [pulse, features, silent]) => {
            shared.pulse.store(number(pulse), Ordering::Relaxed);
            let silent = u32::try_from(number(silent)).unwrap_or(u32::MAX);
            shared.silent.store(silent, Ordering::Relaxed);
            let features = usize::try_from(number(features)).unwrap_or(usize::MAX);
            shared.features.store(features, Ordering::Relaxed);
            return Some(());
        }
        (LOADED, [pulse]) => Message::Loaded(Instant::now(), number(pulse)),
        (STALLED, [input]) => {
            shared.current().clone_from(input);
            return Some(());
        }
        (DONE, []) => {
            shared.is_done.store(true, Ordering::Relaxed);
            return Some(());
        }
        (KEPT, [input, run]) => Message::Kept(input.clone(), number(run)),
        (FOUND, fields) => Message::Found(Box::new(Finding::of_fields(target, fields)?)),
        // It is of this program: there are no others.
        _ => return None,
    };
    sender.send(message).ok()
}

fn send_task(mut to: impl Write, task: &Task) -> io::Result<()> {
    for (tag, fields) in [(INPUT, &task.inputs), (WORD, &task.words)] {
        for field in fields {
            write_frame(&mut to, tag, &[field])?;
        }
    }
    for finding in &task.found {
        write_frame(&mut to, KNOWN, &finding.fields())?;
    }
    let numbers = [task.seed, task.first, task.end, u64::from(task.is_careful)];
    let fields = numbers.map(u64::to_le_bytes);
    write_frame(&mut to, GO, &fields.each_ref().map(<[u8; 8]>::as_slice))?;
    to.flush()
}

fn read_task(target: &'static str, mut from: impl Read) -> io::Result<Task> {
    let mut task = Task::default();
    while let Some((tag, fields)) = read_frame(&mut from)? {
        match (tag, fields.as_slice()) {
            (INPUT, [input]) => task.inputs.push(input.clone()),
            (WORD, [word]) => task.words.push(word.clone()),
            (KNOWN, fields) => task.found.extend(Finding::of_fields(target, fields)),
            (GO, [seed, first, end, is_careful]) => {
                (task.seed, task.first, task.end) = (number(seed), number(first), number(end));
                task.is_careful = number(is_careful) == 1;
                return Ok(task);
            }
            _ => break,
        }
    }
    Err(io::Error::new(ErrorKind::InvalidData, "expected a task from `skewproof fuzz`"))
}

/// The inside of a worker process: reads a task, works, and reports. Ends when it is done, or its
/// input ends.
///
/// # Errors
///
/// If there is no task, the file for notes cannot be written, or nobody listens.
pub fn serve(
    target: &Target,
    note: &Path,
    mut from: impl Read + Send + 'static,
    to: impl Write,
) -> io::Result<()> {
    let task = read_task(target.name, &mut from)?;
    let note = File::create(note)?;
    let (shared, messages) = worker::start(target, task, Some(note))?;
    let told = Arc::clone(&shared);
    thread::Builder::new().spawn(move || {
        let _ = io::copy(&mut from, &mut io::sink());
        told.is_over.store(true, Ordering::Relaxed);
    })?;
    let (mut to, mut silence) = (BufWriter::new(to), Silence::default());
    loop {
        let message = messages.recv_timeout(TICK);
        match &message {
            Ok(Message::Loaded(_, pulse)) => {
                write_frame(&mut to, LOADED, &[&pulse.to_le_bytes()])?;
            }
            Ok(Message::Kept(input, run)) => {
                write_frame(&mut to, KEPT, &[input, &run.to_le_bytes()])?;
            }
            Ok(Message::Found(found)) => {
                write_frame(&mut to, FOUND, &found.fields())?;
            }
            Ok(Message::Wait(_)) | Err(_) => {}
        }
        let pulse = shared.pulse.load(Ordering::Relaxed);
        let silent = silence.count(pulse, matches!(message, Err(RecvTimeoutError::Timeout)));
        if silent > 0 {
            write_frame(&mut to, STALLED, &[&shared.current()])?;
        }
        let features = shared.features.load(Ordering::Relaxed) as u64;
        let numbers = [pulse, features, u64::from(silent)].map(u64::to_le_bytes);
        write_frame(&mut to, PULSE, &numbers.each_ref().map(<[u8; 8]>::as_slice))?;
        // Only now is the message dropped, for which the worker may wait.
        to.flush()?;
        if matches!(message, Err(RecvTimeoutError::Disconnected)) {
            write_frame(&mut to, DONE, &[])?;
            return to.flush();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;
    use std::time::Duration;

    use super::super::run::{limits, replay};
    use super::super::session::{Budget, Event, Place, Session, Summary};
    use super::super::toy;
    use super::*;

    fn scratch() -> Folder {
        Folder::new().unwrap()
    }

    #[test]
    fn a_task_goes_in_and_messages_come_out() {
        let mut task = Task { seed: 1, end: 100_000, is_careful: true, ..Task::default() };
        task.inputs.push(b"bug".to_vec());
        task.words.push(b"word".to_vec());
        task.found.extend(replay(&toy::BUGGY, b"bug!"));
        let mut sent = Vec::new();
        send_task(&mut sent, &task).unwrap();
        let again = read_task("buggy", sent.as_slice()).unwrap();
        assert_eq!((again.seed, again.first, again.end), (1, 0, 100_000));
        assert_eq!((again.is_careful, &again.inputs), (true, &task.inputs));
        assert_eq!(again.words, task.words);
        assert_eq!(again.found, task.found);
        // The task is all that comes: the end of the input is there from the beginning, and may
        // end the work at any time.
        let (folder, mut out) = (scratch(), Vec::new());
        serve(&toy::BUGGY, &folder.note(), io::Cursor::new(sent), &mut out).unwrap();
        let (shared, (sender, messages)) = (Shared::default(), mpsc::channel());
        let mut from = out.as_slice();
        while let Some(frame) = read_frame(&mut from).unwrap() {
            take("buggy", frame, &shared, &sender).unwrap();
        }
        drop(sender);
        let found = messages.iter().filter(|it| matches!(it, Message::Found(_))).count();
        assert!(found <= 1, "what is known is not found again");
        assert!(shared.pulse.load(Ordering::Relaxed) > 0 || from.is_empty());
        assert!(fs::read(folder.note()).is_ok());
    }

    /// A program that is a script.
    fn program(folder: &Folder, script: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let program = folder.0.path().join("program");
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        program
    }

    /// Runs a session whose worker is a program; gives what was found, and how often again.
    fn session(program: &Path, stop: bool) -> io::Result<(Summary, Vec<Finding>, u64)> {
        let stop = AtomicBool::new(stop);
        let session = Session {
            target: &toy::TRIVIAL,
            place: Place::Process(program),
            seed: 1,
            budget: Budget::Time(Duration::from_secs(60)),
            stop: &stop,
        };
        let (mut found, mut again) = (Vec::new(), 0);
        let run = session.run(Vec::new(), |event| {
            match event {
                Event::Found(finding) => found.push(*finding),
                Event::LostAgain(_) => again += 1,
                Event::Kept(_) | Event::Also(_) | Event::Progress(_) => {}
            }
            Ok::<_, io::Error>(())
        });
        run.map(|summary| (summary, found, again))
    }

    /// Notes the input `abc`, as that of run 7.
    const NOTE: &str = r"printf '\007\000\000\000\000\000\000\000\003\000\000\000abc' >$3";

    /// Says that the task is done.
    const DONE: &str = r"printf 'd\000\000\000\000'";

    /// The first worker ends as of an input, the others note one before. Who ends in good order and has not
    /// said that it is done was ended by an input, too.
    #[test]
    fn what_ends_a_worker_is_a_finding_with_its_input_and_is_told_once() {
        let ends = [
            (
                "echo 'thread has overflowed its stack' >&2; kill -ABRT $$",
                "stack-overflow",
                "overflowed",
            ),
            ("exit 0", "death", "exit status: 0"),
            ("exit 3", "death", "exit status: 3"),
        ];
        for (end, kind, seen) in ends {
            let folder = scratch();
            let script = format!("[ -e $0.again ] && {NOTE}\ntouch $0.again\n{end}");
            let (summary, found, again) = session(&program(&folder, &script), false).unwrap();
            assert!(summary.is_cut && summary.losses == again + 1, "{end}");
            assert_eq!((summary.executions, found.len()), (7, 1), "{end}");
            let found = &found[0];
            assert_eq!((found.key.kind.as_str(), found.input.as_slice()), (kind, &b"abc"[..]));
            assert!(found.words.seen.contains(seen), "{end}: {}", found.words.seen);
        }
    }

    #[test]
    fn a_worker_that_cannot_work_is_an_error() {
        assert!(session(Path::new("/bin/false"), false).is_err());
        // One that dies before it notes anything would do so for ever.
        let folder = scratch();
        let error = session(&program(&folder, "echo why >&2; kill -ABRT $$"), false).unwrap_err();
        assert!(error.to_string().contains("why"), "{error}");
    }

    #[test]
    fn who_is_told_to_end_has_not_died_of_an_input() {
        let folder = scratch();
        for (signal, stop) in [("TERM", true), ("KILL", true), ("INT", true)] {
            // Who is started in the background may ignore the first.
            let script = format!("{NOTE}; kill -{signal} $$; kill -TERM $$");
            let (summary, found, _) = session(&program(&folder, &script), stop).unwrap();
            assert_eq!((summary.losses, found.len()), (0, 0), "{signal}");
        }
        // Somebody means the worker alone: the next one goes on.
        let script = format!("[ -e $0.again ] && {DONE} && exit 0; touch $0.again; kill -TERM $$");
        let (summary, found, _) = session(&program(&folder, &script), false).unwrap();
        assert_eq!((summary.losses, found.len()), (0, 0));
    }

    /// As one that its user has stopped for a while.
    #[test]
    fn a_worker_that_says_nothing_for_a_while_has_not_hung() {
        let folder = scratch();
        let begun = Instant::now();
        let (_, found, _) = session(&program(&folder, &format!("sleep 6; {DONE}")), false).unwrap();
        assert!(found.is_empty() && begun.elapsed() > limits(0).time, "{found:?}");
    }

    #[test]
    fn what_is_no_task_is_refused() {
        for bytes in [&b""[..], b"x\x00", b"g\x02", b"i\x01\xff\xff\xff\xff\xff\xff\xff\x00abc"] {
            assert!(read_task("t", bytes).is_err(), "{bytes:?}");
        }
    }
}
