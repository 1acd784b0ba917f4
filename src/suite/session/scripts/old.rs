//! What is different at V1 (01 §9, 02 §4; 04 R21 to R23).

use super::{At, END, Script, Topic, UNDECODABLE, UNROUTABLE};
use crate::fabric::catalogue::MessageType;
use crate::fabric::envelope::RpcStatus;
use crate::fabric::session::Quirk;
use crate::suite::session::frames::{self, GARBAGE, encoded};
use crate::suite::session::sheet::{Role, Sheet, Step};

const TOPIC: Topic = Topic { name: "at V1", place: "01 §9" };
const NOTHING: [&str; 0] = [];

const fn script(name: &'static str, requirement: &'static str, write: fn(&mut Sheet)) -> Script {
    Script::new(TOPIC, name, requirement, write).at(At::V1)
}

pub(super) const SCRIPTS: [Script; 11] = [
    script(
        "unknown-target",
        "a request for a target that nobody has is let fall; 1.4, which cannot translate it, parts",
        |s| {
            if s.setting.since(4) {
                return s.peer_sees(encoded(7, None, 99, &[]), [END]);
            }
            for target in [0, 26, 99, -1] {
                s.peer_sees(encoded(7, None, target, &[]), [UNROUTABLE]);
            }
            s.unharmed();
        },
    ),
    script(
        "untranslatable-target",
        "1.4 parts from who asks for something that is no request",
        |s| {
            // An answer is asked for.
            s.peer_sees(encoded(7, None, 61, &[]), [END]);
        },
    )
    .since(4),
    script("target-of-v2", "1.4 parts from who asks a service of V2 at V1", |s| {
        s.peer_sees(encoded(7, None, 62, &[]), [END]);
    })
    .since(4),
    script(
        "no-service-at-v1",
        "a request at V1 that nobody takes gets no reply: V1 has no words for it",
        |s| {
            s.then(Step::Service(27, None));
            let frame = s.request(7, MessageType::GetLogletInfo);
            s.peer(frame);
            let datagram = s.has(Quirk::DatagramAtV1).then_some("a frame without a body");
            s.sees([UNROUTABLE].into_iter().chain(datagram));
            s.unharmed();
        },
    )
    .since(4),
    script(
        "answer-by-another-target",
        "up to 1.3 an answer by a target that the call does not wait for is let fall; 1.4 does not \
         look at the target",
        |s| {
            let number = s.calls();
            let payload = s.payload(MessageType::NodeStateResponse);
            let target = MessageType::Stored.row().v1_target.unwrap_or_default();
            let answer = encoded(0, Some(number), target, &payload);
            if s.setting.since(4) {
                s.peer_sees(answer, [format!("(call {number}: NodeStateResponse)")]);
            } else {
                s.peer_sees(answer, [format!("(dropped: answer to {number})")]);
                s.gets(number);
            }
            s.unharmed();
        },
    )
    .by(Role::Dials),
    script("release-at-v1", "a Release at V1 is for the meta service of the log server", |s| {
        let frame = s.request(7, MessageType::Release);
        let is_lost = s.has(Quirk::MisroutesRelease);
        s.peer_sees(frame, [if is_lost { UNROUTABLE } else { "(told Release)" }]);
        s.unharmed();
    })
    .since(4),
    script(
        "undecodable-at-v1",
        "a request whose payload does not decode is let fall, and nothing else is harmed",
        |s| {
            for (message, quirk) in [
                // 1.4 looks for the sort code of some; others it leaves to the handler.
                (MessageType::Store, Quirk::PanicsOnSortCode),
                (MessageType::PartitionProcessorRpcRequest, Quirk::PanicsOnSortCode),
            ] {
                let frame = s.request_with(7, message, GARBAGE);
                s.peer(frame);
                let panics = s.has(quirk).then(|| format!("(panics, {quirk})"));
                s.sees([panics.unwrap_or_else(|| UNDECODABLE.to_owned())]);
            }
            let state = s.request_with(8, MessageType::GetNodeState, GARBAGE);
            if s.setting.since(4) {
                // Nobody looks at it.
                s.peer_sees(state, ["(asked GetNodeState)"]);
                s.is_answered(8);
            } else {
                s.peer_sees(state, [UNDECODABLE]);
            }
            s.unharmed();
        },
    ),
    script(
        "fatal-at-v1",
        "a request that is not sharded and does not decode is let fall, and nothing else is harmed",
        |s| {
            let frame = s.request_with(7, MessageType::ControlProcessors, GARBAGE);
            if s.has(Quirk::PanicsOnPayload) {
                return s.peer_sees(frame, ["(panics, R24)", END]);
            }
            s.peer_sees(frame, [UNDECODABLE]);
            s.unharmed();
        },
    ),
    script("given-up-at-v1", "V1 has no words for a request that is given up", |s| {
        s.asks(7);
        s.then(Step::Fail(RpcStatus::Dropped));
        s.sees(NOTHING);
        s.unharmed();
    }),
    script(
        "answers-zero",
        "an answer to the message 0 is a request to 1.4; before, it answers nothing",
        |s| {
            let payload = s.payload(MessageType::GetNodeState);
            s.peer(encoded(7, Some(0), 60, &payload));
            if s.setting.since(4) {
                s.sees(["(asked GetNodeState)"]);
                s.then(Step::Answer);
                s.sees(["answer to 7"]);
            } else {
                s.sees(["(dropped: answer to 0)"]);
            }
            s.unharmed();
        },
    ),
    script(
        "gossip-at-v1",
        "what V1 cannot carry is reported to who wants to send it, and the connection goes on",
        |s| {
            let gossip = frames::value(MessageType::Gossip);
            gossip.into_iter().for_each(|gossip| s.then(Step::Tell(Box::new(gossip))));
            s.sees(["error: message of type Gossip requires peer to have minimum version V2 but \
                     actual negotiated version is V1."]);
            s.unharmed();
        },
    )
    .since(4)
    .by(Role::Dials),
];
