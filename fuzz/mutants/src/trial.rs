//! What the suite makes of one mutant.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde::Serialize;
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
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
    Stage { verb: Verb::Alone, arguments: &["check", "check/*"] },
    Stage { verb: Verb::Alone, arguments: &["check", "session*"] },
    Stage { verb: Verb::Alone, arguments: &["check", "matrix/*"] },
    Stage { verb: Verb::Alone, arguments: &["check", "gates/*"] },
    Stage { verb: Verb::Alone, arguments: &["check", "future/*"] },
    Stage { verb: Verb::Alone, arguments: &["check", "faults/*"] },
    Stage { verb: Verb::Alone, arguments: &["check", "upgrade/*"] },
    Stage { verb: Verb::Data, arguments: &["check", "golden/*"] },
    Stage { verb: Verb::Data, arguments: &["check", "vectors/*"] },
    Stage { verb: Verb::Data, arguments: &["check", "captures/*"] },
    Stage { verb: Verb::Data, arguments: &["check", "strictness/*"] },
    Stage { verb: Verb::Fuzz, arguments: &["fuzz", "--runs", "2000"] },
];

/// What came of a mutant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// Who sees it; nobody, if it survives.
    pub seen: Option<Seen>,
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

/// How long stages may take.
pub struct Limits(pub Vec<Duration>);

/// Puts a mutant on trial. The folders are one without data, and the project.
pub fn run(program: &Path, folders: [&Path; 2], mutant: Option<usize>, limits: &Limits) -> Outcome {
    let begun = Instant::now();
    let seen = STAGES.iter().zip(&limits.0).find_map(|(stage, limit)| {
        let by = objection(program, folders, stage, mutant, *limit)?;
        Some(Seen { verb: stage.verb, by })
    });
    let took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    Outcome { seen, took_ms }
}

/// How long each stage takes if no mutant is on: a mutant has ten times that, and some seconds. Fails
/// if a stage objects.
pub fn limits(program: &Path, folders: [&Path; 2]) -> Result<Limits, String> {
    let mut limits = Vec::new();
    for stage in STAGES {
        let begun = Instant::now();
        if let Some(by) = objection(program, folders, stage, None, Duration::from_secs(600)) {
            return Err(format!(
                "{} objects to what has no mutant: {by}",
                stage.arguments.join(" ")
            ));
        }
        limits.push(begun.elapsed() * 10 + Duration::from_secs(5));
    }
    Ok(Limits(limits))
}

fn objection(
    program: &Path,
    [empty, project]: [&Path; 2],
    stage: &Stage,
    mutant: Option<usize>,
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
    if let Some(number) = mutant {
        command.env("SKEWPROOF_MUTANT", number.to_string());
    }
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
