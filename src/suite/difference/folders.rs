//! Two folders of fixtures compared.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::text::{closing, summary};
use super::{Difference, Side, between};

/// What became of a fixture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FolderItem {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// Its bytes, or what is said of them, are others.
    Changed(Box<Difference>),
    /// It is no fixture with bytes, on one side at least, and its text is another; why.
    OtherText(String),
}

/// What two folders have not in common, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderDifference {
    /// The fixtures that differ.
    pub items: BTreeMap<String, FolderItem>,
    /// How many do not.
    pub same: usize,
}

/// Compares the documents of two folders, given by name and text.
pub fn between_folders(
    old: &BTreeMap<String, String>,
    new: &BTreeMap<String, String>,
) -> FolderDifference {
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let mut items = BTreeMap::new();
    let mut same = 0;
    for name in names {
        let item = match (old.get(name), new.get(name)) {
            (Some(old), Some(new)) if old == new => {
                same += 1;
                continue;
            }
            (Some(old), Some(new)) => changed(name, old, new),
            (None, _) => FolderItem::Added,
            (_, None) => FolderItem::Removed,
        };
        items.insert(name.clone(), item);
    }
    FolderDifference { items, same }
}

fn changed(name: &str, old: &str, new: &str) -> FolderItem {
    let sides = Side::of_fixture(name, old).and_then(|old| Ok((old, Side::of_fixture(name, new)?)));
    match sides {
        Ok((old, new)) => FolderItem::Changed(Box::new(between(&old, &new))),
        Err(error) => FolderItem::OtherText(error.to_string()),
    }
}

impl FolderDifference {
    /// Whether the folders are the same.
    pub fn is_identical(&self) -> bool {
        self.items.is_empty()
    }

    /// The difference for people. Shows the fields of so many fixtures, and so many of each.
    pub fn to_text(&self, fixtures_max: usize, changes_max: usize) -> String {
        let mut text = String::new();
        let mut shown = 0;
        for (name, item) in &self.items {
            let _ = match item {
                FolderItem::Added => writeln!(text, "added    {name}"),
                FolderItem::Removed => writeln!(text, "removed  {name}"),
                FolderItem::OtherText(why) => writeln!(text, "changed  {name}: text only ({why})"),
                FolderItem::Changed(difference) => {
                    shown += 1;
                    let summary = summary(&difference.changes);
                    let verdict = difference.verdict();
                    let _ = writeln!(text, "changed  {name}: {summary}; {verdict}");
                    if shown <= fixtures_max {
                        write!(text, "\n{}\n", indented(&difference.to_text(changes_max)))
                    } else {
                        Ok(())
                    }
                }
            };
        }
        if shown > fixtures_max {
            let _ = writeln!(text, "the fields of {} more are not shown", shown - fixtures_max);
        }
        let _ = writeln!(text, "{}", self.summary());
        text
    }

    /// How many fixtures there are of each kind, and the worst that was found.
    fn summary(&self) -> String {
        let count = |is: fn(&FolderItem) -> bool| self.items.values().filter(|it| is(it)).count();
        let added = count(|it| matches!(it, FolderItem::Added));
        let removed = count(|it| matches!(it, FolderItem::Removed));
        let changed = self.items.len() - added - removed;
        let worst = self
            .items
            .iter()
            .filter_map(|(name, item)| match item {
                FolderItem::Changed(difference) => Some((difference.verdict(), name, difference)),
                _ => None,
            })
            .max_by_key(|(verdict, ..)| *verdict);
        let worst = match worst {
            Some((_, name, difference)) => format!("\n{name} is {}", closing(difference)),
            None => String::new(),
        };
        let same = self.same;
        format!("{added} added, {removed} removed, {changed} changed, {same} the same{worst}")
    }
}

fn indented(text: &str) -> String {
    let line = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("    {line}\n") };
    text.lines().map(line).collect()
}
