//! Which field of the old side is which of the new, and what became of it.
//!
//! A field is known by its path. Where a tag was changed that does not lead anywhere: the dump
//! names fields by their tags. So within a message fields are first matched by what they hold, and
//! a field that holds the same under another tag was renumbered, if nothing simpler explains it.

use std::collections::{BTreeMap, BTreeSet};

use super::fields::{Field, Holds};
use super::{Change, Kind};
use crate::fabric::annotate::{Value, Wire};

/// Fields of one message that are matched by what they hold.
const MATCHED_MAX: usize = 64;

/// A field of the old side, and the same of the new.
type Pair<'a> = (&'a Field, &'a Field);

/// The fields that differ, in the order of the bytes. Of another encoding nothing is compared but
/// which fields there are. Where both sides are known to stand for the same value, a field that
/// seems to have moved has.
pub(super) fn changes(
    old: &[Field],
    new: &[Field],
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
    let mut by_path: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, field) in new.iter().enumerate().rev() {
        if field.is_known && !used.new.contains(&index) {
            by_path.entry(&field.path).or_default().push(index);
        }
    }
    let mut removed = Vec::new();
    for (index, from) in old.iter().enumerate().filter(|(index, _)| !used.old.contains(index)) {
        let same = from.is_known.then(|| by_path.get_mut(from.path.as_str())?.pop()).flatten();
        match same.and_then(|index| Some((index, new.get(index)?))) {
            Some((index, to)) => {
                used.new.insert(index);
                let kind = if is_recoded { recoded_kind(from, to) } else { kind(from, to) };
                changes.extend(kind.map(|kind| change(kind, Some(from), Some(to))));
            }
            None => removed.push((index, from)),
        }
    }
    let added = new.iter().enumerate().filter(|(index, _)| !used.new.contains(index));
    let added: Vec<(usize, &Field)> = added.collect();
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
    old: BTreeSet<usize>,
    new: BTreeSet<usize>,
}

fn change(kind: Kind, old: Option<&Field>, new: Option<&Field>) -> Change {
    let named = [old, new].into_iter().flatten().find(|field| field.is_known);
    let path = named.or(old).or(new).map(|field| field.path.clone()).unwrap_or_default();
    let spot = |field: Option<&Field>| field.map(|field| field.spot.clone());
    Change { kind, path, old: spot(old), new: spot(new), inner: 0 }
}

/// What became of a field with the same path.
fn kind(old: &Field, new: &Field) -> Option<Kind> {
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
fn recoded_kind(old: &Field, new: &Field) -> Option<Kind> {
    let is_comparable = matches!(
        (&old.holds, &new.holds),
        (Holds::Scalar(_), Holds::Scalar(_)) | (Holds::Bytes(_), Holds::Bytes(_))
    );
    (is_comparable && old.holds != new.holds).then_some(Kind::Changed)
}

/// The fields that are in no other of them, each with the number of those that are in it.
fn outermost<'a>(fields: &[(usize, &'a Field)]) -> impl Iterator<Item = (&'a Field, usize)> {
    let mut found: Vec<(&Field, usize)> = Vec::new();
    for (_, field) in fields {
        let outer = found.iter_mut().find(|(outer, _)| is_in(field, outer));
        match outer {
            Some((_, inner)) => *inner += 1,
            None => found.push((field, 0)),
        }
    }
    found.into_iter()
}

fn is_in(field: &Field, outer: &Field) -> bool {
    if let Some((start, end)) = outer.parts {
        return start <= field.spot.offset && field.spot.offset < end;
    }
    let rest = field.path.strip_prefix(outer.path.as_str());
    outer.is_open() && rest.is_some_and(|rest| rest.starts_with(['.', '[']))
}

/// The fields that hold the same under another tag.
fn renumbered<'a>(
    old: &'a [Field],
    new: &'a [Field],
    is_same_value: bool,
    used: &mut Used,
) -> Vec<Pair<'a>> {
    let messages: BTreeSet<&str> = old.iter().map(|field| field.message.as_str()).collect();
    let mut found = Vec::new();
    for message in messages {
        let of = |fields: &'a [Field]| -> Vec<(usize, &'a Field)> {
            let all = fields.iter().enumerate();
            all.filter(|(_, field)| field.message == message && field.key.is_some()).collect()
        };
        let (mut old, mut new) = (of(old), of(new));
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

type Indexed<'a> = (usize, &'a Field);

/// Drops the fields that are the same on both sides.
fn drop_equal_ones(old: &mut Vec<Indexed<'_>>, new: &mut Vec<Indexed<'_>>) {
    old.retain(|(_, from)| {
        let same = new.iter().position(|(_, to)| {
            from.key == to.key && from.path == to.path && from.holds == to.holds
        });
        match same {
            Some(index) => {
                new.remove(index);
                false
            }
            None => true,
        }
    });
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
fn bytes_of(field: &Field) -> Result<&[u8], &Holds> {
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
