//! What came of fuzzing and of replays, as a report.

use std::path::{Path, PathBuf};

use super::Target;
use super::causes::Cause;
use super::corpus::{FOLDER, Places, WORK};
use super::driver::TargetRun;
use super::note::repeat;
use super::run::Finding;
use crate::program;
use crate::render::{quoted, replay};
use crate::report::{Grid, Report, Table};
use crate::requirement::{Level, Requirement};
use crate::verdict::{self, CaseId, Verdict};

/// What must hold of every input.
pub static INPUTS: Requirement = Requirement {
    part: "corpus",
    name: "inputs",
    level: Level::Must,
    sentence: "any input is a value or a typed error, and the body has no objection",
    place: "06 §3",
    elsewhere: Some("skewproof corpus replay"),
};
/// Names of those who showed a finding, of each kind, and other places of it.
const NAMES_MAX: usize = 6;

/// The report of targets that were fuzzed, and of those that were not begun.
pub fn fuzzed(targets: &[Target], runs: &[Option<TargetRun>], places: Places<'_>) -> Report {
    let mut report = Report::new(format!("{} fuzz", program::name()));
    let columns = [
        "target",
        "executions",
        "per second",
        "features",
        "new inputs",
        "corpus before",
        "corpus after",
        "findings",
    ];
    let mut table = Table::new("what was done", columns);
    let mut grid = grid(targets);
    for (target, run) in targets.iter().zip(runs) {
        let case = CaseId::from_segments(["fuzz", target.name]).of(&INPUTS);
        let Some(run) = run else {
            let not_begun = Verdict::NotTried("stopped before it was begun".to_owned());
            grid.record(target.name, "inputs", &case, not_begun);
            continue;
        };
        table.rows.push(row(run));
        for discovery in &run.discoveries {
            let finding = verdict_of(&discovery.finding, &discovery.file, &discovery.cause);
            grid.record(target.name, "inputs", &finding.case.clone(), finding.into());
        }
        if run.discoveries.is_empty() {
            grid.record(target.name, "inputs", &case, clean(run));
        }
        if run.summary.is_cut {
            let losses = run.summary.losses;
            report.note(format!("{}: ended early, after {losses} hangs or deaths", run.target));
        }
        run.oddities.iter().for_each(|oddity| report.note(oddity.clone()));
    }
    report.add_table(table);
    report.add(grid);
    let kept: usize = runs.iter().flatten().map(|run| run.kept).sum();
    if kept > 0 {
        report.note(format!("{kept} new inputs are in {}", places.kept().display()));
        let adopt = format!("{} corpus adopt{}", program::name(), options(places));
        report.note(format!("to take those that reach new code: {adopt}"));
    }
    report
}

/// Of a finding without words.
const NOTHING_SAID: &str = "nothing that was said";

/// The options that say where inputs are, if they are not where they are looked for.
fn options(places: Places<'_>) -> String {
    let named = [("--corpus", places.corpus, FOLDER), ("--work", places.work, WORK)];
    let others = named.into_iter().filter(|(_, path, usual)| *path != Path::new(usual));
    let option = |(option, path, _): (&str, &Path, &str)| {
        format!(" {option} {}", quoted(&path.to_string_lossy()))
    };
    others.map(option).collect()
}

/// What is to be said of a target in which nothing was found.
fn clean(run: &TargetRun) -> Verdict {
    if run.is_failed {
        Verdict::NotTried("ended by an error".to_owned())
    } else if run.summary.executions == 0 {
        Verdict::NotTried("ended before anything but the corpus was run".to_owned())
    } else {
        Verdict::Pass
    }
}

/// An empty grid with a row for each target.
fn grid(targets: &[Target]) -> Grid {
    Grid::new("targets").with_rows(targets.iter().map(|target| target.name))
}

fn row(run: &TargetRun) -> Vec<String> {
    let numbers = [
        run.summary.executions,
        run.summary.per_second(),
        run.summary.features as u64,
        run.kept as u64,
        run.before as u64,
        run.after as u64,
        run.discoveries.len() as u64,
    ];
    let words = numbers.map(|number| number.to_string());
    std::iter::once(run.target.to_owned()).chain(words).collect()
}

/// A replayed file.
pub struct Replayed {
    /// Whose input it is, by name.
    pub target: &'static str,
    /// The file.
    pub file: PathBuf,
    /// What it showed.
    pub found: Option<Finding>,
}

/// The report of files that were replayed.
pub fn replayed(targets: &[Target], files: &[Replayed]) -> Report {
    let mut report = Report::new(replay());
    let mut grid = grid(targets);
    for Replayed { target, file, found } in files {
        let case = CaseId::from_segments(["corpus", target, &name(file)]).of(&INPUTS);
        let verdict = match found {
            None => Verdict::Pass,
            Some(found) => verdict_of(found, file, &Cause::of(found)).into(),
        };
        grid.record(target, "inputs", &case, verdict);
    }
    report.add(grid);
    report
}

/// Something in a corpus that is not what its name says.
pub struct Oddity {
    /// The target, or `no target`.
    pub row: &'static str,
    /// Where it lies.
    pub file: PathBuf,
    /// What is wrong with it.
    pub what: &'static str,
}

/// Adds what is not what its name says to the report of a corpus: whoever replays something else proves
/// something else.
pub fn odd(oddities: &[Oddity], corpus: &Path, report: &mut Report) {
    let option = match corpus == Path::new(FOLDER) {
        true => String::new(),
        false => format!(" --corpus {}", quoted(&corpus.to_string_lossy())),
    };
    for Oddity { row, file, what } in oddities {
        let case = CaseId::from_segments(["corpus", row, &name(file), "name"]).of(&INPUTS);
        let finding = verdict::Finding {
            case: case.clone(),
            requirement: "everything in a corpus is what its name says".to_owned(),
            expected: "an input of its name, in the folder of a target".to_owned(),
            actual: (*what).to_owned(),
            place: Some(file.display().to_string()),
            repro: Some(format!("{} corpus stats{option}", program::name())),
        };
        report.grid("targets").record(row, "names", &case, finding.into());
    }
}

fn name(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn verdict_of(finding: &Finding, file: &Path, cause: &Cause) -> verdict::Finding {
    let mut place = vec![finding.key.to_string()];
    place.extend(cause.showers(NAMES_MAX));
    place.extend(cause.elsewhere(NAMES_MAX).map(|keys| format!("also {keys}")));
    verdict::Finding {
        case: CaseId::from_segments(["corpus", finding.key.target, &name(file)]).of(&INPUTS),
        requirement: INPUTS.sentence.to_owned(),
        expected: finding.words.expected.clone(),
        actual: match finding.words.seen.as_str() {
            "" => NOTHING_SAID.to_owned(),
            seen => seen.to_owned(),
        },
        place: Some(place.join("; ")),
        repro: Some(repeat(file)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::keeper::Discovery;
    use super::super::run::replay;
    use super::super::session::Summary;
    use super::super::toy;
    use super::*;

    #[test]
    fn a_report_tells_what_passed_what_was_found_and_what_was_not_begun() {
        let finding = replay(&toy::BUGGY, b"bug!").unwrap();
        let file = PathBuf::from("corpus/buggy/regress-bug-0123abcd");
        let run = |target, discoveries| TargetRun {
            target,
            summary: Summary { executions: 9, losses: 3, is_cut: true, ..Summary::default() },
            before: 1,
            kept: 2,
            after: 4,
            discoveries,
            oddities: vec!["x: odd".to_owned()],
            is_failed: false,
        };
        let cause = Cause::of(&finding);
        let buggy = run("buggy", vec![Discovery { finding, file, cause }]);
        let targets = [toy::BUGGY, toy::TRIVIAL, toy::BREAKS];
        let places = Places { corpus: Path::new("corpus"), work: Path::new("a b") };
        let runs = [Some(buggy), Some(run("trivial", Vec::new())), None];
        let report = fuzzed(&targets, &runs, places);
        let tally = report.tally();
        assert_eq!((tally.passed, tally.failed, tally.skipped), (1, 1, 1));
        let found = report.findings().next().unwrap();
        assert_eq!(found.actual, "4 bytes");
        assert_eq!(found.place.as_deref(), Some("bug at the word; with: nothing else"));
        assert_eq!(
            found.repro.as_deref(),
            Some("skewproof corpus replay corpus/buggy/regress-bug-0123abcd")
        );
        assert_eq!(report.tables()[0].rows.len(), 2);
        let nothing = TargetRun { summary: Summary::default(), ..run("trivial", Vec::new()) };
        let failed = TargetRun { is_failed: true, ..run("trivial", Vec::new()) };
        for run in [nothing, failed] {
            let tally = fuzzed(&[toy::TRIVIAL], &[Some(run)], places).tally();
            assert_eq!((tally.passed, tally.skipped), (0, 1));
        }
        let cut = ["buggy: ended early, after 3 hangs or deaths", "x: odd"];
        assert_eq!(report.notes()[..2], cut);
        let adopt = "to take those that reach new code: skewproof corpus adopt --work 'a b'";
        let said = ["4 new inputs are in a b/corpus", adopt];
        assert_eq!(report.notes()[3..], said);
    }
}
