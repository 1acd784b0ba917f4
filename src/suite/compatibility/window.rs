//! The supported window: what may run together, be upgraded and go back, over all patches of all
//! lines, as tables that can be published.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::{Value as Json, json};

use super::row::{Kind, Move, Row};
use super::table;
use super::verdict::{Verdict, VerdictKind, of};
use crate::fabric::release::Release;
use crate::harness::render::fold::paragraph;
use crate::harness::render::text::Colour;
use crate::harness::render::{self, markdown};
use crate::harness::report::Table;

/// Names the layout of the JSON document.
const SCHEMA: &str = "skewproof.window/1";

const LEGEND: &str = "yes: nothing that users notice. limits: known ones, which `skewproof ask` \
                      names. no: something breaks by itself, or they cannot talk. Of a line the \
                      last patch is meant; of one line, any two of its patches.";

/// The supported window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// Each two lines, and each line with itself.
    pub spans: Vec<Span>,
    /// Faults of single patches, whoever is beside them.
    pub skip: Vec<&'static Row>,
}

/// What comes of two lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The older one.
    pub older: Release,
    /// The newer one, or the same.
    pub newer: Release,
    /// Together, upgrade and back: of the last patches, or of the worst two of one line.
    pub kinds: [VerdictKind; 3],
    /// Why not, if one is no.
    pub why: Vec<&'static Row>,
    /// What breaks between other patches of the two, and not between the last ones.
    pub exceptions: Vec<&'static Row>,
}

impl Window {
    /// The window of every stable patch.
    pub fn of_all_patches() -> Self {
        let pairs = Release::lines()
            .flat_map(|older| Release::lines().map(move |newer| (older, newer)))
            .filter(|(older, newer)| older <= newer);
        let is_to_skip = |row: &&Row| row.kind == Kind::Release && row.counts();
        Self {
            spans: pairs.map(|(older, newer)| span(older, newer)).collect(),
            skip: table().iter().filter(is_to_skip).collect(),
        }
    }

    /// The three questions as a table.
    fn table(&self) -> Table {
        let columns = ["older", "newer", "in one cluster", "upgrade", "going back", "why not"];
        let row = |span: &Span| {
            let [together, upgrade, back] = span.kinds.map(word);
            // What is on disk is as it is because of the rest.
            let is_told = |row: &&&Row| !matches!(row.kind, Kind::Start | Kind::Storage);
            let why: Vec<&str> = span.why.iter().filter(is_told).map(|row| &*row.id).collect();
            let names = [span.older.name(), span.newer.name(), together, upgrade, back];
            names.iter().map(|it| (*it).to_owned()).chain([why.join(", ")]).collect()
        };
        let rows = self.spans.iter().map(row).collect();
        Table { rows, ..Table::new("the supported window", columns) }
    }

    /// What breaks between some patches only.
    fn exceptions(&self) -> Vec<&'static Row> {
        let mut seen = BTreeSet::new();
        let all = self.spans.iter().flat_map(|span| span.exceptions.iter().copied());
        all.filter(|row| seen.insert(&*row.id)).collect()
    }

    /// As text for a terminal, ending in a line break.
    pub fn to_text(&self) -> String {
        let mut text = render::text::render_table(&self.table(), Colour::Off);
        text.push('\n');
        paragraph(&mut text, "", 0, LEGEND);
        let mut list = |title: &str, rows: &[&Row]| {
            let _ = write!(text, "\n{title}\n");
            for row in rows {
                let issue = row.issue.iter().map(|issue| format!("; {issue}"));
                let fixed = row.fixed.iter().map(|fixed| format!("; fixed in {fixed}"));
                let more: String = fixed.chain(issue).collect();
                let words = format!("{}: {} ({}{more})", patches(row), row.what, row.id);
                paragraph(&mut text, "  - ", 4, &words);
                paragraph(&mut text, "    ", 4, row.avoid.as_deref().unwrap_or(&row.user));
            }
        };
        list("exceptions: patches between which something breaks", &self.exceptions());
        list("faults of single patches, whoever is beside them", &self.skip);
        text
    }

    /// As Markdown, ending in a line break.
    pub fn to_markdown(&self) -> String {
        let mut text = "# The supported window\n\n".to_owned();
        text.push_str("| older | newer | in one cluster | upgrade | going back | why not |\n");
        text.push_str("|---|---|---|---|---|---|\n");
        text.extend(self.table().rows.iter().map(markdown::row));
        let _ = write!(text, "\n{LEGEND}\n");
        let mut list = |title: &str, rows: &[&Row]| {
            let _ = write!(text, "\n## {title}\n\n");
            text.push_str(
                "| id | releases | what | severity | fixed in | issue | what avoids it |\n",
            );
            text.push_str("|---|---|---|---|---|---|---|\n");
            for row in rows {
                let or_none = |it: &Option<String>| it.clone().unwrap_or_else(|| "-".to_owned());
                let (fixed, issue, avoid) =
                    (or_none(&row.fixed), or_none(&row.issue), or_none(&row.avoid));
                let (releases, severity) = (patches(row), row.severity.in_words());
                let cells = [&*row.id, &releases, &row.what, severity, &fixed, &issue, &avoid];
                text.push_str(&markdown::row(cells));
            }
        };
        list("Exceptions: patches between which something breaks", &self.exceptions());
        list("Faults of single patches, whoever is beside them", &self.skip);
        text
    }

    /// As a JSON document, ending in a line break.
    pub fn to_json(&self) -> String {
        let ids = |rows: &[&Row]| rows.iter().map(|row| row.id.clone()).collect::<Vec<_>>();
        let span = |span: &Span| {
            let [together, upgrade, back] = span.kinds.map(word);
            json!({
                "older": span.older.name(), "newer": span.newer.name(),
                "together": together, "upgrade": upgrade, "back": back,
                "why": ids(&span.why), "exceptions": ids(&span.exceptions),
            })
        };
        let fault = |row: &&Row| {
            json!({
                "id": row.id, "releases": patches(row), "what": row.what,
                "severity": row.severity.to_string(), "fixed": row.fixed, "issue": row.issue,
                "avoid": row.avoid,
            })
        };
        let document = json!({
            "schema": SCHEMA,
            "window": self.spans.iter().map(span).collect::<Vec<Json>>(),
            "exceptions": self.exceptions().iter().map(fault).collect::<Vec<Json>>(),
            "faults": self.skip.iter().map(fault).collect::<Vec<Json>>(),
        });
        format!("{document:#}\n")
    }
}

/// The releases that a row is about.
fn patches(row: &Row) -> String {
    if row.kind == Kind::Release {
        row.from.to_string()
    } else {
        format!("{} with {}", row.from, row.to)
    }
}

const fn word(kind: VerdictKind) -> &'static str {
    match kind {
        VerdictKind::Safe => "yes",
        VerdictKind::Limits(_) | VerdictKind::Interrupted(_) => "limits",
        VerdictKind::Breaks | VerdictKind::Avoid | VerdictKind::CannotTalk => "no",
    }
}

fn span(older: Release, newer: Release) -> Span {
    let questions = |older, newer| {
        [
            of(Move::Together, older, newer),
            of(Move::Upgrade, older, newer),
            of(Move::Back, newer, older),
        ]
    };
    let of_patches = older.patches().flat_map(|older| newer.patches().map(move |it| (older, it)));
    let of_patches: Vec<[Verdict; 3]> = of_patches
        .filter(|(older, newer)| older < newer)
        .map(|(older, newer)| questions(older, newer))
        .collect();
    let last = questions(older, newer);
    let kinds = if older == newer {
        let worst = |index: usize| {
            let kinds = of_patches.iter().filter_map(|it| it.get(index)).map(|it| it.kind);
            kinds.max_by_key(|kind| (!kind.is_yes(), *kind != VerdictKind::Safe))
        };
        [0, 1, 2].map(|index| worst(index).unwrap_or(VerdictKind::Safe))
    } else {
        last.each_ref().map(|verdict| verdict.kind)
    };
    let broken = |verdicts: &[Verdict; 3]| -> Vec<&'static Row> {
        let mut rows: Vec<&'static Row> = Vec::new();
        for reason in verdicts.iter().flat_map(|it| &it.reasons).filter(|it| it.row.breaks()) {
            if !rows.iter().any(|row| row.id == reason.row.id) {
                rows.push(reason.row);
            }
        }
        rows
    };
    let why = broken(&last);
    let mut exceptions = Vec::new();
    for row in of_patches.iter().flat_map(broken) {
        let is_known = |known: &&Row| known.id == row.id;
        if why.is_empty() && !exceptions.iter().any(is_known) {
            exceptions.push(row);
        }
    }
    Span { older, newer, kinds, why, exceptions }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_is_that_of_the_project_and_exceptions_have_their_issues() {
        let window = Window::of_all_patches();
        assert_eq!(window.spans.len(), 21);
        let span = |older: &str, newer: &str| {
            let is_it = |it: &&Span| (it.older.name(), it.newer.name()) == (older, newer);
            window.spans.iter().find(is_it).unwrap()
        };
        for span in &window.spans {
            let distance = span.newer.minor() - span.older.minor();
            let words = span.kinds.map(word);
            assert_eq!(words.contains(&"no"), distance > 1, "{span:?}");
            assert_eq!(span.why.is_empty(), distance < 2, "{span:?}");
        }
        assert_eq!(span("1.5", "1.5").kinds.map(word), ["yes"; 3]);
        let ids = |rows: &[&Row]| rows.iter().map(|row| row.id.clone()).collect::<Vec<_>>();
        assert_eq!(ids(&span("1.3", "1.4").exceptions), ["R11", "L1"]);
        assert!(ids(&window.skip).contains(&"S19".to_owned()));
        let text = window.to_text();
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert!(text.contains("restatedev/restate#3126"), "{text}");
        let markdown = window.to_markdown();
        assert!(markdown.contains("| R11 | 1.4 with 1.3.0 |"), "{markdown}");
        let json: Json = serde_json::from_str(&window.to_json()).unwrap();
        assert_eq!(json["window"][1]["together"], "limits");
    }
}
