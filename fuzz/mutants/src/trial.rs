//! What the suite makes of one mutant.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use wait_timeout::ChildExt;

/// A run of the program.
#[derive(Debug, Clone, Copy)]
pub struct Stage {
    /// What it counts as.
    pub verb: Verb,
    /// Its arguments.
    pub arguments: &'static [&'static str],
}

/// What can see a mutant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// `check`, in a folder without data.
    Alone,
    /// `check`, with the data of the repository.
    Data,
    /// The corpora, replayed, and what is made of them.
    Fuzz,
}

impl Verb {
    /// All, in the order in which they are asked.
    pub const ALL: [Self; 3] = [Self::Alone, Self::Data, Self::Fuzz];

    /// Its name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Alone => "check alone",
            Self::Data => "check with data",
            Self::Fuzz => "fuzz",
        }
    }
}

/// All of them; who sees a mutant ends its trial, so the fast ones come first.
pub const STAGES: &[Stage] = &[
    Stage { verb: Verb::Alone, arguments: &["check", "--fail-fast", "check/*"] },
    Stage { verb: Verb::Alone, arguments: &["check", "--fail-fast", "session*"] },
    Stage { verb: Verb::Alone, arguments: &["check", "--fail-fast", "matrix/*"] },
    Stage { verb: Verb::Alone, arguments: &["check", "--fail-fast", "gates/*"] },
    Stage { verb: Verb::Alone, arguments: &["check", "--fail-fast", "future/*"] },
    Stage { verb: Verb::Alone, arguments: &["check", "--fail-fast", "faults/*"] },
    Stage { verb: Verb::Alone, arguments: &["check", "--fail-fast", "upgrade/*"] },
    Stage { verb: Verb::Data, arguments: &["check", "--fail-fast", "golden/*"] },
    Stage { verb: Verb::Data, arguments: &["check", "--fail-fast", "vectors/*"] },
    Stage { verb: Verb::Data, arguments: &["check", "--fail-fast", "captures/*"] },
    Stage { verb: Verb::Data, arguments: &["check", "--fail-fast", "strictness/*"] },
    Stage { verb: Verb::Fuzz, arguments: &["fuzz", "--runs", "2000"] },
];

/// What came of a mutant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// Who sees it; nobody, if it survives.
    pub seen: Option<Seen>,
    /// Whether anything that is asked comes by it.
    pub is_reached: bool,
    /// How long all of it took, in milliseconds.
    pub took_ms: u64,
}

/// Who sees a mutant, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Seen {
    pub verb: Verb,
    /// The requirement that is broken first, or what became of the program.
    pub by: String,
}

/// What a stage does if no mutant is on.
pub struct Plain {
    /// A mutant may take so long.
    limit: Duration,
    /// The mutants that it comes by: it cannot see another.
    reached: HashSet<usize>,
}

/// Puts a mutant on trial. The folders are one without data, and the project.
pub fn run(program: &Path, folders: [&Path; 2], mutant: usize, plain: &[Plain]) -> Outcome {
    let begun = Instant::now();
    let stages = || STAGES.iter().zip(plain).filter(|(_, plain)| plain.reached.contains(&mutant));
    let seen = stages().find_map(|(stage, plain)| {
        let by = objection(program, folders, stage, Switch::On(mutant), plain.limit)?;
        Some(Seen { verb: stage.verb, by })
    });
    let is_reached = stages().next().is_some();
    let took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    Outcome { seen, is_reached, took_ms }
}

/// How long each stage takes if no mutant is on, and what it comes by: a mutant has ten times that, and some
/// seconds. Fails if a stage objects.
pub fn plain(program: &Path, folders: [&Path; 2]) -> Result<Vec<Plain>, String> {
    let scratch = tempfile::tempdir().map_err(|error| error.to_string())?;
    let stage = |(index, stage): (usize, &Stage)| {
        let begun = Instant::now();
        let asked = scratch.path().join(index.to_string());
        let longest = Duration::from_secs(1200);
        if let Some(by) = objection(program, folders, stage, Switch::Watched(&asked), longest) {
            return Err(format!(
                "{} objects to what has no mutant: {by}",
                stage.arguments.join(" ")
            ));
        }
        let limit = begun.elapsed() * 10 + Duration::from_secs(5);
        let asked = fs::read_to_string(asked).unwrap_or_default();
        Ok(Plain { limit, reached: asked.lines().filter_map(|it| it.parse().ok()).collect() })
    };
    STAGES.iter().enumerate().map(stage).collect()
}

/// What is on.
#[derive(Clone, Copy)]
enum Switch<'a> {
    /// A mutant.
    On(usize),
    /// None; which ones are asked for is written to a file.
    Watched(&'a Path),
}

fn objection(
    program: &Path,
    [empty, project]: [&Path; 2],
    stage: &Stage,
    switch: Switch<'_>,
    limit: Duration,
) -> Option<String> {
    let scratch = tempfile::tempdir().ok()?;
    let shown = scratch.path().join("shown");
    let mut command = Command::new(program);
    command.args(stage.arguments).env("RAYON_NUM_THREADS", "1");
    if stage.arguments.first() == Some(&"check") {
        command.args(["--json"]).arg(&shown);
    } else {
        command.arg("--work").arg(scratch.path());
    }
    command.current_dir(if stage.verb == Verb::Alone { empty } else { project });
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    match switch {
        Switch::On(number) => command.env("SKEWPROOF_MUTANT", number.to_string()),
        Switch::Watched(file) => command.env("SKEWPROOF_ASKED", file),
    };
    let mut child = command.spawn().ok()?;
    let Ok(Some(status)) = child.wait_timeout(limit) else {
        let _ = child.kill();
        let _ = child.wait();
        return Some("no end".to_owned());
    };
    match status.code() {
        Some(0) => None,
        Some(1) => Some(requirement(&shown).unwrap_or_else(|| "a finding".to_owned())),
        Some(code) => Some(format!("exit code {code}")),
        None => Some("a crash".to_owned()),
    }
}

/// The requirement of the first finding in a report.
fn requirement(path: &Path) -> Option<String> {
    let report: Json = serde_json::from_str(&fs::read_to_string(path).ok()?).ok()?;
    let grids = report.get("grids")?.as_array()?;
    let mut findings = grids.iter().filter_map(|grid| grid.get("findings")?.as_array()).flatten();
    findings.find_map(|finding| Some(finding.get("of")?.as_str()?.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_requirement_of_a_report_is_that_of_its_first_finding() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.json");
        let of = |grids: &str| {
            fs::write(&path, format!("{{\"grids\":[{grids}]}}")).unwrap();
            requirement(&path)
        };
        let found =
            r#"{"findings":[]},{"findings":[{"of":"check/pair","case":"check/pair/1.2/1.3"}]}"#;
        assert_eq!(of(found).as_deref(), Some("check/pair"));
        assert_eq!(of(r#"{"findings":[]}"#), None);
    }
}
