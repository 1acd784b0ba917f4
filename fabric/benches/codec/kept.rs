//! The counts of the last change that moved them, in `counts.txt` beside this file, and whether one
//! has grown since.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use super::callgrind::Count;
use super::rows::Row;

/// How much a count may grow before somebody has to say that it may.
const GROWTH_MAX: f64 = 1.05;
/// The row that tells machines apart: what the C library takes for a copy.
const COPY: &str = "a copy of 10 KiB";

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("benches/codec/counts.txt")
}

/// The compiler; counts of different ones are not compared.
fn compiler() -> String {
    let output = Command::new("rustc").arg("--version").output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    format!("{} {}", text.unwrap_or_default(), std::env::consts::ARCH)
}

/// Compares with the counts that are kept, or keeps these.
pub fn compare(rows: &[Row], counts: &[Count], is_accept: bool) -> ExitCode {
    let new: BTreeMap<&str, u64> =
        rows.iter().zip(counts).map(|(row, count)| (row.name.as_str(), count.ours)).collect();
    let compiler = compiler();
    let text = fs::read_to_string(path()).unwrap_or_default();
    let old = Kept::read(&text);
    let (mut grown, mut fallen) = (Vec::new(), 0);
    for (name, count) in &new {
        match old.counts.get(name) {
            Some(was) if *count as f64 > *was as f64 * GROWTH_MAX => {
                grown.push(format!("{name}: {was} -> {count}, {:.2}", *count as f64 / *was as f64));
            }
            Some(was) => fallen += usize::from((*count as f64) * GROWTH_MAX < *was as f64),
            None => grown.push(format!("{name}: {count}, which is not kept")),
        }
    }
    let gone = old.counts.keys().filter(|name| !new.contains_key(*name));
    grown.extend(gone.map(|name| format!("{name}: kept, and not measured")));
    if is_accept {
        let mut text = format!("{compiler}\n");
        new.iter().for_each(|(name, count)| text += &format!("{count:>9}  {name}\n"));
        fs::write(path(), text).expect("the folder can be written");
        println!("{} counts kept", new.len());
        return ExitCode::SUCCESS;
    }
    let copies = old.counts.get(COPY).zip(new.get(COPY));
    let is_like = copies.is_some_and(|(was, is)| was.abs_diff(*is) * 20 < *was);
    if old.compiler != compiler || !is_like {
        println!("not compared: this is {compiler}, and the counts are of {}", old.compiler);
        println!("{COPY}, kept and counted: {copies:?}");
        return ExitCode::SUCCESS;
    }
    grown.iter().for_each(|line| println!("{line}"));
    println!(
        "{} rows, {} grown by more than 5 %, {fallen} fallen by as much",
        new.len(),
        grown.len()
    );
    if grown.is_empty() {
        return ExitCode::SUCCESS;
    }
    println!(
        "If that is meant: cargo bench --bench codec -- --accept, and say in the commit why. \
         If not: cargo bench --bench codec -- ROW shows a row beside the library."
    );
    ExitCode::FAILURE
}

/// What is in the file.
struct Kept<'a> {
    compiler: &'a str,
    counts: BTreeMap<&'a str, u64>,
}

impl<'a> Kept<'a> {
    fn read(text: &'a str) -> Self {
        let (compiler, rows) = text.split_once('\n').unwrap_or_default();
        let row = |line: &'a str| {
            let (count, name) = line.trim_start().split_once("  ")?;
            Some((name, count.parse().ok()?))
        };
        Self { compiler, counts: rows.lines().filter_map(row).collect() }
    }
}
