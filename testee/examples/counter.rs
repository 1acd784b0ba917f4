//! A protocol of its own behind the pipe: a count, which has a step from version 2 on. `docs/testee.md`
//! has what it says.

use std::process::ExitCode;

use serde::{Deserialize, Serialize};
use skewproof_testee::Program;

/// How far somebody has counted, and in which steps.
#[derive(Serialize, Deserialize)]
struct Count {
    count: u32,
    step: u8,
}

fn read(bytes: &[u8], version: i32) -> Result<Count, String> {
    match (version, bytes) {
        (1, &[a, b, c, d]) => Ok(Count { count: u32::from_le_bytes([a, b, c, d]), step: 1 }),
        (2, &[a, b, c, d, step]) => Ok(Count { count: u32::from_le_bytes([a, b, c, d]), step }),
        _ => Err(format!("{} bytes are no count at version {version}", bytes.len())),
    }
}

fn write(it: &Count, version: i32) -> Result<Vec<u8>, String> {
    let count = it.count.to_le_bytes();
    match (version, it.step) {
        (1, 1) => Ok(count.to_vec()),
        (1, step) => Err(format!("version 1 cannot count in steps of {step}")),
        (_, step) => Ok([&count[..], &[step]].concat()),
    }
}

/// The testee, with what it would like to be tried.
pub fn testee() -> Program {
    Program::new("counter", "our tree", "2.0")
        .issues("https://example.org/counter/issues")
        .message_with_values("Count", 1..=2, read, write)
        .sample("Count", "one by one", &Count { count: 7, step: 1 })
        .sample("Count", "in steps", &Count { count: 8, step: 2 })
}

fn main() -> ExitCode {
    testee().serve()
}
