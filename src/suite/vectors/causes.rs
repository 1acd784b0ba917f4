//! Findings grouped by their cause, so that a thousand of one kind read as one.

use std::collections::HashMap;

use crate::harness::report::Table;
use crate::harness::verdict::Finding;

/// The name of the table of causes.
pub const CAUSES: &str = "causes of findings";
/// Causes that the table shows; the rest is counted.
const SHOWN_MAX: usize = 30;
/// Characters of a cause that are shown, and by which findings are told apart.
const TELLING_MAX: usize = 100;

/// How often each cause occurs.
pub struct Causes<'a> {
    /// Each cause with its findings, the most frequent first.
    groups: Vec<(String, Vec<&'a Finding>)>,
}

impl<'a> Causes<'a> {
    /// Groups findings.
    pub fn of(findings: impl Iterator<Item = &'a Finding>) -> Self {
        let mut groups: Vec<(String, Vec<&Finding>)> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        for finding in findings {
            let cause = cause_of(finding);
            let place = *places.entry(cause).or_insert_with_key(|cause| {
                groups.push((cause.clone(), Vec::new()));
                groups.len() - 1
            });
            if let Some((_, group)) = groups.get_mut(place) {
                group.push(finding);
            }
        }
        // Stable: of two that occur equally often, the first one stays first.
        groups.sort_by_key(|(_, group)| std::cmp::Reverse(group.len()));
        Self { groups }
    }

    /// The causes, each with its number and an example.
    pub fn table(&self) -> Table {
        let mut table = Table::new(CAUSES, ["lines", "cause", "for example"]);
        for (cause, group) in self.groups.iter().take(SHOWN_MAX) {
            let example = group.first().map(|finding| finding.case.to_string());
            let row = [group.len().to_string(), cause.clone(), example.unwrap_or_default()];
            table.rows.push(row.to_vec());
        }
        let hidden = self.groups.iter().skip(SHOWN_MAX);
        let lines: usize = hidden.clone().map(|(_, group)| group.len()).sum();
        if lines > 0 {
            let rest = format!("{} other causes", hidden.count());
            table.rows.push(vec![lines.to_string(), rest, String::new()]);
        }
        table
    }

    /// The findings in the order in which they are best read: one of each cause, the most frequent
    /// first, then the others in the same order.
    pub fn in_order(&self) -> impl Iterator<Item = &'a Finding> {
        let firsts = self.groups.iter().filter_map(|(_, group)| group.first());
        let others = self.groups.iter().flat_map(|(_, group)| group.iter().skip(1));
        firsts.chain(others).copied()
    }
}

/// What a finding has in common with others of its kind: what must hold, and the error or the place
/// without numbers that are different in each.
fn cause_of(finding: &Finding) -> String {
    let texts = [finding.place.as_ref(), Some(&finding.actual), Some(&finding.expected)];
    let telling = texts.into_iter().flatten().find(|text| !is_value(text));
    let telling = telling.map(|text| plain(text)).unwrap_or_default();
    if telling.is_empty() {
        return finding.requirement.clone();
    }
    format!("{}: {telling}", finding.requirement)
}

/// Whether a text is a value or bytes: it is another one in each finding.
fn is_value(text: &str) -> bool {
    let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let name = text.split('(').next().unwrap_or(text);
    let is_debug = name.len() < text.len() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_hex
        || is_debug
        || text.starts_with(['{', '[', '"'])
        || text == "a value"
        || text == "an error"
}

/// What the words of errors begin with, and what is the same in all of them.
const PREFIXES: [&str; 4] = ["decode error: ", "Serde Error: ", "network message: ", "at V"];

/// The telling part of a text: without offsets, indices, and who says it.
fn plain(text: &str) -> String {
    let behind = PREFIXES.iter().filter_map(|prefix| {
        let at = text.find(prefix)? + prefix.len();
        let rest = text.get(at..)?;
        // Behind the version stands a colon.
        Some(if *prefix == "at V" { rest.split_once(": ")?.1 } else { rest })
    });
    let telling = behind.min_by_key(|rest| rest.len()).unwrap_or(text);
    let plain = without_numbers(telling);
    match plain.char_indices().nth(TELLING_MAX) {
        Some((end, _)) => format!("{}…", plain.get(..end).unwrap_or_default()),
        None => plain,
    }
}

/// A text with every index as `[]`, and without the offsets of bytes.
fn without_numbers(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(at);
        let digits = from.bytes().take_while(u8::is_ascii_digit).count();
        let after = from.get(digits..).unwrap_or_default();
        let is_index = before.ends_with('[') && after.starts_with(']');
        let is_offset = before.ends_with("(byte ") && after.starts_with(')');
        match before.strip_suffix(" (byte ") {
            Some(before) if is_offset => {
                plain.push_str(before);
                rest = after.get(1..).unwrap_or_default();
                continue;
            }
            _ => plain.push_str(before),
        }
        if !is_index && !before.ends_with("byte ") {
            plain.push_str(from.get(..digits).unwrap_or_default());
        }
        rest = after;
    }
    plain.push_str(rest);
    plain
}
