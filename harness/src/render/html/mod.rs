//! A report as one HTML page that needs nothing else: no network, no other file.
//!
//! The page carries the JSON document of the report as it is, and the values and bytes behind the
//! matrix, both deflated and in base64; the browser inflates them. What it shows is made of them by
//! the scripts beside this file, which put text into the page and never markup. The verdict stands
//! in the page itself, for a reader without scripts.

use std::borrow::Cow;
use std::io::{self, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use serde_json::{Value, json};

use super::json;
use super::printable::{lines, printable};
use super::text::closing_line;
use crate::report::Report;
use crate::skew::Details;

/// The page with places for what differs, as `{{title}}`.
const PAGE: &str = include_str!("page.html");
/// Of every page.
pub(super) const STYLE: &str = include_str!("page.css");
/// Of every page: its data and its frame, and elements.
pub(super) const FRAME: [&str; 2] = [include_str!("frame.js"), include_str!("dom.js")];
/// Of this one, in the order in which they need each other.
const SCRIPTS: [&str; 7] = [
    include_str!("model.js"),
    include_str!("answer.js"),
    include_str!("map.js"),
    include_str!("panel.js"),
    include_str!("sample.js"),
    include_str!("tables.js"),
    include_str!("main.js"),
];

/// The report as a page. Without details it shows outcomes and reasons, but no values and no bytes,
/// and says so. `words` has a last look at the document of the report, as it may at any text.
///
/// # Errors
///
/// If the data cannot be compressed. Nothing in a report should make it so.
pub fn render(
    report: &Report,
    details: Option<&Details>,
    words: impl Fn(&str) -> Cow<'_, str>,
) -> io::Result<String> {
    let verdict = if report.is_ok() { "ok" } else { "findings" };
    let title = escaped(report.title());
    let closing = closing_line(report.tally());
    let report = packed(&words(&json::document(report).to_string()))?;
    let details = details.map(|it| packed(&details_value(it).to_string())).transpose()?;
    Ok(filled(PAGE, |name| match name {
        "title" => title.clone(),
        "verdict" => verdict.to_owned(),
        "closing" => closing.clone(),
        "style" => STYLE.to_owned(),
        "script" => FRAME.concat() + &SCRIPTS.concat(),
        "report" => report.clone(),
        "details" => details.clone().unwrap_or_default(),
        _ => String::new(),
    }))
}

/// The template with its places filled; what is put in is not looked at again.
pub(super) fn filled(template: &str, content: impl Fn(&str) -> String) -> String {
    let mut page = String::new();
    let mut parts = template.split("{{");
    page.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (name, rest) = part.split_once("}}").unwrap_or(("", part));
        page.push_str(&content(name));
        page.push_str(rest);
    }
    page
}

/// Data for an element: a JSON text, deflated and in base64.
pub(super) fn packed(json: &str) -> io::Result<String> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(lines(json).as_bytes())?;
    Ok(STANDARD.encode(encoder.finish()?))
}

/// For the scripts only; positions instead of names, since there are many.
fn details_value(details: &Details) -> Value {
    let sent = details.sent.iter().map(|sent| {
        let values = sent.values.iter().map(|v| json!([v.row, v.sample, v.value, v.bytes]));
        json!({
            "sender": sent.sender,
            "layer": sent.layer.to_string(),
            "values": values.collect::<Vec<_>>(),
        })
    });
    let received = details
        .received
        .iter()
        .map(|block| block.iter().map(|r| json!([r.row, r.sample, r.value])).collect::<Vec<_>>());
    json!({
        "texts": details.texts,
        "sent": sent.collect::<Vec<_>>(),
        "received": received.collect::<Vec<_>>(),
    })
}

pub(super) fn escaped(text: &str) -> String {
    printable(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::DeflateDecoder;

    use super::*;
    use crate::render::sample;

    fn plain(text: &str) -> Cow<'_, str> {
        text.into()
    }

    /// What stands between a mark and the next tag.
    fn data(page: &str, id: &str) -> Value {
        let (_, rest) = page.split_once(&format!("id=\"{id}\">")).unwrap();
        let packed = STANDARD.decode(rest.split_once('<').unwrap().0).unwrap();
        let mut text = String::new();
        DeflateDecoder::new(packed.as_slice()).read_to_string(&mut text).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn the_page_carries_the_document_and_the_verdict() {
        let report = sample::with_matrix();
        let page = render(&report, None, plain).unwrap();
        assert_eq!(data(&page, "report-data").to_string(), json::document(&report).to_string());
        assert!(page.contains("<title>sample run</title>"));
        assert!(page.contains("3 passed, 3 failed, 2 skipped"));
        assert!(!page.contains("{{"));
    }

    #[test]
    fn words_are_looked_at_before_they_are_packed() {
        let report = sample::with_matrix();
        let page = render(&report, None, |text| text.replace("sample", "other").into()).unwrap();
        assert_eq!(data(&page, "report-data")["title"], "other run");
    }

    #[test]
    fn details_are_by_position() {
        let details = Details {
            texts: vec!["</script>".into()],
            sent: Vec::new(),
            received: vec![Vec::new()],
        };
        let page = render(&sample::with_matrix(), Some(&details), plain).unwrap();
        let value = json!({ "texts": ["</script>"], "sent": [], "received": [[]] });
        assert_eq!(data(&page, "details-data"), value);
    }

    #[test]
    fn nothing_from_outside_is_markup() {
        let mut report = Report::new("a </title><script>alert(1)</script> & {{script}}");
        report.note("</script><img src=x>");
        report.merge(sample::with_matrix());
        let page = render(&report, None, plain).unwrap();
        assert!(page.contains("<title>a &lt;/title&gt;&lt;script&gt;alert(1)"), "escaped");
        assert!(!page.contains("<img") && !page.contains("alert(1)</script>"));
        assert_eq!(page.matches("</script>").count(), PAGE.matches("</script>").count());
    }

    #[test]
    fn the_page_asks_for_nothing_and_its_scripts_write_no_markup() {
        for source in FRAME.iter().chain(&SCRIPTS).chain([&PAGE, &STYLE]) {
            for word in ["http:", "https:", "url(", "@import", "innerHTML", "fetch(", "eval("] {
                assert!(!source.contains(word), "{word}");
            }
        }
        assert!(PAGE.contains("default-src 'none'"));
    }
}
