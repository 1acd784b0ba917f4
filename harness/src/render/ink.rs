//! Colours. Whether there are any is the caller's decision: nothing here looks at a terminal.

use std::fmt::Display;

use anstyle::{AnsiColor, Style};

/// Whether text may carry terminal colour codes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Colour {
    /// Plain text.
    #[default]
    Off,
    /// ANSI codes.
    On,
}

/// The roles that have a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    Plain,
    Strong,
    Faint,
    Good,
    Bad,
    Skipped,
}

impl Colour {
    /// `text` in the colour of its role. No text gets no colour: blanks at the end of a line stay
    /// recognisable.
    pub(super) fn paint(self, ink: Ink, text: impl Display) -> String {
        let text = text.to_string();
        let style = match (self, ink) {
            (Self::Off, _) | (_, Ink::Plain) => return text,
            _ if text.is_empty() => return text,
            (_, Ink::Strong) => Style::new().bold(),
            (_, Ink::Faint) => Style::new().dimmed(),
            (_, Ink::Good) => AnsiColor::Green.on_default(),
            (_, Ink::Bad) => AnsiColor::Red.on_default().bold(),
            (_, Ink::Skipped) => AnsiColor::Yellow.on_default(),
        };
        format!("{style}{text}{style:#}")
    }
}
