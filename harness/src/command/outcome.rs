//! How a command ends: all good, findings, or it could not run.

use std::process::ExitCode;

use thiserror::Error;

use crate::files::Unreadable;
use crate::golden::StoreError;
use crate::program;
use crate::render::printable::printable;

/// A command that ran to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Exit code 0.
    Good,
    /// Something that must hold does not: exit code 1.
    Findings,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Good => Self::SUCCESS,
            Outcome::Findings => Self::from(1),
        }
    }
}

/// Why a command could not do its work, and what the user can do about it: exit code 2.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct CannotRun {
    message: String,
    hint: Option<String>,
}

impl CannotRun {
    /// An error that says what went wrong.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    /// Adds what the user can do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The lines for stderr, whatever was repeated of the input.
    pub fn explain(&self) -> String {
        // Commands that are named are this program's.
        let named = |hint: &String| hint.replace("`skewproof ", &format!("`{} ", program::name()));
        let hint = self.hint.as_ref().map(named);
        let hint = hint.map(|hint| format!("hint: {}\n", printable(&hint)));
        format!("error: {}\n{}", printable(&self.message), hint.unwrap_or_default())
    }
}

impl From<CannotRun> for ExitCode {
    fn from(_: CannotRun) -> Self {
        Self::from(2)
    }
}

impl From<Unreadable> for CannotRun {
    fn from(error: Unreadable) -> Self {
        Self::new(error.to_string())
    }
}

impl From<StoreError> for CannotRun {
    fn from(error: StoreError) -> Self {
        let cannot = Self::new(error.to_string());
        match error {
            StoreError::NoFolder(_) => {
                cannot.hint("run it where the folder `golden` is, or name the folder with --golden")
            }
            StoreError::Manifest { .. } | StoreError::ManifestLost(_) => {
                cannot.hint("restore the manifest from version control")
            }
            _ => cannot,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_what_and_what_to_do() {
        let error = CannotRun::new("no such folder");
        assert_eq!(error.explain(), "error: no such folder\n");
        let error = error.hint("give another");
        assert_eq!(error.explain(), "error: no such folder\nhint: give another\n");
        let error = CannotRun::new("no \x1b[2J\nerror: x").hint("\u{202e}");
        assert_eq!(error.explain(), "error: no \\u{1b}[2J\\nerror: x\nhint: \\u{202e}\n");
    }
}
