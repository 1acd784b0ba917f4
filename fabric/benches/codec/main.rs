//! Speed of the codecs: instructions of each message, beside the bare library on the same struct.
//!
//! `cargo bench --bench codec` counts by callgrind, which does not depend on what else the machine
//! does, and measures time in turns. The library's structs are in [`twins`] and [`trees`]; that both
//! make the same bytes is asserted before anything is measured. docs/speed.md has the rest.

#![allow(clippy::expect_used, reason = "a benchmark that cannot run has to stop")]
#![allow(missing_docs, reason = "fields of messages")]

mod callgrind;
mod kept;
mod log;
mod pairs;
mod rows;
mod suite;
mod times;
#[allow(clippy::large_enum_variant, reason = "the large one is the usual one")]
mod trees;
mod twins;

use std::process::ExitCode;

use callgrind::Count;
use rows::Row;
use serde_json::json;

/// Where the samples look for it.
use skewproof_fabric as fabric;

/// What was asked for.
#[derive(Default)]
struct Arguments {
    /// Only rows with this text in their name.
    filter: String,
    /// Where the table goes as JSON.
    json: Option<String>,
    /// Compare with the counts that are kept.
    is_check: bool,
    /// Keep the counts.
    is_accept: bool,
}

impl Arguments {
    fn read() -> Self {
        let (mut read, mut arguments) = (Self::default(), std::env::args().skip(1));
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--json" => read.json = arguments.next(),
                "--check" => read.is_check = true,
                "--accept" => read.is_accept = true,
                // Cargo says that it is a benchmark.
                "--bench" => {}
                _ => read.filter = argument,
            }
        }
        if read.is_check || read.is_accept {
            // Of all rows, or those that are gone would not be seen.
            read.filter.clear();
        }
        read
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::read();
    let rows = rows::rows(&arguments.filter);
    if callgrind::is_inside() {
        callgrind::go_through(&rows);
        return ExitCode::SUCCESS;
    }
    let counts = match callgrind::count(&rows, &arguments.filter) {
        Ok(counts) => counts,
        Err(error) => {
            eprintln!("instructions cannot be counted: {error}");
            return ExitCode::from(2);
        }
    };
    if arguments.is_check || arguments.is_accept {
        return kept::compare(&rows, &counts, arguments.is_accept);
    }
    let lines: Vec<Line> =
        rows.iter().zip(&counts).map(|(row, count)| Line::of(row, count)).collect();
    print(&lines);
    if let Some(path) = &arguments.json {
        let lines: Vec<_> = lines.iter().map(Line::to_json).collect();
        // Cargo starts it in the folder of the package; who names a file is in that of the project.
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
        if let Err(error) = std::fs::write(&path, format!("{:#}\n", json!(lines))) {
            eprintln!("{}: {error}", path.display());
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

/// One line of the table.
struct Line<'a> {
    row: &'a Row,
    ours: u64,
    library: Option<Library>,
}

/// The fastest way of the library.
struct Library {
    way: &'static str,
    instructions: u64,
    /// Of ours to it.
    ratio: f64,
    /// The same, of the time.
    time: f64,
}

impl<'a> Line<'a> {
    fn of(row: &'a Row, count: &Count) -> Self {
        let ways = row.library.iter().zip(&count.library);
        let library = ways.min_by_key(|(_, count)| **count).map(|((way, call), &instructions)| {
            let ratio = count.ours as f64 / instructions as f64;
            Library { way, instructions, ratio, time: times::ratio(&row.ours, call) }
        });
        Self { row, ours: count.ours, library }
    }

    fn to_json(&self) -> serde_json::Value {
        let library = self.library.as_ref().map(|library| {
            let Library { way, instructions, ratio, time } = library;
            json!({ "way": way, "instructions": instructions, "ratio": ratio, "time_ratio": time })
        });
        let Row { name, len, .. } = self.row;
        json!({ "row": name, "bytes": len, "instructions": self.ours, "library": library })
    }
}

fn print(lines: &[Line<'_>]) {
    println!(
        "{:<58} {:>7} {:>9} {:>9} {:>6} {:>6}  fastest way of the library",
        "instructions", "bytes", "ours", "library", "ratio", "time"
    );
    for Line { row, ours, library } in lines {
        print!("{:<58} {:>7} {ours:>9}", row.name, row.len);
        match library {
            Some(Library { way, instructions, ratio, time }) => {
                println!(" {instructions:>9} {ratio:>6.2} {time:>6.2}  {way}");
            }
            None => println!(),
        }
    }
    let compared = lines.iter().filter_map(|line| Some((line, line.library.as_ref()?)));
    let (all, above) = compared.clone().fold((0, 0), |(all, above), (_, library)| {
        (all + 1, above + usize::from(library.ratio > 1.0))
    });
    if let Some((line, library)) = compared.max_by(|a, b| a.1.ratio.total_cmp(&b.1.ratio)) {
        let Library { way, ratio, .. } = library;
        println!(
            "{above} of {all} rows take more than the library; worst: {}, {ratio:.2} of {way}",
            line.row.name
        );
    }
}
