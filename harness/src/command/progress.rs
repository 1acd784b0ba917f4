//! Progress on stderr: only on a terminal, and only if the work takes longer than a moment.

use std::sync::Once;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output::Output;

/// Work that is done sooner shows nothing.
const DELAY: Duration = Duration::from_secs(1);

/// Progress of one piece of work. Several threads may report to it; it is gone when dropped.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    is_wanted: bool,
    shown: Once,
}

impl Progress {
    /// Begins work of `total` steps, named by a word or two.
    pub fn start(output: &Output, what: &'static str, total: u64) -> Self {
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::hidden());
        // The template is a constant: if it were wrong, the bar would have its default looks.
        if let Ok(style) = ProgressStyle::with_template("{msg} [{bar:40}] {pos} of {len}") {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_message(what);
        Self { bar, is_wanted: output.shows_progress(), shown: Once::new() }
    }

    /// Reports that so many steps more are done.
    pub fn advance(&self, steps: u64) {
        self.show();
        self.bar.inc(steps);
    }

    /// Reports how many steps are done, and how many there are.
    pub fn reach(&self, done: u64, total: u64) {
        self.show();
        self.bar.set_length(total);
        self.bar.set_position(done);
    }

    fn show(&self) {
        if self.is_wanted && self.bar.elapsed() >= DELAY {
            self.shown.call_once(|| self.bar.set_draw_target(ProgressDrawTarget::stderr()));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
