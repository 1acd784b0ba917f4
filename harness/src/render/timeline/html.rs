//! A timeline as one HTML page that needs nothing else, to go through by hand or to play.
//!
//! Frame, style and elements are those of the page of reports; the scripts put text into the page and
//! never markup.

use std::io;

use serde_json::{Value, json};

use super::super::html::{FRAME, STYLE, escaped, filled, packed};
use super::{Weight, passed, words};
use crate::upgrade::event::{Event, What};
use crate::upgrade::timeline::Timeline;

const PAGE: &str = include_str!("page.html");
/// Beside the style of all pages.
const OWN_STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The timeline as a page.
///
/// # Errors
///
/// If the data cannot be compressed. Nothing in a timeline should make it so.
pub fn render(timeline: &Timeline) -> io::Result<String> {
    let title = escaped(&timeline.title);
    let verdict = match timeline.is_ok() {
        true if timeline.known.is_empty() => "ok",
        true => "known",
        false => "findings",
    };
    let closing = escaped(&closing(timeline));
    let data = packed(&document(timeline).to_string())?;
    Ok(filled(PAGE, |name| match name {
        "title" => title.clone(),
        "verdict" => verdict.to_owned(),
        "closing" => closing.clone(),
        "style" => format!("{STYLE}{OWN_STYLE}"),
        "script" => FRAME.concat() + SCRIPT,
        "timeline" => data.clone(),
        _ => String::new(),
    }))
}

/// The verdict for a reader without scripts.
fn closing(timeline: &Timeline) -> String {
    match &timeline.failure {
        None => passed(timeline),
        Some(failure) => format!("step {}: {}", failure.step, failure.label),
    }
}

/// For the script only; positions instead of names where there are many. Times are milliseconds.
fn document(timeline: &Timeline) -> Value {
    let spans = timeline.spans.iter().map(|span| {
        json!({ "step": span.step, "label": span.label, "from": span.from.ms(), "to": span.to.ms() })
    });
    let lives = timeline.lives.iter().map(|life| {
        json!({
            "node": life.node, "release": life.release, "generation": life.generation,
            "from": life.from.ms(), "to": life.to.ms(),
            "stopping": life.stopping.map(|at| at.ms()), "crashed": life.has_crashed,
        })
    });
    let links = timeline.links.iter().map(|link| {
        let (a, b) = link.nodes;
        json!({
            "nodes": [a, b], "version": link.version.to_string(), "number": link.version.number(),
            "from": link.from.ms(), "to": link.to.ms(),
        })
    });
    let gaps = timeline.gaps.iter().map(|gap| {
        json!({
            "nodes": [gap.from_node, gap.to_node], "from": gap.from.ms(), "to": gap.to.ms(),
        })
    });
    let failure = timeline.failure.as_ref().map(|failure| {
        json!({
            "step": failure.step, "label": failure.label, "before": failure.before,
            "after": failure.after, "seen": failure.seen,
        })
    });
    json!({
        "plan": timeline.plan,
        "nodes": timeline.nodes,
        "end": timeline.end.ms(),
        "spans": spans.collect::<Vec<_>>(),
        "lives": lives.collect::<Vec<_>>(),
        "links": links.collect::<Vec<_>>(),
        "gaps": gaps.collect::<Vec<_>>(),
        "events": events(timeline),
        "failure": failure,
    })
}

/// Each as time, step, node, peer, weight, kind and text.
fn events(timeline: &Timeline) -> Vec<Value> {
    let entries = timeline.entries.iter();
    entries
        .map(|entry| {
            let words = words(entry, &timeline.nodes);
            let weight = match words.weight {
                Weight::Routine => 0,
                Weight::Change => 1,
                Weight::Trouble => 2,
            };
            let peer = match &entry.what {
                What::Noted(Event::Sent { peer, .. } | Event::Instead { peer, .. }) => Some(*peer),
                _ => None,
            };
            json!([entry.at.ms(), entry.step, entry.node, peer, weight, words.kind, words.text])
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_asks_for_nothing_and_its_script_writes_no_markup() {
        for source in [PAGE, OWN_STYLE, SCRIPT] {
            for word in ["http:", "https:", "url(", "@import", "innerHTML", "fetch(", "eval("] {
                assert!(!source.contains(word), "{word}");
            }
        }
        assert!(PAGE.contains("default-src 'none'"));
    }

    #[test]
    fn nothing_from_outside_is_markup() {
        let hostile = "</script><script>alert(1)</script>{{script}}";
        let timeline = Timeline {
            title: hostile.into(),
            plan: hostile.into(),
            nodes: vec![hostile.into()],
            ..Timeline::default()
        };
        let page = render(&timeline).unwrap();
        assert!(page.contains("<title>&lt;/script&gt;"), "escaped");
        assert!(!page.contains("alert(1)</script>"));
        assert_eq!(page.matches("</script>").count(), PAGE.matches("</script>").count());
    }
}
