//! A number over the runs as a small plot: an SVG that stands in the page itself. Every point says on
//! hover, and to who comes by keyboard, which run it is and what it had.

use std::fmt::Write;

use super::number;
use super::text::bounds;
use crate::history::{Entry, Measure};
use crate::render::html::escaped;

const WIDTH: f64 = 320.0;
const HEIGHT: f64 = 96.0;
/// Around the course; on the left there is room for the bounds.
const LEFT: f64 = 58.0;
const MARGIN: f64 = 12.0;

/// The plot of one number; nothing if no run has it.
pub fn plot(
    measure: &Measure,
    entries: &[Entry],
    link: impl Fn(&Entry) -> Option<String>,
) -> String {
    let points: Vec<(&Entry, f64)> =
        entries.iter().filter_map(|entry| Some((entry, (measure.of)(entry)?))).collect();
    let Some((_, last)) = points.last() else { return String::new() };
    let values: Vec<f64> = points.iter().map(|(_, value)| *value).collect();
    let (low, high) = bounds(&values);
    let place = |at: usize, value: f64| {
        let across = share(at, points.len().saturating_sub(1));
        let up = if high > low { (value - low) / (high - low) } else { 0.5 };
        let x = LEFT + across * (WIDTH - LEFT - MARGIN);
        (x, HEIGHT - MARGIN - up * (HEIGHT - 2.0 * MARGIN))
    };
    let mut course = String::new();
    let mut marks = String::new();
    for (at, (entry, value)) in points.iter().enumerate() {
        let (x, y) = place(at, *value);
        let _ = write!(course, "{x:.1},{y:.1} ");
        let said =
            format!("{}, {}: {} {}", entry.date, entry.release, number(*value), measure.unit);
        let said = escaped(&said);
        let circle =
            format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\"><title>{said}</title></circle>");
        let _ = match link(entry) {
            Some(to) => {
                write!(marks, "<a href=\"{}\" aria-label=\"{said}\">{circle}</a>", escaped(&to))
            }
            None => {
                write!(marks, "<g tabindex=\"0\" role=\"img\" aria-label=\"{said}\">{circle}</g>")
            }
        };
    }
    let (name, unit) = (escaped(measure.name), escaped(measure.unit));
    let (top, bottom) = (MARGIN + 4.0, HEIGHT - MARGIN + 4.0);
    let bounds = if high > low {
        format!(
            "<text x=\"{:.0}\" y=\"{top:.0}\">{}</text><text x=\"{:.0}\" y=\"{bottom:.0}\">{}</text>",
            LEFT - 10.0,
            number(high),
            LEFT - 10.0,
            number(low)
        )
    } else {
        let middle = HEIGHT / 2.0 + 4.0;
        format!("<text x=\"{:.0}\" y=\"{middle:.0}\">{}</text>", LEFT - 10.0, number(low))
    };
    format!(
        "<figure class=\"plot\"><figcaption><b>{name}</b> <span class=\"muted\">{unit}</span> \
         <output>{}</output></figcaption><svg viewBox=\"0 0 {WIDTH:.0} {HEIGHT:.0}\" \
         role=\"group\" aria-label=\"{name}, run by run\">{bounds}<polyline points=\"{}\"/>{marks}\
         </svg></figure>\n",
        number(*last),
        course.trim_end()
    )
}

#[allow(clippy::cast_precision_loss)] // Runs are far fewer than 2^52.
fn share(at: usize, last: usize) -> f64 {
    if last == 0 { 0.5 } else { at as f64 / last as f64 }
}
