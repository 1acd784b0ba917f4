//! What a frame is, before it is looked into (02 §4.1, §4.2; 05 §3).

use std::time::Duration;

use bytes::Bytes;

use super::{
    At, DRAIN, EITHER_ORDER, END, LAST_REQUEST, NOT_MEASURED, Script, Topic, begins_to_drain,
    drains_at_once, ends_the_drain,
};
use crate::fabric::catalogue::MessageType;
use crate::fabric::envelope::{Body, Datagram, Header, Hello, Message as Frame, Welcome};
use crate::fabric::limits::FrameLimits;
use crate::fabric::session::{DRAIN_TIMEOUT, Quirk};
use crate::suite::session::frames::{bare, headed, padded};
use crate::suite::session::sheet::{Role, Sheet, Step};

const TOPIC: Topic = Topic { name: "frames", place: "02 §4" };
const NOTHING: [&str; 0] = [];
const NO_BODY: &str = "CODEC_ERROR \"Body is missing on message\"";
const NO_HEADER: &str = "CODEC_ERROR \"Header is missing on message\"";
const NO_HANDSHAKE: &str = "CODEC_ERROR \"Hello/Welcome are not allowed after handshake\"";

pub(super) const SCRIPTS: [Script; 14] = [
    Script::new(
        TOPIC,
        "no-body",
        "a frame without a body is answered by CODEC_ERROR; from 1.3 on open calls are still \
         answered before the end",
        |s| {
            s.asks(7);
            s.peer(Frame { header: Some(Header::default()), body: None });
            is_told_that_a_body_is_missing(s);
        },
    ),
    Script::new(
        TOPIC,
        "nothing-at-all",
        "of a frame without anything, the missing body is what is complained about",
        |s| {
            s.asks(7);
            s.then(Step::Bytes(Bytes::new()));
            is_told_that_a_body_is_missing(s);
        },
    ),
    Script::new(
        TOPIC,
        "unknown-body",
        "a frame with a body that the release does not know is one without a body",
        |s| {
            s.asks(7);
            s.then(Step::Bytes(Bytes::from_static(&[0x0a, 0x00, 0x9a, 0x06, 0x00])));
            is_told_that_a_body_is_missing(s);
        },
    ),
    Script::new(
        TOPIC,
        "other-wrapper",
        "the wrapper of the other versions is no body to a release that does not have it",
        |s| {
            s.asks(7);
            // Field 5 up to 1.3, field 1000 from 1.5 on.
            let foreign: &[u8] = if s.setting.is_v1() {
                &[0x0a, 0, 0x2a, 2, 0x2a, 0]
            } else {
                &[0x0a, 0, 0xc2, 0x3e, 0]
            };
            if s.setting.since(4) && !s.setting.since(5) {
                // 1.4 knows both, and parts.
                s.then(Step::Bytes(Bytes::copy_from_slice(foreign)));
                s.sees([END]);
            } else {
                s.then(Step::Bytes(Bytes::copy_from_slice(foreign)));
                is_told_that_a_body_is_missing(s);
            }
        },
    ),
    Script::new(
        TOPIC,
        "bare-request",
        "a request without a header ends the connection, and the peer is told why",
        |s| {
            let frame = bare(s.request(7, MessageType::GetNodeState));
            s.peer(frame);
            if s.has(Quirk::DropsBareFrames) {
                s.sees([END]);
            } else {
                let lines = begins_to_drain(s, NO_HEADER);
                s.sees(lines);
            }
        },
    ),
    Script::new(TOPIC, "hello-again", "a second Hello ends the connection", |s| {
        s.peer(headed(Body::Hello(Hello::default())));
        no_handshake_again(s);
    }),
    Script::new(TOPIC, "welcome-again", "a second Welcome ends the connection", |s| {
        s.peer(headed(Body::Welcome(Welcome::default())));
        no_handshake_again(s);
    }),
    Script::new(TOPIC, "empty-datagram", "a datagram without a member is ignored", |s| {
        let empty = headed(Body::Datagram(Datagram { datagram: None }));
        s.peer_sees(empty, ["(dropped: a datagram)"]);
        s.unharmed();
    })
    .at(At::FromV2),
    Script::new(TOPIC, "unknown-member", "an unknown member of a datagram is ignored", |s| {
        s.then(Step::Bytes(Bytes::from_static(&[0x0a, 0, 0x2a, 3, 0xea, 0x04, 0])));
        s.sees(["(dropped: a datagram)"]);
        s.unharmed();
    })
    .at(At::FromV2),
    Script::new(
        TOPIC,
        "metadata-versions",
        "every version of the peer's metadata is noted once, on whatever frame it comes",
        |s| {
            for (nodes_config, logs, line) in [
                (4, 0, Some("(metadata 4, 0, 0, 0)")),
                (4, 0, None),
                (3, 2, Some("(metadata 4, 2, 0, 0)")),
                (0, 0, None),
            ] {
                let mut frame = s.request(7, MessageType::GetNodeState);
                if let Some(header) = &mut frame.header {
                    header.my_nodes_config_version = Some(nodes_config);
                    header.my_logs_version = Some(logs);
                }
                s.peer_sees(frame, line.into_iter().chain(["(asked GetNodeState)"]));
                s.is_answered(7);
            }
        },
    ),
    Script::new(
        TOPIC,
        "no-protobuf",
        "bytes that are no frame are the end of the stream; up to 1.7.4 it is not quite, and stays \
         open for 15 seconds",
        |s| {
            s.then(Step::Bytes(Bytes::from_static(&[0xff])));
            if !s.setting.since(3) || s.setting.since_patch(7, 5) {
                return is_over(s);
            }
            let stays = vec![[DRAIN, LAST_REQUEST].map(str::to_owned).to_vec()];
            let moment = Duration::from_millis(1);
            if s.setting.since(5) {
                s.sees(stays.concat());
                s.then(Step::Wait(DRAIN_TIMEOUT - moment));
                s.sees(NOTHING);
                s.then(Step::Wait(moment));
                s.sees([END]);
            } else {
                let outcomes = [stays, drains_at_once(&[])].concat();
                s.sees_one_of(NOT_MEASURED, outcomes);
                s.then(Step::Wait(DRAIN_TIMEOUT));
                s.sees_one_of(NOT_MEASURED, vec![vec![END.to_owned()], Vec::new()]);
            }
        },
    ),
    Script::new(
        TOPIC,
        "too-long",
        "a frame at the limit is taken, and one byte more is the end of the stream",
        |s| {
            let len_max = FrameLimits::of(s.setting.release).inbound;
            let asks = s.request(7, MessageType::GetNodeState);
            let asks = s.setting.peer().and_then(|peer| asks.encode(peer).ok());
            let asks = asks.unwrap_or_default();
            s.then(Step::Bytes(padded(&asks, len_max)));
            s.sees(["(asked GetNodeState)"]);
            s.then(Step::Answer);
            s.sees(["answer to 7"]);
            s.then(Step::Bytes(padded(&asks, len_max + 1)));
            is_over(s);
        },
    )
    .by(Role::Accepts),
    Script::new(
        TOPIC,
        "stream-ends",
        "the end of the peer's half resolves open calls and drains the connection",
        |s| {
            let number = s.calls();
            s.then(Step::Ends);
            is_over_with_a_call(s, number);
        },
    )
    .by(Role::Dials),
    Script::new(
        TOPIC,
        "stream-fails",
        "a failure of the stream resolves open calls and drains the connection",
        |s| {
            let number = s.calls();
            s.then(Step::Breaks);
            is_over_with_a_call(s, number);
        },
    )
    .by(Role::Dials),
];

/// The call 7 is open.
fn is_told_that_a_body_is_missing(s: &mut Sheet) {
    let lines = begins_to_drain(s, NO_BODY);
    s.sees(lines);
    if s.setting.since(3) {
        ends_the_drain(s, 7);
    }
}

fn no_handshake_again(s: &mut Sheet) {
    if s.setting.since(3) {
        s.sees([END]);
    } else {
        let lines = begins_to_drain(s, NO_HANDSHAKE);
        s.sees(lines);
    }
}

/// Nothing is open, and nothing can come any more.
fn is_over(s: &mut Sheet) {
    if s.setting.since(3) {
        s.sees_one_of(EITHER_ORDER, drains_at_once(&[]));
    } else {
        s.sees([END]);
    }
}

fn is_over_with_a_call(s: &mut Sheet, number: u64) {
    let closed = format!("(call {number}: connection closed)");
    if s.setting.since(3) {
        s.sees_one_of(EITHER_ORDER, drains_at_once(&[closed]));
    } else {
        s.sees([&closed, END]);
    }
}
