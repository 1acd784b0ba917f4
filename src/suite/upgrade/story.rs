//! What went wrong in a run, as a finding that can be read and repeated.

use std::collections::BTreeSet;

use super::check::Walks;
use super::pairs::agreed;
use super::{Kind, Machine, Scenario};
use crate::fabric::release::Release;
use crate::harness::boundary::Breach;
use crate::harness::golden::Digest;
use crate::harness::report::{Grid, Table};
use crate::harness::upgrade::event::Violation;
use crate::harness::upgrade::plan::Plan;
use crate::harness::upgrade::run::{Failure, Run, releases};
use crate::harness::upgrade::seen::Seen;
use crate::harness::upgrade::time::Time;
use crate::harness::verdict::{CaseId, Finding, Verdict};
use crate::suite::compatibility::{self, Kind as RowKind, Row};
use crate::suite::faults::{self, Severity};
use crate::suite::requirements;

/// The grid of one plan.
const STEPS: &str = "steps of the plan";
/// The grid of all orders of one path.
const ORDERS: &str = "every order of the upgrade";
/// The grid of random plans.
const SEEDS: &str = "plans with troubles, one for each seed";

/// As many digits of a plan's digest tell it from the others of a run.
const DIGEST_LEN: usize = 10;

/// The requirement that a violation is against.
fn requirement(violation: &Violation) -> &'static str {
    let kind = Kind::ALL.into_iter().find(|kind| kind.name() == violation.kind);
    match (kind, violation.kind) {
        (Some(kind), _) => kind.requirement(),
        (None, Violation::PANIC) => "no node panics, whatever it is sent",
        (None, _) => "no node does more than it has reason to",
    }
}

/// The words in which a step of a plan is found.
fn found(failure: &Failure<Release>) -> String {
    format!(
        "step {} ({}), seed {}: before it {}; after it {}",
        failure.step,
        failure.label,
        failure.seed,
        releases(&failure.before),
        releases(&failure.after)
    )
}

/// The finding of a plan that fails; another one fails in the same way, and the command that repeats it
/// has these options.
pub fn finding(
    plan: &Plan<Release>,
    failure: &Failure<Release>,
    repeats: &Plan<Release>,
    options: &str,
) -> Finding {
    let [from, to] = ends(plan);
    finding_between([&from, &to], (plan, failure), repeats, options)
}

/// The same with the ends that its address is to have: those of a window, where the plan is a part of it.
pub(super) fn finding_between(
    ends: [&str; 2],
    (plan, failure): (&Plan<Release>, &Failure<Release>),
    repeats: &Plan<Release>,
    options: &str,
) -> Finding {
    let seen: Vec<&str> = failure.violations.iter().map(|it| it.what.as_str()).collect();
    let first = failure.violations.first();
    let kind = failure.kind().replace(' ', "-");
    Finding {
        case: case_between(ends, plan, [&kind, &format!("step-{}", failure.step)]),
        requirement: first.map_or("nothing is violated", requirement).to_owned(),
        expected: "no violation".to_owned(),
        actual: seen.join("\n"),
        place: Some(found(failure)),
        repro: Some(format!("skewproof upgrade --plan '{repeats}'{options}")),
    }
}

/// Where a plan begins and ends: its lowest release at the start, and its highest at the end.
fn ends(plan: &Plan<Release>) -> [String; 2] {
    let release = |nodes: Vec<(String, Release)>| nodes.into_iter().map(|(_, release)| release);
    let begin = release(plan.nodes.clone()).min_by_key(|release| release.number());
    let end = release(plan.nodes_after(plan.steps.len())).max_by_key(|release| release.number());
    [begin, end].map(|it| it.map(|it| it.to_string()).unwrap_or_default())
}

/// The address of something in a plan: where it begins and ends, its seed and digest, and what it is.
fn case_of(plan: &Plan<Release>, what: [&str; 2]) -> CaseId {
    let [begin, end] = ends(plan);
    case_between([&begin, &end], plan, what)
}

fn case_between([begin, end]: [&str; 2], plan: &Plan<Release>, what: [&str; 2]) -> CaseId {
    let (seed, digest) = (plan.seed.to_string(), Digest::of(plan.to_string()).to_string());
    // Two plans of one seed differ in their steps: every order has the same ends.
    let digest: String = digest.chars().take(DIGEST_LEN).collect();
    CaseId::from_segments(["upgrade", begin, end, &seed, &digest].into_iter().chain(what))
        .of(&requirements::UPGRADE_PLAN)
}

/// A run of one plan, step by step, and what is known of what was seen; what fails comes with the
/// shortest plan that fails so.
pub fn of_plan(scenario: &Scenario, run: &Run<Machine>) -> (Grid, Table) {
    let mut grid = Grid::new(STEPS);
    for span in &run.spans {
        let row = format!("{}. {}", span.step, span.label);
        let failure = run.failure.as_ref().filter(|failure| failure.step == span.step);
        let (case, verdict) = match failure {
            None => (case_of(&scenario.plan, ["step", &span.step.to_string()]), Verdict::Pass),
            Some(failure) => {
                let finding = shortest(scenario, &scenario.plan, failure);
                (finding.case.clone(), judged(&failure.violations, finding))
            }
        };
        grid.record(&row, "verdict", &case, verdict);
    }
    let (plan, last) = (&scenario.plan, run.spans.len().saturating_sub(1));
    let steps = (0..=last).map(|step| plan.nodes_after(step));
    let mut reasons = steps.filter_map(|nodes| {
        let releases: Vec<Release> = nodes.into_iter().map(|(_, release)| release).collect();
        let is_twice = |release: &Release| releases.iter().filter(|it| *it == release).count() > 1;
        let twice: Vec<Release> = releases.iter().copied().filter(is_twice).collect();
        unjudged(&twice)
    });
    if let Some(reason) = reasons.next() {
        let case = case_of(plan, ["step", "unjudged"]);
        grid.record("between nodes", "verdict", &case, Verdict::Skip(reason));
    }
    record_broken(scenario, plan, &mut grid);
    for node in run.world.nodes() {
        for (word, why) in node.process.silent() {
            let case = case_of(plan, ["told", &format!("{}-{word}", node.name)]);
            let row = format!("told {}: {word}", node.name);
            let reason = format!("{} was told {word}, and no record came of it: {why}", node.name);
            grid.record(&row, "verdict", &case, Verdict::Skip(reason));
        }
    }
    (grid, met(run))
}

/// The known faults that a run met.
fn met(run: &Run<Machine>) -> Table {
    let columns = ["fault", "severity", "issue", "from step", "lasts", "what is seen"];
    let row = |seen: &Seen| {
        let fault = faults::numbered(seen.violation.fault?)?;
        let lasts = seen.lasting.to.unwrap_or(run.world.now()).since(seen.lasting.from);
        Some(vec![
            fault.number.clone(),
            fault.severity.to_string(),
            fault.issue.clone().unwrap_or_else(|| "-".to_owned()),
            format!("{} ({})", seen.step, seen.label),
            Time::from_ms(lasts).to_string(),
            seen.violation.what.clone(),
        ])
    };
    let rows = run.seen.iter().filter_map(row).collect();
    Table {
        rows,
        ..Table::new("known faults that show, as released (`skewproof list faults`)", columns)
    }
}

/// The ways from the first release of a scenario to the last: line by line, straight, and back again.
/// Then what is known of the releases and did not show.
pub fn ways(scenario: &Scenario) -> [Table; 2] {
    let (path, nodes) = (&scenario.path, scenario.nodes);
    let mut table = Table::new("ways", ["way", "releases", "what comes of it"]);
    let mut met: BTreeSet<&str> = BTreeSet::new();
    let (Some(from), Some(to)) = (path.first(), path.last()) else {
        return [table, unseen(path, &met)];
    };
    let is_back = to < from;
    let reversed: Vec<Release> = path.iter().rev().copied().collect();
    let mut ways = vec![(if is_back { "back" } else { "up" }, path.clone())];
    if path.len() > 2 {
        ways.push(("straight", vec![*from, *to]));
    }
    ways.push((if is_back { "up again" } else { "and back" }, reversed));
    for (way, path) in ways {
        let plan = scenario.cluster.rolling(nodes, &path);
        let run = scenario.cluster.run(&plan);
        let row = [way.to_owned(), names(&path).join(", "), answer(&run, scenario, &plan)];
        table.rows.push(row.into());
        met.extend(run.seen.iter().filter_map(|seen| seen.violation.fault));
    }
    [table, unseen(path, &met)]
}

/// What is known of each step of a path, and of going back again, and was not met when it was
/// simulated: rows of the table of [`compatibility`] that count, by severity.
fn unseen(path: &[Release], met: &BTreeSet<&str>) -> Table {
    let mut table = Table::new(
        "what is known and does not show here (`skewproof list skew ROW`)",
        ["from", "to", "severity", "rows"],
    );
    let steps = path.windows(2).map(|step| [step[0], step[1]]);
    let back = path.windows(2).rev().map(|step| [step[1], step[0]]);
    for [from, to] in steps.chain(back) {
        let reasons = compatibility::verdict(from, to).reasons;
        let rows = reasons.iter().map(|it| it.row).filter(|row| !met.contains(row.id.as_str()));
        let (switched, rows): (Vec<&Row>, Vec<&Row>) = rows.partition(|row| row.is_off());
        for (rows, when) in [(rows, ""), (switched, ", if it is switched on")] {
            for (severity, word) in Severity::ALL.into_iter().rev() {
                let ids = rows.iter().filter(|row| row.severity == severity).map(|row| &*row.id);
                let ids: Vec<&str> = ids.collect();
                if !ids.is_empty() {
                    let [from, to] = [from, to].map(|release| release.to_string());
                    table.rows.push(vec![from, to, format!("{word}{when}"), ids.join(", ")]);
                }
            }
        }
    }
    table
}

/// Whether a row is of what is not simulated.
fn is_unsimulated(row: &Row) -> bool {
    match row.kind {
        // Known faults of sessions have their part in the simulation.
        RowKind::Session => row.breaks() && faults::numbered(&row.id).is_none(),
        RowKind::LogRecord | RowKind::Candidate => true,
        _ => row.findings.is_empty(),
    }
}

/// Two releases, and what breaks between them.
type Broken = ([Release; 2], Vec<&'static Row>);

/// What breaks by itself between the nodes of a plan, or on their ways: of all rows, or of those that are
/// not simulated. Of releases as they should be nothing is known.
fn broken(scenario: &Scenario, plan: &Plan<Release>, of: fn(&Row) -> bool) -> Vec<Broken> {
    if scenario.cluster.quirks.is_repaired {
        return Vec::new();
    }
    let breaking = |verdict: compatibility::Verdict| -> Vec<&'static Row> {
        let rows = verdict.reasons.into_iter().map(|reason| reason.row);
        rows.filter(|row| (row.breaks() || row.kind == RowKind::Candidate) && of(row)).collect()
    };
    let (mut beside, mut moves): (Vec<[Release; 2]>, Vec<[Release; 2]>) = (Vec::new(), Vec::new());
    let mut before: Vec<(String, Release)> = Vec::new();
    for step in 0..=plan.steps.len() {
        let nodes = plan.nodes_after(step);
        for (name, one) in &nodes {
            let others = nodes.iter().map(|(_, other)| other);
            let newer = others.filter(|other| other.number() > one.number());
            beside.extend(newer.map(|other| [*one, *other]));
            let was = before.iter().find(|(node, _)| node == name).map(|(_, was)| *was);
            moves.extend(was.filter(|was| was != one).map(|was| [was, *one]));
        }
        before = nodes;
    }
    let beside = beside
        .into_iter()
        .map(|[one, other]| ([one, other], breaking(compatibility::together(one, other))));
    let moves = moves
        .into_iter()
        .map(|[from, to]| ([from, to], breaking(compatibility::verdict(from, to))));
    let mut met: Vec<Broken> = Vec::new();
    for (pair, rows) in beside.chain(moves) {
        let is_known = |known: &Broken| {
            let is_pair = known.0 == pair || known.0 == [pair[1], pair[0]];
            is_pair && rows.iter().all(|row| known.1.iter().any(|it| it.id == row.id))
        };
        if !rows.is_empty() && !met.iter().any(is_known) {
            met.retain(|known| known.0 != pair);
            met.push((pair, rows));
        }
    }
    met
}

/// The ids of rows, as they are asked for.
fn ids(rows: &[&Row]) -> String {
    rows.iter().map(|row| row.id.as_str()).collect::<Vec<_>>().join(", ")
}

/// Records what breaks, though nothing of it is simulated. Where the simulation fails, that is the finding.
fn record_broken(scenario: &Scenario, plan: &Plan<Release>, grid: &mut Grid) {
    if grid.tally().failed > 0 {
        return;
    }
    if let Some([from, to]) = too_far_back(scenario, plan) {
        let case = case_of(plan, ["back", &format!("{}-{}", from.exact_name(), to.exact_name())]);
        let finding = Finding {
            case: case.clone(),
            requirement: "back it goes one line at most (08 §4 P3)".to_owned(),
            expected: format!("no node on {to} in a cluster that was on {from}"),
            actual: "a node goes there, although no simulation shows what comes of it".to_owned(),
            place: Some(format!("{from} and {to}")),
            repro: Some(format!("skewproof ask {} {}", from.exact_name(), to.exact_name())),
        };
        grid.record("between releases", "verdict", &case, Verdict::from(finding));
    }
    for ([one, other], rows) in broken(scenario, plan, is_unsimulated) {
        let pair = format!("{}-{}", one.exact_name(), other.exact_name());
        let case = case_of(plan, ["beside", &pair]);
        let what = |row: &&Row| format!("{} ({}): {}", row.what, row.id, row.user);
        let finding = Finding {
            case: case.clone(),
            requirement: if rows.iter().all(|row| row.kind == RowKind::Candidate) {
                "every node is of a release".to_owned()
            } else {
                "nothing breaks by itself between the releases of a plan".to_owned()
            },
            expected: "nothing that no simulation shows".to_owned(),
            actual: rows.iter().map(what).collect::<Vec<_>>().join("\n"),
            place: Some(format!("{} and {}", one.exact_name(), other.exact_name())),
            repro: Some(format!("skewproof ask {} {}", one.exact_name(), other.exact_name())),
        };
        grid.record("between releases", "verdict", &case, Verdict::from(finding));
    }
}

/// A release that a node of a plan was on, and one of more than a line before it that a node goes back to.
fn too_far_back(scenario: &Scenario, plan: &Plan<Release>) -> Option<[Release; 2]> {
    if scenario.cluster.quirks.is_repaired {
        return None;
    }
    let mut newest: Option<Release> = None;
    let mut before: Vec<(String, Release)> = Vec::new();
    for step in 0..=plan.steps.len() {
        let nodes = plan.nodes_after(step);
        let mut moved = nodes.iter().filter(|(name, to)| {
            before.iter().any(|(node, was)| node == name && to.number() < was.number())
        });
        let is_too_far =
            |from: Release, to: Release| compatibility::back_at_most(from, to).is_some();
        if let Some(from) = newest
            && let Some((_, to)) = moved.find(|(_, to)| is_too_far(from, *to))
        {
            return Some([from, *to]);
        }
        let all = nodes.iter().map(|(_, release)| *release);
        newest = newest.into_iter().chain(all).max_by_key(|release| release.number());
        before = nodes;
    }
    None
}

/// What comes of a run, in a sentence, with what breaks though it is not simulated.
fn answer(run: &Run<Machine>, scenario: &Scenario, plan: &Plan<Release>) -> String {
    if let Some(failure) = &run.failure {
        let what = failure.violations.first().map_or("", |violation| violation.what.as_str());
        return match broken(scenario, plan, |_| true).first() {
            Some(([one, other], rows)) => {
                format!("fails: {one} and {other}, {}; what is seen first: {what}", ids(rows))
            }
            None => format!("fails: {what}"),
        };
    }
    if let Some(([one, other], rows)) = broken(scenario, plan, is_unsimulated).first() {
        return if rows.iter().all(|row| row.kind == RowKind::Candidate) {
            let what: Vec<&str> = rows.iter().map(|row| row.what.as_str()).collect();
            format!("to be avoided: {}", what.join("; "))
        } else {
            format!("breaks, though no simulation shows it: {one} and {other}, {}", ids(rows))
        };
    }
    if let Some([from, to]) = too_far_back(scenario, plan) {
        return format!("too far: from {from} back to {to}, and one line is the most (08 §4 P3)");
    }
    let faults: BTreeSet<&str> = run.seen.iter().filter_map(|seen| seen.violation.fault).collect();
    if faults.is_empty() {
        return "goes well, in what is simulated".to_owned();
    }
    let faults: Vec<&str> = faults.into_iter().collect();
    format!("goes through, with known faults: {}", faults.join(", "))
}

/// Why nothing is judged between two nodes of one of these releases, if there is such a release.
pub(super) fn unjudged(releases: &[Release]) -> Option<String> {
    let spoken = |release: &Release| Some((*release, agreed(*release, *release)?));
    let mut spoken = releases.iter().filter_map(spoken);
    let (release, version) = spoken.find(|(_, version)| version.is_burned())?;
    Some(format!("two nodes of {release} speak {version}, which has no codec here"))
}

/// What is to be said of what fails: where all of it is that a testee could not be asked any more, nothing.
pub(super) fn judged(violations: &[Violation], finding: Finding) -> Verdict {
    let not_tried = Breach::NotTried(String::new()).to_string();
    let reason = |violation: &Violation| violation.what.strip_prefix(&not_tried).map(str::to_owned);
    let reasons: Option<Vec<String>> = violations.iter().map(reason).collect();
    match reasons.and_then(|all| all.into_iter().next()) {
        Some(reason) => Verdict::Skip(reason),
        None => Verdict::from(finding),
    }
}

fn shortest(scenario: &Scenario, plan: &Plan<Release>, failure: &Failure<Release>) -> Finding {
    let shrunk = scenario.cluster.shrink(plan).map(|shrunk| shrunk.plan);
    finding(plan, failure, shrunk.as_ref().unwrap_or(plan), &scenario.options)
}

/// Every order of an upgrade along the path of a scenario, and how much of the space was walked.
/// `advance` is called after each of [`Scenario::moves`].
pub fn of_orders(scenario: &Scenario, advance: &(dyn Fn() + Sync)) -> Walks {
    let mut walks = Walks::new(ORDERS);
    let (walk, exercises) = scenario.cluster.exhaust(scenario.nodes, &scenario.path, advance);
    walks.record(&scenario.path, &walk, exercises, &scenario.options);
    let plan = scenario.cluster.rolling(scenario.nodes, &scenario.path);
    record_broken(scenario, &plan, &mut walks.grid);
    walks
}

/// Plans with troubles, one for each seed, and how many of them known faults cut apart. Each kind of
/// failure is shrunk once.
pub fn of_seeds(
    scenario: &Scenario,
    seeds: std::ops::Range<u64>,
    advance: &(dyn Fn() + Sync),
) -> (Grid, Table) {
    let count = seeds.end.saturating_sub(seeds.start);
    let failed = scenario.cluster.random(&scenario.draft(seeds.start), seeds, advance);
    let (known, failed): (Vec<_>, Vec<_>) =
        failed.into_iter().partition(|(_, failure)| failure.is_known());
    let mut grid = Grid::new(SEEDS);
    let row = names(&scenario.path).join(" to ");
    let mut kinds: BTreeSet<&str> = BTreeSet::new();
    for (plan, failure) in &failed {
        let finding = if kinds.insert(failure.kind()) {
            shortest(scenario, plan, failure)
        } else {
            finding(plan, failure, plan, &scenario.options)
        };
        let case = finding.case.clone().of(&requirements::UPGRADE_SEEDS);
        grid.record(&row, "plans", &case, judged(&failure.violations, finding));
    }
    let case = CaseId::from_segments(["upgrade", &row, "seeds"]).of(&requirements::UPGRADE_SEEDS);
    let good = count.saturating_sub(u64::try_from(failed.len()).unwrap_or(u64::MAX));
    (0..good).for_each(|_| grid.record(&row, "plans", &case, Verdict::Pass));
    if let Some(reason) = unjudged(&scenario.path).filter(|_| scenario.nodes > 1) {
        let case =
            CaseId::from_segments(["upgrade", &row, "unjudged"]).of(&requirements::UPGRADE_SEEDS);
        grid.record(&row, "plans", &case, Verdict::Skip(reason));
    }
    record_broken(scenario, &scenario.cluster.rolling(scenario.nodes, &scenario.path), &mut grid);
    (grid, cut_apart(&known))
}

/// Plans that known faults, or they themselves, cut apart, one for each fault and kind.
fn cut_apart(known: &[(Plan<Release>, Failure<Release>)]) -> Table {
    let columns = ["reason", "kind", "plans", "the first", "what is seen"];
    let mut table = Table::new("plans that fail for known reasons", columns);
    let key = |failure: &Failure<Release>| {
        let first = failure.violations.first();
        (first.and_then(|it| it.fault).unwrap_or_default(), failure.kind())
    };
    let keys: BTreeSet<_> = known.iter().map(|(_, failure)| key(failure)).collect();
    for (fault, kind) in keys {
        let mut plans = known.iter().filter(|(_, failure)| key(failure) == (fault, kind));
        let count = plans.clone().count();
        let Some((plan, failure)) = plans.next() else { continue };
        let seen = failure.violations.first().map_or("", |it| it.what.as_str());
        let row = [fault, kind, &count.to_string(), &plan.to_string(), seen];
        table.rows.push(row.map(str::to_owned).into());
    }
    table
}

/// The names of releases.
pub(super) fn names(path: &[Release]) -> Vec<String> {
    path.iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_bytes_do_not_show_is_named_step_by_step() {
        let path = ["1.4", "1.5", "1.6"].map(|name| name.parse().unwrap());
        let rows = unseen(&path, &["resume"].into()).rows;
        let row = |from: &str, severity: &str| {
            let row = rows.iter().find(|row| row[0] == from && row[2] == severity);
            row.map_or("", |row| row[3].as_str())
        };
        assert!(row("1.4", "partition").contains("L5"), "{rows:?}");
        assert!(row("1.5", "requests").contains("sql-1.6"), "{rows:?}");
        assert!(rows.iter().all(|row| !row[3].contains("resume")), "it was met: {rows:?}");
        let off = |row: &Vec<String>| row[2].ends_with("if it is switched on");
        assert!(rows.iter().any(off) && !rows.iter().all(off), "{rows:?}");
    }
}
