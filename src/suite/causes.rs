//! What findings are about, so that one cause is one finding: a fixture that was changed shows in a
//! dozen cases, and a field that is new in every message that has it.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::fabric::envelope::EnvelopeType;
use crate::fabric::release::Release;
use crate::harness::causes::About;
use crate::harness::verdict::Finding;
use crate::suite::parting::without_indices;
use crate::suite::value::ValueType;

/// Where fixtures of bytes are; all other documents of the store follow from the fabric.
const FIXTURES: [&str; 4] = ["v1", "v2", "v3", "envelope"];
/// How the words begin in which a cell of the matrix says what was lost.
const LOSSES: [&str; 3] = ["drops", "changes", "adds"];
/// Ranks: how much a finding says of its cause.
const NAMES_IT: u8 = 0;
const SHOWS_IT: u8 = 1;
const MEETS_IT: u8 = 2;
const SUFFERS: u8 = 3;

/// What a finding of this suite is about, by its address and its words.
pub fn about(finding: &Finding) -> About {
    let case = finding.case.as_str();
    let segments: Vec<&str> = case.split('/').collect();
    let subject = segments.iter().find(|segment| is_message(segment)).map(ToString::to_string);
    let place = finding.place.as_deref().unwrap_or_default();
    let mut about = About {
        handles: Vec::new(),
        subject,
        rule: finding.requirement.clone(),
        names_it: false,
        kin: None,
        rank: SUFFERS,
        follows: false,
        sentence: sentence(finding),
    };
    match segments.as_slice() {
        ["gates", rest @ ..] => of_gate(finding, rest, &mut about),
        ["golden", folder, ..] if FIXTURES.contains(folder) => {
            of_fixture(finding, &segments, place, &mut about);
        }
        ["golden", "negotiation", ..] => "negotiation".clone_into(&mut about.rule),
        ["golden", ..] => about.follows = true,
        ["testee", name, verb, layer, message, ..] => {
            if let Some((at, path)) = place.split_once(", in ") {
                about.handles.extend(field(about.subject.as_deref(), path));
                (about.rank, about.names_it) = (SHOWS_IT, true);
                about.sentence =
                    format!("{name} {verb} {message} at {layer} otherwise: {at}, in {path}.");
            }
        }
        ["matrix", ..] => {
            let words = finding.actual.rsplit_once("on no list: ");
            let words = words.map_or(finding.actual.as_str(), |(_, losses)| losses);
            let paths = words.split(", ").filter_map(|loss| {
                LOSSES.iter().find_map(|kind| loss.strip_prefix(kind)?.strip_prefix(' '))
            });
            let fields = paths.filter_map(|path| field(about.subject.as_deref(), path));
            about.handles.extend(fields.collect::<Vec<_>>());
            about.names_it = !about.handles.is_empty();
        }
        _ => {
            if let Some(field) = field(about.subject.as_deref(), path_of(place)) {
                about.handles.push(field);
                about.rank = MEETS_IT;
                about.names_it = true;
            } else if about.subject.is_none() && !place.is_empty() && !place.starts_with("byte ") {
                // Of no message: what it is about tells it apart.
                let at = Some(path_of(place)).filter(|path| !path.is_empty()).unwrap_or(place);
                about.rule = format!("{}: {}", about.rule, without_indices(at));
            }
        }
    }
    if about.handles.is_empty() && about.kin.is_none() {
        about.kin = refusal(&finding.actual);
    }
    about
}

/// The kind of a refusal, whatever it is about: `X at V2: path: unknown field "y"` is an unknown field.
fn refusal(words: &str) -> Option<String> {
    let (before, after) = words.split_once(" at V")?;
    let (_, kind) = after.rsplit_once(": ").filter(|_| !before.contains('{'))?;
    let unnamed: Vec<&str> = kind.split('"').step_by(2).map(str::trim).collect();
    Some(format!("refused: {}", unnamed.join(" ").trim_end()))
}

/// A finding of the audit names the field, the variant or the message.
fn of_gate(finding: &Finding, rest: &[&str], about: &mut About) {
    let (path, change) = match rest {
        [_, _, path, change] => (*path, *change),
        [_, message, change] => (*message, *change),
        _ => return,
    };
    let change = change.replace('-', " ");
    let reason = finding.actual.split_once(": ").map_or("", |(_, reason)| reason);
    about.handles.push(format!("{change}: {}, {reason}", leaf(path)));
    about.handles.extend(field(about.subject.as_deref(), path));
    (about.rank, about.names_it) = (NAMES_IT, true);
    let message = about.subject.as_deref().unwrap_or_default();
    let what = if path == message { message.to_owned() } else { format!("{path} of {message}") };
    about.sentence = match finding.place.as_deref() {
        Some(place) if place.starts_with("expected/") => {
            format!("{what} ({change}): {}.", finding.requirement)
        }
        _ => format!("{what}: {change}. {}.", finding.actual),
    };
}

/// A finding on a fixture, whatever it says, is about that fixture; one on its bytes names the field.
fn of_fixture(finding: &Finding, segments: &[&str], place: &str, about: &mut About) {
    let is_release = |segment: &&&str| segment.parse::<Release>().is_ok();
    let len = segments.len() - usize::from(segments.last().filter(is_release).is_some());
    let name = segments.get(1..len).unwrap_or_default().join("/");
    about.handles.push(format!("fixture {name}"));
    if let Some(reader) = segments.last().filter(is_release) {
        about.kin = Some(format!("{reader}: {}", finding.requirement));
    }
    let path = place.split_once(": ").and_then(|(_, place)| place.split_once(", in "));
    if let Some((at, path)) = path {
        about.handles.extend(field(about.subject.as_deref(), path));
        (about.rank, about.names_it) = (SHOWS_IT, true);
        let writer = segments.last().filter(is_release).copied().unwrap_or("A release");
        about.sentence = format!(
            "{writer} does not write the bytes of the fixture {name}: they part at {at}, in {path}."
        );
    } else if finding.requirement.contains("frozen") {
        (about.rank, about.names_it) = (NAMES_IT, true);
        about.sentence = format!("The frozen fixture {name} is not as it was: {}.", finding.actual);
    }
}

/// What must hold, and where it does not.
fn sentence(finding: &Finding) -> String {
    let mut letters = finding.requirement.chars();
    let capital = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{capital}{}: not so in {}.", letters.as_str(), finding.case)
}

/// A field of a message; it is the same wherever in the message it stands.
fn field(message: Option<&str>, path: &str) -> Option<String> {
    let leaf = leaf(path);
    (!leaf.is_empty()).then(|| format!("{}: {leaf}", message.unwrap_or_default()))
}

/// The last step of a path, without an index.
fn leaf(path: &str) -> &str {
    let last = path.rsplit('.').next().unwrap_or(path);
    last.split('[').next().unwrap_or(last)
}

/// The path of a place such as `nodes[0].instance_ts (byte 4)`.
fn path_of(place: &str) -> &str {
    let path = place.split_once(" (byte").map_or(place, |(path, _)| path);
    if path.contains([' ', '/']) { "" } else { path }
}

fn is_message(word: &str) -> bool {
    static WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| {
        let values = ValueType::all().map(ValueType::word);
        values.chain(EnvelopeType::ALL.iter().map(|of| of.word())).collect()
    });
    WORDS.contains(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::causes::group;
    use crate::harness::verdict::CaseId;

    fn finding(case: &str, requirement: &str, actual: &str, place: Option<&str>) -> Finding {
        Finding {
            case: CaseId::from_segments([case]),
            requirement: requirement.to_owned(),
            expected: String::new(),
            actual: actual.to_owned(),
            place: place.map(str::to_owned),
            repro: None,
        }
    }

    fn causes(findings: &[Finding]) -> Vec<(String, usize)> {
        let abouts: Vec<_> = findings.iter().map(about).collect();
        group(&abouts).into_iter().map(|it| (it.sentence, it.members.len())).collect()
    }

    #[test]
    fn a_changed_fixture_is_one_cause() {
        let file = "golden/v2/Append/max.snap";
        let findings = [
            finding(
                "golden/v2/Append/max/1.4",
                "writes",
                "00",
                Some(&format!("{file}: byte 2, in header.log_id")),
            ),
            finding(
                "golden/v2/Append/max/1.5",
                "reads",
                "{}",
                Some(&format!("{file}: - header.log_id = 1")),
            ),
            finding("golden/v2/Append/max", "intact", "x", Some(&format!("{file}: line 9"))),
            finding(
                "golden/v2/Append/max",
                "a frozen fixture is never changed",
                "its content changed",
                None,
            ),
            finding("golden/tables/types", "a table says what is so", "x", None),
        ];
        let sentence = "The frozen fixture v2/Append/max is not as it was: its content changed.";
        assert_eq!(causes(&findings), [(sentence.to_owned(), 5)]);
    }

    /// Of no message: what findings are about tells causes apart, whoever shows it and at which byte.
    #[test]
    fn what_a_finding_is_about_tells_it_apart() {
        let of = |case: &str, place: &str| finding(case, "as it should be", "x", Some(place));
        let findings = [
            of("check/understood/1.6/lane", "the Hello"),
            of("check/understood/1.7/lane", "the Hello"),
            of("check/understood/1.7/life", "how it ends"),
            of("check/log-record/a", "byte 4"),
            of("check/log-record/b", "byte 9"),
            of("check/log-record/c", "keys[1].id (byte 4)"),
            of("check/log-record/d", "keys[3].id"),
        ];
        let mut sizes: Vec<usize> = causes(&findings).into_iter().map(|cause| cause.1).collect();
        sizes.sort_unstable();
        assert_eq!(sizes, [1, 2, 2, 2]);
    }

    /// A reader that refuses what it does not know shows that in every message that has news.
    #[test]
    fn refusals_of_one_kind_are_one_cause() {
        let of = |case: &str, words: &str| finding(case, "read", words, None);
        let findings = [
            of("matrix/1.7/tree/V2/Trim/max", r#"Trim at V2: the value: unknown field "a""#),
            of("vectors/cross/1.6/1.7/V2/Seal/x", r#"Seal at V2: header: unknown field "b""#),
            of("testee/tree/changed/V2/Seal/x", r#"refused: Seal at V2: unknown field "next""#),
            of("matrix/1.7/tree/V2/Append/max", "Append at V2: unknown variant \"B\" of C"),
            of("matrix/1.7/tree/V2/Appended/max", "Appended at V2: unknown variant \"B\" of D"),
        ];
        assert_eq!(causes(&findings).iter().map(|cause| cause.1).collect::<Vec<_>>(), [3, 1, 1]);
    }

    #[test]
    fn a_new_field_is_one_cause_that_is_named_first() {
        let new = "1.8 to 1.6, 1.7: dropped, the receiver has no such field";
        let findings = [
            finding("golden/v3/Trim/new", "every sample has its fixture", "none", None),
            finding(
                "matrix/1.8/1.7/V3/Trim/new",
                "arrives",
                "lost, and on no list: drops header.extra",
                None,
            ),
            finding(
                "gates/V2/Trim/header.extra/field-added",
                "listed",
                new,
                Some("V2/Trim/header.extra"),
            ),
            finding(
                "gates/V3/Seal/header.extra/field-added",
                "listed",
                new,
                Some("V3/Seal/header.extra"),
            ),
            finding("golden/v3/Seal/new", "every sample has its fixture", "none", None),
            finding("golden/negotiation/accepts-1.8", "every table has a fixture", "none", None),
            finding("golden/negotiation/handshakes", "a table says what is so", "x", None),
        ];
        let causes = causes(&findings);
        assert_eq!(causes[0].0, format!("header.extra of Trim: field added. {new}."));
        assert_eq!(causes.iter().map(|cause| cause.1).collect::<Vec<_>>(), [5, 2]);
    }
}
