//! Counts of instructions: the program runs itself once more under callgrind, which writes a sum
//! after each call of [`measured`].

use std::env;
use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

use super::rows::{Call, Row};

/// Set in the process that is counted.
const INSIDE: &str = "SKEWPROOF_COUNTED";
/// Calls before the one that counts: what is made once is made, and the allocator has its bins.
const WARM: usize = 2;

/// The allocator keeps all that is freed in lists by size, which never overflow: what it does for a
/// row does not depend on the rows before.
const ALLOCATOR: &str = "glibc.malloc.tcache_count=4000";

/// What one row takes.
pub struct Count {
    pub ours: u64,
    /// In the order of the row's own.
    pub library: Vec<u64>,
}

/// Whether this process is the one that is counted.
pub fn is_inside() -> bool {
    env::var_os(INSIDE).is_some()
}

/// Calls everything, to be counted.
pub fn go_through(rows: &[Row]) {
    for call in calls(rows) {
        (0..WARM).for_each(|_| call());
        measured(call);
    }
}

fn calls(rows: &[Row]) -> impl Iterator<Item = &Call> {
    rows.iter()
        .flat_map(|row| std::iter::once(&row.ours).chain(row.library.iter().map(|(_, call)| call)))
}

/// What is counted, found by its name.
#[inline(never)]
fn measured(call: &Call) {
    call();
}

/// The instructions of each row, in the order of `rows`.
///
/// # Errors
///
/// Where valgrind is missing, or did not do what was asked.
pub fn count(rows: &[Row], filter: &str) -> io::Result<Vec<Count>> {
    // Its full name: callgrind takes no pattern for what ends a part.
    const MEASURED: &str = "codec::callgrind::measured";
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("counts");
    let output = Command::new("valgrind")
        // Without the environment, whose size moves the stack.
        .env_clear()
        .env("PATH", env::var_os("PATH").unwrap_or_default())
        .env("GLIBC_TUNABLES", ALLOCATOR)
        .env(INSIDE, "1")
        .args(["--tool=callgrind", "--combine-dumps=yes", "--collect-atstart=no"])
        .args(["toggle-collect", "dump-after"].map(|option| format!("--{option}={MEASURED}")))
        .arg(format!("--callgrind-out-file={}", file.display()))
        .arg(env::current_exe()?)
        .arg(filter)
        .output()
        .map_err(|error| io::Error::new(error.kind(), format!("valgrind does not run: {error}")))?;
    if !output.status.success() {
        return Err(io::Error::other(String::from_utf8_lossy(&output.stderr)));
    }
    let text = fs::read_to_string(&file)?;
    fs::remove_file(&file)?;
    let mut totals = text.lines().filter_map(|line| line.strip_prefix("totals: ")?.parse().ok());
    let mut next = || totals.next().ok_or_else(|| io::Error::other("a row was not counted"));
    let counts = rows.iter().map(|row| {
        let ours = next()?;
        let library = row.library.iter().map(|_| next()).collect::<io::Result<_>>()?;
        Ok(Count { ours, library })
    });
    counts.collect()
}
