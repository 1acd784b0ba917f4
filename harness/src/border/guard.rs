//! A program whose releases may abort: it does its work in a process of its own, and when that dies, once
//! more, after each case was tried in a worker.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{self, Command, ExitCode, ExitStatus};

use tempfile::NamedTempFile;

use super::node::Protocol;
use super::screen;
use super::targets::targets;
use crate::fuzz::Target;
use crate::fuzz::process::{WORKER, serve};
use crate::system::{bound_memory, die_with_parent, is_ended_from_outside, is_parent};

/// The variable by which a process knows what it is for, and by whose word: what a node starts inherits it,
/// and is not meant.
const ROLE: &str = "SKEWPROOF_ROLE";
/// It does the work.
const WORKS: &str = "work";
/// The same, after all cases were tried.
const SCREENS: &str = "screen";
/// The same, one case after the other: cases may be too much together of which each is not.
const ALONE: &str = "alone";
/// The variable by which a process knows which file to empty when its work has come to its end: nobody can
/// tell by the exit code, which a node may give as well.
const END: &str = "SKEWPROOF_END";
/// The variable by which `rayon` knows how much it does at the same time.
const THREADS: &str = "RAYON_NUM_THREADS";
/// The exit code of who could not do its work.
const CANNOT: u8 = 2;

/// What a program does at its beginning whose work asks the nodes of a protocol: `work` is done in a
/// process of its own, which is this program again. When a node ends that process, by whatever exit code,
/// each case is tried in a worker, and the work is done once more without those cases: they are verdicts
/// then, as any other. The program serves the workers by this call, too.
///
/// The program and its arguments have to mean the same each time, and `work` has to return: who ends the
/// process in it is taken for a node. [`command::main`](crate::command::main) and
/// [`command::tests`](crate::command::tests) call it themselves.
pub fn guarded<P: Protocol>(work: impl FnOnce() -> ExitCode) -> ExitCode {
    if let Some(code) = served::<P>() {
        return code;
    }
    let Some(role) = role() else {
        return watched().unwrap_or_else(|error| cannot(&error));
    };
    die_with_parent();
    let mark = match mark() {
        Ok(mark) => mark,
        Err(error) => return cannot(&error),
    };
    bound_memory();
    if role != WORKS
        && let Err(error) = env::current_exe().and_then(|program| P::border().screen(&program))
    {
        return ended(&mark, cannot(&error));
    }
    ended(&mark, work())
}

/// What this process is for, if the one that has started it says so.
fn role() -> Option<&'static str> {
    let said = env::var(ROLE).ok()?;
    let (role, watcher) = said.split_once(' ')?;
    let is_meant = watcher.parse().is_ok_and(is_parent);
    [WORKS, SCREENS, ALONE].into_iter().find(|known| is_meant && *known == role)
}

/// Whether this process does one thing after the other.
#[cfg(feature = "command")]
pub(crate) fn is_alone() -> bool {
    role() == Some(ALONE)
}

/// Works as a worker, if that is what this process is for.
pub(crate) fn served<P: Protocol>() -> Option<ExitCode> {
    let arguments: Vec<OsString> = env::args_os().collect();
    let [_, verb, name, note] = arguments.as_slice() else { return None };
    if verb != WORKER {
        return None;
    }
    let target = known::<P>().into_iter().find(|target| *target.name == **name)?;
    let served = serve(&target, Path::new(note), io::stdin(), io::stdout());
    Some(served.map_or_else(|error| cannot(&error), |()| ExitCode::SUCCESS))
}

/// All targets of a protocol, with the one that tries cases.
fn known<P: Protocol>() -> Vec<Target> {
    targets::<P>().into_iter().chain([screen::target::<P>()]).collect()
}

/// Lets another process do the work, and gives its exit code.
fn watched() -> io::Result<ExitCode> {
    let program = env::current_exe()?;
    let tries = [
        (WORKS, "it is done again, after each case was tried in a process of its own"),
        (SCREENS, "no case alone does so, and it is done once more, one case after the other"),
    ];
    for (role, next) in tries {
        match run(&program, role)? {
            Ok(code) => return Ok(code),
            Err(how) => say(&format!("note: a release has ended the process ({how}); {next}")),
        }
    }
    run(&program, ALONE)?.map_err(|how| {
        io::Error::other(format!("the process was ended again ({how}), and no case alone does so"))
    })
}

/// Does the work in another process, and gives its exit code if it came to its end or was told to end;
/// otherwise how it ended.
fn run(program: &Path, role: &str) -> io::Result<Result<ExitCode, ExitStatus>> {
    let end = prepared()?;
    let mut command = Command::new(program);
    command.args(env::args_os().skip(1));
    command.env(ROLE, format!("{role} {}", process::id())).env(END, end.path());
    if role == ALONE {
        command.env(THREADS, "1");
    }
    let status = command.status()?;
    let has_ended = end.as_file().metadata()?.len() == 0;
    match status.code() {
        Some(code) if has_ended => {
            Ok(Ok(u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from)))
        }
        None if is_ended_from_outside(status, false) => Ok(Ok(ExitCode::from(CANNOT))),
        // Who begins takes the name away.
        _ if end.path().exists() => {
            Err(io::Error::other(format!("the process did not begin its work ({status})")))
        }
        _ => Ok(Err(status)),
    }
}

/// A file for the work to empty at its end.
fn prepared() -> io::Result<NamedTempFile> {
    let make = || {
        let mut file = tempfile::Builder::new().prefix("skewproof-").tempfile()?;
        file.write_all(b"works\n")?;
        Ok(file)
    };
    make().map_err(|error: io::Error| {
        let folder = env::temp_dir();
        let problem = format!("cannot make a file in {}: {error}", folder.display());
        io::Error::new(error.kind(), problem)
    })
}

/// The file to empty at the end. It has no name from now on: nobody else touches it, and nothing is left of
/// it however this process ends.
fn mark() -> io::Result<File> {
    let path = PathBuf::from(env::var_os(END).unwrap_or_default());
    let file = File::options().write(true).open(&path)?;
    fs::remove_file(&path)?;
    Ok(file)
}

/// Says that the work of this process has come to its end.
fn ended(mark: &File, code: ExitCode) -> ExitCode {
    mark.set_len(0).map_or_else(|error| cannot(&error), |()| code)
}

fn cannot(error: &io::Error) -> ExitCode {
    say(&format!("error: {error}"));
    ExitCode::from(CANNOT)
}

fn say(words: &str) {
    let _ = writeln!(io::stderr(), "{words}");
}
