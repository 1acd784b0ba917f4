//! The forms that release lines have for a value, and who refuses it.

use bytes::Bytes;

use super::wire::Wire;
use crate::fabric::release::Release;
use crate::suite::subject::Subject;

/// The bytes that some lines put out for a value.
#[derive(Debug, Clone)]
pub struct Form<V> {
    /// Its name among the forms of its case; see [`of`].
    pub name: String,
    /// Who puts them out, oldest first; never empty.
    pub lines: Vec<Release>,
    /// The value, as far as these lines hold it.
    pub value: V,
    /// The bytes.
    pub bytes: Bytes,
}

/// What becomes of a case.
#[derive(Debug, Clone)]
pub struct Forms<V> {
    /// The forms, that of the oldest line first.
    pub forms: Vec<Form<V>>,
    /// The lines that refuse the whole value, and what they say.
    pub refusals: Vec<(Release, String)>,
    /// Whether a refusal is about the value, not only about a message that nobody has.
    pub is_refused: bool,
}

/// The forms of a value.
///
/// The form of the oldest line has the name of the case, every other one that of the oldest line
/// that puts it out as well: `typical`, `typical.from-1.4`. A line that comes later joins a form or
/// adds one, and no name changes.
pub fn of<W: Wire>(
    wire: W,
    case: &str,
    value: &W::Value,
    subject: &dyn Subject,
) -> Forms<W::Value> {
    let mut forms: Vec<Form<W::Value>> = Vec::new();
    let (mut refusals, mut is_refused) = (Vec::new(), false);
    for line in wire.lines() {
        let mut refuse = |refused: super::wire::Refused| {
            is_refused |= !refused.is_unknown;
            refusals.push((line, refused.text));
        };
        if let Err(refused) = wire.encode(subject, value, line) {
            refuse(refused);
        }
        let Some(fitted) = wire.fitted(value, line) else { continue };
        let Ok(bytes) = wire.encode(subject, &fitted, line) else { continue };
        let known = forms.iter_mut().find(|form| form.bytes == bytes && form.value == fitted);
        if let Some(form) = known {
            form.lines.push(line);
            continue;
        }
        let name = match forms.first() {
            None => case.to_owned(),
            Some(_) => format!("{case}.from-{line}"),
        };
        forms.push(Form { name, lines: vec![line], value: fitted, bytes });
    }
    Forms { forms, refusals, is_refused }
}
