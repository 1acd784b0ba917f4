//! How anything is tested: verdicts, reports of them, and the boundary that turns a panic into a
//! value.
//!
//! Knows no protocol. What is checked, and against what, is the suite's business; here is what an
//! answer looks like and how answers are gathered and shown. Results are values; the renderers
//! only read them.
//!
//! ```
//! use skewproof_harness::render::text::{TextOptions, render};
//! use skewproof_harness::report::Report;
//! use skewproof_harness::verdict::{CaseId, Verdict};
//!
//! let mut report = Report::new("round trips");
//! let case = CaseId::from_segments(["roundtrip", "1.7", "V3", "Ping"]);
//! report.grid("messages").record("Ping", "1.7", &case, Verdict::Pass);
//! assert!(report.is_ok());
//! assert!(render(&report, &TextOptions::default()).ends_with("1 passed, 0 failed, 0 skipped\n"));
//! ```

pub mod border;
pub mod boundary;
pub mod cases;
pub mod causes;

#[cfg(feature = "command")]
pub mod command;
pub mod comparison;
pub mod expected;
pub mod files;
pub mod fuzz;
pub mod gates;
pub mod golden;
mod grid;
pub mod history;
pub mod json;
mod labels;
pub mod pair;
pub mod program;
pub mod render;
pub mod report;
pub mod requirement;
pub mod selection;
pub mod skew;
pub mod story;
pub mod system;
pub mod table;
pub mod testee;
pub mod upgrade;
pub mod verdict;
pub mod version;
