//! A protocol of numbers: two releases, and what each does wrong on request.

mod companions;
mod kinds;
mod untried;

use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use serde_json::{Value as Json, json};

use super::*;
use crate::boundary::{Breach, raise};
use crate::fuzz::{Features, Target};
use crate::golden::{Digest, Store};
use crate::report::{Report, Table};
use crate::selection::Selection;
use crate::skew::{Allowance, Class, Peer};
use crate::upgrade::mesh::{Edition, Mesh, Witness};
use crate::upgrade::{Standing, Walk};

/// What is wrong with a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bug {
    None,
    /// Its decoder panics on 9.
    Panics,
    /// It writes one more than it was given.
    Adds,
    /// It refuses 7.
    Refuses,
    /// It shows numbers alone.
    Hides,
    /// It refuses every connection.
    Parts,
    /// It could not be asked any more.
    Gone,
    /// Nobody could be asked.
    AllGone,
}

/// A release that knows numbers, and the second one names for them.
struct Numbers {
    name: &'static str,
    knows_names: bool,
    bug: Bug,
}

impl Numbers {
    fn is_there(&self) {
        if matches!(self.bug, Bug::Gone | Bug::AllGone) {
            raise(Breach::NotTried("it is gone".to_owned()));
        }
    }
}

type Numbered = (u8, Option<String>);

impl Node<Numbered> for Numbers {
    fn name(&self) -> &str {
        self.name
    }

    fn versions(&self, message: &str) -> Vec<i32> {
        match (message, self.knows_names) {
            ("Number", true) => vec![1, 2],
            ("Number", false) => vec![1],
            _ => Vec::new(),
        }
    }

    fn kind(&self, _: &str) -> Option<Vec<bool>> {
        (self.bug == Bug::None).then(|| vec![self.knows_names])
    }

    fn encode(&self, at: At<'_>, (number, name): &Numbered) -> Result<Bytes, String> {
        self.is_there();
        let number = if self.bug == Bug::Adds { number.wrapping_add(1) } else { *number };
        let name = name.as_deref().filter(|_| at.version > 1).unwrap_or_default();
        Ok([&[number], name.as_bytes()].concat().into())
    }

    fn decode(&self, at: At<'_>, bytes: &Bytes) -> Result<Numbered, String> {
        self.is_there();
        let (number, name) = bytes.split_first().ok_or("byte 0: nothing")?;
        match (self.bug, number) {
            (Bug::Panics, 9) => std::panic::panic_any("nine"),
            (Bug::Refuses, 7) => return Err("byte 0: seven".to_owned()),
            _ => {}
        }
        let name = str::from_utf8(name).map_err(|error| error.to_string())?;
        if at.version == 1 && !name.is_empty() {
            return Err("byte 1: more than a number".to_owned());
        }
        Ok((*number, (!name.is_empty()).then(|| name.to_owned())))
    }

    fn show(&self, _: At<'_>, (number, name): &Numbered) -> Json {
        match self.bug {
            Bug::Hides => json!({ "number": number }),
            _ => json!({ "number": number, "name": name }),
        }
    }

    fn negotiate(&self) -> Option<&dyn Negotiate> {
        (self.bug == Bug::Parts).then_some(self)
    }
}

impl Negotiate for Numbers {
    fn dial(&self, only: Option<i32>) -> Result<Bytes, String> {
        Ok(Bytes::copy_from_slice(&only.unwrap_or(1).to_be_bytes()))
    }

    fn accept(&self, _: &Bytes) -> Result<(i32, Bytes), String> {
        Err("no".to_owned())
    }

    fn conclude(&self, _: Result<&Bytes, &str>) -> Result<i32, String> {
        Err("no".to_owned())
    }
}

/// Two releases, of which the second has a bug.
fn two(bug: Bug) -> Vec<Arc<dyn Node<Numbered>>> {
    let older = if bug == Bug::AllGone { bug } else { Bug::None };
    let [older, newer] = [("1.0", false, older), ("2.0", true, bug)]
        .map(|(name, knows_names, bug)| Numbers { name, knows_names, bug });
    vec![Arc::new(older), Arc::new(newer)]
}

/// The protocol whose releases, of which the last has a bug, somebody makes: [`two`], if nothing is said.
macro_rules! protocol {
    ($name:ident, $bug:expr, $losses:expr, $expected:expr) => {
        protocol!($name, two, $bug, $losses, $expected);
    };
    ($name:ident, $releases:expr, $bug:expr, $losses:expr, $expected:expr) => {
        struct $name;

        impl Protocol for $name {
            type Value = Numbered;

            crate::border!($name);

            fn name(&self) -> &'static str {
                "numbers"
            }

            fn version(number: i32) -> String {
                format!("V{number}")
            }

            fn nodes(&self) -> Vec<Arc<dyn Node<Numbered>>> {
                $releases($bug)
            }

            fn messages(&self) -> Vec<Message<Numbered>> {
                let named = (9, Some("nine".to_owned()));
                let number = Message::new("Number", [("seven", (7, None)), ("nine", named)]);
                match $bug {
                    Bug::Parts => vec![number, Message::new("Silence", [("any", (1, None))])],
                    _ => vec![number],
                }
            }

            fn losses(&self) -> &'static [Allowance] {
                $losses
            }

            fn expected(&self) -> &'static str {
                $expected
            }
        }
    };
}

use protocol;

const NAME: Allowance = Allowance::new("Number", "name", "names are of version 2");
/// Too low: at version 1 it is lost.
const NAME_BELOW: Allowance = NAME.below(1);
const AGE: Allowance = Allowance::new("Number", "age", "nothing");

protocol!(Sound, Bug::None, &[NAME], "");
protocol!(Unlisted, Bug::None, &[], "");
protocol!(Stale, Bug::None, &[NAME, AGE], "");
protocol!(Hiding, Bug::Hides, &[NAME], "");
protocol!(Polite, Bug::Parts, &[NAME], "");
protocol!(Bounded, Bug::None, &[NAME_BELOW], "");
protocol!(Panicking, Bug::Panics, &[NAME], "");
protocol!(Adding, Bug::Adds, &[NAME], "");
protocol!(Refusing, Bug::Refuses, &[NAME], "");
protocol!(
    Known,
    Bug::Refuses,
    &[NAME],
    "[[expected]]\naddress = \"matrix/*/2.0/*/seven\"\nsays = \"seven\"\nreason = \"a test\"\n"
);
protocol!(
    Gone,
    Bug::Gone,
    &[NAME, AGE],
    "[[expected]]\naddress = \"matrix/*/2.0/*/seven\"\nreason = \"a test\"\n"
);
protocol!(AllGone, Bug::AllGone, &[NAME], "");
protocol!(
    NotKnown,
    Bug::None,
    &[NAME],
    "[[expected]]\naddress = \"matrix/*/2.0/*/seven\"\nreason = \"a test\"\n"
);

fn check<P: Protocol>() -> Report {
    P::border().check(&|| {}).unwrap()
}

fn said(report: &Report) -> Vec<String> {
    report.findings().map(|finding| format!("{}: {}", finding.case, finding.actual)).collect()
}

#[test]
fn what_is_listed_is_lost_and_all_else_arrives() {
    let report = check::<Sound>();
    assert!(report.is_ok(), "{:?}", said(&report));
    let matrix = Sound::border().matrix(&|| {});
    let counts = matrix.counts(&matrix.blocks);
    assert_eq!([Class::Equal, Class::Lossy].map(|class| counts.of(class)), [6, 4]);
    let agreed = matrix.pairs.iter().map(|pair| pair.negotiated().unwrap().number());
    assert_eq!(agreed.collect::<Vec<_>>(), [1, 1, 1, 2]);
}

#[test]
fn what_is_lost_and_not_listed_is_a_finding() {
    let said = said(&check::<Unlisted>());
    assert_eq!(said.len(), 4, "{said:?}");
    assert_eq!(said[0], "matrix/1.0/1.0/V1/Number/nine: lost, and on no list: drops name");
}

#[test]
fn a_loss_is_listed_for_versions_before_one() {
    let said = said(&check::<Bounded>());
    assert_eq!(said.len(), 5, "{said:?}");
    assert!(said[0].ends_with("lost, and on no list: drops name"), "{said:?}");
}

#[test]
fn what_a_node_says_of_its_kind_reaches_the_matrix() {
    let kinds = |border: &Border<_>| border.skew().peers().map(|it| it.kind("Number")).collect();
    let kinds: Vec<Option<Vec<bool>>> = kinds(Sound::border());
    assert_eq!(kinds, [Some(vec![false]), Some(vec![true])]);
}

#[test]
fn what_is_not_shown_is_not_lost_in_silence() {
    let said = said(&check::<Hiding>());
    assert!(!said.is_empty() && said.iter().all(|it| it.ends_with("changes what is not shown")));
}

#[test]
fn who_refuses_what_both_have_and_what_nobody_sends_are_findings() {
    let said = said(&check::<Polite>());
    let refusals = said.iter().filter(|it| it.contains("/handshake: V1, which both have: no"));
    assert_eq!(refusals.count(), 3, "{said:?}");
    let silent = "matrix/messages/Silence: no release sends any of it";
    assert!(said.iter().any(|it| it == silent), "{said:?}");
    assert!(!Polite::border().check_message("Silence").unwrap().is_ok());
}

#[test]
fn an_entry_that_nothing_needs_is_a_finding() {
    let said = said(&check::<Stale>());
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(
        said[0].starts_with("matrix/lists/Number/age: it does not happen any more"),
        "{said:?}"
    );
}

#[test]
fn what_a_release_does_wrong_is_a_finding_and_whose() {
    let panics = said(&check::<Panicking>());
    assert_eq!(panics.len(), 3, "{panics:?}");
    assert!(panics.iter().all(|it| it.contains("/2.0/V") && it.contains("the receiver panicked")));
    let refuses = said(&check::<Refusing>());
    assert_eq!(refuses.len(), 3, "{refuses:?}");
    assert!(refuses.iter().all(|it| it.contains("/seven: byte 0: seven")), "{refuses:?}");
    // It sends 8 for 7 and 10 for 9: to both releases, at each version that both know.
    let adds = said(&check::<Adding>());
    assert_eq!(adds.len(), 6, "{adds:?}");
    assert!(adds.iter().all(|it| it.starts_with("matrix/2.0/") && it.contains("changes number")));
}

#[test]
fn what_is_expected_is_no_finding_until_it_is_gone() {
    assert_eq!(said(&check::<Known>()), [""; 0]);
    let gone = said(&check::<NotKnown>());
    assert!(
        gone.len() == 1 && gone[0].contains("nothing of that kind is seen any more"),
        "{gone:?}"
    );
}

#[test]
fn a_message_that_there_is_not_is_refused() {
    let error = Sound::border().check_message("Numbre").unwrap_err();
    assert_eq!(error.to_string(), "there is no message \"Numbre\": the messages are Number");
}

#[test]
fn two_of_one_name_are_refused() {
    let twice = |error: BorderError| error.to_string();
    let check = |border: &Border<Twice>| twice(border.check(&|| {}).unwrap_err());
    let of = |what| Border::new(Twice(what));
    assert_eq!(
        check(&of("releases")),
        "there are two releases \"1.0\": give each a name of its own"
    );
    assert!(check(&of("messages")).starts_with("there are two messages \"Number\""));
    assert!(check(&of("values")).starts_with("there are two values of Number \"one\""));
    assert!(check(&of("versions")).starts_with("there are two versions of 2.0 \"v\""));
}

/// A protocol with two of something.
struct Twice(&'static str);

impl Protocol for Twice {
    type Value = Numbered;

    fn border() -> &'static Border<Self> {
        static BORDER: LazyLock<Border<Twice>> = LazyLock::new(|| Border::new(Twice("nothing")));
        &BORDER
    }

    fn name(&self) -> &'static str {
        "twice"
    }

    fn version(_: i32) -> String {
        "v".to_owned()
    }

    fn nodes(&self) -> Vec<Arc<dyn Node<Numbered>>> {
        let node = |name, knows_names| Arc::new(Numbers { name, knows_names, bug: Bug::None });
        let second = if self.0 == "releases" { "1.0" } else { "2.0" };
        vec![node("1.0", false), node(second, self.0 == "versions")]
    }

    fn messages(&self) -> Vec<Message<Numbered>> {
        let second = if self.0 == "values" { "one" } else { "two" };
        let number = || Message::new("Number", [("one", (1, None)), (second, (2, None))]);
        if self.0 == "messages" { vec![number(), number()] } else { vec![number()] }
    }
}

/// A message that is sent at another version than the connection has makes the pair as bad as it.
#[test]
fn a_pair_shows_each_message_at_its_own_version() {
    let matrix = Apart::border().matrix(&|| {});
    let sign = |dialer, acceptor| {
        let mut pairs = matrix.pairs.iter();
        matrix.worst(pairs.find(|it| (it.dialer, it.acceptor) == (dialer, acceptor)).unwrap())
    };
    // Whole is at version 2 on both sides, and equal; Part ends at version 1, where a name is lost.
    assert_eq!(matrix.pairs[3].negotiated().unwrap().number(), 2);
    assert_eq!(sign(1, 1), Some(Class::Lossy));
    assert_eq!(matrix.pairs[3].spoken_of(1), [Some(crate::version::Version::plain(1)); 2]);
    let text = crate::render::json::render(&Apart::border().check(&|| {}).unwrap());
    assert!(text.contains("\"spoken\""), "{text}");
}

/// Numbers whose second message has no version 2.
struct NumbersApart(Numbers);

impl Node<Numbered> for NumbersApart {
    fn name(&self) -> &str {
        self.0.name
    }

    fn versions(&self, message: &str) -> Vec<i32> {
        if message == "Part" { vec![1] } else { self.0.versions("Number") }
    }

    fn encode(&self, at: At<'_>, value: &Numbered) -> Result<Bytes, String> {
        self.0.encode(at, value)
    }

    fn decode(&self, at: At<'_>, bytes: &Bytes) -> Result<Numbered, String> {
        self.0.decode(at, bytes)
    }

    fn show(&self, at: At<'_>, value: &Numbered) -> Json {
        self.0.show(at, value)
    }
}

struct Apart;

impl Protocol for Apart {
    type Value = Numbered;

    crate::border!(Apart);

    fn name(&self) -> &'static str {
        "apart"
    }

    fn nodes(&self) -> Vec<Arc<dyn Node<Numbered>>> {
        let node = |name, knows_names| {
            Arc::new(NumbersApart(Numbers { name, knows_names, bug: Bug::None }))
        };
        vec![node("1.0", false), node("2.0", true)]
    }

    fn messages(&self) -> Vec<Message<Numbered>> {
        let named = || (9, Some("nine".to_owned()));
        vec![Message::new("Whole", [("nine", named())]), Message::new("Part", [("nine", named())])]
    }

    fn losses(&self) -> &'static [Allowance] {
        const NAME: Allowance = Allowance::new("*", "name", "names are of version 2").below(2);
        &[NAME]
    }
}

/// Every order in which two nodes get from the first release to the second.
fn walk<P: Protocol>() -> Walk<Edition> {
    let report = check::<P>();
    let wrong = |address: &str| {
        let mut findings = report.findings();
        findings.find(|it| it.case.as_str() == address).map(|it| it.actual.clone())
    };
    let mesh = Arc::new(Mesh::of(report.matrix().unwrap(), &wrong));
    let names = ["n1", "n2"].map(str::to_owned);
    let walk = mesh.runner(2, false).walk(&names, mesh.releases(), 0, &Witness, &|| {});
    for failure in &walk.failures {
        let again = mesh.runner(2, true).run(&failure.plan, &mut Witness).failure.unwrap();
        assert_eq!(again.violations, failure.violations);
    }
    walk
}

#[test]
fn what_the_matrix_says_happens_in_an_upgrade() {
    let sound = walk::<Sound>();
    assert!(sound.is_complete(), "{:?}", sound.failures);
    assert_eq!((sound.standing(Standing::Whole), sound.parted), (4, 0));
    let said = |walk: Walk<Edition>| walk.failures[0].violations[0].what.clone();
    assert_eq!(said(walk::<Adding>()), "Number/seven: lost, and on no list: changes number");
    assert_eq!(said(walk::<Panicking>()), "Number/nine: the receiver panicked: nine");
    assert_eq!(said(walk::<Polite>()), "V1, which both have: no");
    // What is expected is no violation here either.
    assert!(walk::<Known>().is_complete());
}

#[test]
fn a_cell_is_told_from_end_to_end() {
    let story = Sound::border().story("matrix/2.0/1.0/V1/Number/nine").unwrap();
    let text = story.to_string();
    for words in
        ["V1, when 2.0 dials 1.0", "\"name\": \"nine\"", "09", "drops name", "names are of"]
    {
        assert!(text.contains(words), "{words}\n{text}");
    }
    assert!(story.is_foreseen);
    assert!(!Panicking::border().story("matrix/1.0/2.0/V1/Number/nine").unwrap().is_foreseen);
    for none in ["matrix/2.0/1.0/V2/Number/nine", "matrix/2.0", "golden/x", "matrix/a/b/V1/c/d"] {
        assert!(Sound::border().story(none).is_none(), "{none}");
    }
}

#[test]
fn fixtures_pin_what_a_release_writes() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = &scratch.path().join("golden");
    let (table, _) = golden::bless(Sound::border(), folder).unwrap();
    assert_eq!(table.rows.len(), 3, "{:?}", table.rows);
    let sound = || {
        let store = golden::stored(folder).unwrap();
        Sound::border().run(&Selection::All, store.as_ref(), &|| {}).unwrap()
    };
    assert!(sound().is_ok());
    assert!(golden::bless(Sound::border(), folder).unwrap().0.rows.is_empty());
    let store = Store::open(folder).unwrap();
    let difference = |old, new| golden::difference(Sound::border(), &store, [old, new]);
    assert!(difference("2.0", "2.0/").unwrap().rows.is_empty());
    assert!(!difference("1.0", "2.0").unwrap().rows.is_empty());
    let nothing = difference("2.0", "2").unwrap_err().to_string();
    assert_eq!(nothing, "nothing is stored under \"2\"");

    let report = golden::verify(Adding::border(), &Store::open(folder).unwrap());
    let finding = report.findings()[0].clone();
    assert_eq!(finding.case.as_str(), "golden/2.0/V1/Number");
    assert!(finding.place.as_ref().unwrap().contains("Number.snap, line "), "{finding:?}");
    assert_eq!((finding.expected.as_str(), finding.actual.as_str()), ("0000  07", "0000  08"));
    let again = format!("skewproof repro golden/2.0/V1/Number --golden {}", folder.display());
    assert_eq!(finding.repro, Some(again));

    assert_eq!(golden::freeze(folder, "2.0").unwrap(), 2);
    let (table, touches_frozen) = golden::bless(Adding::border(), folder).unwrap();
    assert!(touches_frozen && table.rows.iter().all(|row| row[1] == "frozen, and would change"));
    assert!(sound().is_ok(), "what is frozen was not written over");

    // It waits beside the fixture, and changes with a reason.
    let (name, waiting) = ("2.0/V1/Number", folder.join("2.0/V1/Number.snap.new"));
    let (table, is_left) = golden::propose(Adding::border(), folder).unwrap();
    assert!(is_left && table.rows.len() == 2 && waiting.exists());
    assert!(sound().is_ok(), "what waits is no fixture");
    let amended = golden::amend(Adding::border(), folder, name, "it\nadds");
    assert_eq!(amended.unwrap(), Ok(()));
    assert!(!waiting.exists());
    let again = golden::amend(Adding::border(), folder, name, "again");
    assert_eq!(again.unwrap(), Err("it would not change"));
    assert_eq!(said(&sound()).len(), 1);
    let amended = golden::amend(Sound::border(), folder, name, "it does not");
    assert_eq!(amended.unwrap(), Ok(()));
    assert!(sound().is_ok());
    let amended = Store::open(folder).unwrap().manifest.amendments;
    let reasons: Vec<&str> = amended.iter().map(|it| it.reason.as_str()).collect();
    assert_eq!(reasons, ["it adds", "it does not"]);
    // What waits for nothing is taken back.
    assert!(golden::propose(Sound::border(), folder).unwrap().0.rows.is_empty());
    assert!(Store::open(folder).unwrap().pending.is_empty());

    // What is frozen is missed, and what is somebody else's is left alone.
    std::fs::remove_file(folder.join("2.0/V2/Number.snap")).unwrap();
    std::fs::write(folder.join("theirs.snap"), "---\nsource: theirs\n---\nx\n").unwrap();
    assert_eq!(said(&sound()).len(), 1, "{:?}", said(&sound()));
    golden::bless(Sound::border(), folder).unwrap();
    assert!(folder.join("theirs.snap").exists());
    // Nobody stores a panic.
    let empty = scratch.path().join("panics");
    let (table, is_left) = golden::bless(Panicking::border(), &empty).unwrap();
    assert!(is_left && table.rows.iter().any(|row| row[1].contains("no end")), "{table:?}");
}

#[test]
fn fixtures_that_are_not_what_was_frozen_are_told_and_amended() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = &scratch.path().join("golden");
    let told = |(table, is_left): (Table, bool)| {
        assert_eq!(is_left, !table.rows.is_empty(), "{table:?}");
        table.rows.iter().map(|row| row.join(": ")).collect::<Vec<_>>()
    };
    let amend = |name| golden::amend(Adding::border(), folder, name, "it is so").unwrap();
    golden::bless(Adding::border(), folder).unwrap();
    golden::freeze(folder, "2.0").unwrap();
    // Somebody has moved what waited over what is frozen, and has lost a file that nobody makes.
    let mut store = Store::open(folder).unwrap();
    let (moved, lost) = ("2.0/V1/Number", "0.9/V1/Number");
    let frozen = store.manifest.frozen.get_mut(moved).unwrap();
    frozen.digest = Digest::of("what it was\n");
    let frozen = frozen.clone();
    store.manifest.frozen.insert(lost.to_owned(), frozen);
    store.save_manifest("").unwrap();
    let both = [
        "0.9/V1/Number: frozen, and nobody makes it",
        "2.0/V1/Number: frozen, and the file was changed since",
    ];
    assert_eq!(told(golden::propose(Adding::border(), folder).unwrap()), both);
    assert_eq!(told(golden::bless(Adding::border(), folder).unwrap()), both);
    assert_eq!(amend("1.0/V1/Number"), Err("it is not frozen"));
    assert_eq!((amend(moved), amend(lost)), (Ok(()), Ok(())));
    assert_eq!(told(golden::bless(Adding::border(), folder).unwrap()), [""; 0]);
    let grid = golden::verify(Adding::border(), &Store::open(folder).unwrap());
    assert!(grid.findings().is_empty(), "{:?}", grid.findings());

    // What is somebody else's is neither changed nor removed.
    let theirs = "---\nsource: theirs\n---\nx\n";
    std::fs::write(folder.join(format!("{moved}.snap")), theirs).unwrap();
    assert_eq!(amend(moved), Err("a snapshot of something else, and left alone"));
}

fn found(target: &Target, input: &[u8]) -> Option<&'static str> {
    (target.body)(input, &mut Features::new()).err().map(|it| it.kind)
}

#[test]
fn targets_object_to_what_is_wrong() {
    let [decode, roundtrip, cross] = targets::targets::<Sound>().try_into().ok().unwrap();
    for seed in (decode.seeds)() {
        for target in [&decode, &roundtrip, &cross] {
            assert_eq!(found(target, &seed.bytes), None, "{} {}", target.name, seed.name);
        }
    }
    // Node, other node, message, version, then the number.
    let [_, roundtrip, _] = targets::targets::<Adding>().try_into().ok().unwrap();
    assert_eq!(found(&roundtrip, &[1, 0, 0, 0, 7]), Some("read-otherwise"));
    let [_, _, cross] = targets::targets::<Refusing>().try_into().ok().unwrap();
    assert_eq!(found(&cross, &[0, 1, 0, 0, 7]), Some("refused"));
    let [_, _, cross] = targets::targets::<Unlisted>().try_into().ok().unwrap();
    assert_eq!(found(&cross, &[1, 0, 0, 0, 7]), None);
    let text = (cross.describe)("cross", &[1, 0, 0, 0, 7]);
    assert!(text.contains("Number at V1, from 2.0 to 1.0"), "{text}");
}
