//! What must hold, whatever happens between the two.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::world::{UnderWay, World, under_way};
use crate::fabric::catalogue::MessageType;
use crate::fabric::envelope::{Body, Message as Frame, Signal};
use crate::fabric::session::{
    CallError, CallId, Closed, DrainReason, Dropped, Event, Opened, Outcome, Output, RequestId,
};
use crate::fabric::version::ProtocolVersion;
use crate::harness::fuzz::Objection;
use crate::suite::fuzz::came::Came;
use crate::suite::fuzz::{notes, objection};
use crate::suite::handshake::order;
use crate::suite::session::planted::{reply_number, request_number};

/// Outputs for one input, beside one for each open call.
const OUTPUTS_MAX: usize = 16;

/// One end of a connection, as it is seen from outside.
#[derive(Default)]
pub(super) struct End {
    /// What will arrive here.
    pub(super) under_way: UnderWay,
    /// Requests that are not answered.
    pub(super) requests: VecDeque<(RequestId, MessageType)>,
    /// Calls that have no outcome.
    open: BTreeSet<u64>,
    /// How often a number was asked here without an answer.
    asked: BTreeMap<u64, usize>,
    opened: Option<Opened>,
    /// The other side has said that its process goes away.
    heard_shutdown: bool,
    /// Something arrived that is no frame: what follows need not be looked at (05 §3).
    pub(super) is_deaf: bool,
    /// Why its owner drained it.
    pub(super) drains_for: Option<DrainReason>,
}

/// What a frame that arrives should bring about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Handled {
    Nothing,
    /// The outcome of an open call.
    Answer(u64),
    /// A request, or an answer to it.
    Question(u64),
    /// Of a request at V1, where it may as well be let fall, which the owner is told.
    QuestionAtV1,
}

impl World<'_> {
    #[cold]
    pub(super) fn objection(&self, kind: &'static str, side: usize, seen: String) -> Objection {
        let releases =
            [side, 1 - side].map(|side| self.sides.get(side).map(|it| it.release.name()));
        let [this, that] = releases.map(Option::unwrap_or_default);
        let sides = [("release", this.to_owned()), ("with", that.to_owned())];
        objection::of(kind, sides, Came::words("", must(kind), seen))
    }

    /// What should come of a frame, before it is handled.
    pub(super) fn handled(&mut self, link: usize, side: usize, frame: &Frame) -> Handled {
        let Some(end) = self.links.get_mut(link).and_then(|link| link.ends.get_mut(side)) else {
            return Handled::Nothing;
        };
        end.heard_shutdown |= is_shutdown(frame);
        let Some(opened) = end.opened.filter(|_| !end.is_deaf) else { return Handled::Nothing };
        let is_encoded = matches!(frame.body, Some(Body::Encoded(_)));
        if frame.header.is_none() || is_encoded != (opened.version == ProtocolVersion::V1) {
            return Handled::Nothing;
        }
        if let Some(id) = reply_number(frame) {
            let is_awaited = end.open.contains(&id);
            return if is_awaited { Handled::Answer(id) } else { Handled::Nothing };
        }
        let Some(id) = request_number(frame) else { return Handled::Nothing };
        *end.asked.entry(id).or_default() += 1;
        if is_encoded { Handled::QuestionAtV1 } else { Handled::Question(id) }
    }

    /// A call was made, or not.
    pub(super) fn called(
        &mut self,
        link: usize,
        side: usize,
        called: Result<CallId, CallError>,
    ) -> Result<(), Objection> {
        let Ok(call) = called else { return Ok(()) };
        let end = self.links.get_mut(link).and_then(|link| link.ends.get_mut(side));
        if end.is_some_and(|end| !end.open.insert(call.number())) {
            return Err(self.objection("number-twice", side, format!("{call:?}")));
        }
        Ok(())
    }

    /// Looks at all that an end has to say.
    pub(super) fn take_outputs(
        &mut self,
        link: usize,
        side: usize,
        handled: Handled,
    ) -> Result<(), Objection> {
        let mut is_seen = handled == Handled::Nothing;
        let is_of_1_3 = self.sides.get(side).is_some_and(|side| !side.release.is_at_least(4));
        let most = self.links.get(link).and_then(|link| link.ends.get(side));
        let most = most.map_or(0, |end| end.open.len()) + OUTPUTS_MAX;
        for count in 0.. {
            let Some(output) = self.sides.get_mut(side).and_then(|it| it.host.poll(link)) else {
                break;
            };
            if count > most {
                return Err(self.objection("too-much-at-once", side, format!("{output:?}")));
            }
            is_seen |= is_of_1_3 && is_let_fall(handled, &output) || answers(handled, &output);
            self.look_at(link, side, handled, output)?;
        }
        let is_over = self.connection_is_over(link, side);
        if !is_seen && !is_over {
            return Err(self.objection("nothing-comes-of-it", side, format!("{handled:?}")));
        }
        self.remembers_what_is_open(link, side)
    }

    fn connection_is_over(&self, link: usize, side: usize) -> bool {
        let connection = self.sides.get(side).and_then(|side| side.host.connection(link));
        connection.is_none_or(|connection| connection.is_over())
    }

    fn remembers_what_is_open(&self, link: usize, side: usize) -> Result<(), Objection> {
        let Some(end) = self.links.get(link).and_then(|link| link.ends.get(side)) else {
            return Ok(());
        };
        let connection = self.sides.get(side).and_then(|side| side.host.connection(link));
        let remembered = connection.map_or(0, |connection| connection.remembered_calls());
        if remembered == end.open.len() {
            return Ok(());
        }
        let seen = format!("{remembered} calls remembered, {:?} open", end.open);
        Err(self.objection("calls-leak", side, seen))
    }

    fn look_at(
        &mut self,
        link: usize,
        side: usize,
        handled: Handled,
        output: Output,
    ) -> Result<(), Objection> {
        if let Output::Send(frame) = &output {
            self.sends(link, side, frame)?;
        }
        if let Output::Event(event) = &output {
            return self.tells(link, side, handled, event);
        }
        let Some(release) = self.sides.get(side).map(|it| it.release) else { return Ok(()) };
        let item = under_way(&output, release);
        let other = self.links.get_mut(link).and_then(|link| link.ends.get_mut(1 - side));
        match (item, other) {
            (Some(item), Some(other)) => {
                other.under_way.push_back(item);
                Ok(())
            }
            _ => Err(self.objection("cannot-send", side, format!("{output:?}"))),
        }
    }

    /// A frame has the wrapper of the version, and answers only what was asked.
    fn sends(&mut self, link: usize, side: usize, frame: &Frame) -> Result<(), Objection> {
        let Some(end) = self.links.get_mut(link).and_then(|link| link.ends.get_mut(side)) else {
            return Ok(());
        };
        let is_v1 = end.opened.map(|opened| opened.version == ProtocolVersion::V1);
        let is_right = match (&frame.body, is_v1) {
            (Some(Body::Encoded(_)), is_v1) => is_v1 == Some(true),
            (Some(Body::Datagram(_)), is_v1) => is_v1 == Some(false),
            (Some(_), _) => true,
            (None, _) => false,
        };
        let is_unasked = reply_number(frame).is_some_and(|id| match end.asked.get_mut(&id) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        });
        if !is_right {
            return Err(self.objection("other-wrapper", side, format!("{frame:?}")));
        }
        if is_unasked {
            return Err(self.objection("answers-nobody", side, format!("{frame:?}")));
        }
        Ok(())
    }

    fn tells(
        &mut self,
        link: usize,
        side: usize,
        handled: Handled,
        event: &Event,
    ) -> Result<(), Objection> {
        let release = self.sides.get(side).map(|it| it.release.name()).unwrap_or_default();
        self.features.note(notes::mix([notes::name(release), word(event)]));
        match event {
            Event::Opened(opened) => self.is_open(link, side, *opened),
            Event::Request(request) => {
                let of = request.message.message_type();
                let end = self.links.get_mut(link).and_then(|link| link.ends.get_mut(side));
                end.into_iter().for_each(|end| end.requests.push_back((request.id, of)));
                Ok(())
            }
            Event::Resolved(call, outcome) => self.is_resolved(link, side, handled, *call, outcome),
            Event::Panicked { .. } => Err(self.objection("panics", side, format!("{event:?}"))),
            Event::Dropped(dropped) => self.is_dropped(link, side, dropped),
            Event::PeerGone(_) => {
                let end = self.links.get(link).and_then(|link| link.ends.get(side));
                if end.is_some_and(|end| end.heard_shutdown) {
                    return Ok(());
                }
                Err(self.objection("nobody-is-gone", side, format!("{event:?}")))
            }
            Event::Closed(closed) => self.is_closed(link, side, *closed),
            _ => Ok(()),
        }
    }

    /// Both sides have the version that their rule demands.
    fn is_open(&mut self, link: usize, side: usize, opened: Opened) -> Result<(), Objection> {
        let releases = [0, 1].map(|side| self.sides.get(side).map(|it| it.release));
        let Some(it) = self.links.get_mut(link) else { return Ok(()) };
        let (dials, accepts) = (it.dialled_by, 1 - it.dialled_by);
        let (Some(Some(dials)), Some(Some(accepts)), Some(end)) =
            (releases.get(dials), releases.get(accepts), it.ends.get_mut(side))
        else {
            return Ok(());
        };
        end.opened = Some(opened);
        let number = opened.version.number();
        let own = if side == it.dialled_by { dials } else { accepts };
        let is_demanded = order::selected(*accepts, dials.range()) == Some(number);
        if own.range().contains(number) && (is_demanded || !it.is_clean) {
            return Ok(());
        }
        Err(self.objection("other-version", side, format!("{opened:?}")))
    }

    /// A call has one outcome, and an answer only if one arrived for it.
    fn is_resolved(
        &mut self,
        link: usize,
        side: usize,
        handled: Handled,
        call: CallId,
        outcome: &Outcome,
    ) -> Result<(), Objection> {
        let end = self.links.get_mut(link).and_then(|link| link.ends.get_mut(side));
        let was_open = end.is_some_and(|end| end.open.remove(&call.number()));
        let is_of_itself = matches!(outcome, Outcome::ConnectionClosed | Outcome::TimedOut);
        if !was_open {
            return Err(self.objection("two-outcomes", side, format!("{call:?} {outcome:?}")));
        }
        if !is_of_itself && handled != Handled::Answer(call.number()) {
            let seen = format!("{call:?} {outcome:?} by {handled:?}");
            return Err(self.objection("answer-of-another", side, seen));
        }
        let is_clean = self.links.get(link).is_some_and(|link| link.is_clean);
        if is_clean && matches!(outcome, Outcome::Undecodable(_)) {
            return Err(self.objection("undecodable", side, format!("{outcome:?}")));
        }
        Ok(())
    }

    /// Of what the other side sent nothing is let fall, but for what comes too late.
    fn is_dropped(&self, link: usize, side: usize, dropped: &Dropped) -> Result<(), Objection> {
        let Some(it) = self.sides.get(side) else { return Ok(()) };
        let is_allowed = match dropped {
            Dropped::Undecodable(_) => false,
            Dropped::Unroutable { .. } => !it.serves_all,
            Dropped::UnknownCall { .. } | Dropped::LateRequest => true,
            // 1.2 does not know the markers of a drain.
            Dropped::Unknown(what) => *what == "a signal" && !it.release.is_at_least(3),
        };
        let is_clean = self.links.get(link).is_some_and(|link| link.is_clean);
        if is_clean && !is_allowed {
            return Err(self.objection("dropped", side, format!("{dropped:?}")));
        }
        Ok(())
    }

    fn is_closed(&self, link: usize, side: usize, closed: Closed) -> Result<(), Objection> {
        let Some(it) = self.links.get(link) else { return Ok(()) };
        let is_polite =
            matches!(closed, Closed::Drained | Closed::DrainTimeout | Closed::StreamEnded);
        let drains_for = it.ends.get(1 - side).and_then(|end| end.drains_for);
        let is_told = closed == Closed::CodecErrorReported
            && matches!(drains_for, Some(DrainReason::CodecError(_)));
        let is_wanted = closed == Closed::GivenUp
            && it.ends.get(side).is_some_and(|end| end.drains_for.is_some());
        if it.is_clean && !is_polite && !is_told && !is_wanted {
            return Err(self.objection("closed-without-need", side, format!("{closed:?}")));
        }
        Ok(())
    }

    /// Every connection is over, and every call has its outcome.
    pub(super) fn nothing_is_left(&self) -> Result<(), Objection> {
        for (index, link) in self.links.iter().enumerate() {
            for (side, end) in link.ends.iter().enumerate() {
                if !self.connection_is_over(index, side) {
                    return Err(self.objection("never-ends", side, format!("{:?}", end.opened)));
                }
                if !end.open.is_empty() {
                    return Err(self.objection("no-outcome", side, format!("{:?}", end.open)));
                }
            }
        }
        Ok(())
    }
}

/// What must hold where something of this kind does not.
#[cold]
fn must(kind: &str) -> &'static str {
    match kind {
        "number-twice" => "each call has a number of its own",
        "too-much-at-once" => "an input has a few outputs",
        "nothing-comes-of-it" => "a request or an answer is told, answered or let fall",
        "calls-leak" => "the calls that are remembered are those that are open",
        "cannot-send" => "what is sent is a frame",
        "other-wrapper" => "a frame has the wrapper of the version",
        "answers-nobody" => "only what was asked is answered, and once",
        "panics" => "a release of the fabric does not panic",
        "nobody-is-gone" => "a peer is gone when it has said so",
        "other-version" => "both sides speak the version that the rule demands",
        "two-outcomes" => "a call has one outcome",
        "answer-of-another" => "a call is resolved by its own answer",
        "undecodable" => "what the other side has sent is decoded",
        "dropped" => "nothing is let fall that the other side has sent",
        "closed-without-need" => "a connection that nobody tampers with ends in good order",
        "never-ends" => "every connection ends",
        "no-outcome" => "every call has an outcome",
        "not-a-frame" => "what the other side has sent is a frame",
        "busy-loop" => "a deadline that was met is over",
        "never-settles" => "all that is under way arrives",
        _ => "what must hold of sessions",
    }
}

fn is_shutdown(frame: &Frame) -> bool {
    let number = Signal::Shutdown.number();
    matches!(&frame.body, Some(Body::ConnectionControl(control)) if control.signal == number)
}

/// Whether an output is what should come of a frame.
fn answers(handled: Handled, output: &Output) -> bool {
    match (handled, output) {
        (Handled::Answer(id), Output::Event(Event::Resolved(call, _))) => call.number() == id,
        (Handled::Question(id), Output::Send(frame)) => reply_number(frame) == Some(id),
        (
            Handled::Question(_),
            Output::Event(Event::Request(_) | Event::Dropped(Dropped::LateRequest)),
        )
        | (
            Handled::QuestionAtV1,
            Output::Event(Event::Request(_) | Event::Told(_) | Event::Dropped(_)),
        ) => true,
        _ => false,
    }
}

/// Whether an answer is let fall because of its target, which may be that of another answer or of
/// nothing, or because of its payload. Only up to 1.3: the call waits on.
fn is_let_fall(handled: Handled, output: &Output) -> bool {
    matches!((handled, output), (Handled::Answer(_), Output::Event(Event::Dropped(_))))
}

/// A number for what is told.
fn word(event: &Event) -> u64 {
    match event {
        Event::Opened(opened) => notes::mix([1, opened.version.number() as u64]),
        Event::Refused(_) => 2,
        Event::NotAgreed(_) => 3,
        Event::Observed(_) => 4,
        Event::Request(request) => notes::mix([5, request.message.message_type() as u64]),
        Event::Told(message) => notes::mix([6, message.message_type() as u64]),
        Event::Resolved(_, outcome) => notes::mix([
            7,
            match outcome {
                Outcome::Reply(_) => 1,
                Outcome::Status(status) => notes::mix([2, status.number() as u64]),
                Outcome::Undecodable(_) => 3,
                Outcome::ConnectionClosed => 4,
                Outcome::TimedOut => 5,
                Outcome::UnknownStatus(number) => notes::mix([6, *number as u64]),
            },
        ]),
        Event::PeerGone(_) => 8,
        Event::Draining(_) => 9,
        Event::Dropped(dropped) => notes::mix([
            10,
            match dropped {
                Dropped::Undecodable(_) => 1,
                Dropped::Unroutable { status, .. } => notes::mix([2, status.number() as u64]),
                Dropped::UnknownCall { .. } => 3,
                Dropped::LateRequest => 4,
                Dropped::Unknown(what) => notes::name(what),
            },
        ]),
        Event::Panicked { .. } => 11,
        Event::Closed(closed) => notes::mix([12, *closed as u64]),
    }
}
