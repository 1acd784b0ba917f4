//! One cause, one finding: what runs show is put together as it comes.
//!
//! What has the same kind and place is one, whoever showed it. A field in which several rules are broken
//! is one cause, and a rule that is broken in more than [`PLACES_MAX`] places is broken everywhere.

use std::collections::BTreeSet;

use super::run::{Finding, Key};

/// Places in which one rule may be broken for as many causes.
pub const PLACES_MAX: usize = 2;
/// Kinds and places of one cause that are remembered: more say nothing more.
const KEYS_MAX: usize = 40;

/// What is known of one cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// What showed it: the first one is that of its finding.
    pub keys: Vec<Key>,
    /// Who showed it.
    pub shown_by: BTreeSet<(String, String)>,
    /// The cause that it has turned out to be one with, by its index.
    pub is_of: Option<usize>,
}

impl Cause {
    /// The cause of one finding.
    pub fn of(finding: &Finding) -> Self {
        let (key, shown_by) = (finding.key.clone(), finding.shown_by.clone());
        Self { keys: vec![key], shown_by, is_of: None }
    }

    /// Who showed it, a line for each kind of those, with so many names at most.
    pub fn showers(&self, names_max: usize) -> Vec<String> {
        let of = |pair: &(String, String)| pair.0.clone();
        let kinds: BTreeSet<String> = self.shown_by.iter().map(of).collect();
        let line = |kind: String| {
            let names = self.shown_by.iter().filter(|(of, _)| *of == kind);
            let names: Vec<&str> = names.map(|(_, name)| name.as_str()).collect();
            format!("{kind}: {}", listed(&names, names_max))
        };
        kinds.into_iter().map(line).collect()
    }

    /// Where else it shows, and which rules it breaks there.
    pub fn elsewhere(&self, keys_max: usize) -> Option<String> {
        let keys: Vec<String> = self.keys.iter().skip(1).map(Key::to_string).collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        (!keys.is_empty()).then(|| listed(&keys, keys_max))
    }
}

/// Names in a line, and how many more there are.
fn listed(names: &[&str], names_max: usize) -> String {
    let shown = names.get(..names_max.min(names.len())).unwrap_or_default().join(", ");
    match names.len().saturating_sub(names_max) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// The causes so far, in the order in which they were seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Causes(Vec<Cause>);

/// What a finding is to those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// A cause that has not been seen.
    Cause,
    /// It says more of the cause with this index.
    Of(usize),
    /// All that it says is known.
    Nothing,
}

impl Causes {
    /// All of them; one that is another's is there still.
    pub fn all(&self) -> &[Cause] {
        &self.0
    }

    /// Takes a finding in.
    pub fn take(&mut self, finding: &Finding) -> News {
        let key = &finding.key;
        let Some(index) = self.of(key) else {
            self.0.push(Cause::of(finding));
            return News::Cause;
        };
        let Some(cause) = self.0.get_mut(index) else { return News::Nothing };
        let before = (cause.keys.len(), cause.shown_by.len());
        if cause.keys.len() < KEYS_MAX && !cause.keys.contains(key) {
            cause.keys.push(key.clone());
        }
        cause.shown_by.extend(finding.shown_by.iter().cloned());
        let is_more = (cause.keys.len(), cause.shown_by.len()) != before;
        if is_more { News::Of(index) } else { News::Nothing }
    }

    /// The cause that something with this key is of.
    fn of(&mut self, key: &Key) -> Option<usize> {
        let find = |is: &dyn Fn(&Key) -> bool| {
            let mut own = self.0.iter().enumerate().filter(|(_, cause)| cause.is_of.is_none());
            own.find(|(_, cause)| cause.keys.iter().any(is)).map(|(index, _)| index)
        };
        let same = find(&|it| it == key);
        if same.is_some() || !key.is_objection() {
            return same;
        }
        let has_place = |it: &Key| it.is_objection() && it.place == key.place;
        find(&has_place).filter(|_| !key.place.is_empty()).or_else(|| self.everywhere(&key.kind))
    }

    /// The one cause of all that breaks a rule, if it is broken in too many places for as many causes. A
    /// field in which other rules are broken as well stays a cause of its own.
    fn everywhere(&mut self, kind: &str) -> Option<usize> {
        let has_kind = |cause: &Cause| cause.keys.iter().all(|key| key.kind == kind);
        let those = self.0.iter().enumerate().filter(|(_, it)| it.is_of.is_none() && has_kind(it));
        let those: Vec<usize> = those.map(|(index, _)| index).collect();
        let (first, others) = those.split_first()?;
        let places = those.iter().filter_map(|index| self.0.get(*index));
        let places: usize = places.map(|cause| cause.keys.len()).sum();
        if places < PLACES_MAX {
            return None;
        }
        for other in others {
            let Some(cause) = self.0.get_mut(*other) else { continue };
            cause.is_of = Some(*first);
            let (keys, shown_by) = (cause.keys.clone(), cause.shown_by.clone());
            if let Some(first) = self.0.get_mut(*first) {
                first.keys.extend(keys);
                first.shown_by.extend(shown_by);
            }
        }
        Some(*first)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Words;
    use super::*;

    fn finding(kind: &str, place: &str, message: &str) -> Finding {
        Finding {
            key: Key { target: "t", kind: kind.to_owned(), place: place.to_owned() },
            shown_by: [("message".to_owned(), message.to_owned())].into(),
            words: Words::default(),
            input: Vec::new(),
        }
    }

    fn news<const N: usize>(causes: &mut Causes, findings: [(&str, &str, &str); N]) -> [News; N] {
        findings.map(|(kind, place, message)| causes.take(&finding(kind, place, message)))
    }

    #[test]
    fn who_showed_it_makes_no_other_finding() {
        let mut causes = Causes::default();
        let found = [("rule", "a", "Trim"), ("rule", "a", "Seal"), ("rule", "a", "Trim")];
        assert_eq!(news(&mut causes, found), [News::Cause, News::Of(0), News::Nothing]);
        assert_eq!(causes.all()[0].shown_by.len(), 2);
    }

    #[test]
    fn a_field_is_one_cause_whatever_rules_it_breaks() {
        let mut causes = Causes::default();
        let found =
            [("rule", "a", "x"), ("other", "a", "x"), ("rule", "", "x"), ("other", "", "x")];
        let expected = [News::Cause, News::Of(0), News::Cause, News::Cause];
        assert_eq!(news(&mut causes, found), expected);
    }

    #[test]
    fn a_rule_that_is_broken_everywhere_has_one_cause() {
        let mut causes = Causes::default();
        let found =
            [("rule", "a", "x"), ("other", "z", "x"), ("rule", "b", "x"), ("rule", "c", "x")];
        let expected = [News::Cause, News::Cause, News::Cause, News::Of(0)];
        assert_eq!(news(&mut causes, found), expected);
        let places: Vec<&str> = causes.all()[0].keys.iter().map(|it| it.place.as_str()).collect();
        assert_eq!(places, ["a", "b", "c"]);
        let own: Vec<_> = causes.all().iter().map(|it| it.is_of).collect();
        assert_eq!(own, [None, None, Some(0)]);
    }

    #[test]
    fn a_field_with_a_bug_of_its_own_stays_apart() {
        let mut causes = Causes::default();
        let found = [
            ("other", "z", "x"),
            ("rule", "z", "x"),
            ("rule", "a", "x"),
            ("rule", "b", "x"),
            ("rule", "c", "x"),
        ];
        let expected = [News::Cause, News::Of(0), News::Cause, News::Cause, News::Of(1)];
        assert_eq!(news(&mut causes, found), expected);
        assert_eq!(causes.all()[0].is_of, None);
        assert_eq!(causes.all()[2].is_of, Some(1));
    }

    #[test]
    fn panics_at_many_lines_are_many_causes() {
        let mut causes = Causes::default();
        let found = ["a:1", "a:2", "a:3", "a:4"].map(|line| ("panic", line, "x"));
        assert_eq!(news(&mut causes, found), [News::Cause; 4]);
    }
}
