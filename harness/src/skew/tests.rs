//! The matrix over a protocol of its own: two releases of a node that greets.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value as Json, json};

use super::matrix::Parting;
use super::outcome::{Class, Side, Violation};
use super::peer::{Accepted, Allowance, Layer, Layers, Offer, Peer, Refusal, Topic};
use super::{Details, Matrix, Outcome, Selection, Skew};
use crate::boundary::{Breach, Limits};
use crate::version::Version;

/// A greeting; the loudness came with the second release.
#[derive(Debug, Clone, PartialEq)]
struct Greeting {
    word: String,
    loudness: Option<u8>,
}

/// How a node is made wrong.
#[derive(Clone, Copy, PartialEq)]
enum Bug {
    None,
    Panics,
    ForgetsTheWord,
    TooLoud,
    IgnoresTheGate,
    ReadsNothing,
    GivesUp,
    KeepsGreetings,
    HangsUp,
    /// It says of itself the one thing that decides what it does.
    SaysItsKind,
    /// It forgets that.
    SaysNoGate,
}

/// How often somebody was asked who never answers.
static DIALLED: AtomicUsize = AtomicUsize::new(0);

struct Greeter {
    name: &'static str,
    release: u8,
    bug: Bug,
}

fn written(number: i32) -> Version {
    Version::new(number, |number| format!("V{number}"))
}

fn at(number: i32) -> Layer {
    Layer::Version(written(number))
}

const SHOUT: &str = "needs the second version";

impl Peer for Greeter {
    type Value = Greeting;

    fn name(&self) -> &str {
        self.name
    }

    fn version(&self, number: i32) -> Version {
        written(number)
    }

    fn layers(&self) -> Vec<Layer> {
        (1..=i32::from(self.release)).map(at).collect()
    }

    fn lanes(&self) -> Vec<&'static str> {
        vec!["only"]
    }

    fn kind(&self, _: &str) -> Option<Vec<bool>> {
        match self.bug {
            Bug::SaysItsKind => Some(vec![self.release >= 2]),
            Bug::SaysNoGate => Some(Vec::new()),
            _ => None,
        }
    }

    fn lane_of(&self, _: &Greeting) -> &'static str {
        "only"
    }

    fn dial(&self, offer: Offer) -> Result<Bytes, String> {
        if self.bug == Bug::HangsUp {
            DIALLED.fetch_add(1, Ordering::Relaxed);
            loop {
                std::thread::sleep(Duration::from_millis(50));
            }
        }
        let highest = offer.pinned.unwrap_or(i32::from(self.release));
        Ok(vec![u8::try_from(highest).unwrap()].into())
    }

    fn accept(&self, hello: &Bytes) -> Result<Accepted, Refusal> {
        if self.bug == Bug::ReadsNothing {
            return Err(Refusal { status: 9, text: "not today".to_owned() });
        }
        let version = hello[0].min(self.release);
        Ok(Accepted { version: version.into(), lane: "only", answer: vec![version].into() })
    }

    fn conclude(&self, answer: Result<&Bytes, &Refusal>) -> Result<i32, String> {
        answer.map(|bytes| bytes[0].into()).map_err(|refusal| refusal.text.clone())
    }

    fn panics_by(&self, _: Layer, _: &Greeting) -> Option<String> {
        (self.bug == Bug::GivesUp).then(|| "F1".to_owned())
    }

    fn hold(&self, _: Layer, value: &Greeting) -> Option<Greeting> {
        let loudness = value.loudness.filter(|_| self.release >= 2);
        Some(Greeting { loudness, ..value.clone() })
    }

    fn is_carried(&self, layer: Layer, value: &Greeting) -> bool {
        layer != at(1) || value.loudness != Some(9)
    }

    fn encode(&self, layer: Layer, value: &Greeting) -> Result<Bytes, String> {
        assert!(self.bug != Bug::Panics, "a bug");
        if !self.is_carried(layer, value) && self.bug != Bug::IgnoresTheGate {
            return Err(SHOUT.to_owned());
        }
        let mut bytes = vec![value.loudness.unwrap_or(0)];
        bytes.extend(value.word.bytes());
        Ok(bytes.into())
    }

    fn decode(&self, _: Layer, _: &Greeting, bytes: &Bytes) -> Result<Greeting, String> {
        if matches!(self.bug, Bug::ReadsNothing | Bug::GivesUp) {
            return Err("not today".to_owned());
        }
        let word = String::from_utf8_lossy(&bytes[1..]).into_owned();
        let loudness = Some(bytes[0]).filter(|loudness| *loudness > 0 && self.release >= 2);
        Ok(match self.bug {
            Bug::ForgetsTheWord => Greeting { word: String::new(), loudness },
            Bug::TooLoud => Greeting { word, loudness: loudness.map(|l| l + 1) },
            _ => Greeting { word, loudness },
        })
    }

    fn understood(&self, layer: Layer, sent: &Greeting, _: &Self) -> Option<Greeting> {
        self.hold(layer, sent)
    }

    fn rewrite(&self, value: &Greeting) -> Option<Greeting> {
        let word = format!("{}!", value.word);
        (self.bug == Bug::KeepsGreetings).then(|| Greeting { word, ..value.clone() })
    }

    fn show(&self, _: Layer, value: &Greeting) -> Json {
        json!({ "word": value.word, "loudness": value.loudness })
    }

    fn explain(&self, _: Layer, _: &Greeting, bytes: &Bytes) -> String {
        format!("{bytes:?}")
    }
}

const ALLOWED: &[Allowance] = &[Allowance {
    message: "Greeting",
    field: "loudness",
    is_rewritten: false,
    below: None,
    reason: "came with 2",
}];

/// The same, and that it does not come back from a node of the first release.
const ALLOWED_BACK: &[Allowance] =
    &[ALLOWED[0], Allowance { is_rewritten: true, reason: "erased", ..ALLOWED[0] }];

fn skew(bug: Bug, allowances: &'static [Allowance]) -> Skew<Greeter> {
    let samples = vec![
        ("plain".to_owned(), Greeting { word: "hi".into(), loudness: None }),
        ("loud".to_owned(), Greeting { word: "hi".into(), loudness: Some(3) }),
        ("shout".to_owned(), Greeting { word: "hi".into(), loudness: Some(9) }),
    ];
    let peers = vec![
        Greeter { name: "old", release: 1, bug: Bug::None },
        Greeter { name: "new", release: 2, bug },
    ];
    let topics = vec![Topic { name: "Greeting", is_envelope: false, samples }];
    Skew::new(peers, topics, allowances)
}

fn run(bug: Bug) -> Matrix {
    skew(bug, ALLOWED).run(&Selection::default(), &|| {})
}

fn classes(matrix: &Matrix, sender: usize, receiver: usize, version: i32) -> String {
    let block = matrix.blocks_between(sender, receiver);
    let mut block = block.filter(|block| block.layer == at(version));
    let cells = matrix.cells_of(block.next().unwrap());
    cells.map(|cell| cell.outcome.class().glyph()).collect()
}

#[test]
fn every_kind_of_outcome_has_its_cell() {
    let matrix = run(Bug::None);
    assert_eq!(classes(&matrix, 1, 0, 1), "=~|");
    assert_eq!(classes(&matrix, 0, 1, 1), "===");
    assert_eq!(classes(&matrix, 1, 1, 2), "===");
    assert!(matrix.cells().all(|cell| cell.outcome.is_foreseen()));
    let cell = matrix.cells().find(|cell| cell.outcome.class() == Class::Lossy).unwrap();
    assert_eq!(cell.address().as_str(), "matrix/new/old/V1/Greeting/loud");
    assert_eq!(cell.outcome.to_string(), "drops loudness");
}

#[test]
fn all_ordered_pairs_shake_hands() {
    let matrix = run(Bug::None);
    let agreed = matrix.pairs.iter().map(|pair| pair.negotiated().unwrap().number());
    let agreed: Vec<_> = agreed.collect();
    assert_eq!(agreed, [1, 1, 1, 2]);
    let pinned = matrix.pairs[3].pinned.iter().map(|(version, _)| version.number());
    let pinned: Vec<_> = pinned.collect();
    assert_eq!(pinned, [1, 2]);
    let matrix = run(Bug::ReadsNothing);
    assert_eq!(matrix.pairs[1].negotiated(), Err(&Parting::Refused("not today".into())));
}

#[test]
fn a_handshake_that_hangs_is_not_made_again() {
    let limits = Limits { time: Duration::from_millis(50), ..super::LIMITS };
    let skew = skew(Bug::HangsUp, ALLOWED).within(limits);
    let pair = skew.pair(1, 0);
    assert!(pair.violations().all(|(_, words)| words == "not done within 50ms"));
    // With all versions, and with the one that both have.
    assert_eq!((pair.violations().count(), DIALLED.load(Ordering::Relaxed)), (2, 2));
    assert_eq!((skew.pair(1, 0), DIALLED.load(Ordering::Relaxed)), (pair, 2));
}

#[test]
fn whatever_a_node_does_is_a_verdict_about_it() {
    let outcome = |bug, version| {
        let matrix = run(bug);
        let cell = matrix
            .cells()
            .filter(|cell| cell.receiver() == "new" && cell.block.layer == at(version));
        let worst = cell.max_by_key(|cell| (cell.outcome.class(), cell.sample)).unwrap();
        (worst.sample.to_owned(), worst.outcome.clone())
    };
    let (_, panicked) = outcome(Bug::Panics, 2);
    assert!(
        matches!(&panicked, Outcome::Violation(Violation::Breach(Side::Sender, Breach::Panicked(p)))
            if p.message.contains("a bug")),
        "{panicked:?}"
    );
    let changed = |place: &str| Outcome::Violation(Violation::SilentChange(place.to_owned()));
    assert_eq!(outcome(Bug::ForgetsTheWord, 2).1, changed("the receiver drops word"));
    assert_eq!(outcome(Bug::TooLoud, 2).1, changed("the receiver changes loudness"));
    assert_eq!(
        outcome(Bug::IgnoresTheGate, 1),
        ("shout".to_owned(), Outcome::Violation(Violation::WrongVersion))
    );
    let refused = Outcome::Refused { words: "not today".into(), is_foreseen: false };
    assert_eq!(outcome(Bug::ReadsNothing, 2).1, refused);
    let panicked = Outcome::Panicked { words: "F1: not today".into(), is_foreseen: false };
    assert_eq!(outcome(Bug::GivesUp, 2).1, panicked);
}

#[test]
fn a_loss_that_is_on_no_list_is_a_violation() {
    let matrix = skew(Bug::None, &[]).run(&Selection::default(), &|| {});
    assert_eq!(classes(&matrix, 1, 0, 1), "=!|");
}

/// Both nodes keep greetings, add a mark to the word, and write them back.
fn run_back(allowances: &'static [Allowance]) -> Matrix {
    let topics = skew(Bug::None, allowances).topics().to_vec();
    let node = |name, release| Greeter { name, release, bug: Bug::KeepsGreetings };
    Skew::new(vec![node("old", 1), node("new", 2)], topics, allowances)
        .run(&Selection::default(), &|| {})
}

fn classes_back(matrix: &Matrix, sender: usize, receiver: usize) -> String {
    let mut blocks = matrix.blocks_between(sender, receiver);
    let block = blocks.find(|block| block.layer == Layer::Rewritten(written(1))).unwrap();
    matrix.cells_of(block).map(|cell| cell.outcome.class().glyph()).collect()
}

#[test]
fn what_an_older_node_erases_when_it_writes_back_is_a_loss_with_a_name() {
    let matrix = run_back(ALLOWED_BACK);
    assert_eq!(classes_back(&matrix, 1, 0), "=~|");
    assert_eq!(classes_back(&matrix, 0, 1), "===", "what only the newer one knows was never there");
    assert_eq!(classes_back(&matrix, 1, 1), "==|");
    let erased = |cell: &super::matrix::Cell<'_>| {
        cell.block.layer == Layer::Rewritten(written(1)) && cell.outcome.class() == Class::Lossy
    };
    let cell = matrix.cells().find(erased).unwrap();
    assert_eq!(cell.address().as_str(), "matrix/new/old/rewritten-V1/Greeting/loud");
    assert_eq!(cell.outcome.to_string(), "drops loudness");

    // That it may not arrive is no leave to erase it.
    assert_eq!(classes_back(&run_back(ALLOWED), 1, 0), "=!|");
    assert!(!run(Bug::None).blocks.iter().any(|it| matches!(it.layer, Layer::Rewritten(_))));
}

#[test]
fn a_part_of_the_matrix_is_what_it_is_in_the_whole() {
    let (skew, whole) = (skew(Bug::None, ALLOWED), run(Bug::None));
    let only = Selection {
        dialer: Some(1),
        acceptor: Some(0),
        layers: Some(Layers::One(at(1))),
        ..Selection::default()
    };
    let part = skew.run(&only, &|| {});
    assert_eq!((part.pairs.len(), part.blocks.len()), (1, 2));
    assert!(part.blocks.iter().all(|block| whole.blocks.contains(block)));
    let trace = skew.trace((1, 0, at(1)), 0, 1).unwrap().unwrap();
    assert_eq!(trace.received.unwrap().loudness, None);
    assert_eq!(trace.bytes.unwrap(), &b"\x03hi"[..]);
    assert!(skew.trace((1, 0, at(1)), 7, 1).is_none());
}

/// Three nodes, of which the last two are alike: the matrix with what is behind it, where they share cells
/// and where every cell is computed, and how many cells are computed where they share.
fn shared_and_single(bug: Bug) -> ([(Matrix, Details); 2], usize) {
    let made = || {
        let node = |name, release| Greeter { name, release, bug };
        let topics = skew(Bug::None, ALLOWED).topics().to_vec();
        Skew::new(vec![node("old", 1), node("new", 2), node("newer", 2)], topics, ALLOWED)
    };
    let [shared, single] = [made(), made().without_sharing()].map(|skew| {
        let matrix = skew.run(&Selection::default(), &|| {});
        let details = skew.details(&matrix);
        (matrix, details)
    });
    let computed = shared.0.computed();
    ([shared, single], computed)
}

#[test]
fn nodes_of_a_kind_share_what_each_would_have() {
    let ([shared, single], computed) = shared_and_single(Bug::SaysItsKind);
    assert_eq!(shared, single);
    assert!(shared.1.sent.iter().any(|sent| sent.sender == 2), "shown for each");
    // At the first version 4 of 9 pairs, at the second 1 of 4; each has three cells.
    assert_eq!((computed, single.0.computed()), (15, 39));
}

#[test]
fn a_kind_without_a_gate_shows_when_every_cell_is_computed() {
    let ([shared, single], _) = shared_and_single(Bug::SaysNoGate);
    assert_ne!(shared.0, single.0);
    let ([shared, single], computed) = shared_and_single(Bug::None);
    assert_eq!(
        (shared.0 == single.0, computed),
        (true, 39),
        "a node without a kind shares nothing"
    );
}

#[test]
fn behind_a_cell_is_what_was_sent_and_what_was_understood() {
    let skew = skew(Bug::None, ALLOWED);
    let matrix = skew.run(&Selection::default(), &|| {});
    let details = skew.details(&matrix);
    let texts: std::collections::BTreeSet<_> = details.texts.iter().collect();
    assert_eq!(texts.len(), details.texts.len(), "each text once");

    let is_new_at_1 = |sent: &&super::details::Sent| (sent.sender, sent.layer) == (1, at(1));
    let sent: Vec<_> = details.sent.iter().filter(is_new_at_1).collect();
    let [sent] = sent.as_slice() else { panic!("each once") };
    let samples: Vec<_> = sent.values.iter().map(|value| value.sample).collect();
    assert_eq!(samples, [0, 1, 2]);
    let loud = sent.values[1];
    assert!(details.texts[loud.value].contains("\"loudness\":3"));
    assert!(details.texts[loud.bytes.unwrap()].contains("\\x03hi"));
    assert_eq!(sent.values[2].bytes, None, "refused by the gate");

    let is_new_to_old = |b: &super::matrix::Block| (b.sender, b.receiver) == (1, 0);
    let index = matrix.blocks.iter().position(is_new_to_old).unwrap();
    let [received] = details.received[index].as_slice() else { panic!("only what differs") };
    assert_eq!(received.sample, 1);
    assert!(details.texts[received.value].contains("\"loudness\":null"));
}
