//! How a command ends: all good, findings, or it could not run.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use thiserror::Error;

use crate::files::Unreadable;
use crate::golden::StoreError;
use crate::program;
use crate::render::fold::paragraph_of;
use crate::render::printable::printable;

/// A command that ran to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Exit code 0.
    Good,
    /// Something that must hold does not: exit code 1.
    Findings,
}

/// The exit code of a command, after stderr has been told why it could not run.
pub fn ended(result: Result<Outcome, CannotRun>) -> ExitCode {
    let error = match result {
        Ok(outcome) => return outcome.into(),
        Err(error) => error,
    };
    let mut stderr = io::stderr();
    let text = error.explain();
    let text = if stderr.is_terminal() { on_a_terminal(&text) } else { text };
    // Who closed it wants to know nothing.
    let _ = stderr.write_all(text.as_bytes());
    error.into()
}

/// Lines that fit a terminal. A command stays in one piece, to be pasted.
fn on_a_terminal(text: &str) -> String {
    let mut folded = String::new();
    for line in text.lines() {
        let (first, words) = line.split_once(' ').unwrap_or((line, ""));
        paragraph_of(&mut folded, &format!("{first} "), 2, pieces(words));
    }
    folded
}

/// Words, and what stands between two backticks as one of them.
fn pieces(words: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    for word in words.split(' ') {
        match pieces.last_mut().filter(|piece| piece.matches('`').count() % 2 == 1) {
            Some(begun) => *begun = format!("{begun} {word}"),
            None => pieces.push(word.to_owned()),
        }
    }
    pieces
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

    #[test]
    fn on_a_terminal_an_error_is_folded_and_a_command_is_not() {
        let command = format!("`skewproof check {}`", "x".repeat(60));
        let error =
            CannotRun::new("word ".repeat(40).trim_end()).hint(format!("try {command} now"));
        let text = on_a_terminal(&error.explain());
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert!(text.starts_with("error: word word") && text.contains("\n  word"), "{text}");
        assert!(text.ends_with(&format!("hint: try\n  {command}\n  now\n")), "{text}");
    }
}
