//! What a word about the connection does to it (02 §4.1, §4.2; 04 R18 to R20).

use std::time::Duration;

use super::{
    DRAIN, END, LAST_ANSWER, LAST_REQUEST, Script, Topic, begins_to_drain, ends_the_drain,
};
use crate::fabric::session::{DRAIN_TIMEOUT, FLUSH_TIMEOUT, Quirk};
use crate::suite::session::frames::{bare, control};
use crate::suite::session::sheet::{Role, Sheet, Step, answered};
use crate::suite::session::stage::PEER;

const TOPIC: Topic = Topic { name: "control frames", place: "02 §4" };
const NOTHING: [&str; 0] = [];

pub(super) const SCRIPTS: [Script; 12] = [
    Script::new(
        TOPIC,
        "shutdown",
        "SHUTDOWN marks the peer's generation as gone and drains; open calls are answered",
        |s| {
            s.asks(7);
            s.peer(control(1));
            drains(s, Some(gone()));
        },
    ),
    Script::new(
        TOPIC,
        "drain-connection",
        "DRAIN_CONNECTION drains; open calls are answered",
        |s| {
            s.asks(7);
            s.peer(control(2));
            drains(s, None);
        },
    ),
    Script::new(TOPIC, "codec-error", "CODEC_ERROR ends the connection at once", |s| {
        s.peer_sees(control(3), [END]);
    }),
    Script::new(
        TOPIC,
        "request-stream-drained",
        "REQUEST_STREAM_DRAINED alone is no drain: the open calls are answered, the peer is told, \
         and 15 seconds after it the stream ends; 1.2 does not know it and goes on",
        |s| {
            s.asks(7);
            s.peer(control(4));
            if !s.setting.since(3) {
                return is_unknown(s);
            }
            s.sees(NOTHING);
            s.then(Step::Answer);
            s.sees([&answered(7), LAST_ANSWER]);
            if s.setting.role == Role::Dials && s.setting.since(4) {
                // It still asks.
                s.unharmed();
            }
            let moment = Duration::from_millis(1);
            s.then(Step::Wait(DRAIN_TIMEOUT - moment));
            s.sees(NOTHING);
            s.then(Step::Wait(moment));
            s.sees([END]);
        },
    ),
    Script::new(
        TOPIC,
        "request-stream-drained-and-end",
        "after REQUEST_STREAM_DRAINED and the end of the peer's half the stream ends within 5 \
         seconds",
        |s| {
            s.peer_sees(control(4), [LAST_ANSWER]);
            s.then(Step::Ends);
            s.sees(NOTHING);
            let moment = Duration::from_millis(1);
            s.then(Step::Wait(FLUSH_TIMEOUT - moment));
            s.sees(NOTHING);
            s.then(Step::Wait(moment));
            s.sees([END]);
        },
    )
    .since(3),
    Script::new(
        TOPIC,
        "request-stream-drained-and-drain",
        "a drain after REQUEST_STREAM_DRAINED ends as any, and nothing is said twice",
        |s| {
            s.peer_sees(control(4), [LAST_ANSWER]);
            s.peer_sees(control(2), [DRAIN, LAST_REQUEST, END]);
        },
    )
    .since(3),
    Script::new(
        TOPIC,
        "response-stream-drained",
        "RESPONSE_STREAM_DRAINED drains; 1.2 does not know it and goes on",
        |s| {
            s.asks(7);
            s.peer(control(5));
            if !s.setting.since(3) {
                return is_unknown(s);
            }
            drains(s, None);
        },
    ),
    Script::new(TOPIC, "signal-zero", "the signal 0 says nothing", |s| {
        s.asks(7);
        s.peer(control(0));
        is_unknown(s);
    }),
    Script::new(TOPIC, "unknown-signal", "a signal that nobody knows says nothing", |s| {
        for number in [-1, i32::MAX, 6] {
            if !s.has(Quirk::EndsOnAnySignal) {
                s.peer_sees(control(number), ["(dropped: a signal)"]);
            }
        }
        s.asks(7);
        s.peer(control(99));
        is_unknown(s);
    }),
    Script::new(
        TOPIC,
        "bare-shutdown",
        "SHUTDOWN without a header, as 1.2 sends it, marks the peer's generation as gone and drains",
        |s| {
            s.asks(7);
            s.peer(bare(control(1)));
            if is_lost_without_a_header(s) {
                return;
            }
            drains(s, Some(gone()));
        },
    ),
    Script::new(
        TOPIC,
        "bare-drain-connection",
        "DRAIN_CONNECTION without a header, as 1.2 sends it, drains; open calls are answered",
        |s| {
            s.asks(7);
            s.peer(bare(control(2)));
            if is_lost_without_a_header(s) {
                return;
            }
            drains(s, None);
        },
    ),
    Script::new(
        TOPIC,
        "bare-unknown-signal",
        "a signal that nobody knows says nothing, even without a header",
        |s| {
            s.asks(7);
            s.peer(bare(control(99)));
            if is_lost_without_a_header(s) {
                return;
            }
            is_unknown(s);
        },
    ),
];

fn gone() -> String {
    format!("(peer {}:{} is gone)", PEER.id, PEER.generation)
}

/// The call 7 is open. 1.2 does not wait for it.
fn drains(s: &mut Sheet, gone: Option<String>) {
    if s.has(Quirk::EndsOnAnySignal) {
        return s.sees(gone.into_iter().chain([END.to_owned()]));
    }
    let lines = begins_to_drain(s, DRAIN);
    s.sees(gone.into_iter().chain(lines));
    if s.setting.since(3) {
        ends_the_drain(s, 7);
    }
}

/// The call 7 is open, and is answered.
fn is_unknown(s: &mut Sheet) {
    if s.has(Quirk::EndsOnAnySignal) {
        return s.sees([END]);
    }
    s.sees(["(dropped: a signal)"]);
    s.is_answered(7);
    s.unharmed();
}

fn is_lost_without_a_header(s: &mut Sheet) -> bool {
    if s.has(Quirk::DropsBareFrames) {
        s.sees([END]);
    } else if s.has(Quirk::DeafToBareControl) {
        s.sees(["(dropped: a control frame without a header)"]);
        s.is_answered(7);
        s.unharmed();
    } else {
        return false;
    }
    true
}
