//! A worker in a process of its own, from both sides of the pipes.
//!
//! To the worker goes a task, in frames; the end of its input tells it to end. From it come messages
//! and pulses. A frame is a tag, a number of fields, and for each its length and content.

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
use super::run::{Finding, Key};
use super::session::TICK;
use super::worker::{self, Ends, Message, Shared, Task, read_note};

/// The command that [`serve`]s, before the target and the file for notes.
pub const WORKER: &str = "fuzz-worker";

/// Tags of frames.
const INPUT: u8 = b'i';
const KNOWN: u8 = b'n';
const GO: u8 = b'g';
const LOADED: u8 = b'l';
const KEPT: u8 = b'k';
const FOUND: u8 = b'f';
const PULSE: u8 = b'p';
const STALLED: u8 = b's';

/// A worker, from outside.
#[derive(Debug)]
pub struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    folder: Folder,
}

/// How a worker died.
#[derive(Debug)]
pub enum Death {
    /// Of this input.
    Found(Finding),
    /// Of an input that it has not noted.
    Unnoted,
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
        let mut process = Self { child, stdin, folder };
        let stdout = stdout.ok_or(ErrorKind::BrokenPipe)?;
        if let Some(stdin) = &mut process.stdin {
            match send_task(BufWriter::new(stdin), task) {
                // It has died before it heard all: who looks after it finds out why.
                Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
                sent => sent?,
            }
        }
        let shared = Arc::new(Shared::default());
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

    /// The input that was noted last, if any was.
    fn noted(&self) -> Option<Vec<u8>> {
        fs::read(self.folder.note()).ok().map(|note| read_note(&note))
    }

    /// Waits for its end, and says how it died; the input only if it was careful.
    ///
    /// # Errors
    ///
    /// If it could not do its work at all.
    pub fn death(&mut self, target: &Target) -> io::Result<Option<Death>> {
        let status = self.child.wait()?;
        let said = fs::read(self.folder.said()).unwrap_or_default();
        let said = String::from_utf8_lossy(&said).trim().to_owned();
        match status.code() {
            Some(0) => Ok(None),
            Some(_) => Err(io::Error::other(said)),
            None => {
                let seen = format!("{status}: {said}");
                let noted = self.noted();
                Ok(Some(noted.map_or(Death::Unnoted, |input| {
                    Death::Found(Finding::death(target, seen, input))
                })))
            }
        }
    }
}

/// Does what a message from a worker says; `None` if nobody listens.
fn take(
    target: &'static str,
    (tag, fields): (u8, Vec<Vec<u8>>),
    shared: &Shared,
    sender: &Sender<Message>,
) -> Option<()> {
    let text = |field: &[u8]| String::from_utf8_lossy(field).into_owned();
    let message = match (tag, fields.as_slice()) {
        (PULSE, [pulse, features]) => {
            shared.pulse.store(number(pulse), Ordering::Relaxed);
            let features = usize::try_from(number(features)).unwrap_or(usize::MAX);
            shared.features.store(features, Ordering::Relaxed);
            return Some(());
        }
        (LOADED, [pulse]) => Message::Loaded(Instant::now(), number(pulse)),
        (STALLED, [input]) => {
            shared.current().clone_from(input);
            return Some(());
        }
        (KEPT, [input, run]) => Message::Kept(input.clone(), number(run)),
        (FOUND, [kind, place, seen, input]) => {
            let key = Key { target, kind: text(kind), place: text(place) };
            Message::Found(Box::new(Finding { key, seen: text(seen), input: input.clone() }))
        }
        // It is of this program: there are no others.
        _ => return None,
    };
    sender.send(message).ok()
}

fn send_task(mut to: impl Write, task: &Task) -> io::Result<()> {
    for input in &task.inputs {
        write_frame(&mut to, INPUT, &[input])?;
    }
    for key in &task.found {
        write_frame(&mut to, KNOWN, &[key.kind.as_bytes(), key.place.as_bytes()])?;
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
            (KNOWN, [kind, place]) => {
                let text = |field: &[u8]| String::from_utf8_lossy(field).into_owned();
                task.found.insert(Key { target, kind: text(kind), place: text(place) });
            }
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
    let note = task.is_careful.then(|| File::create(note)).transpose()?;
    let (shared, messages) = worker::start(target, task, note)?;
    let told = Arc::clone(&shared);
    thread::Builder::new().spawn(move || {
        let _ = io::copy(&mut from, &mut io::sink());
        told.is_over.store(true, Ordering::Relaxed);
    })?;
    let (mut to, mut last) = (BufWriter::new(to), u64::MAX);
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
                let (kind, place) = (found.key.kind.as_bytes(), found.key.place.as_bytes());
                write_frame(&mut to, FOUND, &[kind, place, found.seen.as_bytes(), &found.input])?;
            }
            Err(_) => {}
        }
        let pulse = shared.pulse.load(Ordering::Relaxed);
        if std::mem::replace(&mut last, pulse) == pulse {
            write_frame(&mut to, STALLED, &[&shared.current()])?;
        }
        let features = shared.features.load(Ordering::Relaxed) as u64;
        write_frame(&mut to, PULSE, &[&pulse.to_le_bytes(), &features.to_le_bytes()])?;
        to.flush()?;
        if matches!(message, Err(RecvTimeoutError::Disconnected)) {
            return Ok(());
        }
    }
}

fn number(field: &[u8]) -> u64 {
    field.try_into().map(u64::from_le_bytes).unwrap_or_default()
}

pub(super) fn write_frame(to: &mut impl Write, tag: u8, fields: &[&[u8]]) -> io::Result<()> {
    to.write_all(&[tag, u8::try_from(fields.len()).unwrap_or(u8::MAX)])?;
    for field in fields {
        to.write_all(&(field.len() as u64).to_le_bytes())?;
        to.write_all(field)?;
    }
    Ok(())
}

/// `None` at the end.
pub(super) fn read_frame(from: &mut impl Read) -> io::Result<Option<(u8, Vec<Vec<u8>>)>> {
    let mut head = [0; 2];
    match from.read_exact(&mut head) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let mut fields = Vec::new();
    for _ in 0..head[1] {
        let mut len = [0; 8];
        from.read_exact(&mut len)?;
        let mut field = Vec::new();
        let len = u64::from_le_bytes(len);
        if from.by_ref().take(len).read_to_end(&mut field)? as u64 != len {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        fields.push(field);
    }
    Ok(Some((head[0], fields)))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;
    use std::time::Duration;

    use super::super::session::{Budget, Event, Place, Session};
    use super::super::toy;
    use super::*;

    fn scratch() -> Folder {
        Folder::new().unwrap()
    }

    #[test]
    fn a_task_goes_in_and_messages_come_out() {
        let mut task = Task { seed: 1, end: 100_000, is_careful: true, ..Task::default() };
        task.inputs.push(b"bug".to_vec());
        let known = Key { target: "buggy", kind: "bug".into(), place: "the word".into() };
        task.found.insert(known);
        let mut sent = Vec::new();
        send_task(&mut sent, &task).unwrap();
        let again = read_task("buggy", sent.as_slice()).unwrap();
        assert_eq!((again.seed, again.first, again.end), (1, 0, 100_000));
        assert_eq!((again.is_careful, &again.inputs), (true, &task.inputs));
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

    /// A program that dies as of a stack overflow; from the second time on it notes an input before.
    fn dying(folder: &Folder) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let program = folder.0.path().join("dying");
        let script = "#!/bin/sh\n\
            [ -e \"$0.again\" ] && printf '\\003\\000\\000\\000abc' >\"$3\"\n\
            touch \"$0.again\"\n\
            echo 'thread has overflowed its stack' >&2\n\
            kill -ABRT $$\n";
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        program
    }

    #[test]
    fn what_kills_a_worker_is_a_finding_with_its_input_and_is_told_once() {
        let folder = scratch();
        let (program, stop) = (dying(&folder), AtomicBool::new(false));
        let session = Session {
            target: &toy::TRIVIAL,
            place: Place::Process(&program),
            seed: 1,
            budget: Budget::Time(Duration::from_secs(60)),
            stop: &stop,
        };
        let (mut found, mut again) = (Vec::new(), 0);
        let run = session.run(Vec::new(), |event| {
            match event {
                Event::Found(finding) => found.push(*finding),
                Event::LostAgain(_) => again += 1,
                Event::Kept(_) | Event::Progress(_) => {}
            }
            Ok::<_, io::Error>(())
        });
        let summary = run.unwrap();
        assert!(summary.is_cut && summary.losses == again + 1);
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].key.kind.as_str(), found[0].input.as_slice()),
            ("stack-overflow", &b"abc"[..])
        );
        assert!(found[0].seen.contains("overflowed"));
    }

    #[test]
    fn a_worker_that_cannot_work_is_an_error() {
        let (program, stop) = (Path::new("/bin/false"), AtomicBool::new(false));
        let session = Session {
            target: &toy::TRIVIAL,
            place: Place::Process(program),
            seed: 1,
            budget: Budget::Runs(1),
            stop: &stop,
        };
        assert!(session.run(Vec::new(), |_| Ok::<_, io::Error>(())).is_err());
    }

    #[test]
    fn what_is_no_task_is_refused() {
        for bytes in [&b""[..], b"x\x00", b"g\x02", b"i\x01\xff\xff\xff\xff\xff\xff\xff\x00abc"] {
            assert!(read_task("t", bytes).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn a_note_is_read_as_far_as_it_goes() {
        assert_eq!(read_note(b"\x02\0\0\0abc"), b"ab");
        assert_eq!(read_note(b"\x09\0\0\0abc"), b"abc");
        assert_eq!(read_note(b""), b"");
    }
}
