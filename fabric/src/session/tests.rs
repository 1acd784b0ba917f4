//! Two sides of a connection, each frame going through the bytes of its sender and the eyes of its
//! receiver.

use std::time::Duration;

mod headers;

use super::*;
use crate::catalogue::Message;
use crate::envelope::{
    Body, ConnectionControl, GenerationalNodeId, Header, Message as Frame, RpcStatus, Signal,
    Swimlane, Welcome,
};
use crate::messages::gossip::Gossip;
use crate::messages::log_server::{GetLogletInfo, LogServerRequestHeader, LogletInfo};
use crate::messages::node_state::{GetNodeState, NodeStateResponse};
use crate::negotiation::{NodeEntry, PeerRecord};
use crate::release::Release;
use crate::version::ProtocolVersion;

const PATIENCE: Duration = Duration::from_secs(5);

struct Side {
    local: Local,
    connection: Connection,
    events: Vec<Event>,
    /// Frames that it sent, as it meant them.
    sent: Vec<Frame>,
    is_closed: bool,
}

/// The dialling side first.
struct Pair {
    sides: [Side; 2],
    now: Duration,
}

fn local(release: &str, id: u32) -> Local {
    let mut local = Local::new(release.parse().unwrap(), GenerationalNodeId::new(id, 1), "cluster");
    // 1.2 accepts nobody who is not in its nodes configuration.
    let record = PeerRecord { entry: NodeEntry::Generation(1), ..PeerRecord::default() };
    local.identity.peers.insert(3 - id, record);
    local
}

impl Pair {
    fn new(dials: &str, accepts: &str) -> Self {
        Self::of(local(dials, 1), local(accepts, 2))
    }

    fn of(mut a: Local, b: Local) -> Self {
        let now = Duration::ZERO;
        let dialled = Connection::dial(&mut a, now, Swimlane::General, None);
        let incoming = Connection::incoming(&b, now);
        let side = |local, connection| Side {
            local,
            connection,
            events: Vec::new(),
            sent: Vec::new(),
            is_closed: false,
        };
        let mut pair = Self { sides: [side(a, dialled), side(b, incoming)], now };
        pair.settle();
        pair
    }

    /// Lets frames go to and fro until there are none.
    fn settle(&mut self) {
        while self.step(0) || self.step(1) {}
    }

    fn step(&mut self, from: usize) -> bool {
        let Some(output) = self.sides[from].connection.poll() else { return false };
        let to = 1 - from;
        match output {
            Output::Send(frame) => {
                let bytes = frame.encode(self.sides[from].local.release()).unwrap();
                let frame_there =
                    Frame::decode(self.sides[to].local.release(), bytes.into()).unwrap();
                self.sides[from].sent.push(frame);
                self.handle(to, Input::Frame(&frame_there));
            }
            Output::Refuse(refusal) => {
                let status = refusal.code(self.sides[from].local.release());
                self.handle(to, Input::Refused(status));
            }
            Output::Close => {
                self.sides[from].is_closed = true;
                self.handle(to, Input::Ended);
            }
            Output::Event(event) => self.sides[from].events.push(event),
        }
        true
    }

    fn handle(&mut self, to: usize, input: Input<'_>) {
        let side = &mut self.sides[to];
        side.connection.handle(&mut side.local, self.now, input);
    }

    /// What one side received, as if the other had sent it.
    fn inject(&mut self, to: usize, frame: &Frame) {
        self.handle(to, Input::Frame(frame));
        self.settle();
    }

    fn call(&mut self, from: usize, message: &Message) -> Result<CallId, CallError> {
        let side = &mut self.sides[from];
        let call = side.connection.call(&mut side.local, self.now, message, PATIENCE);
        self.settle();
        call
    }

    fn request(&mut self, at: usize) -> RequestId {
        let events = self.sides[at].events.iter().rev();
        let mut requests = events.filter_map(|event| match event {
            Event::Request(request) => Some(request.id),
            _ => None,
        });
        requests.next().expect("a request")
    }

    fn reply(&mut self, from: usize, request: RequestId, message: &Message) {
        let side = &mut self.sides[from];
        side.connection.reply(&mut side.local, self.now, request, message).unwrap();
        self.settle();
    }

    fn outcomes(&self, of: usize) -> Vec<&Outcome> {
        let events = self.sides[of].events.iter();
        let outcomes = events.filter_map(|event| match event {
            Event::Resolved(_, outcome) => Some(outcome),
            _ => None,
        });
        outcomes.collect()
    }

    fn wait(&mut self, time: Duration) {
        self.now += time;
        self.handle(0, Input::Timeout);
        self.handle(1, Input::Timeout);
        self.settle();
    }
}

fn get_node_state() -> Message {
    Message::GetNodeState(GetNodeState {})
}

fn control(signal: Signal) -> Frame {
    let control = ConnectionControl { signal: signal.number(), message: String::new() };
    Frame { header: None, body: Some(Body::ConnectionControl(control)) }
}

#[test]
fn every_pair_agrees_as_the_handshake_says_and_an_answer_comes_in_the_same_version() {
    for dials in Release::all() {
        for accepts in Release::all() {
            let mut pair = Pair::new(dials.name(), accepts.name());
            let expected = crate::negotiation::handshake(dials, accepts).ok();
            let opened = [0, 1].map(|side| pair.sides[side].connection.opened());
            assert_eq!(opened.map(|it| it.map(|it| it.version)), [expected, expected]);
            let Some(version) = expected.filter(|version| !version.is_burned()) else { continue };
            pair.call(0, &get_node_state()).unwrap();
            let request = pair.request(1);
            pair.reply(1, request, &Message::NodeStateResponse(NodeStateResponse::default()));
            assert!(matches!(pair.outcomes(0)[..], [Outcome::Reply(_)]), "{dials} {accepts}");
            let is_v1 = version == ProtocolVersion::V1;
            for side in &pair.sides {
                let data = side.sent.last().unwrap();
                assert_eq!(matches!(data.body, Some(Body::Encoded(_))), is_v1);
            }
        }
    }
}

#[test]
fn what_a_version_cannot_carry_is_not_sent() {
    let mut pair = Pair::new("1.4", "1.3");
    let side = &mut pair.sides[0];
    let gossip = Message::Gossip(Gossip::default());
    let told = side.connection.tell(&mut side.local, Duration::ZERO, &gossip);
    assert!(matches!(told, Err(CallError::Incompatible(_))), "{told:?}");
    assert_eq!(side.connection.poll(), None);
}

#[test]
fn who_was_dialled_for_one_direction_does_not_ask() {
    let mut pair = Pair::new("1.5", "1.6");
    assert_eq!(pair.call(1, &get_node_state()), Err(CallError::NotForRequests));
    let mut pair = Pair::new("1.2", "1.3");
    assert!(pair.call(1, &get_node_state()).is_ok());
}

#[test]
fn a_request_that_cannot_be_routed_gets_a_status_once() {
    let header = LogServerRequestHeader::default();
    let info = Message::GetLogletInfo(GetLogletInfo { header });
    for (state, status) in [
        (None, RpcStatus::ServiceNotFound),
        (Some(ServiceState::NotStarted), RpcStatus::ServiceNotReady),
        (Some(ServiceState::Stopped), RpcStatus::ServiceStopped),
        (Some(ServiceState::Full), RpcStatus::LoadShedding),
    ] {
        let mut pair = Pair::new("1.6", "1.7");
        let states = &mut pair.sides[1].local.services.states;
        match state {
            None => states.remove(&27),
            Some(state) => states.insert(27, state),
        };
        pair.call(0, &info).unwrap();
        assert_eq!(pair.outcomes(0), [&Outcome::Status(status)]);
    }
    // At V1 nobody can be told, and the caller's time runs out.
    let mut pair = Pair::new("1.3", "1.4");
    pair.sides[1].local.services.states.clear();
    pair.call(0, &info).unwrap();
    assert!(pair.outcomes(0).is_empty());
    pair.wait(PATIENCE);
    assert_eq!(pair.outcomes(0), [&Outcome::TimedOut]);
    assert!(!pair.sides[0].is_closed && !pair.sides[1].is_closed);
}

#[test]
fn a_late_reply_finds_nobody() {
    let mut pair = Pair::new("1.7", "1.7");
    pair.call(0, &get_node_state()).unwrap();
    let request = pair.request(1);
    pair.wait(PATIENCE);
    pair.reply(1, request, &Message::NodeStateResponse(NodeStateResponse::default()));
    assert_eq!(pair.outcomes(0), [&Outcome::TimedOut]);
    let late = Event::Dropped(Dropped::UnknownCall { id: 1 });
    assert!(pair.sides[0].events.contains(&late));
}

#[test]
fn a_drain_lets_calls_end_and_then_both_sides() {
    for (dials, accepts) in [("1.3", "1.3"), ("1.4", "1.3"), ("1.5", "1.4"), ("1.7", "1.6")] {
        let mut pair = Pair::new(dials, accepts);
        pair.call(0, &get_node_state()).unwrap();
        let side = &mut pair.sides[1];
        side.connection.drain(&mut side.local, pair.now, DrainReason::Shutdown);
        pair.settle();
        assert!(!pair.sides[0].is_closed, "a call is open");
        assert_eq!(pair.call(0, &get_node_state()), Err(CallError::Draining));
        let request = pair.request(1);
        pair.reply(1, request, &Message::NodeStateResponse(NodeStateResponse::default()));
        assert!(matches!(pair.outcomes(0)[..], [Outcome::Reply(_)]), "{dials} {accepts}");
        assert!(pair.sides.iter().all(|side| side.is_closed), "{dials} {accepts}");
        let gone = GenerationalNodeId::new(2, 1);
        assert!(pair.sides[0].events.contains(&Event::PeerGone(gone)));
        assert!(pair.sides[0].local.identity.peers[&2].is_shutting_down);
    }
}

#[test]
fn a_drain_that_the_peer_does_not_join_ends_in_time() {
    let mut pair = Pair::new("1.7", "1.7");
    let side = &mut pair.sides[0];
    side.connection.drain(&mut side.local, pair.now, DrainReason::Drain);
    while pair.sides[0].connection.poll().is_some() {}
    assert_eq!(pair.sides[0].connection.deadline(), Some(DRAIN_TIMEOUT));
    pair.now = DRAIN_TIMEOUT;
    pair.handle(0, Input::Timeout);
    let outputs: Vec<Output> = std::iter::from_fn(|| pair.sides[0].connection.poll()).collect();
    assert_eq!(outputs, [Output::Close, Output::Event(Event::Closed(Closed::DrainTimeout))]);
}

#[test]
fn calls_end_with_their_connection() {
    let mut pair = Pair::new("1.6", "1.6");
    pair.call(0, &get_node_state()).unwrap();
    pair.handle(0, Input::Broken);
    pair.settle();
    assert_eq!(pair.outcomes(0), [&Outcome::ConnectionClosed]);
}

#[test]
fn bare_control_frames_end_a_connection_only_with_the_quirk() {
    for (quirks, is_gone) in [
        (Quirks::NONE, true),
        (Quirks::NONE.with(Quirk::DropsBareFrames), false),
        (Quirks::NONE.with(Quirk::DeafToBareControl), false),
    ] {
        let mut pair = Pair::new("1.2", "1.3");
        pair.sides[1].local.quirks = quirks;
        pair.inject(1, &control(Signal::Shutdown));
        assert_eq!(pair.sides[1].local.identity.peers[&1].is_shutting_down, is_gone);
        let is_dropped = quirks.has(Quirk::DropsBareFrames);
        let dropped = Event::Closed(Closed::HeaderMissing);
        assert_eq!(pair.sides[1].events.contains(&dropped), is_dropped);
    }
}

#[test]
fn a_handshake_ends_in_time() {
    let mut a = local("1.7", 1);
    let mut connection = Connection::dial(&mut a, Duration::ZERO, Swimlane::General, None);
    assert!(matches!(connection.poll(), Some(Output::Send(_))));
    connection.handle(&mut a, HANDSHAKE_TIMEOUT / 2, Input::Timeout);
    assert_eq!(connection.poll(), None);
    connection.handle(&mut a, HANDSHAKE_TIMEOUT, Input::Timeout);
    assert_eq!(connection.poll(), Some(Output::Close));
    assert!(connection.is_over());
    let mut connection = Connection::incoming(&a, Duration::ZERO);
    connection.handle(&mut a, HANDSHAKE_TIMEOUT, Input::Timeout);
    assert!(matches!(connection.poll(), Some(Output::Refuse(_))));
}

/// A Welcome to a version, by a direction.
fn welcome(protocol_version: i32, direction_ack: i32) -> Frame {
    let my_node_id = Some(GenerationalNodeId::new(2, 1));
    let welcome = Welcome { protocol_version, my_node_id, direction_ack };
    Frame { header: Some(Header::default()), body: Some(Body::Welcome(welcome)) }
}

#[test]
fn only_1_3_keeps_its_calls_from_a_connection_that_the_peer_wants_for_its_own() {
    for (release, version, ack, takes_calls) in [
        ("1.2", 1, 3, true),
        ("1.3", 1, 0, true),
        ("1.3", 1, 1, true),
        ("1.3", 1, 2, true),
        ("1.3", 1, 3, false),
        ("1.4", 2, 3, true),
        ("1.7", 3, 3, true),
    ] {
        let mut a = local(release, 1);
        let mut connection = Connection::dial(&mut a, Duration::ZERO, Swimlane::General, None);
        let welcome = welcome(version, ack);
        connection.handle(&mut a, Duration::ZERO, Input::Frame(&welcome));
        assert!(connection.opened().is_some(), "{release}");
        assert_eq!(connection.takes_calls(), takes_calls, "{release}, {ack}");
    }
}

#[test]
fn a_drain_before_the_connection_is_open_refuses_the_hello_or_gives_up() {
    use crate::negotiation::{Life, Refusal};
    let outputs = |connection: &mut Connection| -> Vec<Output> {
        std::iter::from_fn(|| connection.poll()).collect()
    };
    let given_up = [Output::Close, Output::Event(Event::Closed(Closed::GivenUp))];
    let (mut a, mut b) = (local("1.7", 1), local("1.7", 2));
    let mut dialled = Connection::dial(&mut a, Duration::ZERO, Swimlane::General, None);
    let Some(Output::Send(hello)) = dialled.poll() else { panic!("no Hello") };
    dialled.drain(&mut a, Duration::ZERO, DrainReason::Shutdown);
    assert_eq!(outputs(&mut dialled), given_up);
    let mut unwanted = Connection::incoming(&b, Duration::ZERO);
    unwanted.drain(&mut b, Duration::ZERO, DrainReason::Drain);
    assert_eq!(outputs(&mut unwanted), given_up);
    let mut incoming = Connection::incoming(&b, Duration::ZERO);
    b.identity.life = Life::ShuttingDown;
    incoming.drain(&mut b, Duration::ZERO, DrainReason::Shutdown);
    assert_eq!(outputs(&mut incoming), []);
    incoming.handle(&mut b, Duration::ZERO, Input::Frame(&hello));
    let refusal = Refusal::ShuttingDown;
    let refused = [Output::Refuse(refusal), Output::Event(Event::Refused(refusal))];
    assert_eq!(outputs(&mut incoming), refused);
}

#[test]
fn beyond_so_many_open_requests_more_are_turned_away() {
    for (dials, accepts) in [("1.3", "1.4"), ("1.7", "1.7")] {
        let mut pair = Pair::new(dials, accepts);
        for _ in 0..=OUTSTANDING_MAX {
            pair.call(0, &get_node_state()).unwrap();
        }
        let events = |event: fn(&Event) -> bool, side: &Side| {
            side.events.iter().filter(|it| event(it)).count()
        };
        let asked = |event: &Event| matches!(event, Event::Request(_));
        assert_eq!(events(asked, &pair.sides[1]), OUTSTANDING_MAX, "{dials}");
        let turned_away = |event: &Event| {
            let shed = RpcStatus::LoadShedding;
            matches!(event, Event::Dropped(Dropped::Unroutable { status, .. }) if *status == shed)
        };
        assert_eq!(events(turned_away, &pair.sides[1]), 1, "{dials}");
        // At V1 nobody can be told.
        let told: &[&Outcome] =
            if dials == "1.3" { &[] } else { &[&Outcome::Status(RpcStatus::LoadShedding)] };
        assert_eq!(pair.outcomes(0), told, "{dials}");
    }
}

#[test]
fn a_node_that_is_not_ready_refuses_before_the_first_frame_up_to_1_3() {
    use crate::negotiation::Life;
    for (release, refuses) in [("1.2", true), ("1.3", true), ("1.4", false)] {
        let mut accepts = local(release, 2);
        accepts.identity.life = Life::Starting;
        let mut connection = Connection::incoming(&accepts, Duration::ZERO);
        assert_eq!(connection.poll().is_some(), refuses, "{release}");
    }
}

#[test]
fn a_decoded_answer_is_that_of_its_call() {
    let mut pair = Pair::new("1.4", "1.7");
    let header = LogServerRequestHeader::default();
    pair.call(0, &Message::GetLogletInfo(GetLogletInfo { header })).unwrap();
    pair.call(0, &get_node_state()).unwrap();
    let requests: Vec<RequestId> = pair.sides[1]
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Request(request) => Some(request.id),
            _ => None,
        })
        .collect();
    // In the other order.
    pair.reply(1, requests[1], &Message::NodeStateResponse(NodeStateResponse::default()));
    pair.reply(1, requests[0], &Message::LogletInfo(LogletInfo::default()));
    let outcomes = pair.outcomes(0);
    assert!(matches!(
        outcomes[..],
        [Outcome::Reply(Message::NodeStateResponse(_)), Outcome::Reply(Message::LogletInfo(_))]
    ));
}
