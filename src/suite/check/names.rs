//! Names and numbers: each leads back to what has it, no two are alike, and what nobody has is nothing
//! (01 §4, §5; 02 §1, §2).
//!
//! Which release has which of them is written down from the specification.

use std::collections::BTreeSet;
use std::fmt::Debug;

use super::{Checks, GRID};
use crate::fabric::catalogue::MessageType;
use crate::fabric::envelope::{ConnectionDirection, EnumType, EnvelopeType, Signal, Swimlane};
use crate::fabric::negotiation::StatusCode;
use crate::fabric::release::Release;
use crate::fabric::version::ProtocolVersion;
use crate::suite::compare::{self, Difference};
use crate::suite::requirements;

const CHECK: &str = "names and numbers";
/// A name that nobody has.
const UNHEARD: &str = "unheard";

/// A name, its number, and the lines that have it: from a minor number, up to one.
type Named = (&'static str, i32, u8, u8);

/// What was never taken back.
const NOW: u8 = u8::MAX;

/// The enums of handshakes, of control frames and of answers, with the ends of their full names.
const ENUMS: [(EnumType, &str, &[Named]); 5] = [
    (
        EnumType::ProtocolVersion,
        "common.ProtocolVersion",
        &[
            ("ProtocolVersion_UNKNOWN", 0, 2, NOW),
            ("V1", 1, 2, 4),
            ("V2", 2, 4, NOW),
            ("V3", 3, 6, NOW),
        ],
    ),
    (
        EnumType::ConnectionDirection,
        "network.ConnectionDirection",
        &[
            ("ConnectionDirection_UNKNOWN", 0, 3, NOW),
            ("BIDIRECTIONAL", 1, 3, NOW),
            ("FORWARD", 2, 3, NOW),
            ("REVERSE", 3, 3, NOW),
        ],
    ),
    (
        EnumType::Signal,
        "Message.Signal",
        &[
            ("Signal_UNKNOWN", 0, 2, NOW),
            ("SHUTDOWN", 1, 2, NOW),
            ("DRAIN_CONNECTION", 2, 2, NOW),
            ("CODEC_ERROR", 3, 2, NOW),
            ("REQUEST_STREAM_DRAINED", 4, 3, NOW),
            ("RESPONSE_STREAM_DRAINED", 5, 3, NOW),
        ],
    ),
    (
        EnumType::Swimlane,
        "network.Swimlane",
        &[
            ("GENERAL", 0, 4, NOW),
            ("GOSSIP", 1, 4, NOW),
            ("BIFROST_DATA", 2, 4, NOW),
            ("INGRESS_DATA", 3, 4, NOW),
            ("BIFROST_READS", 4, 7, NOW),
            ("DATAFUSION", 5, 7, NOW),
        ],
    ),
    (
        EnumType::RpcStatus,
        "RpcReply.Status",
        &[
            ("Status_UNKNOWN", 0, 4, NOW),
            ("SERVICE_NOT_FOUND", 1, 4, NOW),
            ("SERVICE_STOPPED", 2, 4, NOW),
            ("SERVICE_NOT_READY", 3, 4, NOW),
            ("SORT_CODE_NOT_FOUND", 4, 4, NOW),
            ("DROPPED", 5, 4, NOW),
            ("LOAD_SHEDDING", 6, 4, NOW),
            ("MESSAGE_UNRECOGNIZED", 7, 4, NOW),
        ],
    ),
];

/// Texts that name a release, with the exact one; none if they name none.
const RELEASES: [(&str, Option<&str>); 22] = [
    ("1.2", Some("1.2.3")),
    ("1.3", Some("1.3.2")),
    ("1.4", Some("1.4.4")),
    ("1.5", Some("1.5.6")),
    ("1.6", Some("1.6.2")),
    ("1.7", Some("1.7.6")),
    ("v1.7", Some("1.7.6")),
    ("1.7.0", Some("1.7.0")),
    ("v1.7.12", Some("1.7.12")),
    ("1.7.254", Some("1.7.254")),
    ("1.7.255", None),
    ("1.7.256", None),
    ("1.7.01", None),
    ("1.7.", None),
    ("1.7.0-rc.3", Some("1.7.0-rc.3")),
    ("1.3.3-dev", Some("1.3.3-dev")),
    ("1.4-dev", Some("1.3.3-dev")),
    ("1.1", None),
    ("1.9.0", None),
    ("2.7.1", None),
    ("17", None),
    ("", None),
];

/// The statuses of gRPC that end a handshake, by its own numbers.
const STATUSES: [(u8, &str); 9] = [
    (1, "CANCELLED"),
    (3, "INVALID_ARGUMENT"),
    (4, "DEADLINE_EXCEEDED"),
    (6, "ALREADY_EXISTS"),
    (9, "FAILED_PRECONDITION"),
    (10, "ABORTED"),
    (12, "UNIMPLEMENTED"),
    (13, "INTERNAL"),
    (14, "UNAVAILABLE"),
];

/// Checks the names that are the same for all, and the enums of each line.
pub(super) fn run(checks: &mut Checks<'_>) {
    let newest = Release::lines().last();
    for (name, is_so) in [
        ("messages", messages as fn() -> Result<(), Difference>),
        ("frames", frames),
        ("releases", releases),
        ("statuses", statuses),
        ("versions", versions),
    ] {
        let Some(release) = newest else { continue };
        let case = requirements::NAME.case([name]);
        checks.record_in(GRID, CHECK, release, case, is_so());
    }
    for release in Release::lines() {
        let case = requirements::NAME.case(["enums", release.name()]);
        let result = enums(checks.subject.release(release));
        checks.record_in(GRID, CHECK, release, case, result);
    }
}

fn same<T: PartialEq + Debug>(what: &str, expected: T, actual: T) -> Result<(), Difference> {
    compare::same(requirements::NAME.sentence, what, &expected, &actual)
}

/// No two are alike.
fn distinct<T: Ord + Debug>(all: impl IntoIterator<Item = T>) -> Result<(), Difference> {
    let all: Vec<T> = all.into_iter().collect();
    same(
        &format!("how many differ of {all:?}"),
        all.len(),
        all.iter().collect::<BTreeSet<_>>().len(),
    )
}

fn messages() -> Result<(), Difference> {
    let read = |name: &str| name.parse::<MessageType>().ok();
    for message in MessageType::all() {
        let row = message.row();
        let names = [row.name, row.word(), &message.to_string()].map(str::to_owned);
        let aliases = row.aliases.iter().map(|it| (*it).to_owned());
        for name in names.into_iter().chain(aliases) {
            same(&name, Some(message), read(&name))?;
        }
        same(row.word(), true, row.word().chars().all(|it| it.is_ascii_alphanumeric()))?;
    }
    distinct(MessageType::all().map(MessageType::name))?;
    let refused = UNHEARD.parse::<MessageType>().map_err(|error| error.to_string());
    same(UNHEARD, Err(format!("unknown message {UNHEARD:?}")), refused)
}

fn frames() -> Result<(), Difference> {
    for of in EnvelopeType::ALL.iter().copied() {
        let elsewhere = format!("elsewhere.v2.{}", of.word());
        for name in [of.name(), of.word(), &of.to_string(), &elsewhere] {
            same(name, Some(of), EnvelopeType::from_name(name))?;
        }
    }
    distinct(EnvelopeType::ALL.iter().map(|of| of.word()))?;
    for name in [UNHEARD, "restate.network", "restate.network.", ""] {
        same(name, None, EnvelopeType::from_name(name))?;
    }
    Ok(())
}

fn releases() -> Result<(), Difference> {
    for (text, exact) in RELEASES {
        let read = text.parse::<Release>();
        let seen = read.as_ref().ok().map(|it| it.exact_name());
        same(text, exact.map(str::to_owned), seen)?;
        // What was read is written so that it is read again as the same.
        let Ok(release) = read else { continue };
        let again = release.to_string().parse::<Release>().ok();
        same(&release.to_string(), Some(release), again)?;
    }
    distinct(Release::all().map(|it| it.name()))?;
    let patches = Release::stable_patches().map(|it| it.number());
    let patches: Vec<_> = patches.collect();
    same("patches in their order, each once", true, patches.is_sorted_by(|a, b| a < b))
}

fn statuses() -> Result<(), Difference> {
    for number in 0..=u8::MAX {
        let named = STATUSES.iter().find(|(own, _)| *own == number);
        let seen = StatusCode::from_number(number);
        let words = seen.map(|it| (it.number(), it.to_string()));
        let what = format!("status {number}");
        same(&what, named.map(|(number, name)| (*number, (*name).to_owned())), words)?;
    }
    Ok(())
}

fn versions() -> Result<(), Difference> {
    for number in -1..=6 {
        let seen = ProtocolVersion::from_number(number);
        let expected = (1..=4).contains(&number).then(|| (format!("V{number}"), number));
        let what = format!("version {number}");
        same(&what, expected, seen.map(|it| (it.to_string(), it.number())))?;
        // The number of a candidate that was taken back: there are no bytes at it (01 §4).
        same(&what, number == 4, seen.is_some_and(ProtocolVersion::is_burned))?;
    }
    Ok(())
}

fn enums(release: Release) -> Result<(), Difference> {
    for (of, full_name, rows) in ENUMS {
        let known: Vec<_> =
            rows.iter().filter(|it| (it.2..=it.3).contains(&release.minor())).collect();
        let is_there = !known.is_empty();
        let seen = of.full_name(release);
        same(full_name, is_there, seen.is_some_and(|it| it.ends_with(full_name)))?;
        same(full_name, is_there, seen.is_some())?;
        let seen: Vec<_> = of.rows(release).map(|row| (row.name, row.number)).collect();
        same(full_name, known.iter().map(|it| (it.0, it.1)).collect(), seen)?;
        for number in -1..=9 {
            let name = known.iter().find(|it| it.1 == number).map(|it| it.0);
            let what = format!("number {number} of {full_name}");
            same(&what, name, of.name(release, number))?;
            // What a release does not know it reads as 0.
            let read = if name.is_some() { number } else { 0 };
            same(&what, read, of.getter(release, number))?;
            let typed = match of {
                EnumType::ConnectionDirection => ConnectionDirection::of(release, number).number(),
                EnumType::Signal => Signal::of(release, number).number(),
                EnumType::Swimlane => Swimlane::of(release, number).number(),
                _ => read,
            };
            same(&what, read, typed)?;
        }
        for (name, number, ..) in rows {
            let is_known = known.iter().any(|it| it.0 == *name);
            same(name, is_known.then_some(*number), of.number(release, name))?;
        }
        same(UNHEARD, None, of.number(release, UNHEARD))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::objections;
    use super::*;
    use crate::fabric::gates::GateMove;
    use crate::suite::planted::Moved;
    use crate::suite::subject::Fabric;

    #[test]
    fn a_name_that_a_line_has_not_is_seen() {
        assert_eq!(objections(run, &Fabric), [""; 0]);
        let mut moves = GateMove::all();
        let moved = moves.find(|it| it.to_string() == "Swimlane.DATAFUSION since 1.6.2, not 1.7.0");
        let seen = objections(run, &Moved(moved.unwrap()));
        assert_eq!(seen, ["check/name/enums/1.6"]);
    }

    #[test]
    fn two_that_are_alike_are_seen() {
        assert_eq!(distinct(["a", "b"]), Ok(()));
        assert!(distinct(["a", "b", "a"]).is_err());
    }
}
