//! An argument that is a value itself, names a file that has it, or stands for stdin.

use std::convert::Infallible;
use std::fmt;
use std::io::{self, IsTerminal, Read};
use std::path::PathBuf;
use std::str::FromStr;

use clap::ValueEnum;
use thiserror::Error;

use super::outcome::CannotRun;
use crate::files;

/// The form of encoded bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum BytesForm {
    /// Hexadecimal digits and a line break.
    #[default]
    Hex,
    /// The bytes themselves.
    Raw,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The argument is the value.
    Argument(String),
    /// `@FILE`
    File(PathBuf),
    /// `-`
    Stdin,
}

impl FromStr for Source {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match (text, text.strip_prefix('@')) {
            ("-", _) => Self::Stdin,
            (_, Some(path)) => Self::File(path.into()),
            _ => Self::Argument(text.to_owned()),
        })
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Argument(_) => f.write_str("the argument"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Stdin => f.write_str("stdin"),
        }
    }
}

impl Source {
    /// The bytes that are there, as they are.
    ///
    /// # Errors
    ///
    /// If a file or stdin cannot be read, if stdin is a terminal, or if there are more than
    /// `len_max` bytes.
    pub fn read(&self, len_max: usize) -> Result<Vec<u8>, CannotRun> {
        let bytes = match self {
            Self::Argument(text) => text.clone().into_bytes(),
            Self::File(path) => {
                let file = files::open(path).map_err(|error| self.unreadable(&error))?;
                self.read_all(file, len_max)?
            }
            Self::Stdin if io::stdin().is_terminal() => {
                return Err(CannotRun::new("there is nothing on stdin to read")
                    .hint("give the value as an argument, as `@FILE`, or through a pipe"));
            }
            Self::Stdin => self.read_all(io::stdin().lock(), len_max)?,
        };
        if bytes.len() > len_max {
            return Err(CannotRun::new(format!("{self} has more than {len_max} bytes"))
                .hint("no message is this long"));
        }
        Ok(bytes)
    }

    /// The text that is there.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read), and if it is not UTF-8.
    pub fn read_text(&self, len_max: usize) -> Result<String, CannotRun> {
        String::from_utf8(self.read(len_max)?).map_err(|error| {
            let offset = error.utf8_error().valid_up_to();
            CannotRun::new(format!("{self} is not text: byte {offset} is not UTF-8"))
        })
    }

    /// The bytes that are there as hexadecimal digits, with white space anywhere between bytes.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read), and if they are not hexadecimal digits. `len_max` counts bytes, not
    /// digits.
    pub fn read_hex(&self, len_max: usize) -> Result<Vec<u8>, CannotRun> {
        // Room for two digits, a blank and a line break for each byte.
        let digits = self.read(len_max.saturating_mul(4))?;
        let bytes = parse_hex(&digits).map_err(|error| {
            CannotRun::new(format!("{self} is not hexadecimal: {error}"))
                .hint("give two digits for each byte, or `@FILE` to read a file")
        })?;
        if bytes.len() > len_max {
            return Err(CannotRun::new(format!("{self} has more than {len_max} bytes")));
        }
        Ok(bytes)
    }

    /// The bytes that are there in this form.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read) and [`read_hex`](Self::read_hex); and if an argument is to be raw.
    pub fn read_bytes(&self, form: BytesForm, len_max: usize) -> Result<Vec<u8>, CannotRun> {
        match (self, form) {
            (Self::Argument(_), BytesForm::Raw) => {
                Err(CannotRun::new("an argument is hexadecimal digits, and never raw bytes")
                    .hint("give raw bytes as `@FILE`, or through a pipe"))
            }
            (_, BytesForm::Raw) => self.read(len_max),
            (_, BytesForm::Hex) => self.read_hex(len_max),
        }
    }

    /// Reads to the end, but not far beyond the limit.
    fn read_all(&self, reader: impl Read, len_max: usize) -> Result<Vec<u8>, CannotRun> {
        let mut bytes = Vec::new();
        let limit = u64::try_from(len_max).unwrap_or(u64::MAX).saturating_add(1);
        reader.take(limit).read_to_end(&mut bytes).map_err(|error| self.unreadable(&error))?;
        Ok(bytes)
    }

    fn unreadable(&self, error: &io::Error) -> CannotRun {
        let cannot = CannotRun::new(format!("cannot read {self}: {error}"));
        match error.kind() {
            io::ErrorKind::NotFound => cannot.hint("check the path behind the `@`"),
            _ => cannot,
        }
    }
}

/// What is wrong with hexadecimal digits. Positions count bytes of the text, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
enum HexError {
    #[error("{found:?} at position {position} is no digit")]
    NotADigit { found: char, position: usize },
    #[error("the byte that begins at position {position} has only one digit")]
    HalfByte { position: usize },
}

fn parse_hex(text: &[u8]) -> Result<Vec<u8>, HexError> {
    let mut bytes = Vec::with_capacity(text.len() / 2);
    let mut first: Option<(usize, u8)> = None;
    for (position, &character) in text.iter().enumerate() {
        if character.is_ascii_whitespace() {
            continue;
        }
        let found = char::from(character);
        let digit = found.to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let digit = digit.ok_or(HexError::NotADigit { found, position })?;
        match first.take() {
            None => first = Some((position, digit)),
            Some((_, high)) => bytes.push(high << 4 | digit),
        }
    }
    match first {
        None => Ok(bytes),
        Some((position, _)) => Err(HexError::HalfByte { position }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        text.parse().unwrap()
    }

    #[test]
    fn an_argument_has_three_forms() {
        assert_eq!(source("-"), Source::Stdin);
        assert_eq!(source("@a/b.json"), Source::File("a/b.json".into()));
        assert_eq!(source("{\"a\": 1}"), Source::Argument("{\"a\": 1}".into()));
        assert_eq!(source(""), Source::Argument(String::new()));
    }

    #[test]
    fn hex_may_have_gaps() {
        assert_eq!(source("00 fF\n10").read_hex(3), Ok(vec![0x00, 0xff, 0x10]));
        assert_eq!(source("").read_hex(3), Ok(Vec::new()));
    }

    #[test]
    fn what_is_wrong_with_hex_has_a_position() {
        let message = |text| source(text).read_hex(9).unwrap_err().to_string();
        assert_eq!(
            message("00 0x"),
            "the argument is not hexadecimal: 'x' at position 4 is no digit"
        );
        let half = "the argument is not hexadecimal: the byte that begins at position 3 has only one digit";
        assert_eq!(message("00 1"), half);
    }

    #[test]
    fn what_is_too_long_is_refused_in_every_form() {
        assert_eq!(source("abc").read(3).map(|bytes| bytes.len()), Ok(3));
        assert_eq!(
            source("abcd").read(3).unwrap_err().to_string(),
            "the argument has more than 3 bytes"
        );
        assert!(source("00010203").read_hex(3).is_err());
        let this = source(concat!("@", env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"));
        assert!(this.read(10).unwrap_err().to_string().ends_with("has more than 10 bytes"));
        assert!(this.read_text(1 << 20).unwrap().contains("[package]"));
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = source("@no/such.json").read(10).unwrap_err().explain();
        assert!(error.starts_with("error: cannot read no/such.json: "), "{error}");
        assert!(error.contains("hint: check the path"), "{error}");
    }
}
