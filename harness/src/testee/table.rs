//! Where testees are kept: a file that names them, with what they are and how they are started.

use serde::Deserialize;
use thiserror::Error;

use super::launch::SECONDS_MAX;
use super::{Launch, NoProgram};
use crate::golden::Digest;

/// A testee in a file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The name of its node.
    pub name: String,
    /// The program and its arguments, as they stand.
    pub command: Vec<String>,
    /// The digest of the program, in hexadecimal; none if it may change.
    #[serde(default)]
    pub sha256: Option<String>,
    /// The release that it is held to; what its hello says if this says nothing.
    #[serde(default)]
    pub stands_for: Option<String>,
    /// Address space of each process, in MiB; 0 for no limit.
    #[serde(default)]
    pub memory_mib: Option<u64>,
    /// Seconds for a question.
    #[serde(default)]
    pub question_s: Option<u64>,
    /// Seconds for its start.
    #[serde(default)]
    pub start_s: Option<u64>,
    /// Processes at the same time.
    #[serde(default)]
    pub processes: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    testee: Vec<Entry>,
}

/// Why an entry, or a file of them, is of no use.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TableError {
    /// It is no TOML, or has members that no testee has.
    #[error("{0}")]
    Unreadable(String),
    /// Two testees have one name.
    #[error("two testees are called {0:?}")]
    Twice(String),
    /// A limit that nothing can keep, or a digest that is none.
    #[error("testee {name:?}: {what}")]
    Impossible {
        /// The testee.
        name: String,
        /// What is wrong.
        what: &'static str,
    },
    /// Its program is none.
    #[error("testee {name:?}: {error}")]
    NoProgram {
        /// The testee.
        name: String,
        /// What is wrong.
        error: NoProgram,
    },
    /// Its program cannot be read, to see whether it is the right one.
    #[error("testee {name:?}: cannot read {program}: {words}")]
    Unread {
        /// The testee.
        name: String,
        /// The program.
        program: String,
        /// What the system says.
        words: String,
    },
    /// Its program is another one than it was.
    #[error(
        "testee {name:?}: {program} is another program than the one that was kept: its sha256 is {actual}, and not {expected}"
    )]
    OtherProgram {
        /// The testee.
        name: String,
        /// The program.
        program: String,
        /// What is there.
        actual: String,
        /// What should be.
        expected: String,
    },
}

/// Reads the text of such a file.
///
/// # Errors
///
/// If it is no TOML of this form.
pub fn read(text: &str) -> Result<Vec<Entry>, TableError> {
    let file: File = toml::from_str(text)
        .map_err(|error| TableError::Unreadable(error.to_string().trim().to_owned()))?;
    for (index, entry) in file.testee.iter().enumerate() {
        if file.testee.iter().take(index).any(|other| other.name == entry.name) {
            return Err(TableError::Twice(entry.name.clone()));
        }
    }
    Ok(file.testee)
}

impl Entry {
    /// How it is started.
    ///
    /// # Errors
    ///
    /// If its program is none, or another than it was.
    pub fn launch(&self) -> Result<Launch, TableError> {
        let name = || self.name.clone();
        if self.question_s == Some(0) || self.start_s == Some(0) || self.processes == Some(0) {
            let what = "seconds and processes are at least 1";
            return Err(TableError::Impossible { name: name(), what });
        }
        let is_long = |seconds: u64| seconds > SECONDS_MAX.as_secs();
        if [self.question_s, self.start_s].into_iter().flatten().any(is_long) {
            let what = "question_s and start_s are at most 86400 seconds, a day";
            return Err(TableError::Impossible { name: name(), what });
        }
        if self.sha256.as_deref().is_some_and(|it| it.parse::<Digest>().is_err()) {
            let what = "a sha256 has 64 hexadecimal digits";
            return Err(TableError::Impossible { name: name(), what });
        }
        let mut launch = Launch::of_words(&self.name, self.command.clone())
            .map_err(|error| TableError::NoProgram { name: name(), error })?;
        if let Some(expected) = &self.sha256 {
            let program = launch.program.clone();
            let bytes = std::fs::read(&program).map_err(|error| TableError::Unread {
                name: name(),
                program: program.clone(),
                words: error.to_string(),
            })?;
            let actual = Digest::of(&bytes).to_string();
            if actual != expected.to_lowercase() {
                let expected = expected.clone();
                return Err(TableError::OtherProgram { name: name(), program, actual, expected });
            }
        }
        let limits = &mut launch.limits;
        if let Some(mib) = self.memory_mib {
            limits.memory = (mib > 0).then_some(mib.saturating_mul(1 << 20));
        }
        let seconds = std::time::Duration::from_secs;
        limits.question = self.question_s.map_or(limits.question, seconds);
        limits.start = self.start_s.map_or(limits.start, seconds);
        limits.processes = self.processes.unwrap_or(limits.processes);
        Ok(launch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn testees_are_read_from_a_file() {
        let entries = read(
            "[[testee]]\nname = \"1.6.2\"\ncommand = [\"sh\", \"-c\", \"exit\"]\n\
             stands_for = \"1.6\"\nmemory_mib = 0\nquestion_s = 2\n",
        );
        let entries = entries.unwrap();
        let launch = entries[0].launch().unwrap();
        assert_eq!(entries[0].stands_for.as_deref(), Some("1.6"));
        assert_eq!((launch.limits.memory, launch.limits.question.as_secs()), (None, 2));
        assert_eq!(launch.arguments, ["-c", "exit"]);
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said() {
        assert!(matches!(read("[[testee"), Err(TableError::Unreadable(_))));
        assert!(matches!(read("[[testee]]\nname = \"a\""), Err(TableError::Unreadable(_))));
        for seconds in ["question_s = 86401", "start_s = 9223372036854775807"] {
            let entry = format!("[[testee]]\nname = \"a\"\ncommand = [\"sh\"]\n{seconds}\n");
            let error = read(&entry).unwrap()[0].launch().unwrap_err().to_string();
            assert!(error.contains("at most 86400 seconds"), "{error}");
        }
        let twice = "[[testee]]\nname = \"a\"\ncommand = []\n".repeat(2);
        assert_eq!(read(&twice), Err(TableError::Twice("a".to_owned())));
        let unknown = "[[testee]]\nname = \"a\"\ncommand = []\nmemory = 3\n";
        let error = read(unknown).unwrap_err().to_string();
        assert!(error.contains("memory"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn another_program_is_not_started() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("old");
        std::fs::write(&program, "#!/bin/sh\n").unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let entry = |sha256: String| Entry {
            name: "old".to_owned(),
            command: vec![program.display().to_string()],
            sha256: Some(sha256),
            stands_for: None,
            memory_mib: None,
            question_s: None,
            start_s: None,
            processes: None,
        };
        let right = Digest::of(b"#!/bin/sh\n").to_string();
        assert!(entry(right.to_uppercase()).launch().is_ok());
        let error = entry("00".repeat(32)).launch().unwrap_err();
        assert!(matches!(&error, TableError::OtherProgram { actual, .. } if *actual == right));
    }
}
