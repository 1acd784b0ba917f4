//! The history of runs, shown: as text, as a page with plots, as a site of pages that link each
//! other, and as a badge.

mod badge;
mod page;
mod plot;
mod site;
mod text;

pub use self::badge::badge;
pub use self::page::page;
pub use self::site::{is_of_site, site};
pub use self::text::text;
use crate::history::{Better, Entry, Measure};

/// A number as it is written: whole ones without a point.
fn number(value: f64) -> String {
    if value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.1}") }
}

/// The value of a run, or a sign that there is none.
fn value_of(measure: &Measure, entry: &Entry) -> String {
    (measure.of)(entry).map_or_else(|| "·".to_owned(), number)
}

/// What became of a number between two runs.
fn change(measure: &Measure, first: f64, last: f64) -> &'static str {
    match (measure.better, first.partial_cmp(&last)) {
        (Better::More, Some(std::cmp::Ordering::Less)) => "better",
        (Better::Less, Some(std::cmp::Ordering::Greater)) => "better",
        (_, Some(std::cmp::Ordering::Equal)) => "the same",
        _ => "worse",
    }
}
