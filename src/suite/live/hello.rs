//! The cases of a Hello, as they are played to a server that runs: the same as the model is asked,
//! moved to the cluster of the server and to peers that it does not have.

use std::time::Duration;

use super::calls::finding;
use super::status_in_words;
use super::{
    Block, Case, EARLY, Heard, INTRUSIVE, Ids, Known, LATE, Log, Manners, PATIENCE, Play, Step,
    framed, on,
};
use crate::fabric::envelope::{Body, ConnectionControl, Header, Message as Frame, Signal};
use crate::fabric::release::Release;
use crate::fabric::session::HANDSHAKE_TIMEOUT;
use crate::harness::verdict::{CaseId, Verdict};
use crate::suite::handshake::{self, HelloScene, Moved, OnStream, OnWire, Scene, welcome_in_words};

/// Every case of a Hello for a server.
pub fn hellos(known: &Known, manners: Manners) -> Vec<Case> {
    let twists = HelloScene::twists();
    let mut ids = Ids::of(known, Block::Hellos);
    let cases = handshake::cases(&twists);
    cases
        .iter()
        .map(|twists| {
            let id = handshake::address::<HelloScene>(known.release, twists);
            let row = match twists.len() {
                0 | 1 => "a Hello with one deviation",
                _ => "a Hello with two deviations",
            };
            let scene: HelloScene = handshake::scene(known.release, twists);
            let moved = Moved {
                cluster: known.cluster.clone(),
                fingerprint: known.fingerprint,
                node: known.node,
                peer: ids.next(1).id,
                header: known.header.clone(),
            };
            let play = scene.on_wire(&moved).and_then(|wire| {
                if wire.is_intrusive && manners == Manners::Harmless {
                    return Err(INTRUSIVE);
                }
                Ok(played(known, wire, id.clone()))
            });
            Case { id, row, is_fatal: false, play }
        })
        .collect()
}

fn played(known: &Known, wire: OnWire, case: CaseId) -> Play {
    let release = known.release;
    let mut steps = Vec::new();
    if let Some(earlier) = &wire.earlier {
        let stream = stream_of(&mut steps);
        steps.push(Step::Send(stream, framed(&earlier.hello)));
        steps.push(Step::Hear(stream, 1, PATIENCE));
        if earlier.says_goodbye {
            steps.push(Step::Send(stream, framed(&goodbye())));
        }
        steps.push(Step::End(stream));
        steps.push(Step::HearEnd(stream, PATIENCE));
    }
    let stream = stream_of(&mut steps);
    match &wire.arrives {
        OnStream::Nothing => {}
        OnStream::TheEnd => steps.push(Step::End(stream)),
        OnStream::Frame(frame) => {
            steps.push(Step::Send(stream, framed(frame)));
        }
    }
    steps.push(Step::Hear(stream, 1, HANDSHAKE_TIMEOUT + PATIENCE));
    steps.push(Step::End(stream));
    let judge = move |log: &Log| {
        let actual = answer(log, stream, release);
        let waits = wire.arrives == OnStream::Nothing;
        if !is_said(&wire.expected, &actual) {
            finding(case, wire.expected, actual)
        } else if let Some(time) = waited(log, stream).filter(|time| waits && !is_in_time(*time)) {
            let expected =
                format!("{} after {:.1} s", wire.expected, HANDSHAKE_TIMEOUT.as_secs_f64());
            finding(case, expected, format!("{actual} after {:.1} s", time.as_secs_f64()))
        } else {
            Verdict::Pass
        }
    };
    Play::new(steps, judge)
}

/// Opens one more stream.
fn stream_of(steps: &mut Vec<Step>) -> usize {
    let count = steps.iter().filter(|step| **step == Step::Open).count();
    steps.push(Step::Open);
    count
}

/// A peer that goes away.
fn goodbye() -> Frame {
    let control =
        ConnectionControl { signal: Signal::Shutdown.number(), ..ConnectionControl::default() };
    Frame { header: Some(Header::default()), body: Some(Body::ConnectionControl(control)) }
}

/// How long a server took to say something on a stream, since the one before it was done with.
fn waited(log: &Log, stream: usize) -> Option<Duration> {
    let begun = log.iter().filter(|it| it.stream < stream).map(|it| it.at).max();
    let first = log.iter().find(|it| it.stream == stream)?;
    Some(first.at.saturating_sub(begun.unwrap_or_default()))
}

/// Whether somebody who hears nothing has waited for as long as one does for a Hello.
fn is_in_time(time: Duration) -> bool {
    time + EARLY >= HANDSHAKE_TIMEOUT && time <= HANDSHAKE_TIMEOUT + LATE
}

/// What a server said first on a stream.
fn answer(log: &Log, stream: usize, release: Release) -> String {
    match on(log, stream).next() {
        None => "silence".to_owned(),
        Some(Heard::Status(code, text)) => status_in_words(*code, text),
        Some(Heard::Broken(words) | Heard::Lost(words)) => words.clone(),
        Some(Heard::Frame(bytes)) => match Frame::decode(release, bytes.clone()) {
            Err(error) => format!("a frame that does not decode: {error}"),
            Ok(frame) => match frame.body {
                Some(Body::Welcome(welcome)) => welcome_in_words(&welcome),
                other => format!("{other:?}"),
            },
        },
    }
}

/// Whether something was said that is known to its `…`.
fn is_said(expected: &str, actual: &str) -> bool {
    match expected.strip_suffix('…') {
        Some(beginning) => actual.starts_with(beginning),
        None => actual == expected,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Noted;
    use super::*;

    #[test]
    fn silence_is_borne_for_three_seconds() {
        let heard = |stream, at_ms| Noted {
            stream,
            heard: Heard::Status(4, String::new()),
            at: Duration::from_millis(at_ms),
        };
        let time = |log: &[Noted]| waited(&log.to_vec(), 1).unwrap();
        assert!(is_in_time(time(&[heard(1, 3_000)])));
        assert!(is_in_time(time(&[heard(0, 4_000), heard(1, 7_000)])), "since the stream before");
        for late in [1_000, 2_800, 7_500] {
            assert!(!is_in_time(time(&[heard(1, late)])), "{late}");
        }
    }
}
