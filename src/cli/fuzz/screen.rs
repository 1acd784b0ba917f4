//! How fuzzing goes: one line on stderr, on a terminal only.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::output::Output;
use crate::harness::fuzz::Target;
use crate::harness::fuzz::driver::Pulse;

/// How often the line changes at most, in a second.
const HERTZ: u8 = 4;

/// The line; gone when dropped.
pub struct Screen<'a> {
    bar: ProgressBar,
    targets: &'a [Target],
    time: Option<Duration>,
    /// The last that was heard of each target.
    pulses: Mutex<Vec<Option<Pulse>>>,
}

impl<'a> Screen<'a> {
    /// Begins, for so long if it is known how long.
    pub fn start(output: &Output, targets: &'a [Target], time: Option<Duration>) -> Self {
        let screen = if output.shows_progress() {
            ProgressDrawTarget::stderr_with_hz(HERTZ)
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(None, screen);
        // The template is a constant: if it were wrong, the line would have its default looks.
        if let Ok(style) = ProgressStyle::with_template("{wide_msg}") {
            bar.set_style(style);
        }
        Self { bar, targets, time, pulses: Mutex::new(vec![None; targets.len()]) }
    }

    /// Begins anew: what was before does not count.
    pub fn begin(&self) {
        self.bar.reset_elapsed();
    }

    /// Shows a line.
    pub fn say(&self, line: &str) {
        self.bar.set_message(line.to_owned());
        self.bar.tick();
    }

    /// Shows how one target does.
    pub fn show(&self, pulse: Pulse) {
        if self.bar.is_hidden() {
            return;
        }
        let mut pulses = self.pulses.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = pulses.get_mut(pulse.target) {
            *last = Some(pulse);
        }
        self.say(&self.line(pulse, &pulses));
    }

    fn line(&self, now: Pulse, pulses: &[Option<Pulse>]) -> String {
        let sum = |what: fn(&Pulse) -> u64| pulses.iter().flatten().map(what).sum::<u64>();
        let left = self.time.map(|time| {
            let left = time.saturating_sub(self.bar.elapsed()).as_secs();
            format!(", {}:{:02} left", left / 60, left % 60)
        });
        format!(
            "{} ({} of {}): {} runs, {} per second; {} inputs, {} features; {} findings{}",
            self.targets.get(now.target).map_or("", |target| target.name),
            pulses.iter().flatten().count(),
            self.targets.len(),
            sum(|it| it.summary.executions),
            now.summary.per_second(),
            sum(|it| it.inputs as u64),
            now.summary.features,
            sum(|it| it.findings as u64),
            left.unwrap_or_default(),
        )
    }
}

impl Drop for Screen<'_> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
