//! The way back of a value that the receiver keeps, changes, and sends back.

use bytes::Bytes;

use super::exchange::{Exchange, Trace};
use super::outcome::{Outcome, Side, Violation};
use super::peer::Peer;
use super::watch::Turn;

/// A value on its way back, as far as it came.
#[derive(Debug, Clone)]
pub struct Back<V> {
    /// What the first node has at the end if nothing is lost: its value, changed by itself.
    pub expected: V,
    /// What the other one has made of what it received.
    pub written: V,
    /// The bytes that it sent.
    pub bytes: Option<Bytes>,
    /// What the first node understood of them.
    pub read: Option<V>,
}

impl<P: Peer> Exchange<'_, P> {
    /// Changes at the receiver what arrived there, and sends it back. `expected` is what the first
    /// node should have then. What did not arrive stays what it is.
    pub(super) fn bring_back(
        &self,
        message: &str,
        there: Trace<P::Value>,
        expected: P::Value,
        turn: Turn<'_>,
    ) -> Trace<P::Value> {
        let received = match (&there.outcome, &there.received) {
            (Outcome::Equal | Outcome::Lossy(_), Some(received)) => received,
            _ => return there,
        };
        let Some(written) = self.receiver.rewrite(received) else { return there };
        let back = Exchange { sender: self.receiver, receiver: self.sender, ..*self };
        let back = back.send(message, written, turn.back());
        let outcome = match (back.outcome, &back.received) {
            (Outcome::Equal | Outcome::Lossy(_), Some(read)) => {
                let [expected, read] =
                    [&expected, read].map(|value| self.sender.show(self.layer, value));
                self.account(message, &expected, &read, true)
            }
            (outcome, _) => of_other_side(outcome),
        };
        let back = Back { expected, written: back.sent, bytes: back.bytes, read: back.received };
        Trace { back: Some(Box::new(back)), outcome, ..there }
    }
}

/// What is said of a way back, in the words of the way there.
fn of_other_side(outcome: Outcome) -> Outcome {
    let Outcome::Violation(Violation::Breach(side, breach)) = outcome else { return outcome };
    let side = match side {
        Side::Sender => Side::Receiver,
        Side::Receiver => Side::Sender,
    };
    Outcome::Violation(Violation::Breach(side, breach))
}
