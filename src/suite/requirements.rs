//! The one table of requirements: what must hold, how binding it is, and where that stands.
//!
//! A check makes the addresses of its cases from the row that it is of, so a case without a requirement
//! cannot be told apart from a mistake, and a test says so. Scripts of sessions are rows by themselves:
//! each has its sentence where its steps are.

use std::collections::BTreeSet;

use super::names::nearest;
use super::session;
use crate::harness::fuzz::results::INPUTS;
use crate::harness::report::Table;
use crate::harness::requirement::Level::{AsReleased, Must, Should};
use crate::harness::requirement::Requirement;
use crate::harness::selection::is_like;

/// Makes a constant of each row, and the list of all.
macro_rules! requirements {
    ($($row:ident = $part:literal / $name:literal, $level:ident, $place:literal, $sentence:literal
        $(, by $command:literal)?;)+) => {
        $(
            #[doc = $sentence]
            pub static $row: Requirement = Requirement {
                part: $part,
                name: $name,
                level: $level,
                sentence: $sentence,
                place: $place,
                elsewhere: requirements!(@ $($command)?),
            };
        )+
        static TABLE: &[&Requirement] = &[$(&$row),+];
    };
    (@ $command:literal) => { Some($command) };
    (@) => { None };
}

requirements! {
    PAIR = "check" / "pair", Must, "02 §8",
        "every two releases agree on the version that the acceptor's rule selects, or part";
    OFFER = "check" / "offer", Must, "02 §1",
        "an acceptor selects the version that its rule demands of any offered range";
    HELLO = "check" / "hello", Must, "02 §2",
        "an acceptor looks for faults of a Hello in its order, and answers in its words";
    WELCOME = "check" / "welcome", Must, "02 §3",
        "an initiator looks for faults of a Welcome in its order, and speaks its version";
    UNDERSTOOD = "check" / "understood", Must, "02 §2",
        "once a handshake is done each side knows the version, the peer, the lane and who may ask";
    REFUSAL = "check" / "refusal", Must, "02 §2",
        "who is refused gets the status and the text of the refusal, which is known by them";
    ASKED = "check" / "asked", Must, "03 §4",
        "who asks says the service, the message and its sort code, at V1 the target";
    NODE = "check" / "node", Must, "02 §3",
        "a node dials again in time, knows who is gone, and acknowledges what a majority has";
    LIMIT = "check" / "limit", Must, "07 §8.1",
        "a frame of the greatest length is read and sent, and one byte more is not";
    BOUND = "check" / "bound", Must, "06 §3",
        "what is at a bound of length or memory is read, and what is beyond it is refused by number";
    STREAM = "check" / "stream", Must, "01 §1",
        "messages come out of a stream whatever its chunks, and a damaged one says what and where";
    STRANGER = "check" / "stranger", AsReleased, "03 §2",
        "an unknown field, variant or number is ignored where the format allows it";
    ACCEPTED = "check" / "accepted", AsReleased, "07 §4",
        "what no release writes is read where a reader takes it, and refused where it does not";
    KNOWN = "check" / "known", Must, "03 §6",
        "an example of the specification is a value and its bytes, both ways";
    NAME = "check" / "name", Must, "01 §4",
        "a name leads to what has it, a number to its name, and no two are alike";
    SINCE = "check" / "since", Must, "07 §1",
        "what a release knows begins and ends at a patch, which alone a gate one patch off changes";
    NUMBER = "check" / "number", Must, "02 §6",
        "a version that a release does not speak is refused, both ways";
    REFUSED = "check" / "refused", Must, "02 §6",
        "what a release or version cannot carry is refused, never dropped in silence";
    JSON = "check" / "json", Should, "03 §3.1",
        "the JSON form of a value reads back as the value";
    BYTES = "check" / "bytes", Must, "03 §1",
        "a release reads its own bytes as the value that it wrote, and writes them again";
    ENCODER = "check" / "encoder", Must, "03 §2",
        "a second encoder, written from the specification alone, makes the same bytes";
    ACROSS = "check" / "across", Must, "04 B",
        "a release reads what another wrote as far as it knows it, and refuses the rest";
    DAMAGED = "check" / "damaged", Must, "06 §3",
        "damaged bytes are a value or an error, and never a panic";
    EXPLAINED = "check" / "explained", Must, "03 §2",
        "what is said of bytes is what they say, and a fault is named where the decoder sees one";
    LOG_RECORD = "check" / "log-record", AsReleased, "09 §7",
        "what a leader writes into a log each release reads, refuses or loses as it does";
    PANIC = "check" / "panic", Must, "06 §3",
        "whatever is encoded or decoded, nothing panics";
    GATE = "gates" / "expected", AsReleased, "08 §1",
        "what one line sends and another does not know does what the list says, and no less";
    CHANGE = "future" / "change", AsReleased, "03 §2",
        "a change of a next release does to released readers what the rules say, and no less";
    OFFERED = "future" / "offered", Must, "02 §1",
        "whatever versions are offered, a release speaks one of its own or refuses";
    ANSWERED = "future" / "answered", Must, "02 §3",
        "whatever version is answered, a release speaks one of its own or refuses";
    MATRIX_PAYLOAD = "matrix" / "payload", Must, "04 B",
        "a payload arrives, loses what is listed, or is refused with an error";
    MATRIX_FRAME = "matrix" / "frame", Must, "01 §2",
        "a frame arrives, loses what is listed, or is refused with an error";
    MATRIX_REWRITTEN = "matrix" / "rewritten", Must, "08 §3.4",
        "what another release writes back has lost nothing but what is listed";
    MATRIX_HANDSHAKE = "matrix" / "handshake", Must, "02 §8",
        "both sides of a handshake agree on one version, or one of them refuses";
    MATRIX_LISTED = "matrix" / "listed", Should, "04 B",
        "every loss and every known violation on the lists happens";
    MATRIX_RECORDED = "matrix" / "recorded", Must, "04 B",
        "a cell of the matrix is what released servers did",
        by "skewproof matrix --against DIR";
    TESTEE_WRITES = "testee" / "writes", Must, "03 §1",
        "a testee writes a value in the bytes that its release writes",
        by "skewproof conform --testee NAME=COMMAND";
    TESTEE_READS = "testee" / "reads", Must, "03 §1",
        "a testee reads the bytes of its release as the value that was written",
        by "skewproof conform --testee NAME=COMMAND";
    TESTEE_FRAMES = "testee" / "frames", Must, "01 §2",
        "a testee reads and writes a frame as its release does",
        by "skewproof conform --testee NAME=COMMAND";
    TESTEE_SHAKES = "testee" / "handshake", Must, "02 §1",
        "handshakes of a testee end as those of its release do",
        by "skewproof conform --testee NAME=COMMAND";
    TESTEE_CELLS = "testee" / "cells", Must, "03 §1",
        "what becomes of a value between a testee and another release becomes of it with its release",
        by "skewproof matrix --testee NAME=COMMAND";
    TESTEE_CHANGED = "testee" / "changed", AsReleased, "03 §2",
        "what the next release may change does to a testee what it does to its release",
        by "skewproof conform --testee NAME=COMMAND";
    TESTEE_HOSTILE = "testee" / "hostile", Must, "03 §2",
        "any bytes are to a testee what they are to its release, or both refuse them",
        by "skewproof conform --testee NAME=COMMAND";
    TESTEE_ANSWERS = "testee" / "answers", Must, "04 B",
        "a testee answers what its hello says it can",
        by "skewproof conform --testee NAME=COMMAND";
    TESTEE_EXPECTED = "testee" / "expected", Should, "04 B",
        "a difference that is expected is seen, and in time",
        by "skewproof conform --testee NAME=COMMAND --expected FILE";
    GOLDEN_WRITES = "golden" / "writes", Must, "03 §1",
        "a line that a fixture names writes exactly its bytes";
    GOLDEN_READS = "golden" / "reads", Must, "03 §1",
        "a line that a fixture names reads its value";
    GOLDEN_OTHERS = "golden" / "others", AsReleased, "04 B",
        "every other line makes of a fixture what it says";
    GOLDEN_BACK = "golden" / "back", AsReleased, "04 B",
        "what a line has read of a fixture it writes back as it says";
    GOLDEN_REFUSES = "golden" / "refuses", Must, "02 §6",
        "a line that a fixture names refuses the value in its words";
    GOLDEN_SAYS = "golden" / "says", Must, "02 §8",
        "a table that is pinned says what is so";
    GOLDEN_INTACT = "golden" / "intact", Must, "01 §10",
        "a fixture is what was written, in every line";
    GOLDEN_SAMPLED = "golden" / "sampled", Should, "03 §4",
        "every sample has its fixture, and every fixture its sample";
    GOLDEN_FROZEN = "golden" / "frozen", Must, "01 §10",
        "a frozen fixture is never changed, removed or renamed";
    GOLDEN_CONFIRMED = "golden" / "confirmed", Should, "01 §10",
        "a fixture names the vector of a released server that has its bytes";
    GOLDEN_CAPTURED = "golden" / "captured", Should, "01 §10",
        "beside the fixtures lies all that is built in of released servers";
    GOLDEN_COUNTED = "golden" / "counted", Should, "03 §10",
        "all that is on disk is checked";
    VECTOR_PAYLOADS = "vectors" / "payloads", Must, "03 §4",
        "payloads that released servers wrote are read, and written again";
    VECTOR_ENVELOPE = "vectors" / "envelope", Must, "01 §10",
        "frames that released servers wrote are read, and written again";
    VECTOR_ACROSS = "vectors" / "across", AsReleased, "04 B",
        "what one release read of another is read here";
    VECTOR_FOREIGN = "vectors" / "foreign", AsReleased, "02 §6",
        "bytes and versions that a release should not get are answered as it did";
    VECTOR_DIFFERENCES = "vectors" / "differences", Must, "07 §1.1",
        "releases that write a value differently do so here";
    VECTOR_ODD = "vectors" / "odd", AsReleased, "07 §4",
        "odd bytes are read or refused as the libraries of released servers do";
    VECTOR_RECORDS = "vectors" / "records", AsReleased, "09 §2",
        "records of logs are read or refused as released servers do";
    VECTOR_OTHER = "vectors" / "other", Should, "01 §10",
        "every line of the files says something that is understood";
    STRICT = "vectors" / "strictness", Should, "06 §3",
        "every refusal on purpose is shown by a real answer";
    CAPTURED_FRAMES = "captures" / "frames", Must, "05 §3",
        "a recorded frame decodes, and encodes to the same bytes";
    CAPTURED_PAYLOADS = "captures" / "payloads", Must, "05 §3",
        "a recorded payload decodes on both ends, and encodes to the same bytes";
    CAPTURED_RECORDS = "captures" / "records", AsReleased, "09 §2",
        "the body of a recorded record is read as its writer's";
    CAPTURED_NEGOTIATION = "captures" / "negotiation", Must, "02 §8",
        "a recorded Welcome says the version that is selected here";
    LIVE_CALL = "live" / "call", AsReleased, "05 §3",
        "a server answers what every server answers, in the bytes of its release",
        by "skewproof probe ADDRESS";
    LIVE_FAULT = "live" / "fault", Must, "05 §5",
        "nothing that a peer sends costs a server more than the call",
        by "skewproof live check --server npm:VERSION";
    LIVE_ALIVE = "live" / "alive", Must, "05 §3",
        "a server outlives what is played to it, and nothing in it panics",
        by "skewproof live check --server npm:VERSION";
    LIVE_UPGRADE = "live" / "upgrade", Must, "08 §5",
        "what must hold in a simulated upgrade holds between real servers",
        by "skewproof live upgrade --server npm:OLD --server npm:NEW";
    LIVE_SCENARIO = "live" / "scenario", Should, "08 §5",
        "what two lines do to each other in one cluster costs users nothing",
        by "skewproof live scenario NAME --server npm:OLD --server npm:NEW";
    LIVE_EXPECTED = "live" / "expected", Should, "05 §5",
        "a known fault of a released server is seen",
        by "skewproof live check --server npm:VERSION";
    UPGRADE_STATES = "upgrade" / "states", Must, "08 §5",
        "in every state of an upgrade what goes wrong is known, and nothing else does";
    UPGRADE_MOVES = "upgrade" / "moves", Must, "08 §5",
        "every move of an upgrade, and back, ends as it must or fails as is known";
    UPGRADE_ORDERS = "upgrade" / "orders", Must, "08 §5",
        "every order of an upgrade goes through, or fails as is known";
    UPGRADE_MESSAGES = "upgrade" / "messages", Must, "08 §2",
        "every two nodes on the way exchange each message";
    UPGRADE_PLAN = "upgrade" / "plan", Must, "08 §5",
        "a plan goes through step by step, or fails as is known",
        by "skewproof upgrade --plan PLAN";
    UPGRADE_SEEDS = "upgrade" / "seeds", Must, "08 §5",
        "an upgrade with troubles goes through, or fails as is known",
        by "skewproof upgrade --from A --to B";
    FAULT = "faults" / "shown", Should, "04 A",
        "a known fault is listed as what it is, and is shown";
    TROPHY = "trophies" / "shown", Should, "04 A",
        "a bug that releases had is shown by the command that is known for it",
        by "skewproof trophies";
}

/// Every requirement, in the order of reports.
pub fn all() -> Vec<&'static Requirement> {
    let scripts = session::scripts().map(|script| &script.requirement);
    let (check, rest): (Vec<_>, Vec<_>) = TABLE.iter().copied().partition(|it| it.part == "check");
    check.into_iter().chain(scripts).chain(rest).chain([&INPUTS]).collect()
}

/// The requirements as a table.
pub fn table() -> Table {
    let row = |it: &Requirement| {
        vec![
            it.to_string(),
            it.level.to_string(),
            it.place.to_owned(),
            it.sentence.to_owned(),
            it.elsewhere.unwrap_or("skewproof check").to_owned(),
        ]
    };
    let rows = all().into_iter().map(row).collect();
    let columns = ["requirement", "level", "place", "what must hold", "tested by"];
    Table { rows, ..Table::new("requirements", columns) }
}

/// The requirement that another command tests, if its name is like a pattern, with that command.
pub fn elsewhere(pattern: &str) -> Option<(&'static Requirement, &'static str)> {
    let mut those = all().into_iter().filter(|it| is_like(pattern, &it.to_string()));
    those.find_map(|it| Some((it, it.elsewhere?)))
}

/// A requirement whose name is like a pattern.
pub fn like(pattern: &str) -> Option<&'static Requirement> {
    all().into_iter().find(|it| is_like(pattern, &it.to_string()))
}

/// Where the names are, for somebody who found nothing that is like a pattern.
pub fn hint(pattern: &str) -> String {
    let parts: BTreeSet<&str> = all().into_iter().map(|it| it.part).collect();
    let names = all().into_iter().map(ToString::to_string);
    let asked = nearest(pattern, names.chain(parts.into_iter().map(|part| format!("{part}/*"))));
    let list = "`skewproof list requirements` and `skewproof check --list` have all";
    asked.map_or_else(|| list.to_owned(), |asked| format!("{asked} {list}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::marks::marks;

    #[test]
    fn every_requirement_has_a_name_a_sentence_and_one_place() {
        let all = all();
        let names: BTreeSet<String> = all.iter().map(ToString::to_string).collect();
        assert_eq!(names.len(), all.len(), "a name twice");
        for it in all {
            let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(it.part.chars().chain(it.name.chars()).all(is_word), "{it}");
            assert!(it.sentence.len() > 12, "{it}");
            assert_eq!(marks(it.place).len(), 1, "{it}: {}", it.place);
        }
    }
}
