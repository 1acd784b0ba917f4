//! What the commands take for the worst input that is known, from a KiB to 32 MiB: seconds of one core,
//! and memory for each byte of input. Both grow in proportion; 32 MiB are answered in ten seconds, and
//! 1 MiB are compared in two. Exits with 1 where that is not so.
//!
//! `cargo bench --bench doors -- 1024` stops at 1024 KiB.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot run has to stop")]

use std::process::ExitCode;
use std::time::Instant;

mod shapes;

/// Bytes of memory for an input of any length.
const MEMORY_FLOOR: usize = 1 << 20;
/// Seconds for 32 MiB.
const SECONDS_MAX: f64 = 10.0;
/// And for 1 MiB, where two are compared.
const SECONDS_MAX_SHORT: f64 = 2.0;

fn main() -> ExitCode {
    let most = std::env::args().find_map(|argument| argument.parse::<usize>().ok());
    let most = most.map_or(usize::MAX, |kib| kib << 10);
    let mut is_good = true;
    println!("{:<27} {:>9} {:>9} {:>9} {:>8}", "", "KiB", "seconds", "MiB", "per byte");
    for shape in shapes::SHAPES {
        for len in [1 << 10, 32 << 10, 1 << 20, 32 << 20] {
            if len > shape.len_max.min(most) {
                continue;
            }
            let ask = (shape.ask)(len);
            let begun = Instant::now();
            let memory = allocation_counter::measure(ask).bytes_max as usize;
            let seconds = begun.elapsed().as_secs_f64();
            let is_short = shape.len_max < 32 << 20;
            let is_slow = seconds > if is_short { SECONDS_MAX_SHORT } else { SECONDS_MAX };
            let is_large = memory > shape.memory * len + MEMORY_FLOOR;
            let mark = match (is_slow, is_large) {
                (false, false) => "",
                (true, _) => "  too slow",
                (_, true) => "  too much",
            };
            println!(
                "{:<27} {:>9} {seconds:>9.3} {:>9} {:>8.1}{mark}",
                shape.name,
                len >> 10,
                memory >> 20,
                memory as f64 / len as f64,
            );
            is_good &= !is_slow && !is_large;
        }
    }
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
