//! A testee: your implementation of a protocol behind a pipe, where `skewproof` holds it against every
//! release. It reads questions from standard input and answers on standard output, a line of JSON each;
//! `docs/testee.md` of the project specifies them.
//!
//! [`Program`] is the usual case: a row for each message, with a function that reads it and one that
//! writes it. What is read is written again, and other releases say what they make of that:
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! use skewproof_testee::Program;
//!
//! /// How far somebody has counted. The step is there from version 2 on.
//! struct Count {
//!     count: u32,
//!     step: u8,
//! }
//!
//! fn read(bytes: &[u8], version: i32) -> Result<Count, String> {
//!     match (version, bytes) {
//!         (1, &[a, b, c, d]) => Ok(Count { count: u32::from_le_bytes([a, b, c, d]), step: 1 }),
//!         (2, &[a, b, c, d, step]) => Ok(Count { count: u32::from_le_bytes([a, b, c, d]), step }),
//!         _ => Err(format!("{} bytes are no count at version {version}", bytes.len())),
//!     }
//! }
//!
//! fn write(it: &Count, version: i32) -> Result<Vec<u8>, String> {
//!     let mut bytes = it.count.to_le_bytes().to_vec();
//!     match (version, it.step) {
//!         (1, 1) => {}
//!         (1, step) => return Err(format!("version 1 cannot count in steps of {step}")),
//!         (_, step) => bytes.push(step),
//!     }
//!     Ok(bytes)
//! }
//!
//! fn main() -> ExitCode {
//!     Program::new("counter", "our tree", "2.0")
//!         .issues("https://example.org/counter/issues")
//!         .message("Count", 1..=2, read, write)
//!         .serve()
//! }
//! ```
//!
//! [`Program::message_with_values`] gives and takes values, which are compared field by field; for that
//! the type has the derives of `serde`. Who needs more, such as sessions, writes a [`Testee`] and
//! [`serve`]s it.
//!
//! ## What a testee need not do
//!
//! An error of a codec is a refusal, and is judged as one. A panic is caught, told with its place, and
//! the testee lives on: its state is what the panic left. A stack overflow, an abort, an endless loop
//! and a build with `panic = "abort"` end the process: the harness charges that to the one question, and
//! starts it again.
//!
//! Standard output belongs to the protocol. A line there that is no JSON object is passed over by the
//! harness, and shown with what the program said, so that a stray `println!` does no harm; one without
//! an end of line does, because the answer follows on the same line. Standard error is yours.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod hex;
mod program;
mod question;
mod serve;
mod testee;

pub use self::program::Program;
pub use self::serve::{serve, serve_on};
pub use self::testee::{
    At, Change, Content, Deed, Hello, Input, Message, Moved, No, Opening, Payload, Role, Sample,
    Span, State, Testee, Told, Verb,
};
