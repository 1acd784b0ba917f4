//! A testee beside its release: in the place of the one the other meets all the same nodes.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::Behind;
use super::behind::WAITING;
use crate::harness::boundary::caught;
use crate::harness::render::requirements::grouped;
use crate::harness::report::{Grid, Table};
use crate::harness::skew::matrix::{Agreement as Agreed, Cell, Pair, Parting};
use crate::harness::skew::peer::Peer;
use crate::harness::skew::{Class, Matrix, Outcome, Selection};
use crate::harness::verdict::{CaseId, Finding, Verdict};
use crate::suite::skew::{Node, lanes, version};
use crate::suite::{handshake, repro, requirements, skew};

/// The grid of handshakes.
const HANDSHAKES: &str = "handshakes beside those of the release";
/// The grid of cells.
const CELLS: &str = "cells beside those of the release";
/// Why a handshake has no verdict.
const NOT_TRIED: &str = "a handshake that was not tried";
/// Rows of the table of differences.
const DIFFERENCES_MAX: usize = 20;

/// How far a testee is its release, cell by cell.
#[derive(Debug, Clone)]
pub struct Agreement {
    /// Cells that come out as those of the release.
    pub same: usize,
    /// All cells that both have.
    pub all: usize,
    /// What comes out otherwise, with both answers.
    pub differences: Table,
    /// The same as verdicts, one for each message and way.
    pub verdicts: Grid,
}

/// The matrix of the release that a testee is held to; with others as they should be, or as they were.
pub fn released(testee: &Behind, is_repaired: bool) -> Matrix {
    let release = testee.release().name();
    // A patch that is like another has no node of its own.
    let own = skew::nodes().into_iter().all(|node| node.name() != release);
    let own = own.then(|| Node::of(testee.release()));
    let nodes = skew::nodes().into_iter().chain(own);
    let nodes = nodes.map(|node| if is_repaired { node.repaired() } else { node });
    let model = skew::of(nodes.collect());
    let among = model.peer_named(release).into_iter().collect();
    model.run(&Selection { among, ..Selection::default() }, &|| ())
}

/// Compares the cells of a testee in a matrix with those of its release. What comes out otherwise is a
/// finding, unless the cell itself is one already.
pub fn agreement(matrix: &Matrix, released: &Matrix, testee: &Behind) -> Agreement {
    let (name, release) = (testee.testee().name(), testee.release().name());
    let key = |cell: &Cell<'_>, name: &str| {
        let named = |node: &str| if node == name { release.to_owned() } else { node.to_owned() };
        let (sender, receiver) = (named(cell.sender()), named(cell.receiver()));
        (sender, receiver, cell.block.layer, cell.row.name.to_owned(), cell.sample.to_owned())
    };
    let right: HashMap<_, &Outcome> =
        released.cells().map(|cell| (key(&cell, release), cell.outcome)).collect();
    let (mut same, mut all) = (0, 0);
    let mut others: BTreeMap<(String, &str, Class, Class), (usize, CaseId)> = BTreeMap::new();
    let mut verdicts = Grid::new(CELLS);
    let mut parted: BTreeMap<(String, &str), Option<Finding>> = BTreeMap::new();
    for cell in matrix.cells().filter(|cell| [cell.sender(), cell.receiver()].contains(&name)) {
        let Some(right) = right.get(&key(&cell, name)) else { continue };
        if cell.outcome.not_tried().is_some() {
            continue;
        }
        all += 1;
        let way = if cell.sender() == name { "sends" } else { "receives" };
        let found = parted.entry((cell.row.name.to_owned(), way)).or_default();
        if comes_to(cell.outcome, right) {
            same += 1;
            continue;
        }
        if cell.outcome.is_foreseen() && found.is_none() {
            *found = Some(other_cell(testee, &cell, way, right));
        }
        let place = (cell.row.name.to_owned(), way, cell.outcome.class(), right.class());
        let (count, _) = others.entry(place).or_insert((0, cell.address()));
        *count += 1;
    }
    for ((message, way), found) in parted {
        let case = case_of(testee, way, &message);
        let verdict = found.map_or(Verdict::Pass, Verdict::from);
        verdicts.record(&message, way, &case, verdict);
    }
    let title = format!("{name} beside {release}");
    let columns = ["message", "", "values", name, release, "for example"];
    let mut differences = Table::new(title, columns);
    let more = others.len().saturating_sub(DIFFERENCES_MAX);
    for ((message, way, class, right), (count, case)) in others.into_iter().take(DIFFERENCES_MAX) {
        let [class, right] = [class, right].map(|class| class.meaning().to_owned());
        differences.rows.push(vec![
            message,
            way.to_owned(),
            count.to_string(),
            class,
            right,
            case.to_string(),
        ]);
    }
    if more > 0 {
        let row =
            [format!("and {more} more")].into_iter().chain(vec![String::new(); columns.len() - 1]);
        differences.rows.push(row.collect());
    }
    Agreement { same, all, differences, verdicts }
}

/// How many cells of testees are those of their releases.
pub fn agreements<'a>(held: impl IntoIterator<Item = (&'a Arc<Behind>, &'a Agreement)>) -> Table {
    let columns = ["testee", "stands for", "cells that come out as with it"];
    let mut table = Table::new("testees beside their releases", columns);
    for (testee, Agreement { same, all, .. }) in held {
        let [same, all] = [same, all].map(|count| grouped(*count as u64));
        let (name, release) = (testee.testee().name().to_owned(), testee.release().to_string());
        table.rows.push(vec![name, release, format!("{same} of {all}")]);
    }
    table
}

/// Whether the same comes of a value, with the same losses. Where its release would panic, the model says so
/// and a testee refuses.
fn comes_to(came: &Outcome, right: &Outcome) -> bool {
    match (came, right) {
        (Outcome::Lossy(came), Outcome::Lossy(right)) => came == right,
        _ => {
            let (came, right) = (came.class(), right.class());
            came == right || (came, right) == (Class::Refused, Class::Panicked)
        }
    }
}

/// What came of a value, in words.
fn answer(outcome: &Outcome) -> String {
    let (meaning, words) = (outcome.class().meaning(), outcome.to_string());
    if words.is_empty() { meaning.to_owned() } else { format!("{meaning}: {words}") }
}

fn case_of(testee: &Behind, way: &str, message: &str) -> CaseId {
    let name = testee.testee().name();
    CaseId::from_segments(["testee", name, "cells", way, message]).of(&requirements::TESTEE_CELLS)
}

/// A cell that is good by itself, and not what comes of it with the release.
fn other_cell(testee: &Behind, cell: &Cell<'_>, way: &str, right: &Outcome) -> Finding {
    let release = testee.release();
    Finding {
        case: case_of(testee, way, cell.row.name),
        requirement: requirements::TESTEE_CELLS.sentence.to_owned(),
        expected: format!("{}, as with {release}", answer(right)),
        actual: answer(cell.outcome),
        place: Some(cell.address().to_string()),
        repro: Some(repro::case_with(&cell.address(), [testee])),
    }
}

/// Compares the handshakes of a testee in a matrix with those of its release: the same connections come of
/// them, and where the release refuses or is refused, so does the testee, in whatever words.
pub fn handshakes(matrix: &Matrix, released: &Matrix, testee: &Arc<Behind>) -> Grid {
    let mut grid = Grid::new(HANDSHAKES);
    if !testee.shakes_hands() {
        return grid;
    }
    odd(testee, &mut grid);
    let (name, release) = (testee.testee().name(), testee.release().name());
    for pair in &matrix.pairs {
        let [dialer, acceptor] = [pair.dialer, pair.acceptor].map(|index| matrix.name(index));
        if (dialer == name) == (acceptor == name) {
            continue;
        }
        let named = |node| if node == name { release } else { node };
        let is_it = |pair: &&Pair| {
            [pair.dialer, pair.acceptor].map(|index| released.name(index))
                == [named(dialer), named(acceptor)]
        };
        let Some(right) = released.pairs.iter().find(is_it) else { continue };
        let case = CaseId::from_segments(["testee", name, "handshake", dialer, acceptor])
            .of(&requirements::TESTEE_SHAKES);
        let verdict = of_pair(pair, right, |[expected, actual]| Finding {
            case: case.clone(),
            requirement: requirements::TESTEE_SHAKES.sentence.to_owned(),
            expected,
            actual,
            place: None,
            repro: Some(repro::pair(dialer, acceptor, testee)),
        });
        grid.record(dialer, acceptor, &case, verdict);
    }
    grid
}

/// What no release offers or answers: a testee makes of it what its release does, on each side.
fn odd(testee: &Arc<Behind>, grid: &mut Grid) {
    let (name, release) = (testee.testee().name(), testee.release().name());
    let (own, it) = (Node::of(testee.release()), Node::testee(Arc::clone(testee)));
    let accepts = handshake::OFFERS.iter().filter_map(|(min, max)| {
        let hello = own.hello(Some([*min, *max]), 0).ok()?;
        let of = |node: &Node| {
            let accepted = caught(|| node.accept(&hello)).map_err(Parting::from)?;
            accepted
                .map(|it| Agreed { version: version(it.version), lane: it.lane })
                .map_err(|refusal| Parting::Refused(refusal.text))
        };
        Some((format!("is offered {min} to {max}"), of(&own), of(&it)))
    });
    let concludes = handshake::VERSIONS.iter().filter_map(|answer| {
        let welcome = own.welcome(*answer).ok()?;
        let of = |node: &Node| {
            let agreed = caught(|| node.conclude(Ok(&welcome))).map_err(Parting::from)?;
            agreed
                .map(|number| Agreed { version: version(number), lane: lanes::GENERAL })
                .map_err(Parting::Refused)
        };
        Some((format!("is answered {answer}"), of(&own), of(&it)))
    });
    for (what, right, came) in accepts.chain(concludes) {
        let case = CaseId::from_segments(["testee", name, "handshake", &what.replace(' ', "-")])
            .of(&requirements::TESTEE_SHAKES);
        let verdict = match came {
            Err(Parting::NotTried) => Verdict::NotTried(NOT_TRIED.to_owned()),
            _ if is_same(&came, &right) => Verdict::Pass,
            _ => Verdict::from(Finding {
                case: case.clone(),
                requirement: requirements::TESTEE_SHAKES.sentence.to_owned(),
                expected: format!("{}, as {release}", in_words(&right)),
                actual: in_words(&came),
                place: None,
                repro: Some(repro::command("conform", testee)),
            }),
        };
        grid.record(name, &what, &case, verdict);
    }
}

/// Whether the same connection comes of it, or none, in whatever words. Who says nothing refuses nothing.
fn is_same(came: &Result<Agreed, Parting>, right: &Result<Agreed, Parting>) -> bool {
    match (came, right) {
        (Err(Parting::Refused(came)), Err(Parting::Refused(right))) => {
            (came == WAITING) == (right == WAITING)
        }
        (came, right) => came == right,
    }
}

/// The verdict on a pair: the first offer of which something else comes than should is a finding.
fn of_pair(pair: &Pair, right: &Pair, finding: impl FnOnce([String; 2]) -> Finding) -> Verdict {
    let offers = |pair: &Pair| -> Vec<(String, Result<Agreed, Parting>)> {
        let lanes = pair.handshakes.iter().map(|it| (format!("on {}", it.lane), it.result.clone()));
        let pinned = pair.pinned.iter();
        lanes.chain(pinned.map(|(version, it)| (format!("for {version}"), it.clone()))).collect()
    };
    let (came, mut is_tried) = (offers(pair), true);
    for (offer, right) in offers(right) {
        match came.iter().find(|(it, _)| *it == offer) {
            None | Some((_, Err(Parting::NotTried))) => is_tried = false,
            Some((_, came)) if is_same(came, &right) => {}
            Some((_, came)) => {
                let parted = [&right, came].map(|it| format!("{offer}: {}", in_words(it)));
                return Verdict::from(finding(parted));
            }
        }
    }
    if is_tried { Verdict::Pass } else { Verdict::NotTried(NOT_TRIED.to_owned()) }
}

fn in_words(result: &Result<Agreed, Parting>) -> String {
    match result {
        Ok(Agreed { version, lane }) => format!("{version} on {lane}"),
        Err(Parting::Refused(words)) => format!("refused: {words}"),
        Err(parting) => parting.words().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::skew::{Loss, LossKind};

    #[test]
    fn two_losses_are_the_same_only_if_they_are_of_the_same_fields() {
        let lossy = |path: &str| {
            let (kind, path) = (LossKind::Dropped, path.to_owned());
            Outcome::Lossy(vec![Loss { kind, path, reason: None }])
        };
        let refused = Outcome::Refused { words: "no".to_owned(), is_foreseen: true };
        let panicked = Outcome::Panicked { words: "no".to_owned(), is_foreseen: true };
        assert!(comes_to(&lossy("a"), &lossy("a")) && !comes_to(&lossy("b"), &lossy("a")));
        assert!(!comes_to(&Outcome::Equal, &lossy("a")));
        assert!(comes_to(&refused, &panicked) && !comes_to(&panicked, &refused));
        assert_eq!(answer(&lossy("a")), "delivered with named loss: drops a");
    }
}
