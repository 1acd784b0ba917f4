//! How a connection ends in good order (02 §4.2, 05 §3).

use std::time::Duration;

use super::{
    At, DRAIN, END, LAST_ANSWER, LAST_REQUEST, LATE, SHUTDOWN, Script, Topic, begins_to_drain,
    ends_the_drain,
};
use crate::fabric::catalogue::MessageType;
use crate::fabric::envelope::{DatagramMember, Ping};
use crate::fabric::session::{DRAIN_TIMEOUT, DrainReason, HANDSHAKE_TIMEOUT, Quirk};
use crate::suite::session::frames::{self, control, datagram};
use crate::suite::session::sheet::{PATIENCE, Role, Sheet, Step, answered};
use crate::suite::session::stage::PEER;

const TOPIC: Topic = Topic { name: "drains", place: "02 §4.2" };
const NOTHING: [&str; 0] = [];

const fn script(name: &'static str, requirement: &'static str, write: fn(&mut Sheet)) -> Script {
    Script::new(TOPIC, name, requirement, write)
}

pub(super) const SCRIPTS: [Script; 12] = [
    script(
        "node-shuts-down",
        "a node that goes away says so; from 1.3 on it answers what is open before the end",
        |s| {
            s.asks(7);
            s.then(Step::Drain(DrainReason::Shutdown));
            let lines = begins_to_drain(s, SHUTDOWN);
            s.sees(lines);
            if s.setting.since(3) {
                ends_the_drain(s, 7);
            }
        },
    ),
    script(
        "node-drains",
        "a node that drains takes no new calls of its own, and waits for the answers to those that \
         are open",
        |s| {
            let number = s.calls();
            s.then(Step::Drain(DrainReason::Drain));
            s.sees([DRAIN, LAST_REQUEST]);
            let message = frames::value(MessageType::GetNodeState);
            message.into_iter().for_each(|message| s.then(Step::Call(Box::new(message))));
            s.sees(["error: the connection is draining"]);
            s.then(Step::Drain(DrainReason::Drain));
            s.sees(NOTHING);
            s.gets(number);
            s.peer_sees(control(4), [LAST_ANSWER, END]);
        },
    )
    .since(3)
    .by(Role::Dials),
    script(
        "node-drains-and-waits",
        "who has all its answers is told so at once, and a drain ends with the last answer to the node; \
         what it waits for no more holds up nothing",
        |s| {
            let abandoned = s.calls();
            s.then(Step::Wait(PATIENCE));
            s.sees([format!("(call {abandoned}: timed out)")]);
            let number = s.calls();
            s.then(Step::Drain(DrainReason::Drain));
            s.sees([DRAIN, LAST_REQUEST]);
            s.peer_sees(control(4), [LAST_ANSWER]);
            let answer = s.answer(number, MessageType::NodeStateResponse);
            s.peer_sees(answer, [&format!("(call {number}: NodeStateResponse)"), END]);
        },
    )
    .since(3)
    .by(Role::Dials),
    script(
        "drain-timeout",
        "calls are answered for 15 seconds of a drain, and then the connection ends",
        |s| {
            s.then(Step::Drain(DrainReason::Drain));
            s.sees([DRAIN, LAST_REQUEST]);
            times_out(s);
        },
    )
    .since(3),
    script(
        "peer-drains",
        "after DRAIN_CONNECTION calls are answered for 15 seconds, and then the connection ends",
        |s| {
            s.peer_sees(control(2), [DRAIN, LAST_REQUEST]);
            times_out(s);
        },
    )
    .since(3),
    script("late-request", "what is asked after REQUEST_STREAM_DRAINED is ignored", |s| {
        s.asks(7);
        s.peer_sees(control(4), NOTHING);
        let late = s.request(8, MessageType::GetNodeState);
        s.peer_sees(late, [LATE]);
        s.then(Step::Answer);
        s.sees([&answered(7), LAST_ANSWER]);
    })
    .since(3),
    script("late-ping", "a ping after REQUEST_STREAM_DRAINED is ignored", |s| {
        s.asks(7);
        s.peer_sees(control(4), NOTHING);
        let ping = datagram(DatagramMember::Ping(Ping { timestamp: 5 }));
        s.peer_sees(ping, [LATE]);
        s.then(Step::Answer);
        s.sees([&answered(7), LAST_ANSWER]);
    })
    .at(At::FromV2),
    script("late-answer", "answers find their calls after REQUEST_STREAM_DRAINED, too", |s| {
        let numbers = [s.calls(), s.calls()];
        s.peer_sees(control(4), [LAST_ANSWER]);
        numbers.into_iter().for_each(|number| s.gets(number));
    })
    .since(3)
    .by(Role::Dials),
    script("end-of-drain", "the end of the peer's half ends a drain", |s| {
        s.asks(7);
        s.then(Step::Drain(DrainReason::Drain));
        s.sees([DRAIN, LAST_REQUEST]);
        s.then(Step::Ends);
        s.sees([END]);
    })
    .since(3),
    script(
        "no-headers",
        "who is dialled and does not even answer the call is waited for no longer than one who does",
        |s| {
            let timeout = ["end of the stream", "(no agreement: No Welcome received within deadline)"];
            s.then(Step::Dial);
            s.sees(["a Hello"]);
            s.then(Step::Wait(HANDSHAKE_TIMEOUT));
            if s.has(Quirk::WaitsForever) {
                s.sees(NOTHING);
                s.then(Step::Wait(HANDSHAKE_TIMEOUT * 100));
                s.sees(NOTHING);
                s.then(Step::Headers);
                s.then(Step::Wait(HANDSHAKE_TIMEOUT));
            }
            s.sees(timeout);
        },
    )
    .by(Role::Dials),
    script(
        "silent-dialler",
        "who dials and says nothing is waited for so long, and is then refused",
        |s| {
            s.then(Step::Incoming);
            s.sees(NOTHING);
            let moment = Duration::from_millis(1);
            s.then(Step::Wait(HANDSHAKE_TIMEOUT - moment));
            s.sees(NOTHING);
            s.then(Step::Wait(moment));
            s.sees(["refused: DeadlineExceeded"]);
        },
    )
    .by(Role::Accepts),
    script(
        "dials-again",
        "a generation that was seen going away is refused, the next one is not",
        |s| {
            s.peer(control(1));
            let gone = format!("(peer {}:{} is gone)", PEER.id, PEER.generation);
            s.sees([&gone, DRAIN, LAST_REQUEST]);
            s.then(Step::Connect(PEER.generation));
            s.sees(["refused: AlreadyExists"]);
            s.then(Step::Connect(PEER.generation + 1));
            let version = s.setting.version;
            let welcome = format!("a Welcome to {version}");
            s.sees([welcome, format!("(open at {version})")]);
            s.unharmed();
        },
    )
    .since(3)
    .by(Role::Accepts),
];

/// The drain began just now.
fn times_out(s: &mut Sheet) {
    let moment = Duration::from_millis(1);
    s.then(Step::Wait(DRAIN_TIMEOUT - moment));
    s.sees(NOTHING);
    s.asks(8);
    s.is_answered(8);
    s.then(Step::Wait(moment));
    s.sees([END]);
}
