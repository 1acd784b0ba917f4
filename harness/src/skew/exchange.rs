//! One value on its way from one node to another.

use bytes::Bytes;
use serde_json::Value as Json;

use super::changes::changes;
use super::outcome::{Loss, Outcome, Side, Violation};
use super::peer::{Allowance, Layer, Peer};
use super::rewritten::Back;
use super::watch::{Turn, Watch};
use crate::boundary::{contain, contain_within, uncounted};

/// Of two values that are not the same and look the same.
const NOT_SHOWN: &str = "the receiver changes what is not shown";

/// Two nodes, what is between them, and what may be lost there.
pub struct Exchange<'a, P: Peer> {
    /// The node that sends.
    pub sender: &'a P,
    /// The node that receives.
    pub receiver: &'a P,
    /// The version, or the envelope.
    pub layer: Layer,
    /// Losses that may happen.
    pub allowances: &'static [Allowance],
    /// Bytes of memory that each side may hold at once, above what it was given.
    pub memory: u64,
}

/// A value on its way, step by step, as far as it came.
#[derive(Debug, Clone)]
pub struct Trace<V> {
    /// The value as the sender holds it.
    pub sent: V,
    /// The bytes that it sent.
    pub bytes: Option<Bytes>,
    /// What the receiver understood.
    pub received: Option<V>,
    /// What came back, if the receiver has rewritten it.
    pub back: Option<Box<Back<V>>>,
    /// What came of it.
    pub outcome: Outcome,
}

impl<P: Peer> Exchange<'_, P> {
    /// Sends a value; none if the sender cannot hold it, or does not rewrite it where that is asked
    /// for. Who is at work can be seen from outside, should it never end.
    pub fn run(&self, message: &str, value: &P::Value, watch: &Watch) -> Option<Trace<P::Value>> {
        let turn = Turn::of(watch);
        turn.is(Some(Side::Sender));
        let there = Exchange { layer: self.layer.spoken(), ..*self };
        let sent = self.sender.hold(there.layer, value)?;
        Some(match self.layer {
            Layer::Rewritten(_) => {
                let expected = self.sender.rewrite(&sent)?;
                let trace = there.send(message, sent, turn);
                there.bring_back(message, trace, expected, turn)
            }
            Layer::Version(_) | Layer::Envelope => there.send(message, sent, turn),
        })
    }

    /// Sends a value that the sender holds.
    pub(super) fn send(&self, message: &str, sent: P::Value, turn: Turn<'_>) -> Trace<P::Value> {
        turn.is(Some(Side::Sender));
        let encoded = self.within(Side::Sender, || self.sender.encode(self.layer, &sent));
        let is_carried = self.sender.is_carried(self.layer, &sent);
        let outcome = match encoded {
            Err(violation) => Outcome::Violation(violation),
            Ok(Err(words)) => Outcome::Gated { words, is_foreseen: !is_carried },
            Ok(Ok(bytes)) if !is_carried => {
                let outcome = Outcome::Violation(Violation::WrongVersion);
                return Trace { sent, bytes: Some(bytes), received: None, back: None, outcome };
            }
            Ok(Ok(bytes)) => {
                return self.receive(message, sent, bytes, turn);
            }
        };
        Trace { sent, bytes: None, received: None, back: None, outcome }
    }

    fn receive(
        &self,
        message: &str,
        sent: P::Value,
        bytes: Bytes,
        turn: Turn<'_>,
    ) -> Trace<P::Value> {
        turn.is(Some(Side::Receiver));
        let decoded =
            self.within(Side::Receiver, || self.receiver.decode(self.layer, &sent, &bytes));
        let is_known = self.receiver.predicts(self.layer, &sent, self.sender);
        let understood = is_known.then(|| self.receiver.understood(self.layer, &sent, self.sender));
        let (received, outcome) = match decoded {
            Err(violation) => (None, Outcome::Violation(violation)),
            Ok(Err(_)) if turn.guesses() && self.is_of_another_version(&sent, &bytes, turn) => {
                (None, Outcome::Violation(Violation::WrongVersion))
            }
            Ok(Err(words)) => (None, self.refused(&sent, words, understood == Some(None))),
            Ok(Ok(received)) => {
                let understood = understood.as_ref().map(Option::as_ref);
                let outcome = self.judge(message, &sent, &received, understood);
                (Some(received), outcome)
            }
        };
        Trace { sent, bytes: Some(bytes), received, back: None, outcome }
    }

    /// The receiver does not read it, and says so as its release does.
    fn refused(&self, sent: &P::Value, words: String, is_foreseen: bool) -> Outcome {
        match self.receiver.panics_by(self.layer, sent) {
            Some(fault) => Outcome::Panicked { words: format!("{fault}: {words}"), is_foreseen },
            None => Outcome::Refused { words, is_foreseen },
        }
    }

    /// Whether the sender cannot read its own bytes at this version, but the same value at another. What
    /// that costs nobody has asked for: it is nobody's.
    fn is_of_another_version(&self, sent: &P::Value, bytes: &Bytes, turn: Turn<'_>) -> bool {
        let reads = |layer: Layer| {
            let is_read = || self.sender.decode(layer, sent, bytes).as_ref() == Ok(sent);
            contain(|| uncounted(is_read)) == Ok(true)
        };
        turn.is(None);
        let mut others = self.sender.layers().into_iter().filter(|layer| *layer != self.layer);
        let is_it = self.layer != Layer::Envelope && !reads(self.layer) && others.any(reads);
        turn.is(Some(Side::Receiver));
        is_it
    }

    /// What is to be said of a value that was understood. What should have been is not always known.
    fn judge(
        &self,
        message: &str,
        sent: &P::Value,
        received: &P::Value,
        understood: Option<Option<&P::Value>>,
    ) -> Outcome {
        if let Some(understood) = understood
            && understood != Some(received)
        {
            return Outcome::Violation(Violation::SilentChange(self.place(received, understood)));
        }
        if sent == received {
            return Outcome::Equal;
        }
        let (shown, seen) =
            (self.sender.show(self.layer, sent), self.receiver.show(self.layer, received));
        if understood.is_none() && shown == seen {
            return Outcome::Violation(Violation::SilentChange(NOT_SHOWN.to_owned()));
        }
        self.account(message, &shown, &seen, false)
    }

    /// What is to be said of what is not in the second value, of those that may be lost on the way
    /// or when it is rewritten.
    pub(super) fn account(
        &self,
        message: &str,
        sent: &Json,
        received: &Json,
        is_rewritten: bool,
    ) -> Outcome {
        let allowed = |path: &str| {
            let mut allowances = self.allowances.iter();
            let is_it =
                |it: &&Allowance| it.is_at(self.layer) && it.covers(message, path, is_rewritten);
            allowances.find(is_it).map(|allowance| allowance.reason)
        };
        let losses = changes(sent, received, &|it| self.receiver.is_absent(it))
            .into_iter()
            .map(|(kind, path)| Loss { kind, reason: allowed(&path), path });
        let losses: Vec<_> = losses.collect();
        if losses.is_empty() {
            // Two forms of one value, such as a default that is there or left out.
            Outcome::Equal
        } else if losses.iter().all(|loss| loss.reason.is_some()) {
            Outcome::Lossy(losses)
        } else {
            let unlisted = losses.into_iter().filter(|loss| loss.reason.is_none()).collect();
            Outcome::Violation(Violation::UnlistedLoss(unlisted))
        }
    }

    /// Where what was understood parts from what should have been.
    fn place(&self, received: &P::Value, understood: Option<&P::Value>) -> String {
        let Some(understood) = understood else { return "it should have been refused".to_owned() };
        let show = |value| -> Json { self.receiver.show(self.layer, value) };
        let is_absent = |it: &Json| self.receiver.is_absent(it);
        match changes(&show(understood), &show(received), &is_absent).first() {
            Some((kind, path)) => format!("the receiver {kind} {path}"),
            None => "another value in the same words".to_owned(),
        }
    }

    fn within<T>(&self, side: Side, body: impl FnOnce() -> T) -> Result<T, Violation> {
        contain_within(self.memory, body).map_err(|breach| Violation::Breach(side, breach))
    }
}
