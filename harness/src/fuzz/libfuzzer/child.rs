//! A program that is listened to, and that ends when it is told to.

use std::io::{self, BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::fuzz::session::TICK;
use crate::system::{apart, end_group, interrupt_group};

/// How long a program that is interrupted has to end by itself; then it is killed.
const GRACE: Duration = Duration::from_secs(10);

/// Runs a program with all that it starts. Each line of its stderr is handed over, and now and then
/// nothing, so that the listener can look around. Gives whether it ended well; if somebody stops it,
/// it is interrupted as by Ctrl-C, and hardly ever has. What goes on after that is killed.
///
/// # Errors
///
/// Those of the listener, after which the program is interrupted; if it cannot be started.
pub fn run<E: From<io::Error>>(
    command: &mut Command,
    stop: &AtomicBool,
    mut hear: impl FnMut(Option<&str>) -> Result<(), E>,
) -> Result<bool, E> {
    // A group of its own: Ctrl-C comes from us, whoever was meant by it.
    apart(command);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let group = child.id();
    let lines = lines(&mut child)?;
    let (is_broken, is_over) = (AtomicBool::new(false), AtomicBool::new(false));
    let mut outcome = Ok(());
    thread::scope(|scope| {
        // A thread of its own: a listener that takes its time must not keep anything running that
        // somebody has stopped.
        scope.spawn(|| {
            let is_over = || is_over.load(Ordering::Relaxed);
            let is_told = || stop.load(Ordering::Relaxed) || is_broken.load(Ordering::Relaxed);
            wait(|| is_told() || is_over(), Duration::MAX);
            if !is_over() {
                interrupt_group(group);
                if !wait(is_over, GRACE) {
                    end_group(group);
                    // Where there are no groups, the program at least. An error is that of one that is gone.
                    let _ = child.kill();
                }
            }
        });
        loop {
            let heard = match lines.recv_timeout(TICK) {
                Ok(line) => hear(Some(&line)),
                Err(RecvTimeoutError::Timeout) => hear(None),
                Err(RecvTimeoutError::Disconnected) => break,
            };
            if outcome.is_ok() {
                is_broken.store(heard.is_err(), Ordering::Relaxed);
                outcome = heard;
            }
        }
        is_over.store(true, Ordering::Relaxed);
    });
    let status = child.wait()?;
    outcome.map(|()| status.success())
}

/// The lines that a child says to stderr, until all who could say something are gone.
fn lines(child: &mut Child) -> io::Result<Receiver<String>> {
    let (sender, lines) = mpsc::channel();
    if let Some(stderr) = child.stderr.take() {
        thread::Builder::new().spawn(move || {
            for line in BufReader::new(stderr).split(b'\n').map_while(Result::ok) {
                if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                    return;
                }
            }
        })?;
    }
    Ok(lines)
}

/// Waits until something is so, at most for a while; gives whether it is.
fn wait(is_so: impl Fn() -> bool, at_most: Duration) -> bool {
    let begun = Instant::now();
    while !is_so() && begun.elapsed() < at_most {
        thread::sleep(TICK);
    }
    is_so()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn lines_are_heard_and_the_end_is_known() {
        let stop = AtomicBool::new(false);
        let mut heard = Vec::new();
        let mut run = |script| {
            child_run(script, &stop, |line| heard.extend(line.map(str::to_owned))).unwrap()
        };
        assert!(run("echo a >&2; echo unheard; echo b >&2"));
        assert!(!run("echo c >&2; exit 3"));
        assert_eq!(heard, ["a", "b", "c"]);
    }

    fn child_run(
        script: &str,
        stop: &AtomicBool,
        mut hear: impl FnMut(Option<&str>),
    ) -> io::Result<bool> {
        run(&mut shell(script), stop, |line| {
            hear(line);
            Ok::<_, io::Error>(())
        })
    }

    #[test]
    fn who_is_stopped_ends_with_all_that_it_started() {
        let begun = Instant::now();
        let stop = AtomicBool::new(false);
        let script = "sh -c 'echo begun >&2; sleep 600; true'; true";
        let is_good = child_run(script, &stop, |line| {
            if line == Some("begun") {
                stop.store(true, Ordering::Relaxed);
            }
        });
        assert!(!is_good.unwrap());
        assert!(begun.elapsed() < Duration::from_secs(60));
    }

    #[test]
    fn who_is_stopped_does_not_wait_for_the_listener() {
        let scratch = tempfile::tempdir().unwrap();
        let file = scratch.path().join("lives");
        let script = format!("echo a >&2; while :; do echo >>{}; sleep 0.1; done", file.display());
        let stop = AtomicBool::new(false);
        let begun = Instant::now();
        let mut has_ended = false;
        let is_good = child_run(&script, &stop, |_| {
            stop.store(true, Ordering::Relaxed);
            let mut before = None;
            while !has_ended && begun.elapsed() < Duration::from_secs(60) {
                thread::sleep(Duration::from_secs(2));
                let len = file.metadata().unwrap().len();
                has_ended = before.replace(len) == Some(len);
            }
        });
        assert!(is_good.is_ok() && has_ended);
    }

    #[test]
    fn who_does_not_end_when_told_is_killed() {
        let script = "trap '' INT; echo begun >&2; sleep 600; true";
        let stop = AtomicBool::new(false);
        let begun = Instant::now();
        let is_good = child_run(script, &stop, |line| {
            if line == Some("begun") {
                stop.store(true, Ordering::Relaxed);
            }
        });
        assert!(!is_good.unwrap());
        assert!(begun.elapsed() < Duration::from_secs(300));
    }

    #[test]
    fn an_error_of_the_listener_ends_it() {
        let full = |line: Option<&str>| match line {
            Some(_) => Err(io::Error::from(io::ErrorKind::StorageFull)),
            None => Ok(()),
        };
        let stop = AtomicBool::new(false);
        let error = run(&mut shell("echo a >&2; sleep 600"), &stop, full).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }
}
