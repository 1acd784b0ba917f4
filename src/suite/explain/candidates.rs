//! What bytes may be, before the decoders are asked.
//!
//! Most messages can be ruled out by a look: a sound flexbuffer names the fields of its message,
//! and what is no flexbuffer is no message in one. Decoders verify flexbuffers each time anew, so
//! this look is what keeps guessing fast.

use bytes::Bytes;

use super::hints::Hints;
use crate::fabric::catalogue::{Codec, MessageType};
use crate::fabric::codec::flex::FlexBuffer;
use crate::fabric::codec::shape::Shape;
use crate::fabric::codec::tree::{Context, Form as TreeForm, Kind, Node};
use crate::fabric::version::ProtocolVersion;
use crate::suite::form::Form;

/// What bytes may be.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) form: Form,
    /// Who may have written it; the newest first, never none.
    pub(super) contexts: Vec<Context>,
}

/// Who says what bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Given {
    /// Nobody.
    Open,
    /// The user.
    Asked,
    /// The frame around them.
    Named,
}

/// What bytes may be, in the order of preference.
#[derive(Debug, Clone)]
pub(super) struct Candidates {
    pub(super) list: Vec<Candidate>,
    /// The names at the root, if the bytes are a sound flexbuffer.
    pub(super) names: Option<Names>,
    /// Who says what they are.
    pub(super) given: Given,
}

/// Everything that bytes may be.
pub(super) fn of(bytes: &Bytes, hints: &Hints) -> Candidates {
    let names = Names::at_root(bytes);
    let is_asked = hints.has_kind();
    let may_be = |form: Form, cx: &Context| {
        let Form::Payload(message) = form else { return true };
        is_asked
            || message.row().codec_at(cx.version) == Codec::Bilrost
            || names.as_ref().is_some_and(|it| it.share(message, *cx).0 > 0)
    };
    let candidate = |form| Candidate {
        form,
        contexts: hints.contexts(form).filter(|cx| may_be(form, cx)).collect(),
    };
    let list = hints.forms().map(candidate).filter(|it| !it.contexts.is_empty()).collect();
    let given = if is_asked { Given::Asked } else { Given::Open };
    Candidates { list, names, given }
}

/// What stands at the root of a flexbuffer: the keys of a map, or a variant by its name; none if it
/// is something without names.
#[derive(Debug, Clone)]
pub(super) struct Names(Option<Vec<String>>);

impl Names {
    /// The names in a flexbuffer, if the bytes are one.
    pub(super) fn at_root(bytes: &Bytes) -> Option<Self> {
        let buffer = FlexBuffer::verified(bytes).ok()?;
        let root = buffer.root();
        if let Some(name) = root.variant_name() {
            return Some(Self(Some(vec![name.to_owned()])));
        }
        if root.kind() != Kind::Map {
            return Some(Self(None));
        }
        let entries = root.map().ok()?;
        Some(Self(Some(entries.map(|(key, _)| key.to_owned()).collect())))
    }

    /// How many of the names are ones that the message has there, and how many there are.
    pub(super) fn share(&self, message: MessageType, cx: Context) -> (usize, usize) {
        let row = message.row();
        let is_wrapped = row.is_wrapped_at_v1 && cx.version == ProtocolVersion::V1;
        let shape = message.shape().in_trees();
        let names = match (&self.0, shape) {
            (None, Shape::Record(record)) if !record.positional => return (0, 1),
            (None, _) => return (usize::from(!is_wrapped), 1),
            (Some(names), _) if names.is_empty() => return (usize::from(!is_wrapped), 1),
            (Some(names), _) => names,
        };
        let known = |name: &&String| {
            if is_wrapped { name.as_str() == row.name } else { has_name(shape, name) }
        };
        (names.iter().filter(known).count(), names.len())
    }
}

/// Whether a shape has something with this name at its root.
fn has_name(shape: Shape, name: &str) -> bool {
    match shape.in_trees() {
        Shape::Optional(inner) => has_name(*inner, name),
        Shape::Record(record) => {
            record.fields.iter().any(|it| it.field.key_in(TreeForm::Flexbuffers) == name)
        }
        Shape::Choice(choice) => choice.variants.iter().any(|it| it.variant.name == name),
        _ => true,
    }
}
