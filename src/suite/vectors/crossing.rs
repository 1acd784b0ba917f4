//! Recorded exchanges: a value, who sent it, who read it, and what came of it.

use super::kind::Kind;
use super::line::{DamagedLine, Line, Location};
use super::shelf::Shelf;
use super::{Source, Unusable, envelope, payload};
use crate::fabric::release::Release;
use crate::harness::skew::Layer;
use crate::harness::verdict::CaseId;
use crate::suite::requirements;
use crate::suite::skew::{Spoken, version};

/// What a released server made of another's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// The same value, all fields alike.
    Equal,
    /// A value that is not the same in every word.
    Different,
    /// An error.
    Refused,
}

/// One recorded exchange.
#[derive(Debug, Clone)]
pub struct Crossing {
    /// Its address.
    pub case: CaseId,
    /// The line that says so.
    pub location: Location,
    /// Who sent.
    pub from: Release,
    /// Who read.
    pub to: Release,
    /// The version, or the envelope.
    pub layer: Layer,
    /// The name of the message.
    pub message: &'static str,
    /// What was sent; none if it is in none of the files.
    pub value: Option<Spoken>,
    /// What came of it.
    pub recorded: Recorded,
}

/// Every recorded exchange.
///
/// # Errors
///
/// A file that cannot be read, or a line that is not in the format of reference vectors.
pub fn crossings(sources: Vec<Source>) -> Result<Vec<Crossing>, Unusable> {
    let shelf = Shelf::read(sources)?;
    let crossings = shelf.each(|kind, line| crossing(kind, &line, &shelf))?;
    Ok(crossings.into_iter().filter_map(Result::transpose).collect::<Result<_, _>>()?)
}

fn crossing(kind: Kind, line: &Line, shelf: &Shelf) -> Result<Option<Crossing>, DamagedLine> {
    let (value, layer, message) = match kind {
        Kind::CrossPayload => {
            let sent = shelf.payloads.get(&payload::Key::of(line, "from")?);
            let value = sent.and_then(|sent| sent.message().ok());
            let message = payload::message_type(line, "message")?.row().word();
            (value.map(Spoken::Payload), Layer::Version(version(line.version()?)), message)
        }
        Kind::CrossEnvelope => {
            let sent = shelf.envelopes.get(&envelope::key(line, "from")?);
            let value = sent.and_then(envelope::EnvelopeVector::frame);
            let message = envelope::envelope_type(line)?.word();
            (value.map(Spoken::Frame), Layer::Envelope, message)
        }
        _ => return Ok(None),
    };
    let (from, to) = (line.text("from")?, line.text("decoder")?);
    let address = [from, to, &layer.to_string(), message, line.text("case")?];
    Ok(Some(Crossing {
        case: CaseId::from_segments(["agreement"].iter().chain(&address))
            .of(&requirements::MATRIX_RECORDED),
        location: line.location().clone(),
        from: line.release("from")?,
        to: line.release("decoder")?,
        layer,
        message,
        value,
        recorded: match (line.is_taken()?, line.flag("equal")?) {
            (false, _) => Recorded::Refused,
            (true, true) => Recorded::Equal,
            (true, false) => Recorded::Different,
        },
    }))
}
