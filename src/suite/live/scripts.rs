//! The scripts of sessions, as they are played to a server that runs: what it says of its own accord,
//! and how the stream ends.

use std::time::Duration;

use bytes::Bytes;

use super::acquaintance::hello_of;
use super::calls::finding;
use super::{
    Block, Case, EARLY, Heard, Ids, Known, LATE, Log, Manners, PATIENCE, Play, Step, framed,
    prefixed, status_in_words,
};
use crate::fabric::envelope::GenerationalNodeId;
use crate::fabric::negotiation::StatusCode;
use crate::fabric::version::VersionRange;
use crate::harness::verdict::{CaseId, Verdict};
use crate::suite::session::{Move, OnWire, scripts};

/// Why no script is played to a server that others use.
const NOT_HERE: &str = "scripts of sessions are for a server that was started for it: --intrusive";
/// How long a server that has nothing more to say is listened to.
const QUIET: Duration = Duration::from_millis(150);
/// How much sooner a peer is there than the model's, and the moment that this is one is made up for.
const MARGIN: Duration = Duration::from_secs(1);
const JUST: Duration = Duration::from_millis(2);
/// How long is listened for what is due: longer than anything takes that servers do by the clock.
const AT_LAST: Duration = Duration::from_secs(17);
/// The line for the end of a stream.
const END: &str = "end of the stream";

/// Every script for a server that accepts.
pub fn sessions(known: &Known, manners: Manners) -> Vec<Case> {
    let mut ids = Ids::of(known, Block::Sessions);
    let mut cases = Vec::new();
    for script in scripts() {
        for version in known.release.versions() {
            let Some(wire) = script.on_wire(known.release, version) else { continue };
            let id = CaseId::from_segments([
                "session",
                known.release.name(),
                script.name(),
                &version.to_string(),
                "accepts",
            ])
            .of(&script.requirement);
            let peer = ids.next(1);
            let is_fatal = wire.as_ref().is_ok_and(|wire| wire.is_fatal);
            let play = match manners {
                Manners::Harmless => Err(NOT_HERE),
                Manners::Intrusive => wire.map(|wire| played(known, wire, peer, id.clone())),
            };
            cases.push(Case { id, row: script.topic, is_fatal, play });
        }
    }
    cases
}

/// What must be seen on one stream.
struct Due {
    stream: usize,
    outcomes: Vec<Vec<String>>,
    not_before: Duration,
    not_after: Duration,
}

fn played(known: &Known, wire: OnWire, peer: GenerationalNodeId, case: CaseId) -> Play {
    let hello = |lives: u32| {
        let number = wire.version.number();
        let id = GenerationalNodeId::new(peer.id, peer.generation + lives);
        framed(&hello_of(&known.cluster, id, VersionRange::new(number, number)))
    };
    let mut steps = vec![Step::Open, Step::Send(0, hello(0)), Step::Hear(0, 1, PATIENCE)];
    // The first Welcome is part of no script.
    let mut expected = vec![1];
    let (mut on, mut due, mut waited) = (0, Vec::new(), Duration::ZERO);
    for it in &wire.moves {
        match it {
            Move::Dials(lives) => {
                on = expected.len();
                expected.push(0);
                steps.extend([Step::Open, Step::Send(on, hello(*lives))]);
            }
            Move::On(stream) => on = *stream,
            Move::Sends(message) => steps.push(Step::Send(on, prefixed(message))),
            Move::Ends => steps.push(Step::End(on)),
            Move::Breaks => steps.push(Step::Break(on)),
            Move::Waits(time) => {
                // The model's clock stops a moment before something is due; a wire takes longer.
                let pass = if *time < JUST { *time + MARGIN } else { time.saturating_sub(MARGIN) };
                waited += pass;
                steps.push(Step::Pass(pass));
            }
            Move::Sees(outcomes) => {
                let least = outcomes.iter().map(Vec::len).min().unwrap_or(0);
                if let Some(count) = expected.get_mut(on) {
                    *count += least;
                    if least > 0 {
                        steps.push(Step::Hear(on, *count, AT_LAST));
                    }
                }
                let outcomes = outcomes.clone();
                let not_after = waited + MARGIN + LATE;
                due.push(Due { stream: on, outcomes, not_before: waited, not_after });
            }
        }
    }
    steps.push(Step::Pass(QUIET));
    Play::new(steps, move |log| judged(&wire, &due, log, case))
}

/// Takes what is due out of what was seen, in order; answers may come sooner than a script has them.
fn judged(wire: &OnWire, due: &[Due], log: &Log, case: CaseId) -> Verdict {
    let streams = due.iter().map(|it| it.stream).max().unwrap_or(0);
    for stream in 0..=streams {
        let mut seen: Vec<(String, Duration)> = log
            .iter()
            .filter(|it| it.stream == stream)
            .enumerate()
            .filter_map(|(index, it)| Some((line(wire, &it.heard, index == 0)?, it.at)))
            .collect();
        if stream == 0 && seen.first().is_some_and(|(line, _)| line.starts_with("a Welcome")) {
            seen.remove(0);
        }
        let all: Vec<String> = seen.iter().map(|(line, at)| timed(line, *at)).collect();
        for it in due.iter().filter(|it| it.stream == stream) {
            if !it.outcomes.iter().any(|lines| is_taken(lines, &mut seen, it)) {
                return finding(case, expected(due, stream), in_a_row(&all));
            }
        }
        let is_answer = |(line, _): &(String, Duration)| line.starts_with("answer to");
        if !seen.iter().all(is_answer) || seen.len() > wire.left_unanswered {
            return finding(case, expected(due, stream), in_a_row(&all));
        }
    }
    Verdict::Pass
}

/// Whether these lines are next, in any order; they are taken out then.
fn is_taken(lines: &[String], seen: &mut Vec<(String, Duration)>, due: &Due) -> bool {
    let mut left = seen.clone();
    for line in lines {
        let may_be_early = line.starts_with("answer to");
        let is_in_time =
            |at: Duration| (may_be_early || at + EARLY >= due.not_before) && at <= due.not_after;
        let found = left.iter().position(|(seen, at)| is_line(line, seen) && is_in_time(*at));
        let Some(found) = found else { return false };
        left.remove(found);
    }
    // What is no answer comes in the order of the script.
    let is_other = |it: &&(String, Duration)| !it.0.starts_with("answer to");
    let count = lines.iter().filter(|line| !line.starts_with("answer to")).count();
    let mut first = seen.iter().filter(is_other).take(count);
    if !first.all(|(seen, _)| lines.iter().any(|line| is_line(line, seen))) {
        return false;
    }
    *seen = left;
    true
}

/// A stream that is ended in any way ends; one that falls with its connection was not ended.
fn is_line(expected: &str, seen: &str) -> bool {
    expected == seen || expected == END && seen.starts_with(END)
}

/// What was heard, in the words of scripts. A status that is all there is refuses the call.
fn line(wire: &OnWire, heard: &Heard, is_first: bool) -> Option<String> {
    match heard {
        Heard::Frame(bytes) => wire.words(Bytes::clone(bytes)),
        Heard::Status(0, _) => Some(END.to_owned()),
        Heard::Status(code, text) => {
            let known = u8::try_from(*code).ok().and_then(StatusCode::from_number);
            Some(match known {
                Some(known) if is_first => format!("refused: {known:?}"),
                _ => format!("{END}: {}", status_in_words(*code, text)),
            })
        }
        Heard::Broken(words) => Some(format!("{END}: {words}")),
        Heard::Lost(words) => Some(words.clone()),
    }
}

/// A line with its time, where that is no moment.
fn timed(line: &str, at: Duration) -> String {
    let is_a_moment = at < Duration::from_secs(1);
    if is_a_moment { line.to_owned() } else { format!("{line} ({:.1} s)", at.as_secs_f64()) }
}

fn expected(due: &[Due], stream: usize) -> String {
    let of_it = due.iter().filter(|it| it.stream == stream);
    let lines = of_it.filter_map(|it| it.outcomes.first()).flatten();
    in_a_row(&lines.cloned().collect::<Vec<_>>())
}

fn in_a_row(lines: &[String]) -> String {
    if lines.is_empty() { "nothing".to_owned() } else { lines.join("; ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fabric::version::ProtocolVersion;

    /// What follows from something that is heard so late, where a stream must end after 15 seconds.
    fn judged_at(at_ms: u64, heard: Heard) -> Verdict {
        let release = "1.7".parse().unwrap();
        let wire = scripts()
            .find_map(|script| script.on_wire(release, ProtocolVersion::V3)?.ok())
            .unwrap();
        let outcomes = vec![vec![END.to_owned()]];
        let (not_before, not_after) = (Duration::from_secs(14), Duration::from_secs(19));
        let due = [Due { stream: 0, outcomes, not_before, not_after }];
        let log = vec![super::super::Noted { stream: 0, heard, at: Duration::from_millis(at_ms) }];
        judged(&wire, &due, &log, CaseId::from_segments(["session", "made"]))
    }

    #[test]
    fn an_end_is_due_neither_sooner_nor_later() {
        let at = |at_ms| judged_at(at_ms, Heard::Status(0, String::new()));
        assert_eq!(at(15_000), Verdict::Pass);
        assert_eq!(at(13_950), Verdict::Pass);
        for wrong in [0, 13_000, 19_500] {
            assert!(matches!(at(wrong), Verdict::Fail(_)), "{wrong}");
        }
    }

    #[test]
    fn who_loses_the_connection_has_not_seen_the_end_of_a_stream() {
        assert_eq!(judged_at(15_000, Heard::Broken("reset".to_owned())), Verdict::Pass);
        let lost = judged_at(15_000, Heard::Lost("the connection was lost".to_owned()));
        assert!(matches!(lost, Verdict::Fail(_)), "{lost:?}");
    }
}
