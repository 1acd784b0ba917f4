//! What must hold of an upgrade that was played.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::told::{Told, time};
use super::{OldRuns, Played, label};
use crate::fabric::release::Release;
use crate::harness::report::{Grid, Report, Table};
use crate::harness::upgrade::plan::Plan;
use crate::harness::upgrade::run::{Span, releases};
use crate::harness::upgrade::timeline::{self, Timeline};
use crate::harness::verdict::{CaseId, Finding, Verdict};
use crate::suite::captures::{self, Recording};
use crate::suite::live::differences::{lost, some};
use crate::suite::live::life::{Life, fates};
use crate::suite::requirements;
use crate::suite::subject::Fabric;
use crate::suite::upgrade::{Cluster, Kind};

/// The grid of what is judged.
const GRID: &str = "a rolling upgrade of real servers";
/// How long the cluster may take nothing.
const STALL_MAX: Duration = Duration::from_secs(30);
/// How long a call may be open.
const CALL_MAX: Duration = Duration::from_secs(10);

/// What is made of an upgrade: the report, and the run as it looks in time. `order` is that of its nodes.
pub fn judged(
    plan: &Plan<Release>,
    order: &str,
    played: &Played,
    repro: &str,
) -> (Report, Timeline) {
    let told = Told::of(played);
    let mut judge = Judge { plan, order, played, told: &told, repro, found: Vec::new() };
    let simulated = simulated(plan);
    let seen = versions(played, &told);
    for step in 0..played.stages.len() {
        judge.step(step, &simulated, &seen);
    }
    judge.whole();
    let column = judge.column();
    let mut grid = Grid::new(GRID);
    for (kind, case, verdict) in &judge.found {
        grid.record(kind, &column, case, verdict.clone());
    }
    let mut report = Report::new("skewproof live upgrade");
    report.add_table(judge.sums());
    report.add_table(compared(plan, &simulated, &seen));
    report.add(grid);
    // What nodes said to each other is held to what any recording is.
    let name = format!("upgrade-{order}");
    match Recording::parse(&name, &played.recording()) {
        Ok(recording) => {
            let mut replayed = captures::replay(&[recording], &Fabric, |_| {});
            replayed.repeated_else(|_| repro.to_owned());
            for kept in replayed.grids() {
                let row = kept.name().to_owned();
                report.add(kept.clone().placed(GRID, |_, _| (row.clone(), column.clone())));
            }
        }
        Err(damaged) => report.note(format!("what nodes said is not held to anything: {damaged}")),
    }
    let timeline = judge.timeline(&report);
    (report, timeline)
}

/// The versions between nodes, by step and pair.
type Versions = BTreeMap<(usize, (usize, usize)), BTreeSet<i32>>;

/// What the same plan comes to with simulated nodes.
fn simulated(plan: &Plan<Release>) -> Versions {
    let run = Cluster::default().run(plan);
    let timeline = Timeline::of("simulated", plan, &run);
    let mut versions = Versions::new();
    for span in timeline.spans.iter().filter(|span| span.step <= plan.steps.len()) {
        let is_there = |link: &&timeline::Link| link.from <= span.to && link.to >= span.to;
        for link in timeline.links.iter().filter(is_there) {
            versions.entry((span.step, link.nodes)).or_default().insert(link.version.number());
        }
    }
    versions
}

/// The versions of handshakes between the processes that lived at the end of each step.
fn versions(played: &Played, told: &Told) -> Versions {
    let mut versions = Versions::new();
    for (step, stage) in played.stages.iter().enumerate() {
        let end = stage.time.1;
        let lives =
            |life: &&Life| life.from <= end && life.left.is_none_or(|(asked, _)| asked > end);
        let living: Vec<&Life> = played.lives.iter().filter(lives).collect();
        for handshake in told.handshakes.iter().filter(|it| it.at <= end) {
            let node = |process| living.iter().find(|it| it.process == process).map(|it| it.node);
            if let [Some(a), Some(b)] = handshake.between.map(node) {
                let pair = (a.min(b), a.max(b));
                versions.entry((step, pair)).or_default().insert(handshake.version);
            }
        }
    }
    versions
}

/// What was seen of each pair after each step; where a simulated one differs, that as well.
fn compared(plan: &Plan<Release>, simulated: &Versions, seen: &Versions) -> Table {
    let pairs: BTreeSet<(usize, usize)> =
        simulated.keys().chain(seen.keys()).map(|it| it.1).collect();
    let between = pairs.iter().map(|(a, b)| format!("n{} – n{}", a + 1, b + 1));
    let columns = std::iter::once("step".to_owned()).chain(between);
    let mut table =
        Table::new("versions between nodes, which are those of the simulation", columns);
    for step in 0..=plan.steps.len() {
        let cell = |pair: &(usize, usize)| {
            let [seen, due] = [seen, simulated].map(|it| in_a_row(it.get(&(step, *pair))));
            if seen == due { seen } else { format!("{seen}, simulated {due}") }
        };
        let first = format!("{step}. {}", label(plan, step));
        table.rows.push(std::iter::once(first).chain(pairs.iter().map(cell)).collect());
    }
    table
}

fn in_a_row(versions: Option<&BTreeSet<i32>>) -> String {
    let versions: Vec<String> =
        versions.into_iter().flatten().map(|version| format!("V{version}")).collect();
    if versions.is_empty() { "–".to_owned() } else { versions.join(", ") }
}

struct Judge<'a> {
    plan: &'a Plan<Release>,
    order: &'a str,
    played: &'a Played,
    told: &'a Told,
    repro: &'a str,
    /// By kind.
    found: Vec<(&'static str, CaseId, Verdict)>,
}

impl Judge<'_> {
    /// From which release to which.
    fn ends(&self) -> [String; 2] {
        let first = self.plan.nodes.first().map(|(_, release)| *release);
        let all = self.plan.nodes_after(self.plan.steps.len());
        let last = all.iter().map(|(_, release)| *release).max_by_key(|it| it.number());
        [first, last].map(|release| release.map(|it| it.to_string()).unwrap_or_default())
    }

    fn column(&self) -> String {
        self.ends().join(" to ")
    }

    /// Enters that something holds, or what was seen instead.
    fn enter(&mut self, kind: Kind, place: &str, wrong: Option<String>) {
        self.enters((kind.name(), kind.requirement()), place, wrong);
    }

    fn enters(
        &mut self,
        (kind, requirement): (&'static str, &'static str),
        place: &str,
        wrong: Option<String>,
    ) {
        let case = self.case(kind, place);
        let verdict = match wrong {
            None => Verdict::Pass,
            Some(actual) => Verdict::from(Finding {
                case: case.clone(),
                requirement: requirement.to_owned(),
                expected: "no violation".to_owned(),
                actual,
                place: None,
                repro: Some(self.repro.to_owned()),
            }),
        };
        self.found.push((kind, case, verdict));
    }

    fn case(&self, kind: &str, place: &str) -> CaseId {
        let [from, to] = self.ends();
        let name = kind.replace(' ', "-");
        requirements::LIVE_UPGRADE.case([from.as_str(), &to, self.order, place, &name])
    }

    /// What nodes say to processes that are over. Who says nothing has neither taken nor refused one.
    fn old_runs(&mut self, place: &str, runs: &OldRuns) {
        let (kind, taken) = (Kind::OldRun, some(runs.taken.clone()));
        match some(runs.silent.clone()) {
            Some(silent) if taken.is_none() => {
                let case = self.case(kind.name(), place);
                self.found.push((kind.name(), case, Verdict::NotTried(silent)));
            }
            _ => self.enter(kind, place, taken),
        }
    }

    fn step(&mut self, step: usize, simulated: &Versions, seen: &Versions) {
        let Some(stage) = self.played.stages.get(step) else { return };
        let place = format!("step-{step}");
        self.enter(Kind::NotSeenAlive, &place, stage.unseen.clone());
        if let Some(runs) = &stage.old_runs {
            self.old_runs(&place, runs);
        }
        let stands = (!stage.goes_on).then(|| "no invocation was taken any more".to_owned());
        self.enter(Kind::NoProgress, &place, stands);
        let pairs = seen.iter().filter(|((at, _), _)| *at == step);
        let differs = pairs.filter(|(key, versions)| simulated.get(key) != Some(versions));
        let differences: Vec<String> = differs
            .map(|(key @ (_, (a, b)), versions)| {
                let (due, seen) = (in_a_row(simulated.get(key)), in_a_row(Some(versions)));
                format!("n{} and n{} speak {seen}, and simulated ones {due}", a + 1, b + 1)
            })
            .collect();
        self.enter(Kind::WrongVersion, &place, some(differences));
    }

    fn whole(&mut self) {
        let played = self.played;
        for (place, fate, wrong) in fates(&played.lives) {
            self.enters((fate.name(), fate.requirement()), &place, wrong);
        }
        let nothing = "no handshake between nodes was heard";
        let is_deaf = self.told.handshakes.is_empty();
        self.enter(Kind::WrongVersion, "whole", is_deaf.then(|| nothing.to_owned()));
        self.enter(Kind::Outcomes, "whole", some(self.unanswered()));
        let (gap, since) = self.longest_gap();
        let stalled = format!(
            "nothing was taken for {:.1} s, from {:.1} s on",
            gap.as_secs_f64(),
            since.as_secs_f64()
        );
        self.enter(Kind::Stalled, "whole", (gap > STALL_MAX).then_some(stalled));
        self.enter(Kind::LostRecord, "whole", self.lost());
    }

    /// Calls that were open for too long, or whose stream ended before they were answered.
    fn unanswered(&self) -> Vec<String> {
        let ends: BTreeMap<_, _> =
            self.played.ends.iter().rev().map(|(at, it)| (*it, *at)).collect();
        let is_open = |call: &&super::told::Call| {
            let (stream, _, _) = call.place;
            let end = ends.get(&stream).copied();
            let until = end.unwrap_or(self.played.end);
            !call.is_answered && (end.is_some() || until.saturating_sub(call.at) > CALL_MAX)
        };
        let open = self.told.calls.iter().filter(is_open);
        let words = open.map(|call| {
            let ((connection, stream), _, id) = call.place;
            let (message, at) = (&call.message, time(call.at));
            format!("{message}, number {id} at {at} on stream {stream} of connection {connection}, has no reply")
        });
        words.collect()
    }

    /// The longest time in which nothing was taken, and its beginning.
    fn longest_gap(&self) -> (Duration, Duration) {
        let Some((first, _)) = self.played.taken.first() else {
            return (self.played.end, Duration::ZERO);
        };
        let mut taken: Vec<Duration> = self.played.taken.iter().map(|(at, _)| *at).collect();
        taken.sort();
        let last = self.played.stages.last().map_or(self.played.end, |stage| stage.time.1);
        let next = taken.iter().skip(1).copied().chain([last]);
        let gaps = taken.iter().zip(next).map(|(from, to)| (to.saturating_sub(*from), *from));
        gaps.max().unwrap_or((Duration::ZERO, *first))
    }

    /// Whether something that was acknowledged is not there.
    fn lost(&self) -> Option<String> {
        let kept = match &self.played.kept {
            Ok(kept) => kept,
            Err(why) => return Some(format!("the cluster does not say what it has: {why}")),
        };
        let kept = kept.iter().map(String::as_str).collect();
        lost(self.played.taken.iter().map(|(_, id)| id.as_str()), &kept, "invocations")
    }

    fn sums(&self) -> Table {
        let (played, told) = (self.played, self.told);
        let (gap, _) = self.longest_gap();
        let kept = played.kept.as_ref().map_or(0, BTreeSet::len);
        let refused = told.hellos.saturating_sub(told.handshakes.len());
        let seconds = |time: Duration| format!("{:.1} s", time.as_secs_f64());
        let formation = played.stages.first().map_or(Duration::ZERO, |stage| stage.time.1);
        let mut table = Table::new("what was seen", ["what", "count"]);
        for (what, count) in [
            (
                "invocations that were taken, and are there",
                format!("{}, {kept}", played.taken.len()),
            ),
            ("longest time without one", seconds(gap)),
            ("until all nodes served and the first was taken", seconds(formation)),
            ("all of it", seconds(played.end)),
            (
                "handshakes; Hellos without a Welcome",
                format!("{}; {refused}", told.handshakes.len()),
            ),
            (
                "calls; without a reply",
                format!("{}; {}", told.calls.len(), self.unanswered().len()),
            ),
            ("frames", played.frames.len().to_string()),
            ("directions of streams that could not be read", played.unreadable.to_string()),
        ] {
            table.rows.push(vec![what.to_owned(), count]);
        }
        table
    }

    /// The run as it looks in time, with the first of the findings on it.
    fn timeline(&self, report: &Report) -> Timeline {
        let played = self.played;
        let spans = played.stages.iter().enumerate().map(|(step, stage)| Span {
            step,
            label: label(self.plan, step),
            from: time(stage.time.0),
            to: time(stage.time.1),
        });
        let failure = report.findings().next().map(|finding| {
            let parts = finding.case.as_str().split('/');
            let step = parts.filter_map(|it| it.strip_prefix("step-")?.parse().ok()).next();
            let step = step.unwrap_or(self.plan.steps.len() + 1);
            let releases = |step| releases(&self.plan.nodes_after(step));
            timeline::Verdict {
                step,
                label: label(self.plan, step),
                before: releases(step.saturating_sub(1)),
                after: releases(step),
                seen: vec![format!("{}: {}", finding.case, finding.actual)],
            }
        });
        Timeline {
            title: "skewproof live upgrade".to_owned(),
            plan: self.plan.to_string(),
            nodes: self.plan.names(),
            spans: spans.collect(),
            end: time(played.end),
            failure,
            ..Timeline::of_entries(self.told.entries(played))
        }
    }
}
