//! One case, told from end to end: what `repro` prints.

use std::fmt;

/// What happened in one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Story {
    /// Headings, each with lines.
    pub chapters: Vec<(&'static str, String)>,
    /// Whether it ends as it should.
    pub is_foreseen: bool,
}

/// Width of the headings.
const HEADING: usize = 10;

impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (heading, text) in &self.chapters {
            let mut heading = *heading;
            for line in text.lines() {
                writeln!(f, "{}", format!("{heading:HEADING$}{line}").trim_end())?;
                heading = "";
            }
        }
        Ok(())
    }
}
