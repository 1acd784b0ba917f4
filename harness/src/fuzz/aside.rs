//! What is asked about one input, answered by a process that may die of it.
//!
//! The question goes in as one frame; answers come out as frames, each better than the one before it:
//! the last one counts, whatever becomes of the process.

use std::io::{self, BufReader, ErrorKind, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use super::Target;
use super::frames::{read_frame, write_frame};
use super::minimise;
use super::note;
use super::run::Finding;
use super::session::{Place, TICK};

/// The command that answers, before the target.
pub const ASIDE: &str = "fuzz-aside";

/// Questions, and the answer.
const SHRINK: u8 = b'm';
const DESCRIBE: u8 = b'd';
const ANSWER: u8 = b'a';

/// How long a shorter input is looked for.
const SHRINK_TIME: Duration = Duration::from_secs(30);
/// How long words for an input are looked for.
const DESCRIBE_TIME: Duration = Duration::from_secs(10);

/// The fields of a frame.
type Fields = Vec<Vec<u8>>;

/// The shortest input that a process of this program has for a finding in time, if it is shorter.
///
/// # Errors
///
/// If no process can be had.
pub fn shrunk(
    program: &Path,
    target: &Target,
    finding: &Finding,
    stop: &AtomicBool,
) -> io::Result<Option<Finding>> {
    let answer = ask(program, target, (SHRINK, &finding.fields()), SHRINK_TIME, stop)?;
    Ok(answer.and_then(|fields| Finding::of_fields(target.name, &fields)))
}

/// The words that a process of this program has for an input.
///
/// # Errors
///
/// If no process can be had.
pub fn described(program: &Path, target: &Target, input: &[u8]) -> io::Result<Option<String>> {
    let stop = AtomicBool::new(false);
    let answer = ask(program, target, (DESCRIBE, &[input]), DESCRIBE_TIME, &stop)?;
    Ok(answer.and_then(|fields| fields.first().map(|words| text(words))))
}

/// The inside of such a process: reads a question and answers it.
///
/// # Errors
///
/// If there is no question, or nobody listens.
pub fn serve(target: &Target, mut from: impl Read, mut to: impl Write) -> io::Result<()> {
    let (question, fields) = read_frame(&mut from)?.unwrap_or_default();
    match (question, fields.as_slice()) {
        (SHRINK, fields) if let Some(finding) = Finding::of_fields(target.name, fields) => {
            minimise::shrunk(target, &finding, |better| answer(&mut to, &better.fields()).is_ok());
            Ok(())
        }
        (DESCRIBE, [input]) => {
            answer(&mut to, &[note::describe(target, Place::Thread, input).as_bytes()])
        }
        _ => Err(io::Error::new(ErrorKind::InvalidData, "expected a question from `skewproof`")),
    }
}

fn answer(to: &mut impl Write, fields: &[&[u8]]) -> io::Result<()> {
    write_frame(to, ANSWER, fields)?;
    to.flush()
}

fn text(field: &[u8]) -> String {
    String::from_utf8_lossy(field).into_owned()
}

/// A process that is gone when dropped.
struct Aside(Child);

impl Drop for Aside {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Asks a process, and gives its last answer before it ended, the time was over, or somebody stopped
/// it.
fn ask(
    program: &Path,
    target: &Target,
    (question, fields): (u8, &[&[u8]]),
    time: Duration,
    stop: &AtomicBool,
) -> io::Result<Option<Fields>> {
    if stop.load(Ordering::Relaxed) {
        return Ok(None);
    }
    let mut command = Command::new(program);
    command.args([ASIDE, target.name]).stderr(Stdio::null());
    let mut aside = Aside(command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?);
    let (stdin, stdout) = (aside.0.stdin.take(), aside.0.stdout.take());
    match stdin.map(|mut stdin| write_frame(&mut stdin, question, fields)) {
        // It has died before it heard all: there is no answer.
        Some(Err(error)) if error.kind() != ErrorKind::BrokenPipe => return Err(error),
        _ => {}
    }
    let stdout = stdout.ok_or(ErrorKind::BrokenPipe)?;
    let (sender, answers) = mpsc::channel();
    thread::Builder::new().spawn(move || {
        let mut from = BufReader::new(stdout);
        while let Ok(Some(frame)) = read_frame(&mut from) {
            if sender.send(frame).is_err() {
                return;
            }
        }
    })?;
    let (begun, mut last) = (Instant::now(), None);
    while begun.elapsed() < time && !stop.load(Ordering::Relaxed) {
        match answers.recv_timeout(TICK) {
            Ok((ANSWER, fields)) => last = Some(fields),
            Err(RecvTimeoutError::Disconnected) => break,
            Ok(_) | Err(RecvTimeoutError::Timeout) => {}
        }
    }
    Ok(last)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;

    use super::super::run::replay;
    use super::super::toy;
    use super::*;

    fn served(question: u8, fields: &[&[u8]]) -> Vec<(u8, Fields)> {
        let (mut asked, mut answers) = (Vec::new(), Vec::new());
        write_frame(&mut asked, question, fields).unwrap();
        serve(&toy::BUGGY, asked.as_slice(), &mut answers).unwrap();
        let mut from = answers.as_slice();
        std::iter::from_fn(|| read_frame(&mut from).unwrap()).collect()
    }

    #[test]
    fn the_last_answer_is_the_shortest_input() {
        let finding = replay(&toy::BUGGY, b"bug! and more").unwrap();
        let answers = served(SHRINK, &finding.fields());
        let (tag, fields) = answers.last().unwrap();
        let last = Finding::of_fields(toy::BUGGY.name, fields).unwrap();
        assert!(answers.len() > 1 && *tag == ANSWER, "{answers:?}");
        assert_eq!(last, replay(&toy::BUGGY, b"bug!").unwrap());
    }

    #[test]
    fn an_input_is_described() {
        assert_eq!(served(DESCRIBE, &[&[7]]), [(ANSWER, vec![b"buggy: [7]".to_vec()])]);
    }

    #[test]
    fn what_is_no_question_is_refused() {
        assert!(serve(&toy::BUGGY, &b"x\x00"[..], io::sink()).is_err());
        assert!(serve(&toy::BUGGY, &b""[..], io::sink()).is_err());
    }

    /// A program that answers once, and ends so.
    fn program(folder: &Path, end: &str) -> PathBuf {
        let program = folder.join(end.replace(' ', "-"));
        let answer = r"a\001\000\000\000\003\000\000\000\000\000\000\000abc";
        fs::write(&program, format!("#!/bin/sh\nprintf '{answer}'\n{end}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        program
    }

    #[test]
    fn what_was_answered_counts_even_if_the_process_dies_or_hangs() {
        let (scratch, stop) = (tempfile::tempdir().unwrap(), AtomicBool::new(false));
        let asked = |end: &str, stop: &AtomicBool| {
            let program = program(scratch.path(), end);
            let time = Duration::from_secs(2);
            ask(&program, &toy::BUGGY, (DESCRIBE, &[]), time, stop).unwrap()
        };
        for end in ["kill -ABRT $$", "exec sleep 3600"] {
            assert_eq!(asked(end, &stop), Some(vec![b"abc".to_vec()]), "{end}");
        }
        stop.store(true, Ordering::Relaxed);
        assert_eq!(asked("exec sleep 3601", &stop), None);
    }
}
