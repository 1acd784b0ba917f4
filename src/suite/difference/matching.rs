//! Which field of the old side is which of the new, and what became of it.
//!
//! A field is known by its path. Where a tag was changed that does not lead anywhere: the dump
//! names fields by their tags. So within a message fields are first matched by what they hold, and
//! a field that holds the same under another tag was renumbered, if nothing simpler explains it.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::fields::{Field, Holds};
use super::{Change, Kind};
use crate::fabric::annotate::{Value, Wire};

/// Fields of one message that are matched by what they hold.
const MATCHED_MAX: usize = 64;

/// A field of the old side, and the same of the new.
type Pair<'a> = (&'a Field<'a>, &'a Field<'a>);

/// The fields that differ, in the order of the bytes. Of another encoding nothing is compared but
/// which fields there are. Where both sides are known to stand for the same value, a field that
/// seems to have moved has.
pub(super) fn changes<'a>(
    old: &'a [Field<'a>],
    new: &'a [Field<'a>],
    is_recoded: bool,
    is_same_value: bool,
) -> Vec<Change> {
    let mut used = Used::default();
    let mut changes = Vec::new();
    if !is_recoded {
        for (from, to) in renumbered(old, new, is_same_value, &mut used) {
            changes.push(change(Kind::Renumbered, Some(from), Some(to)));
        }
    }
    let mut by_path: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, field) in new.iter().enumerate().rev() {
        if field.is_known && !used.new.contains(&index) {
            by_path.entry(&field.path).or_default().push(index);
        }
    }
    let mut removed = Vec::new();
    for (_, from) in old.iter().enumerate().filter(|(index, _)| !used.old.contains(index)) {
        let same = from.is_known.then(|| by_path.get_mut(from.path.as_str())?.pop()).flatten();
        match same.and_then(|index| Some((index, new.get(index)?))) {
            Some((index, to)) => {
                used.new.insert(index);
                let kind = if is_recoded { recoded_kind(from, to) } else { kind(from, to) };
                changes.extend(kind.map(|kind| change(kind, Some(from), Some(to))));
            }
            None => removed.push(from),
        }
    }
    let added = new.iter().enumerate().filter(|(index, _)| !used.new.contains(index));
    let added: Vec<&Field<'_>> = added.map(|(_, field)| field).collect();
    changes.extend(
        outermost(&removed)
            .map(|(field, inner)| Change { inner, ..change(Kind::Removed, Some(field), None) }),
    );
    changes.extend(
        outermost(&added)
            .map(|(field, inner)| Change { inner, ..change(Kind::Added, None, Some(field)) }),
    );
    changes
        .sort_by_key(|change| change.old.as_ref().or(change.new.as_ref()).map(|spot| spot.offset));
    changes
}

/// The fields that have found their other side.
#[derive(Default)]
struct Used {
    old: HashSet<usize>,
    new: HashSet<usize>,
}

fn change(kind: Kind, old: Option<&Field<'_>>, new: Option<&Field<'_>>) -> Change {
    let named = [old, new].into_iter().flatten().find(|field| field.is_known);
    let path = named.or(old).or(new).map(|field| field.path.clone()).unwrap_or_default();
    Change { kind, path, old: old.map(Field::spot), new: new.map(Field::spot), inner: 0 }
}

/// What became of a field with the same path.
fn kind(old: &Field<'_>, new: &Field<'_>) -> Option<Kind> {
    let is_null = old.holds.is_null() || new.holds.is_null();
    let tags = old.key.zip(new.key).map(|(old, new)| (old.tag, new.tag));
    if tags.is_some_and(|(old, new)| old != new) {
        Some(Kind::Renumbered)
    } else if old.wire != new.wire && !is_null {
        Some(Kind::Retyped)
    } else if !old.holds.agrees_with(&new.holds) {
        Some(Kind::Changed)
    } else {
        None
    }
}

/// What became of it in another encoding: only numbers and bytes can be compared.
fn recoded_kind(old: &Field<'_>, new: &Field<'_>) -> Option<Kind> {
    let is_comparable = matches!(
        (&old.holds, &new.holds),
        (Holds::Scalar(_), Holds::Scalar(_)) | (Holds::Bytes(_), Holds::Bytes(_))
    );
    (is_comparable && old.holds != new.holds).then_some(Kind::Changed)
}

/// The fields that are in no other of them, each with the number of those that are in it. They are
/// given in the order of the bytes: what is in a field comes behind it.
fn outermost<'a>(fields: &[&'a Field<'a>]) -> impl Iterator<Item = (&'a Field<'a>, usize)> {
    let mut found: Vec<(&Field<'_>, usize)> = Vec::new();
    // Where the parts of the last one end that has them in one piece, and the ones that have them
    // elsewhere by their paths.
    let mut last: Option<((usize, usize), usize)> = None;
    let mut by_path: HashMap<&str, usize> = HashMap::new();
    for field in fields {
        let around = last.filter(|((start, end), _)| (*start..*end).contains(&field.offset()));
        let outer = around
            .map(|(_, index)| index)
            .or_else(|| outer_paths(&field.path).find_map(|path| by_path.get(path).copied()));
        if let Some((_, inner)) = outer.and_then(|index| found.get_mut(index)) {
            *inner += 1;
            continue;
        }
        if let Some(parts) = field.parts {
            last = Some((parts, found.len()));
        } else if field.is_open() {
            by_path.entry(&field.path).or_insert(found.len());
        }
        found.push((field, 0));
    }
    found.into_iter()
}

/// The paths of everything that a field is in, the outermost first.
fn outer_paths(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices(['.', '[']).filter_map(|(at, _)| path.get(..at))
}

/// The fields that hold the same under another tag.
fn renumbered<'a>(
    old: &'a [Field<'a>],
    new: &'a [Field<'a>],
    is_same_value: bool,
    used: &mut Used,
) -> Vec<Pair<'a>> {
    let mut new_messages = by_message(new);
    let mut found = Vec::new();
    for (message, mut old) in by_message(old) {
        let mut new = new_messages.remove(message).unwrap_or_default();
        drop_equal_ones(&mut old, &mut new);
        if old.len().max(new.len()) > MATCHED_MAX {
            continue;
        }
        let pairs = by_content(&old, &new);
        for &((from_index, from), (to_index, to)) in &pairs {
            if is_same_value || is_plausible((from, to), &pairs) {
                used.old.insert(from_index);
                used.new.insert(to_index);
                found.push((from, to));
            }
        }
    }
    found
}

type Indexed<'a> = (usize, &'a Field<'a>);

/// The fields of each message that have a tag, by the path of the message.
fn by_message<'a>(fields: &'a [Field<'a>]) -> BTreeMap<&'a str, Vec<Indexed<'a>>> {
    let opened = fields.iter().filter_map(|field| Some((field.parts?.0, field.path.as_str())));
    let paths: HashMap<usize, &str> = opened.collect();
    let mut messages: BTreeMap<&str, Vec<Indexed<'_>>> = BTreeMap::new();
    for (index, field) in fields.iter().enumerate().filter(|(_, field)| field.key.is_some()) {
        let path = field.message.and_then(|start| paths.get(&start)).copied().unwrap_or_default();
        messages.entry(path).or_default().push((index, field));
    }
    messages
}

/// Drops the fields that are the same on both sides. Of many with one tag and path, as unknown ones
/// may be, those that come first are compared.
fn drop_equal_ones<'a>(old: &mut Vec<Indexed<'a>>, new: &mut Vec<Indexed<'a>>) {
    let name = |field: &'a Field<'a>| (field.key.map(|key| key.tag), field.path.as_str());
    let mut left: HashMap<_, Vec<Indexed<'a>>> = HashMap::new();
    for to in new.iter().rev() {
        left.entry(name(to.1)).or_default().push(*to);
    }
    let mut same: HashSet<usize> = HashSet::new();
    old.retain(|(_, from)| {
        let Some(candidates) = left.get_mut(&name(from)) else { return true };
        let is_it = |(_, to): &Indexed<'_>| from.key == to.key && from.holds == to.holds;
        let first = candidates.len().saturating_sub(MATCHED_MAX);
        let at = candidates.iter().skip(first).rposition(is_it);
        at.is_none_or(|at| {
            same.insert(candidates.remove(first + at).0);
            false
        })
    });
    new.retain(|(index, _)| !same.contains(index));
}

/// Pairs of fields that hold the same under different tags, each field in one pair at most.
fn by_content<'a>(old: &[Indexed<'a>], new: &[Indexed<'a>]) -> Vec<(Indexed<'a>, Indexed<'a>)> {
    let mut left = new.to_vec();
    let mut pairs = Vec::new();
    for from in old {
        let is_it = |to: &Indexed<'_>| {
            let (from, to) = (from.1, to.1);
            from.wire == to.wire
                && from.key.map(|key| key.tag) != to.key.map(|key| key.tag)
                && bytes_of(from) == bytes_of(to)
        };
        if let Some(index) = left.iter().position(is_it) {
            pairs.push((*from, left.remove(index)));
        }
    }
    pairs
}

/// What a field holds, whether its parts are known or not.
fn bytes_of<'a>(field: &'a Field<'a>) -> Result<&'a [u8], &'a Holds<'a>> {
    match &field.holds {
        Holds::Bytes(bytes) | Holds::Parts(bytes) => Ok(bytes),
        // A variant without a value is an empty message.
        Holds::Scalar(Value::Name(_)) if field.wire == Wire::Delimited.name() => Ok(&[]),
        scalar => Err(scalar),
    }
}

/// Whether a field was renumbered, and not one left out and another one set to the same: one of the
/// two is unknown to the release, or its new tag was given up by a field that has moved on.
fn is_plausible(pair: Pair<'_>, pairs: &[(Indexed<'_>, Indexed<'_>)]) -> bool {
    let (first, mut to) = pair;
    for _ in 0..=pairs.len() {
        if !first.is_known || !to.is_known || first.path == to.path {
            return true;
        }
        let tag = to.key.map(|key| key.tag);
        let next = pairs.iter().find(|((_, from), _)| from.key.map(|key| key.tag) == tag);
        match next {
            Some(((_, from), (_, next))) => {
                if from.key == first.key {
                    return true;
                }
                to = next;
            }
            None => return false,
        }
    }
    false
}
