//! How fuzzing goes: one line on stderr, on a terminal only.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::command::output::Output;
use crate::fuzz::Target;
use crate::fuzz::driver::Pulse;

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
        let end = match self.time {
            Some(time) => {
                let left = time.saturating_sub(self.bar.elapsed()).as_secs();
                format!("{}:{:02} left", left / 60, left % 60)
            }
            None => format!("{} runs", short(sum(|it| it.summary.executions))),
        };
        format!(
            "{} {}/{}: {}/s, {} inputs, {} features, {} findings, {end}",
            self.targets.get(now.target).map_or("", |target| target.name),
            pulses.iter().flatten().count(),
            self.targets.len(),
            short(now.summary.per_second()),
            short(sum(|it| it.inputs as u64)),
            short(now.summary.features as u64),
            sum(|it| it.findings as u64),
        )
    }
}

/// A number in a few characters: `9999`, `12k`, `230M`.
fn short(number: u64) -> String {
    let units = [(1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")];
    match units.into_iter().find(|(unit, _)| number >= 10 * unit) {
        Some((unit, sign)) => format!("{}{sign}", number / unit),
        None => number.to_string(),
    }
}

impl Drop for Screen<'_> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::output::ColourChoice;
    use crate::fuzz::session::Summary;
    use crate::fuzz::toy;

    #[test]
    fn the_line_fits_a_terminal_of_80_columns() {
        let targets = &[Target { name: "differential", ..toy::BUGGY }; 9];
        let longest = (0..targets.len()).max_by_key(|index| targets[*index].name.len()).unwrap();
        let (executions, second) = (9_876_543_210, Duration::from_secs(10_000));
        let summary = Summary { executions, time: second, features: 65_536, ..Summary::default() };
        let pulse = Pulse { target: longest, summary, inputs: 25_631, findings: 12 };
        for time in [Some(Duration::from_secs(600 * 60 - 1)), None] {
            let screen = Screen::start(&Output::new(ColourChoice::Never), targets, time);
            let line = screen.line(pulse, &vec![Some(pulse); targets.len()]);
            assert!(line.len() < 80, "{line}");
            assert!(
                line.contains("987k/s, ") && line.contains("k features, 108 findings, "),
                "{line}"
            );
        }
    }

    #[test]
    fn numbers_are_short() {
        let shown = [0, 9_999, 10_000, 9_999_999, 10_000_000, 25_000_000_000].map(short);
        assert_eq!(shown, ["0", "9999", "10k", "9999k", "10M", "25G"]);
    }
}
