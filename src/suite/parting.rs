//! Where two values part: their JSON forms, compared along the shape of their message.
//!
//! Unlike [`super::compare`], which stops at the first path that differs, this has all of them, and
//! knows of each which field or variant it is. Places are written as those of faults:
//! `nodes[3][1].Node.name`.

use serde_json::Value as Json;

use crate::fabric::codec::shape::{ChoiceShape, RecordShape, Shape};
use crate::fabric::release::Gate;

/// A field or variant on the way through a shape.
#[derive(Debug, Clone, Copy)]
pub struct Member {
    /// Whether it is a variant.
    pub is_variant: bool,
    /// The releases that know it.
    pub gate: Gate,
}

/// A place where two values differ.
#[derive(Debug, Clone)]
pub struct Parting<'a> {
    /// The place, as `nodes[3][1].Node.name`; empty for the value as a whole.
    pub place: String,
    /// What was sent there.
    pub sent: &'a Json,
    /// What was received there, if anything.
    pub received: Option<&'a Json>,
    /// The member that was taken as a whole, if that is why the comparison ended here.
    pub whole: Option<Member>,
}

/// Every place where what was received is not what was sent. A member that `is_whole` picks is not
/// looked into.
pub fn partings<'a>(
    shape: Shape,
    sent: &'a Json,
    received: Option<&'a Json>,
    is_whole: &dyn Fn(Member) -> bool,
) -> Vec<Parting<'a>> {
    let mut walk = Walk { is_whole, place: String::new(), found: Vec::new() };
    walk.value(shape, sent, received);
    walk.found
}

/// A place without the indices of lists, and so the same for every value of a message: a list in a
/// list is one.
pub fn without_indices(place: &str) -> String {
    let mut stable = String::new();
    for c in place.chars() {
        let is_in_brackets = stable.ends_with('[');
        if !(is_in_brackets && c.is_ascii_digit()) {
            stable.push(c);
        }
    }
    while stable.contains("[][]") {
        stable = stable.replace("[][]", "[]");
    }
    stable
}

/// A place one step further down.
pub fn join(place: &str, name: &str) -> String {
    if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") }
}

struct Walk<'a, 'f> {
    is_whole: &'f dyn Fn(Member) -> bool,
    place: String,
    found: Vec<Parting<'a>>,
}

impl<'a> Walk<'a, '_> {
    fn value(&mut self, shape: Shape, sent: &'a Json, received: Option<&'a Json>) {
        if received == Some(sent) {
            return;
        }
        match shape.in_trees() {
            Shape::Record(record) => self.record(record, sent, received),
            Shape::Choice(choice) => self.choice(choice, sent, received),
            Shape::Optional(inner)
                if !sent.is_null() && received.is_none_or(|json| !json.is_null()) =>
            {
                self.value(*inner, sent, received);
            }
            Shape::List(element) | Shape::Packed(element) => {
                self.elements(|_| Some(*element), sent, received);
            }
            Shape::Tuple(shapes) => {
                self.elements(|index| shapes.get(index).copied(), sent, received);
            }
            Shape::Map(Shape::Text(_), value) if sent.is_object() => {
                for (index, (key, sent)) in sent.as_object().into_iter().flatten().enumerate() {
                    let received = received.and_then(|json| json.get(key));
                    self.within(&format!("[{index}]"), |walk| walk.value(*value, sent, received));
                }
            }
            Shape::Map(key, value) => self.pairs([*key, *value], sent, received),
            _ => self.part(sent, received, None),
        }
    }

    fn record(&mut self, record: &RecordShape, sent: &'a Json, received: Option<&'a Json>) {
        for (index, field) in record.fields.iter().enumerate() {
            let name = field.field.name;
            let get = |json: &'a Json| {
                if record.positional { json.get(index) } else { json.get(name) }
            };
            let Some(sent) = get(sent) else { continue };
            let received = received.and_then(get);
            let member = Member { is_variant: false, gate: field.field.gate };
            self.member(name, member, |walk, whole| match whole {
                Some(whole) => walk.part(sent, received, Some(whole)),
                None => walk.value(field.shape, sent, received),
            });
        }
    }

    fn choice(&mut self, choice: &ChoiceShape, sent: &'a Json, received: Option<&'a Json>) {
        let variant = variant(sent).and_then(|(name, held)| {
            let known = choice.variants.iter().find(|variant| variant.variant.name == name)?;
            Some((known, held))
        });
        let Some((known, held)) = variant else { return self.part(sent, received, None) };
        let name = known.variant.name;
        let same = received.and_then(self::variant).filter(|(other, _)| *other == name);
        let member = Member { is_variant: true, gate: known.variant.gate };
        self.member(name, member, |walk, whole| match (whole, known.shape, held) {
            (None, Some(shape), Some(held)) if same.is_some() || received.is_none() => {
                walk.value(shape, held, same.and_then(|(_, held)| held));
            }
            _ => walk.part(sent, received, whole),
        });
    }

    fn elements(
        &mut self,
        shape_at: impl Fn(usize) -> Option<Shape>,
        sent: &'a Json,
        received: Option<&'a Json>,
    ) {
        let sent = sent.as_array().map(Vec::as_slice).unwrap_or_default();
        if sent.len() < received.and_then(Json::as_array).map_or(0, Vec::len) {
            self.part(&Json::Null, received, None);
        }
        for (index, sent) in sent.iter().enumerate() {
            let received = received.and_then(|json| json.get(index));
            self.within(&format!("[{index}]"), |walk| match shape_at(index) {
                Some(shape) => walk.value(shape, sent, received),
                // One more than there have to be.
                None => walk.part(sent, received, None),
            });
        }
    }

    fn pairs(&mut self, shapes: [Shape; 2], sent: &'a Json, received: Option<&'a Json>) {
        for (index, sent) in sent.as_array().into_iter().flatten().enumerate() {
            let received = received.and_then(|json| json.get(index));
            self.within(&format!("[{index}]"), |walk| {
                walk.elements(|half| shapes.get(half).copied(), sent, received);
            });
        }
    }

    /// Visits a member: as a whole, if it is one of those.
    fn member(
        &mut self,
        name: &str,
        member: Member,
        visit: impl FnOnce(&mut Self, Option<Member>),
    ) {
        let whole = (self.is_whole)(member).then_some(member);
        let len = self.place.len();
        self.place = join(&self.place, name);
        visit(self, whole);
        self.place.truncate(len);
    }

    fn within(&mut self, step: &str, visit: impl FnOnce(&mut Self)) {
        let len = self.place.len();
        self.place.push_str(step);
        visit(self);
        self.place.truncate(len);
    }

    fn part(&mut self, sent: &'a Json, received: Option<&'a Json>, whole: Option<Member>) {
        if received != Some(sent) {
            self.found.push(Parting { place: self.place.clone(), sent, received, whole });
        }
    }
}

/// A variant: its name, and what it holds if it holds something.
fn variant(json: &Json) -> Option<(&str, Option<&Json>)> {
    if let Some(name) = json.as_str() {
        return Some((name, None));
    }
    let mut members = json.as_object()?.iter();
    match (members.next(), members.next()) {
        (Some((name, held)), None) => Some((name, Some(held))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fabric::catalogue::MessageType;

    fn places(message: MessageType, sent: &Json, received: Option<&Json>) -> Vec<String> {
        let found = partings(message.shape(), sent, received, &|member| !member.gate.is_always());
        found.into_iter().map(|parting| parting.place).collect()
    }

    #[test]
    fn every_difference_has_its_place() {
        let sent = json!({"header": {"loglet_id": 1, "known_global_tail": 2}, "trim_point": 3});
        let received = json!({"header": {"loglet_id": 9, "known_global_tail": 2}, "trim_point": 4});
        let found = places(MessageType::Trim, &sent, Some(&received));
        assert_eq!(found, ["header.loglet_id", "trim_point"]);
        assert!(places(MessageType::Trim, &sent, Some(&sent)).is_empty());
    }

    #[test]
    fn what_is_whole_is_not_looked_into() {
        let sent = json!({"partition_id": 1, "inner": {"PauseInvocation": {"invocation_id": "x"}}});
        let found = places(MessageType::PartitionProcessorRpcRequest, &sent, None);
        assert_eq!(found, ["partition_id", "inner.PauseInvocation"]);
    }

    #[test]
    fn a_place_in_any_element_is_one_place() {
        assert_eq!(without_indices("nodes[3][1].Node.name"), "nodes[].Node.name");
        assert_eq!(without_indices("inner.v2[10].x1"), "inner.v2[].x1");
    }
}
