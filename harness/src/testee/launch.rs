//! How a testee is started, and what it may take.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use thiserror::Error;

/// The longest that anybody waits for a testee: a day.
pub(super) const SECONDS_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// What a testee may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// From its start to its first answer.
    pub start: Duration,
    /// From a question to its answer.
    pub question: Duration,
    /// Bytes of address space of each process; none for no limit. Kept where there is a `sh`.
    pub memory: Option<u64>,
    /// Processes at the same time.
    pub processes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            start: Duration::from_secs(60),
            question: Duration::from_secs(5),
            memory: Some(8 << 30),
            processes: 4,
        }
    }
}

/// A program with its arguments, under the name that its node has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launch {
    /// The name of the node.
    pub name: String,
    /// The program, as it was given.
    pub program: String,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// What it may take.
    pub limits: Limits,
}

/// Why a program cannot be a testee: nothing is wrong with a subject yet.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoProgram {
    /// It is not written as it should be.
    #[error("{given:?} names no testee: {what}")]
    Misnamed {
        /// What was given.
        given: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// There is no such file.
    #[error("there is no program {0}")]
    Missing(String),
    /// It is a folder, or something else that is no file.
    #[error("{0} is no file")]
    NoFile(String),
    /// It is a file that nobody may run.
    #[error("{0} may not be run: set its executable bit, or give its interpreter first")]
    NotExecutable(String),
}

impl Launch {
    /// What `NAME=COMMAND` says, where the command is in words as for a shell.
    ///
    /// # Errors
    ///
    /// If it is not of that form, or there is no such program.
    pub fn parse(given: &str) -> Result<Self, NoProgram> {
        let misnamed = |what| NoProgram::Misnamed { given: given.to_owned(), what };
        let (name, command) =
            given.split_once('=').ok_or_else(|| misnamed("expected NAME=COMMAND"))?;
        let words = shell_words::split(command)
            .map_err(|_| misnamed("a quotation mark in the command has no other end"))?;
        Self::of_words(name, words)
    }

    /// The same of a command that is in words already.
    ///
    /// # Errors
    ///
    /// If the name is none, or there is no such program.
    pub fn of_words(name: &str, words: Vec<String>) -> Result<Self, NoProgram> {
        let misnamed = |what| NoProgram::Misnamed { given: name.to_owned(), what };
        let is_fit = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
        if name.is_empty() || !name.chars().all(is_fit) {
            return Err(misnamed("a name has letters, digits, `.`, `-` and `_`, and nothing else"));
        }
        let mut words = words.into_iter();
        let program = words.next().ok_or_else(|| misnamed("it has no command"))?;
        look_at(&program)?;
        let (name, arguments) = (name.to_owned(), words.collect());
        Ok(Self { name, program, arguments, limits: Limits::default() })
    }

    /// The command that starts it within its memory.
    pub(super) fn command(&self) -> Command {
        let mut command = match self.limits.memory {
            Some(memory) if cfg!(unix) => {
                let mut command = Command::new("/bin/sh");
                let script = format!("ulimit -v {} 2>/dev/null; exec \"$0\" \"$@\"", memory / 1024);
                command.args(["-c", &script, &self.program]);
                command
            }
            _ => Command::new(&self.program),
        };
        command.args(&self.arguments);
        command
    }
}

/// As it would be typed.
impl fmt::Display for Launch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = [&self.program].into_iter().chain(&self.arguments);
        f.write_str(&shell_words::join(words))
    }
}

/// Whether there is a program: at its path, or in a folder of `PATH`.
fn look_at(program: &str) -> Result<(), NoProgram> {
    let path = Path::new(program);
    if path.components().count() > 1 || program.starts_with('.') {
        return match path.metadata() {
            Err(_) => Err(NoProgram::Missing(program.to_owned())),
            Ok(it) if !it.is_file() => Err(NoProgram::NoFile(program.to_owned())),
            Ok(it) if !is_executable(&it) => Err(NoProgram::NotExecutable(program.to_owned())),
            Ok(_) => Ok(()),
        };
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let mut found = std::env::split_paths(&folders).map(|folder: PathBuf| folder.join(program));
    let is_there =
        |path: PathBuf| path.metadata().is_ok_and(|it| it.is_file() && is_executable(&it));
    if cfg!(unix) && !found.any(is_there) {
        return Err(NoProgram::Missing(format!("{program} in PATH")));
    }
    Ok(())
}

fn is_executable(metadata: &std::fs::Metadata) -> bool {
    #[cfg(unix)]
    return std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o111 != 0;
    #[cfg(not(unix))]
    {
        let _ = metadata;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_has_words() {
        let launch = Launch::parse("tree=sh -c 'exit 3' \"a b\"").unwrap();
        assert_eq!((launch.name.as_str(), launch.program.as_str()), ("tree", "sh"));
        assert_eq!(launch.arguments, ["-c", "exit 3", "a b"]);
        assert_eq!(launch.to_string(), "sh -c 'exit 3' 'a b'");
    }

    #[test]
    fn what_is_no_program_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("plain");
        std::fs::write(&file, "").unwrap();
        let of = |program: &Path| Launch::parse(&format!("a={}", program.display())).unwrap_err();
        assert!(matches!(of(folder.path()), NoProgram::NoFile(_)));
        assert!(matches!(of(&file), NoProgram::NotExecutable(_)));
        assert!(matches!(of(&folder.path().join("none")), NoProgram::Missing(_)));
        for given in ["sh", "=sh", "a b=sh", "a/b=sh", "a=", "a='sh"] {
            let error = Launch::parse(given).unwrap_err();
            assert!(matches!(error, NoProgram::Misnamed { .. }), "{given}: {error}");
        }
        assert!(matches!(Launch::parse("a=no-such-program"), Err(NoProgram::Missing(_))));
    }
}
