//! What the peer asks from V2 on (02 §5, 05 §3; 04 R24, R25, R27).

use super::{A_RACE, At, END, LAST_REQUEST, SHUTDOWN, Script, Topic, UNDECODABLE, UNROUTABLE};
use crate::fabric::catalogue::MessageType;
use crate::fabric::envelope::{
    DatagramMember, Message as Frame, Ping, Pong, RpcStatus, Watch, WatchUpdate, WatchUpdateBody,
};
use crate::fabric::session::{Quirk, ServiceState};
use crate::suite::session::frames::{GARBAGE, call, datagram, unary};
use crate::suite::session::sheet::{Role, Sheet, Step};
use crate::suite::session::stage::PEER;

const TOPIC: Topic = Topic { name: "requests", place: "02 §5" };
/// A sort code.
const CODE: Option<u64> = Some(5);

const fn script(name: &'static str, requirement: &'static str, write: fn(&mut Sheet)) -> Script {
    Script::new(TOPIC, name, requirement, write).at(At::FromV2)
}

pub(super) const SCRIPTS: [Script; 16] = [
    script(
        "unknown-service",
        "a call for a service that nobody has gets SERVICE_NOT_FOUND, once",
        |s| {
            for service in [9999, 0, -1, 60] {
                s.peer(call(7, service, "GetNodeState", None, &[]));
                is_not_routed(s, "SERVICE_NOT_FOUND");
            }
            s.unharmed();
        },
    ),
    script(
        "service-states",
        "a call for a service that does not serve gets its status, once",
        |s| {
            for (state, status) in [
                (None, "SERVICE_NOT_FOUND"),
                (Some(ServiceState::NotStarted), "SERVICE_NOT_READY"),
                (Some(ServiceState::Stopped), "SERVICE_STOPPED"),
                (Some(ServiceState::Full), "LOAD_SHEDDING"),
            ] {
                s.then(Step::Service(27, state));
                let payload = s.payload(MessageType::GetLogletInfo);
                s.peer(call(7, 27, "GetLogletInfo", CODE, &payload));
                is_not_routed(s, status);
            }
            s.unharmed();
        },
    ),
    script("unknown-message", "a call that its service does not know gets a status, once", |s| {
        let is_told = s.setting.since(7);
        let log_server = if is_told { "MESSAGE_UNRECOGNIZED" } else { "DROPPED" };
        let leader = if is_told { "MESSAGE_UNRECOGNIZED" } else { "SORT_CODE_NOT_FOUND" };
        for (service, code, status) in [
            (54, None, "MESSAGE_UNRECOGNIZED"),
            (62, None, "MESSAGE_UNRECOGNIZED"),
            (86, None, "MESSAGE_UNRECOGNIZED"),
            (100, None, "MESSAGE_UNRECOGNIZED"),
            (26, None, log_server),
            (27, None, log_server),
            (26, CODE, "MESSAGE_UNRECOGNIZED"),
            (27, CODE, "MESSAGE_UNRECOGNIZED"),
            (44, CODE, "DROPPED"),
            (45, CODE, "DROPPED"),
            (55, None, leader),
        ] {
            s.peer(call(7, service, "Nonsense", code, &[]));
            s.sees([UNROUTABLE.to_owned(), format!("answer to 7: {status}")]);
        }
        s.unharmed();
    }),
    script("no-sort-code", "a call for a shard that does not say which gets a status, once", |s| {
        let is_told = s.setting.since(7);
        let log_server = if is_told { "MESSAGE_UNRECOGNIZED" } else { "DROPPED" };
        let leader = if is_told { "MESSAGE_UNRECOGNIZED" } else { "SORT_CODE_NOT_FOUND" };
        for (message, status) in [
            (MessageType::GetRecords, log_server),
            (MessageType::GetLogletInfo, log_server),
            (MessageType::PartitionProcessorRpcRequest, leader),
        ] {
            let frame = s.request(7, message);
            s.peer_sees(frame, [UNROUTABLE.to_owned(), format!("answer to 7: {status}")]);
        }
        s.unharmed();
    }),
    script(
        "no-shard",
        "a call for a shard that is elsewhere gets SORT_CODE_NOT_FOUND, once",
        |s| {
            s.then(Step::NoShard(27, 5));
            let payload = s.payload(MessageType::GetLogletInfo);
            s.peer(call(7, 27, "GetLogletInfo", CODE, &payload));
            s.sees([UNROUTABLE, "answer to 7: SORT_CODE_NOT_FOUND"]);
            s.peer(call(8, 27, "GetLogletInfo", Some(6), &payload));
            s.sees(["(asked GetLogletInfo)"]);
            s.then(Step::Answer);
            s.sees(["answer to 8: LogletInfo"]);
            s.unharmed();
        },
    ),
    script("given-up", "a call that its handler gives up gets the status", |s| {
        for (status, word) in [
            (RpcStatus::Dropped, "DROPPED"),
            (RpcStatus::LoadShedding, "LOAD_SHEDDING"),
            (RpcStatus::MessageUnrecognized, "MESSAGE_UNRECOGNIZED"),
        ] {
            s.asks(7);
            s.then(Step::Fail(status));
            s.sees([format!("answer to 7: {word}")]);
        }
        s.unharmed();
    }),
    script("unary", "a message that wants no reply is delivered and not answered", |s| {
        let payload = s.payload(MessageType::ControlProcessors);
        s.peer_sees(unary(54, "ControlProcessors", &payload), ["(told ControlProcessors)"]);
        s.unharmed();
    }),
    script(
        "unroutable-unary",
        "a message that wants no reply and that nobody takes is let fall",
        |s| {
            for (service, name) in [(9999, "Gossip"), (62, "Nonsense"), (26, "Nonsense"), (0, "")] {
                s.peer_sees(unary(service, name, &[]), [UNROUTABLE]);
            }
            s.then(Step::Service(62, Some(ServiceState::Stopped)));
            let payload = s.payload(MessageType::Gossip);
            s.peer_sees(unary(62, "Gossip", &payload), [UNROUTABLE]);
            s.then(Step::Service(62, Some(ServiceState::Running)));
            s.unharmed();
        },
    ),
    script("ping", "a ping is answered by its timestamp, a pong by nothing", |s| {
        for timestamp in [0, 5, u64::MAX] {
            let ping = datagram(DatagramMember::Ping(Ping { timestamp }));
            s.peer_sees(ping, [format!("pong {timestamp}")]);
        }
        let nothing: [&str; 0] = [];
        s.peer_sees(datagram(DatagramMember::Pong(Pong { timestamp: 5 })), nothing);
        s.unharmed();
    }),
    script("same-number", "two calls with one number are two calls, and each is answered", |s| {
        for number in [7, 0, u64::MAX] {
            s.asks(number);
            s.asks(number);
            s.is_answered(number);
            s.is_answered(number);
        }
        s.unharmed();
    }),
    script("never-read", "what a GetNodeState holds is never looked at", |s| {
        for payload in [&[][..], &[5], GARBAGE] {
            let frame = s.request_with(7, MessageType::GetNodeState, payload);
            s.peer_sees(frame, ["(asked GetNodeState)"]);
            s.is_answered(7);
        }
        s.unharmed();
    }),
    script(
        "undecodable-call",
        "a call whose payload does not decode gets a status, and nothing else is harmed",
        |s| {
            let store = call(7, 26, "Store", CODE, GARBAGE);
            if s.has(Quirk::PanicsOnPayload) {
                s.peer_sees(store, ["(panics, R24)", "answer to 7: DROPPED"]);
            } else {
                s.peer_sees(store, [UNDECODABLE, "answer to 7: MESSAGE_UNRECOGNIZED"]);
            }
            s.unharmed();
        },
    ),
    script(
        "undecodable-and-fatal",
        "a call of which released servers die gets a status, and nothing else is harmed",
        |s| {
            let metadata = s.request_with(7, MessageType::GetMetadataRequest, &[5]);
            let snapshot = call(7, 54, "CreateSnapshotRequest", CODE, &[5]);
            let append = call(7, 44, "Append", CODE, &[5]);
            let scan = s.request_with(7, MessageType::RemoteQueryScannerOpen, &[5]);
            for frame in [metadata, snapshot, append, scan] {
                if s.has(Quirk::PanicsOnPayload) {
                    s.peer(frame);
                    s.sees_one_of(A_RACE, dies());
                    s.then(Step::Connect(PEER.generation));
                    let version = s.setting.version;
                    s.sees([format!("a Welcome to {version}"), format!("(open at {version})")]);
                } else {
                    s.peer_sees(frame, [UNDECODABLE, "answer to 7: MESSAGE_UNRECOGNIZED"]);
                }
            }
            s.unharmed();
        },
    )
    .by(Role::Accepts),
    script(
        "undecodable-unary",
        "a message whose payload does not decode is let fall, and nothing else is harmed",
        |s| {
            let (gossip, control) =
                (unary(62, "Gossip", GARBAGE), unary(54, "ControlProcessors", GARBAGE));
            if s.has(Quirk::PanicsOnPayload) {
                s.peer_sees(gossip, ["(panics, R24)"]);
                s.peer(call(7, 62, "GetClusterState", None, &[]));
                is_not_routed(s, "SERVICE_STOPPED");
                return s.peer_sees(control, ["(panics, R24)", END]);
            }
            s.peer_sees(gossip, [UNDECODABLE]);
            s.peer_sees(control, [UNDECODABLE]);
            s.unharmed();
        },
    ),
    script("watch", "a watch is told that nobody serves it", |s| {
        let watch = Watch { id: 3, service: 62, ..Watch::default() };
        s.peer(datagram(DatagramMember::Watch(watch)));
        if s.has(Quirk::PanicsOnWatch) {
            return s.sees(["(panics, R27)", END]);
        }
        s.sees(["(dropped: a watch)", "update of watch 3: ServiceNotFound"]);
        s.unharmed();
    }),
    script("watch-update", "the update of a watch that nobody asked for is ignored", |s| {
        s.peer(update());
        if s.has(Quirk::PanicsOnWatch) {
            return s.sees(["(panics, R27)", END]);
        }
        s.sees(["(dropped: the update of a watch)"]);
        s.unharmed();
    }),
];

/// The last words of a process on the call 7: often that it is dropped, rarely that it goes.
fn dies() -> Vec<Vec<String>> {
    let words: [&[&str]; 4] = [
        &["answer to 7: DROPPED"],
        &[],
        &[SHUTDOWN, LAST_REQUEST],
        &["answer to 7: DROPPED", SHUTDOWN, LAST_REQUEST],
    ];
    let lines = |words: &[&str]| -> Vec<String> {
        let all = ["(panics, R24)"].into_iter().chain(words.iter().copied()).chain([END]);
        all.map(str::to_owned).collect()
    };
    words.map(lines).to_vec()
}

fn update() -> Frame {
    let body = Some(WatchUpdateBody::Start(0));
    datagram(DatagramMember::WatchUpdate(WatchUpdate { id: 3, body }))
}

/// The call 7 did not get as far as a service.
fn is_not_routed(s: &mut Sheet, status: &str) {
    let twice = s.has(Quirk::AnswersTwice).then(|| "answer to 7: DROPPED".to_owned());
    let once = [UNROUTABLE.to_owned(), format!("answer to 7: {status}")];
    s.sees(once.into_iter().chain(twice));
}
