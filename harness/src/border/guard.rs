//! A program whose releases may abort: it does its work in a process of its own, and when that dies, once
//! more, after each case was tried in a worker.

use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus};

use super::node::Protocol;
use super::screen;
use super::targets::targets;
use crate::fuzz::Target;
use crate::fuzz::process::{WORKER, serve};
use crate::system::{bound_memory, die_with_parent, is_ended_from_outside};

/// The variable by which a process knows what it is for.
const ROLE: &str = "SKEWPROOF_ROLE";
/// It does the work.
const WORKS: &str = "work";
/// The same, after all cases were tried.
const SCREENS: &str = "screen";
/// The exit code of who could not do its work.
const CANNOT: u8 = 2;

/// What a program does at its beginning whose work asks the nodes of a protocol: `work` is done in a
/// process of its own, which is this program again. When a node ends that process, each case is tried in a
/// worker, and the work is done once more without those cases: they are verdicts then, as any other. The
/// program serves the workers by this call, too.
///
/// The program and its arguments have to mean the same each time. [`command::main`](crate::command::main)
/// and [`command::tests`](crate::command::tests) call it themselves.
pub fn guarded<P: Protocol>(work: impl FnOnce() -> ExitCode) -> ExitCode {
    if let Some(code) = served::<P>() {
        return code;
    }
    let role = env::var(ROLE).unwrap_or_default();
    if role != WORKS && role != SCREENS {
        return watched().unwrap_or_else(|error| cannot(&error));
    }
    die_with_parent();
    bound_memory();
    if role == SCREENS
        && let Err(error) = env::current_exe().and_then(|program| P::border().screen(&program))
    {
        return cannot(&error);
    }
    work()
}

/// Works as a worker, if that is what this process is for.
fn served<P: Protocol>() -> Option<ExitCode> {
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
    let first = run(&program, WORKS)?;
    if let Some(code) = code(first) {
        return Ok(code);
    }
    say(&format!(
        "note: a release has ended the process ({first}); it is done again, after each case was tried in \
         a process of its own"
    ));
    let again = run(&program, SCREENS)?;
    code(again).ok_or_else(|| {
        io::Error::other(format!(
            "the process was ended again ({again}), and no case alone does so"
        ))
    })
}

fn run(program: &PathBuf, role: &str) -> io::Result<ExitStatus> {
    Command::new(program).args(env::args_os().skip(1)).env(ROLE, role).status()
}

/// The exit code of a process that came to its end, or was told to end.
fn code(status: ExitStatus) -> Option<ExitCode> {
    match status.code() {
        Some(code) => Some(u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from)),
        None => is_ended_from_outside(status, false).then_some(ExitCode::from(CANNOT)),
    }
}

fn cannot(error: &io::Error) -> ExitCode {
    say(&format!("error: {error}"));
    ExitCode::from(CANNOT)
}

fn say(words: &str) {
    let _ = writeln!(io::stderr(), "{words}");
}
