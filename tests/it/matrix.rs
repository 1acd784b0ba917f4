//! The skew matrix of the fabric, and the commands that show it.

use skewproof::fabric::gates::GateMove;
use skewproof::fabric::release::Release;
use skewproof::harness::skew::{Class, Layer, Layers, Outcome, Peer, Selection, Skew};
use skewproof::suite::fields;
use skewproof::suite::skew::{self, Node, Plan, Question, version};
use skewproof::suite::vectors::{self, Source};

use crate::reference;

/// The matrix of one question, and whether all of it is as it should be.
fn ask(from: &str, to: &str) -> (skewproof::harness::skew::Matrix, bool) {
    let question = Question { from: Some(from), to: Some(to), ..Question::default() };
    let matrix = Plan::new(&question).unwrap().run(&|| ());
    let is_ok = skew::verdicts(&matrix, false, &[]).tally().failed == 0;
    (matrix, is_ok)
}

#[test]
fn every_cell_is_foreseen_or_a_known_violation_and_no_list_is_stale() {
    let matrix = Plan::everything().run(&|| ());
    let grid = skew::verdicts(&matrix, true, &[]);
    let findings: Vec<_> = grid.findings().iter().take(5).collect();
    assert!(findings.is_empty(), "{findings:#?}");
    assert_eq!(matrix.pairs.len(), 25 * 25, "the nodes of the table of releases, each with each");
    assert!(grid.tally().passed > 500_000, "{:?}", grid.tally());
    for class in Class::ALL {
        assert!(matrix.counts(&matrix.blocks).of(class) > 0, "no cell is {}", class.word());
    }
}

/// Every payload that a receiver refuses has a row in the table of what releases send each other,
/// and what no release sends makes no pair look bad.
#[test]
fn every_refusal_says_whether_it_is_sent_and_how_bad_that_is() {
    let sign = |from: &str, to: &str| {
        let (matrix, _) = ask(from, to);
        let blocks = matrix.blocks.iter().filter(|it| matches!(it.layer, Layer::Version(_)));
        for (block, (at, cell)) in
            blocks.flat_map(|block| matrix.placed_cells_of(block).map(move |it| (block, it)))
        {
            let is_refused = matches!(cell.outcome.class(), Class::Refused | Class::Panicked);
            let has_row = matrix.weight(block, at).is_some();
            assert_eq!(has_row, is_refused, "{}: {}", cell.address(), cell.outcome);
        }
        matrix.worst(&matrix.pairs[0])
    };
    let lines = ["1.2.0", "1.2", "1.3", "1.4.1", "1.4", "1.5", "1.6", "1.7.2", "1.7"];
    for from in lines {
        for to in lines {
            let _ = sign(from, to);
        }
    }
    assert_eq!(sign("1.4", "1.5"), Some(Class::Panicked), "resume ends the process");
    assert_eq!(sign("1.6", "1.7"), Some(Class::Lossy));
    assert_eq!(sign("1.5", "1.4.4"), Some(Class::Panicked));
    let (matrix, _) = ask("1.5", "1.6");
    let ids: Vec<&str> = matrix.weights.iter().map(|it| &*it.id).collect();
    assert!(ids.contains(&"busy") && ids.contains(&"ingest-switch"), "{ids:?}");
    let busy = matrix.weights.iter().find(|it| it.id == "busy").unwrap();
    assert_eq!((busy.sent.as_str(), busy.counts), ("never", false));
}

/// Whether nodes of one kind really treat a message alike: what they share is what each would get.
#[test]
fn cells_that_nodes_share_are_those_that_each_would_have() {
    let shared = Plan::everything().run(&|| ());
    let whole = Plan::everything().without_sharing().run(&|| ());
    assert_eq!(shared.blocks.len(), whole.blocks.len());
    let cells = shared.cells().zip(whole.cells());
    let other = cells.filter(|(one, two)| one.outcome != two.outcome);
    let other: Vec<_> = other
        .map(|(one, two)| format!("{}: {} but {}", one.address(), one.outcome, two.outcome))
        .take(20)
        .collect();
    assert!(other.is_empty(), "{other:#?}");
    assert_eq!(shared.cells().count(), whole.cells().count());
}

/// The same of what is behind the cells: all nodes with one that speaks V1 and V2, and with one that speaks
/// V2 and V3.
#[test]
fn what_is_behind_shared_cells_is_what_is_behind_each() {
    for centre in ["1.4", "1.7"] {
        let of = |skew: Skew<Node>| {
            let dialer = skew.peer_named(centre);
            let matrix = skew.run(&Selection { dialer, ..Selection::default() }, &|| ());
            let details = skew.details(&matrix);
            (matrix, details)
        };
        let single = of(skew::of(skew::nodes()).without_sharing());
        let shared = of(skew::of(skew::nodes()));
        let matrix = &single.0;
        assert!(shared.0 == *matrix, "{centre}: cells");
        assert!(shared.1.texts == single.1.texts, "{centre}: texts");
        for (shared, single) in shared.1.sent.iter().zip(&single.1.sent) {
            let sender = matrix.name(single.sender);
            assert!(shared == single, "{centre}: what {sender} sends at {}", single.layer);
        }
        assert!(shared.1 == single.1, "{centre}: what was understood");
    }
}

/// What a node says of itself follows the table of gates: with a gate moved by a patch it is of another
/// kind for every message, or the frames, that have the gate.
#[test]
fn a_node_with_a_gate_moved_is_not_of_the_kind_of_its_neighbour() {
    let known = fields::all();
    let mut seen = 0;
    for moved in GateMove::all() {
        let changed = moved.changes()[0];
        let [right, wrong] = [changed, changed.with_moved(moved)].map(Node::of);
        for known in known.iter().filter(|known| known.has_gate(moved.gate().path)) {
            let owner = match &*known.owner {
                "rule" if is_of_values(&known.path) => "Gossip",
                owner if owner.starts_with("enum ") => "Message",
                owner => owner,
            };
            let kinds = [right.kind(owner), wrong.kind(owner)];
            if kinds != [None, None] {
                assert_ne!(kinds[0], kinds[1], "{owner}: {moved}");
                seen += 1;
            }
        }
    }
    assert!(seen > 300, "{seen}");
}

/// Whether a rule may be about any value.
fn is_of_values(rule: &str) -> bool {
    let of_values = ["address.", "schema.", "json.", "tail.", "undecodable."];
    of_values.iter().any(|begin| rule.starts_with(begin))
}

/// Patches that are alike cost nothing but the pairs that they are shown in.
#[test]
fn what_is_computed_grows_with_kinds_and_not_with_nodes() {
    let computed = |nodes: Vec<Node>| {
        let matrix = skew::of(nodes).run(&Selection::default(), &|| ());
        (matrix.computed(), matrix.cells().count())
    };
    let nine = computed(Release::all().take(9).map(Node::of).collect());
    let all = computed(skew::nodes());
    // Patches to come speak as the last of their line.
    let to_come = (7..22).map(|patch| node(&format!("1.7.{patch}")));
    let forty = computed(skew::nodes().into_iter().chain(to_come).collect());
    eprintln!("computed and shown: {nine:?} for 9 nodes, {all:?} for 25, {forty:?} for 40");
    assert!(all.0 <= 2 * nine.0, "{nine:?} for 9 nodes, {all:?} for 25");
    assert!(forty.0 < all.0 + all.0 / 2 && forty.1 > 2 * all.1, "{all:?} for 25, {forty:?} for 40");
}

fn node(name: &str) -> Node {
    Node::named(name).unwrap()
}

#[test]
fn arbitrary_values_are_no_other() {
    let question = Question { seeds: 0..40, ..Question::default() };
    let matrix = Plan::new(&question).unwrap().run(&|| ());
    let findings: Vec<_> = matrix
        .cells()
        .filter(|cell| cell.sample.starts_with("arbitrary") && !cell.outcome.is_foreseen())
        .filter(|cell| cell.sender() != "1.3.3-dev")
        .map(|cell| format!("{}: {}", cell.address(), cell.outcome))
        .collect();
    assert!(findings.is_empty(), "{findings:#?}");
    let count = matrix.cells().filter(|cell| cell.sample.starts_with("arbitrary")).count();
    assert!(count > 900_000, "{count}");
}

#[test]
fn what_comes_back_rewritten_can_be_asked_for_alone() {
    let layers = Some(Layers::Rewritten);
    let question = Question { from: Some("1.7"), to: Some("1.6"), layers, ..Question::default() };
    let matrix = Plan::new(&question).unwrap().run(&|| ());
    let mut layers: Vec<_> = matrix.blocks.iter().map(|block| block.layer).collect();
    layers.dedup();
    assert_eq!(
        layers,
        [
            Layer::Rewritten(version(2)),
            Layer::Rewritten(version(3)),
            Layer::Rewritten(version(2)),
            Layer::Rewritten(version(3))
        ]
    );
}

/// 1.7 gets back from 1.6 what that knows; from 1.7 all of it (04 R61, 08 §3.4).
#[test]
fn a_document_that_an_older_release_writes_back_lacks_what_it_does_not_know() {
    let (matrix, is_ok) = ask("1.7", "1.6");
    assert!(is_ok);
    let back = |from: &str, sample: &str| {
        let mut cells = matrix.cells().filter(|cell| {
            (cell.sender(), cell.sample) == (from, sample)
                && (cell.row.name, cell.block.layer)
                    == ("MetadataUpdate", Layer::Rewritten(version(2)))
        });
        cells.next().map(|cell| cell.outcome.to_string())
    };
    let erased = |what: &str| Some(format!("drops container.{what}"));
    assert_eq!(back("1.7", "nodes-feature"), erased("NodesConfiguration.features"));
    assert_eq!(back("1.7", "schema-kafka-clusters"), erased("Schema.kafka_clusters"));
    assert_eq!(back("1.6", "nodes-one"), Some(String::new()));
    let story =
        skew::story("matrix/1.7/1.6/rewritten-V2/MetadataUpdate/nodes-feature", &[]).unwrap();
    let told: Vec<_> = story.chapters.iter().map(|(name, _)| *name).collect();
    let expected =
        ["sent", "bytes", "received", "sent back", "came back", "verdict", "reason", "why"];
    assert_eq!(told[2..], expected);
    assert!(story.is_foreseen);
    assert!(skew::story("matrix/1.7/1.6/rewritten-V2/Gossip/typical", &[]).is_err());
}

/// The founding case: the build of issue 3263, and the release that came after it.
#[test]
fn issue_3263_is_a_violation_and_its_fix_a_gate() {
    let gossip = |from| {
        let (matrix, _) = ask(from, "1.3");
        let cells = matrix.cells().filter(|cell| {
            cell.row.name == "Gossip"
                && cell.block.layer == Layer::Version(version(1))
                && cell.sender() == from
        });
        cells.map(|cell| cell.outcome.clone()).collect::<Vec<_>>()
    };
    let violations = gossip("1.3.3-dev");
    assert!(violations.len() > 20);
    for outcome in violations {
        assert!(
            outcome.to_string().starts_with("the sender panicked: Gossip needs V2"),
            "{outcome}"
        );
    }
    let refusals = gossip("1.4");
    assert!(refusals.len() > 20);
    for outcome in refusals {
        assert!(matches!(outcome, Outcome::Gated { is_foreseen: true, .. }), "{outcome:?}");
    }
}

/// Bugs that show as soon as a broken node meets others. The rest are met by strangers only, which
/// no released node sends: `check` has some, and tomorrow's peer.
#[test]
fn a_broken_node_shows() {
    for (broken, peer) in [
        ("1.7+M23", "1.6"),
        ("1.5+M27", "1.4"),
        ("1.6+M31", "1.7"),
        ("1.4+M52", "1.3"),
        ("1.4+M54", "1.3"),
        ("1.4+M56", "1.5"),
        ("1.6+M57", "1.5"),
    ] {
        let (_, is_ok) = ask(broken, peer);
        let right = broken.split('+').next().unwrap_or(broken);
        let (_, is_right_ok) = ask(right, peer);
        assert_eq!((is_ok, is_right_ok), (false, true), "{broken} and {peer}");
    }
}

#[test]
fn what_nobody_has_cannot_be_asked_for() {
    for question in [
        Question { from: Some("9.9"), ..Question::default() },
        Question { to: Some("1.4+M99"), ..Question::default() },
        Question { message: Some("Gosip"), ..Question::default() },
        Question { layers: Some(Layers::One(Layer::Version(version(9)))), ..Question::default() },
    ] {
        assert!(Plan::new(&question).is_err(), "{question:?}");
    }
}

#[test]
fn every_recorded_exchange_agrees() {
    let Some(folder) = reference::folder("vectors") else { return };
    let sources: Vec<Source> = reference::files(&folder, "jsonl")
        .into_iter()
        .map(|(name, text)| Source::new(name, move || Ok(text.clone())))
        .collect();
    let crossings = vectors::crossings(sources).unwrap();
    let (grid, table) = skew::agreement(&crossings);
    let findings: Vec<_> = grid.findings().iter().take(5).collect();
    assert!(findings.is_empty(), "{findings:#?}");
    assert_eq!(grid.tally().passed, crossings.len() as u64);
    assert!(table.rows.iter().all(|row| row[1] != "0" && row[2] != "0"), "{table:?}");
}

#[test]
fn a_story_is_told_of_every_kind_of_cell() {
    for (cell, ends, is_foreseen) in [
        ("matrix/1.3.3-dev/1.3/V1/Gossip/typical", Class::Violation, false),
        ("1.4/1.3/V1/Gossip/typical", Class::Gated, true),
        ("1.7/1.6/V3/PartitionProcessorRpcRequest/append-scoped", Class::Lossy, true),
        ("1.6/1.5/V2/PartitionProcessorRpcResult/pause-Accepted", Class::Panicked, true),
        ("1.7/1.7/V3/Trim/typical", Class::Equal, true),
        ("1.4/1.2/envelope/Hello/gossip", Class::Lossy, true),
    ] {
        let story = skew::story(cell, &[]).unwrap_or_else(|error| panic!("{cell}: {error}"));
        let verdict = ("verdict", ends.meaning().to_owned());
        assert!(story.chapters.contains(&verdict), "{cell}\n{story}");
        assert_eq!(story.is_foreseen, is_foreseen, "{cell}\n{story}");
    }
    for wrong in [
        "matrix",
        "1.4/1.3/V1/Gossip",
        "1.9/1.3/V1/Gossip/typical",
        "1.4/1.3/Vx/Gossip/typical",
        "1.4/1.3/V1/Gosip/typical",
        "1.4/1.3/V1/Gossip/atypical",
        "1.4+M99/1.3/V1/Gossip/typical",
        "1.3/1.4/V1/Gossip/typical",
    ] {
        assert!(skew::story(wrong, &[]).is_err(), "{wrong}");
    }
}

/// 04 R7 and R24: 1.4 panics on what 1.5 asks and 1.4 does not know; repaired it would refuse. Where
/// 1.3 cannot read a request it drops it (02 §6).
#[test]
fn a_receiver_that_panics_is_shown_as_a_panic() {
    let classes = |from, to, is_repaired| {
        let message = Some("PartitionProcessorRpcRequest");
        let question = Question {
            from: Some(from),
            to: Some(to),
            message,
            is_repaired,
            ..Question::default()
        };
        let matrix = Plan::new(&question).unwrap().run(&|| ());
        let cells = matrix.cells().filter(|cell| cell.receiver() == to);
        let bad = cells.filter(|cell| cell.outcome.class() >= Class::Refused);
        let seen = bad.map(|cell| (cell.outcome.class(), cell.outcome.to_string()));
        seen.collect::<Vec<_>>()
    };
    let released = classes("1.5", "1.4", false);
    assert!(!released.is_empty());
    for (class, words) in &released {
        assert_eq!(*class, Class::Panicked);
        assert!(words.starts_with("R24, the process ends (node): "), "{words}");
    }
    let repaired = classes("1.5", "1.4", true);
    assert_eq!(repaired.len(), released.len());
    assert!(repaired.iter().all(|(class, _)| *class == Class::Refused));
    assert!(classes("1.4", "1.3", false).iter().all(|(class, _)| *class == Class::Refused));
}
