//! One cell, told from end to end.

use super::exchange::Trace;
use super::outcome::{Outcome, Violation};
use super::peer::{Layer, Peer};
use crate::boundary::Breach;
use crate::program::spell;
use crate::story::Story;

impl Story {
    /// Goes on with a value that one node has sent another, and with what came of it.
    #[must_use]
    pub fn with_trace<P: Peer>(
        mut self,
        (sender, receiver): (&P, &P),
        layer: Layer,
        traced: Result<Trace<P::Value>, Violation>,
    ) -> Self {
        let outcome = match traced {
            Ok(trace) => tell(sender, receiver, layer, trace, &mut self.chapters),
            Err(violation) => Outcome::Violation(violation),
        };
        let reason = Some(outcome.to_string()).filter(|reason| !reason.is_empty());
        self.chapters.push(("verdict", outcome.class().meaning().to_owned()));
        self.chapters.extend(reason.map(|reason| ("reason", reason)));
        if let Outcome::Lossy(losses) = &outcome {
            let why = losses.iter().filter_map(|loss| Some((loss, loss.reason?)));
            let why: Vec<_> =
                why.map(|(loss, reason)| format!("{}: {}", loss.path, spell(reason))).collect();
            self.chapters.push(("why", why.join("\n")));
        }
        if let Outcome::Violation(Violation::Breach(_, Breach::Panicked(panicked))) = &outcome {
            self.chapters.push(("where", panicked.location.clone()));
        }
        Self { is_foreseen: outcome.is_foreseen(), ..self }
    }
}

fn tell<P: Peer>(
    sender: &P,
    receiver: &P,
    layer: Layer,
    trace: Trace<P::Value>,
    chapters: &mut Vec<(&'static str, String)>,
) -> Outcome {
    chapters.push(("sent", format!("{:#}", sender.show(layer, &trace.sent))));
    if let Some(bytes) = &trace.bytes {
        let dump = sender.explain(layer, &trace.sent, bytes);
        chapters.push(("bytes", format!("{}\n{}", hex::encode(bytes), dump.trim_end())));
    }
    if let Some(received) = &trace.received {
        chapters.push(("received", format!("{:#}", receiver.show(layer, received))));
    }
    if let Some(back) = &trace.back {
        if let Some(bytes) = &back.bytes {
            let dump = receiver.explain(layer, &back.written, bytes);
            chapters.push(("sent back", format!("{}\n{}", hex::encode(bytes), dump.trim_end())));
        }
        if let Some(read) = &back.read {
            chapters.push(("came back", format!("{:#}", sender.show(layer, read))));
        }
    }
    trace.outcome
}
