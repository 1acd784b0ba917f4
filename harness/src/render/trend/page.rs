//! Pages of a history. They need no script and nothing from elsewhere.

use super::plot::plot;
use super::value_of;
use crate::history::{Entry, History, MEASURES};
use crate::render::html::{STYLE, escaped};
use crate::render::requirements::counted;

/// What every page of ours has in addition to the style of all.
const OWN_STYLE: &str = include_str!("page.css");

/// The history as one page that needs nothing else.
pub fn page(history: &History) -> String {
    let body = plots(history, |_| None) + &score_card(history) + &runs(history, |_| None);
    frame("skewproof: runs over time", "", history.entries.last(), &body)
}

/// A page: title, links to others, the verdict of a run, and what is on it.
pub fn frame(title: &str, nav: &str, entry: Option<&Entry>, body: &str) -> String {
    let (verdict, words) = match entry {
        None => ("findings", "no run yet".to_owned()),
        Some(Entry { is_ok: true, cases: [0, ..], .. }) => {
            ("findings", "nothing verified".to_owned())
        }
        Some(entry) if entry.is_ok => ("ok", "✓ no findings".to_owned()),
        Some(entry) => ("findings", format!("✗ {}", counted(entry.findings, "finding"))),
    };
    let title = escaped(title);
    let when = entry.map(|entry| escaped(&format!("{}, {}", entry.release, entry.date)));
    format!(
        "<!doctype html>\n<html lang=\"en\" data-verdict=\"{verdict}\">\n<head>\n\
         <meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"generator\" content=\"skewproof\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src 'unsafe-inline'\">\n\
         <title>{title}</title>\n<style>\n{STYLE}{OWN_STYLE}</style>\n</head>\n<body>\n\
         <header class=\"top\"><h1>{title}</h1><p class=\"verdict\">{words}</p>\
         <p class=\"closing\">{}</p>{nav}</header>\n<main>\n{body}</main>\n</body>\n</html>\n",
        when.unwrap_or_default()
    )
}

/// Every number that some run has, as plots.
pub fn plots(history: &History, link: impl Fn(&Entry) -> Option<String>) -> String {
    let plots = MEASURES.iter().map(|measure| plot(measure, &history.entries, &link));
    section("Run by run", &format!("<div class=\"plots\">\n{}</div>\n", plots.collect::<String>()))
}

/// Our own releases, each by its last run.
pub fn score_card(history: &History) -> String {
    let releases = history.releases();
    let heads: Vec<String> = std::iter::once(String::new())
        .chain(releases.iter().map(|it| escaped(&it.release)))
        .collect();
    let rows = MEASURES.iter().filter(|it| releases.iter().any(|entry| (it.of)(entry).is_some()));
    let rows = rows.map(|measure| {
        let values = releases.iter().map(|entry| value_of(measure, entry));
        let name = format!("{} <span class=\"muted\">{}</span>", measure.name, measure.unit);
        std::iter::once(name).chain(values).collect()
    });
    section("Score card, by release of ours", &table("numbers", &heads, rows))
}

/// Every run, the newest first.
pub fn runs(history: &History, link: impl Fn(&Entry) -> Option<String>) -> String {
    let heads = ["run", "release", "digest", "findings", "passed", "skipped"].map(str::to_owned);
    let rows = history.entries.iter().rev().map(|entry| {
        let date = match link(entry) {
            Some(to) => format!("<a href=\"{}\">{}</a>", escaped(&to), escaped(&entry.date)),
            None => escaped(&entry.date),
        };
        let [passed, _, skipped] = entry.cases;
        vec![
            date,
            escaped(&entry.release),
            format!("<code>{}</code>", escaped(entry.short())),
            entry.findings.to_string(),
            passed.to_string(),
            skipped.to_string(),
        ]
    });
    section("Runs", &table("", &heads, rows))
}

/// A part of a page under a heading.
pub fn section(title: &str, body: &str) -> String {
    format!("<section>\n<h2>{}</h2>\n{body}</section>\n", escaped(title))
}

/// A table of rows of markup; the first cell of a row is its head.
pub fn table(class: &str, heads: &[String], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let heads: String = heads.iter().map(|head| format!("<th scope=\"col\">{head}</th>")).collect();
    let row = |cells: Vec<String>| {
        let cell = |(at, cell): (usize, String)| match at {
            0 => format!("<th scope=\"row\">{cell}</th>"),
            _ => format!("<td>{cell}</td>"),
        };
        let cells: String = cells.into_iter().enumerate().map(cell).collect();
        format!("<tr>{cells}</tr>\n")
    };
    let rows: String = rows.into_iter().map(row).collect();
    format!(
        "<div class=\"scroll\" tabindex=\"0\"><table class=\"{class}\"><thead><tr>{heads}</tr>\
         </thead>\n<tbody>\n{rows}</tbody></table></div>\n"
    )
}
