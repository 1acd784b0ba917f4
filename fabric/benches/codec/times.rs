//! Time, measured in turns: whatever else the machine does slows both sides.

use std::time::{Duration, Instant};

use super::rows::Call;

/// Turns of each side, and how long a turn takes: less than what a scheduler gives at once.
const TURNS: usize = 60;
const TURN: Duration = Duration::from_micros(300);

/// What a call takes, as a ratio to another: of the turns, the ones that nothing disturbed.
pub fn ratio(ours: &Call, library: &Call) -> f64 {
    let (mut least, mut least_of_library) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..TURNS {
        least = least.min(nanoseconds(ours));
        least_of_library = least_of_library.min(nanoseconds(library));
    }
    least / least_of_library
}

/// What one call takes, over one turn.
fn nanoseconds(call: &Call) -> f64 {
    let start = Instant::now();
    let mut calls = 0;
    while start.elapsed() < TURN {
        (0..8).for_each(|_| call());
        calls += 8;
    }
    start.elapsed().as_nanos() as f64 / f64::from(calls)
}
