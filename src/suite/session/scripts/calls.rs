//! What the node asks (02 §5; 04 R24, R26).

use super::{At, Script, Topic, UNDECODABLE};
use crate::fabric::catalogue::MessageType;
use crate::fabric::envelope::{RpcReplyBody, RpcStatus};
use crate::fabric::session::Quirk;
use crate::suite::session::frames::{GARBAGE, reply, status};
use crate::suite::session::sheet::{PATIENCE, Role, Sheet, Step};
use crate::suite::session::stage::PEER;

const TOPIC: Topic = Topic { name: "calls", place: "02 §5" };

const fn script(name: &'static str, requirement: &'static str, write: fn(&mut Sheet)) -> Script {
    Script::new(TOPIC, name, requirement, write).by(Role::Dials)
}

pub(super) const SCRIPTS: [Script; 9] = [
    script("other-order", "answers find their calls in any order", |s| {
        let numbers = [s.calls(), s.calls(), s.calls()];
        for index in [1, 2, 0] {
            s.gets(numbers[index]);
        }
    }),
    script("answer-twice", "an answer to a call that has its outcome is let fall", |s| {
        let number = s.calls();
        s.gets(number);
        let again = s.answer(number, MessageType::NodeStateResponse);
        s.peer_sees(again, [format!("(dropped: answer to {number})")]);
        s.unharmed();
    }),
    script("answer-to-nobody", "an answer to a call that was never made is let fall", |s| {
        let answer = s.answer(77, MessageType::NodeStateResponse);
        s.peer_sees(answer, ["(dropped: answer to 77)"]);
        s.unharmed();
    }),
    script("status", "the status that the peer answers by is the outcome", |s| {
        for it in [
            RpcStatus::ServiceNotFound,
            RpcStatus::ServiceStopped,
            RpcStatus::ServiceNotReady,
            RpcStatus::SortCodeNotFound,
            RpcStatus::Dropped,
            RpcStatus::LoadShedding,
            RpcStatus::MessageUnrecognized,
        ] {
            let number = s.calls();
            s.peer_sees(status(number, it), [format!("(call {number}: {it:?})")]);
        }
        s.unharmed();
    })
    .at(At::FromV2),
    script(
        "unknown-status",
        "a status that nobody knows, or an answer with nothing in it, is an unknown one",
        |s| {
            let status = |status| Some(RpcReplyBody::Status(status));
            for (body, is) in [(status(99), 99), (status(-1), -1), (status(0), 0), (None, 0)] {
                let number = s.calls();
                let seen = format!("(call {number}: unknown status {is})");
                s.peer_sees(reply(number, body), [seen]);
            }
            s.unharmed();
        },
    )
    .at(At::FromV2),
    script(
        "status-twice",
        "of a status and DROPPED for one call, the first is the outcome and the second is let fall",
        |s| {
            let number = s.calls();
            let first = status(number, RpcStatus::ServiceNotFound);
            s.peer_sees(first, [format!("(call {number}: ServiceNotFound)")]);
            let second = status(number, RpcStatus::Dropped);
            s.peer_sees(second, [format!("(dropped: answer to {number})")]);
            s.unharmed();
        },
    )
    .at(At::FromV2),
    script(
        "undecodable-answer",
        "an answer whose payload does not decode is the outcome of its call, up to 1.3 it is let \
         fall, and nothing else is harmed",
        |s| {
            let number = s.calls();
            let answer = s.answer_with(number, MessageType::NodeStateResponse, GARBAGE);
            let panics = s.has(Quirk::PanicsOnPayload);
            let then = if panics { "(panics, R24)" } else { UNDECODABLE };
            if s.setting.since(4) {
                s.peer_sees(answer, [format!("(call {number}: undecodable)"), then.to_owned()]);
            } else {
                s.peer_sees(answer, [then]);
                s.then(Step::Wait(PATIENCE));
                s.sees([format!("(call {number}: timed out)")]);
            }
            s.unharmed();
        },
    ),
    script(
        "abandoned",
        "a call that nobody waits for any more is forgotten, and what answers it is let fall",
        |s| {
            let numbers = [s.calls(), s.calls()];
            s.then(Step::Wait(PATIENCE));
            s.sees(numbers.map(|number| format!("(call {number}: timed out)")));
            s.then(Step::Remembers(if s.has(Quirk::RemembersAbandoned) { 2 } else { 0 }));
            let [first, _] = numbers;
            let late = s.answer(first, MessageType::NodeStateResponse);
            s.peer_sees(late, [format!("(dropped: answer to {first})")]);
            s.unharmed();
        },
    ),
    script(
        "two-connections",
        "the calls of one connection are not those of another, whatever their numbers",
        |s| {
            let first = s.calls();
            s.then(Step::Connect(PEER.generation));
            s.sees([format!("(open at {})", s.setting.version)]);
            if s.setting.since(4) {
                s.counts_from(1);
            } else if !s.setting.since(3) {
                // The Hello is numbered.
                s.counts();
            }
            let second = s.calls();
            s.gets(second);
            s.then(Step::On(0));
            s.gets(first);
        },
    ),
];
