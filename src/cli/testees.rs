//! Testees on the command line: named, started, and ended whatever happens.

use std::fmt;
use std::path::{Path, PathBuf};
use std::slice;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use crate::harness::system::ENDING_SIGNALS;
use chrono::{DateTime, Utc};
use clap::Args;

use super::outcome::{CannotRun, Outcome};
use super::output::Output;
use crate::harness::expected::{self, Expected};
use crate::harness::files;
use crate::harness::report::Report;
use crate::harness::skew::Matrix;
use crate::harness::testee::{Entry, Launch, TableError, Testee, end_all, read_table};
use crate::harness::verdict::{Finding, Verdict};
use crate::suite::causes::about;
use crate::suite::subject::{Fabric, Subject};
use crate::suite::testee::{self, Agreement, Behind, Contained};
use crate::suite::{repro, requirements};

/// Files that name testees, in the current folder.
const FILES: [&str; 2] = ["skewproof.toml", "testees.toml"];

/// How often a signal is looked for.
const TICK: Duration = Duration::from_millis(50);

/// Programs that stand in a release's place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Testees")]
pub struct NamedArgs {
    /// A program that answers for an implementation, as `tree=./testee --fast`, or
    /// `tree@1.7=./testee` to hold it to that release whatever it says; a name alone is one of
    /// `skewproof.toml` or `testees.toml`. May be given more than once
    #[arg(long = "testee", value_name = "NAME=COMMAND")]
    pub testee: Vec<String>,
    /// Another file that names testees
    #[arg(long, value_name = "FILE", requires = "testee")]
    pub testees: Option<PathBuf>,
}

/// The same, with what they are known to do otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Testees")]
pub struct TesteeArgs {
    /// The programs.
    #[command(flatten)]
    pub named: NamedArgs,
    /// A file of differences that are expected, each with its reason
    #[arg(long, value_name = "FILE", requires = "testee")]
    pub expected: Option<PathBuf>,
}

impl NamedArgs {
    /// Whether there are any.
    pub fn is_given(&self) -> bool {
        !self.testee.is_empty()
    }

    /// Starts what is named.
    ///
    /// # Errors
    ///
    /// If one of them is no testee of the fabric.
    pub fn start(&self) -> Result<Vec<Arc<Behind>>, CannotRun> {
        self.start_as(None)
    }

    /// The same, each held to a release whatever it says.
    ///
    /// # Errors
    ///
    /// If one of them is no testee of the fabric, or there is no such release.
    pub fn start_as(&self, release: Option<&str>) -> Result<Vec<Arc<Behind>>, CannotRun> {
        if !self.is_given() {
            return Ok(Vec::new());
        }
        end_with_us()?;
        let entries = self.entries()?;
        self.testee.iter().map(|given| start(given, &entries, release)).collect()
    }

    /// Starts what a command asks in the fabric's place: one testee, or none.
    ///
    /// # Errors
    ///
    /// If it is no testee of the fabric, or there are several.
    pub fn one(&self) -> Result<Option<Arc<Behind>>, CannotRun> {
        let mut testees = self.start()?;
        if testees.len() > 1 {
            return Err(CannotRun::new("one testee at a time is asked here")
                .hint("`skewproof matrix` takes several"));
        }
        Ok(testees.pop())
    }

    /// The files that name testees.
    fn tables(&self) -> Vec<PathBuf> {
        match &self.testees {
            Some(file) => vec![file.clone()],
            None => FILES.iter().map(PathBuf::from).filter(|file| file.exists()).collect(),
        }
    }

    /// What the files name.
    fn entries(&self) -> Result<Vec<Entry>, CannotRun> {
        let mut entries = Vec::new();
        for file in self.tables() {
            entries.extend(read_file(&file, read_table)?);
        }
        Ok(entries)
    }

    /// The files that are read to start them: those that name them, and the words of their commands that
    /// are files.
    ///
    /// # Errors
    ///
    /// If a file that names testees cannot be read.
    pub fn read(&self) -> Result<Vec<PathBuf>, CannotRun> {
        if !self.is_given() {
            return Ok(Vec::new());
        }
        let entries = self.entries()?;
        // Whoever is no testee is told so when it is started.
        let launches = self.testee.iter().filter_map(|given| launch(given, &entries).ok());
        let words = launches.flat_map(|(it, _)| std::iter::once(it.program).chain(it.arguments));
        let files = words.map(PathBuf::from).filter(|path| path.is_file());
        Ok(self.tables().into_iter().chain(files).collect())
    }
}

impl TesteeArgs {
    /// Starts what a command asks in the fabric's place, with what is expected of it.
    ///
    /// # Errors
    ///
    /// If it is no testee of the fabric, or there are several; if what is expected cannot be read.
    pub fn asked(&self) -> Result<Asked, CannotRun> {
        let expected = self.expected()?;
        Ok(Asked { expected, ..Asked::of(&self.named)? })
    }

    /// The files that are read to start them, and the differences that are expected.
    ///
    /// # Errors
    ///
    /// If a file that names testees cannot be read.
    pub fn read(&self) -> Result<Vec<PathBuf>, CannotRun> {
        Ok(self.named.read()?.into_iter().chain(self.expected.clone()).collect())
    }

    /// The differences that are expected.
    ///
    /// # Errors
    ///
    /// If there is a file of them, and it cannot be read.
    pub fn expected(&self) -> Result<Vec<Expected>, CannotRun> {
        self.expected.as_ref().map_or(Ok(Vec::new()), |file| read_file(file, expected::read))
    }
}

/// Reads a file, or says what is wrong with it.
fn read_file<T, E: fmt::Display>(
    file: &Path,
    read: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, CannotRun> {
    let said = |error: &dyn fmt::Display| {
        CannotRun::new(format!("{}: {error}", file.display()))
            .hint("docs/testee.md shows such a file")
    };
    let text = files::read_text(file, files::LIST_LEN_MAX).map_err(|error| said(&error))?;
    read(&text).map_err(|error| said(&error))
}

/// Takes what is expected out of the findings of a report.
pub fn excuse(entries: &[Expected], report: &mut Report, is_whole: bool) {
    let today = DateTime::<Utc>::from(SystemTime::now()).date_naive();
    expected::apply(entries, report, (today, is_whole), &requirements::TESTEE_EXPECTED);
}

/// That something is no testee.
fn cannot(error: &dyn fmt::Display) -> CannotRun {
    CannotRun::new(error.to_string()).hint("docs/testee.md says what a testee is and answers")
}

/// How a testee is started, and the release that it is held to if that is said beside its name.
fn launch(given: &str, entries: &[Entry]) -> Result<(Launch, Option<String>), CannotRun> {
    Ok(match given.split_once('=') {
        Some((name, command)) => {
            let (name, stands_for) = match name.split_once('@') {
                Some((name, release)) => (name, Some(release.to_owned())),
                None => (name, None),
            };
            let launch = Launch::parse(&format!("{name}={command}"));
            (launch.map_err(|error| cannot(&error))?, stands_for)
        }
        None => {
            let entry = entries.iter().find(|entry| entry.name == given).ok_or_else(|| {
                let names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
                CannotRun::new(format!("no file names a testee {given:?}")).hint(match *names {
                    [] => format!("give its command, as `--testee {given}=./testee`"),
                    _ => format!("there are {}", names.join(", ")),
                })
            })?;
            let launch = entry.launch().map_err(|error| match &error {
                TableError::OtherProgram { .. } => CannotRun::new(error.to_string()).hint(
                    "put back the program that was kept; or, if this one is meant, write its sha256 \
                     into the file",
                ),
                _ => cannot(&error),
            })?;
            (launch, entry.stands_for.clone())
        }
    })
}

/// Starts one testee.
fn start(given: &str, entries: &[Entry], release: Option<&str>) -> Result<Arc<Behind>, CannotRun> {
    let (launch, stands_for) = launch(given, entries)?;
    let testee = Testee::start(launch).map_err(|error| cannot(&error))?;
    let behind =
        Behind::new(testee, release.or(stands_for.as_deref())).map_err(|error| cannot(&error))?;
    Ok(Arc::new(behind))
}

/// Who is asked by a command that asks one.
pub struct Asked {
    subject: Option<Contained>,
    expected: Vec<Expected>,
}

impl Asked {
    /// Starts what is named, of which nothing is expected but what its release does.
    ///
    /// # Errors
    ///
    /// If it is no testee of the fabric, or there are several.
    pub fn of(named: &NamedArgs) -> Result<Self, CannotRun> {
        Ok(Self { subject: named.one()?.map(Contained), expected: Vec::new() })
    }

    /// What came of it, unless the testee was at fault; one that was not asked to the end is not good.
    ///
    /// # Errors
    ///
    /// What is wrong with the testee itself, and what was wrong before.
    pub fn to_the_end(
        &self,
        outcome: Result<Outcome, CannotRun>,
        output: &Output,
    ) -> Result<Outcome, CannotRun> {
        self.without_fault()?;
        let over = self.testee().and_then(|testee| testee.testee().over());
        let is_cut = output.warnings(&over.into_iter().collect::<Vec<_>>());
        if is_cut { outcome.map(|_| Outcome::Findings) } else { outcome }
    }

    /// The testee, if there is one.
    pub fn testee(&self) -> Option<&Arc<Behind>> {
        self.subject.as_ref().map(|Contained(testee)| testee)
    }

    /// The testee in its release, or the fabric.
    pub fn subject(&self) -> &dyn Subject {
        self.subject.as_ref().map_or(&Fabric, |testee| testee)
    }

    /// What came of it, of a testee: the cases in which it was asked, with the line that repeats them,
    /// without what is expected, and with how it ended.
    pub fn settled(&self, report: Report, command: &str) -> Report {
        let Some(testee) = self.testee() else { return report };
        let again = repro::command(command, testee);
        let mut held = Report::new(format!("skewproof {command}")).explained(about);
        for grid in report.grids() {
            held.add(grid.clone().repeated_by(|_| again.clone()));
        }
        held.retain(&|address, requirement| testee.answers(address, requirement));
        excuse(&self.expected, &mut held, false);
        note_ends(slice::from_ref(testee), &mut held);
        held
    }

    /// What the testee itself did wrong, once everything else is said.
    ///
    /// # Errors
    ///
    /// That.
    pub fn without_fault(&self) -> Result<(), CannotRun> {
        self.testee().map_or(Ok(()), |testee| without_fault(slice::from_ref(testee)))
    }
}

/// Holds what testees come to in a matrix beside what their releases come to: their handshakes, and how
/// many cells are the same. Gives that of each.
pub fn beside_released(
    testees: &[Arc<Behind>],
    (matrix, is_repaired): (&Matrix, bool),
    report: &mut Report,
) -> Vec<Agreement> {
    let held = testees.iter().map(|testee| {
        let released = testee::released(testee, is_repaired);
        report.add(testee::handshakes(matrix, &released, testee));
        let agreement = testee::agreement(matrix, &released, testee);
        if !agreement.differences.rows.is_empty() {
            report.add_table(agreement.differences.clone());
        }
        report.add(agreement.verdicts.clone());
        agreement
    });
    let held: Vec<Agreement> = held.collect();
    if !testees.is_empty() {
        report.add_table(testee::agreements(testees.iter().zip(&held)));
    }
    held
}

/// Notes in a report which testees were not asked to the end, whatever is expected: it is not a good one
/// then.
pub fn note_ends(testees: &[Arc<Behind>], report: &mut Report) {
    for testee in testees.iter().map(|testee| testee.testee()) {
        let Some(actual) = testee.over() else { continue };
        let case = requirements::TESTEE_ANSWERS.case([testee.name()]);
        let verdict = Verdict::from(Finding {
            case: case.clone(),
            requirement: "the testee answers to the end, whatever it stands for".to_owned(),
            expected: "an answer".to_owned(),
            actual,
            place: None,
            repro: None,
        });
        report.grid("testees").record(testee.name(), "answers", &case, verdict);
    }
}

/// What a testee itself did wrong, once everything else is said.
///
/// # Errors
///
/// The first such fault.
pub fn without_fault(testees: &[Arc<Behind>]) -> Result<(), CannotRun> {
    for testee in testees {
        let testee = testee.testee();
        if let Some(fault) = testee.fault() {
            let name = testee.name();
            let words =
                format!("the testee {name} is at fault, and not what it stands for: {fault}");
            return Err(CannotRun::new(words).hint(
                "what was found before stands in the report; mend the testee and run again",
            ));
        }
    }
    Ok(())
}

/// Ends the testees that are still there when it goes: some are named for as long as the process lives.
pub struct Ending;

impl Drop for Ending {
    fn drop(&mut self) {
        end_all();
    }
}

/// When this process has to end, its testees end first.
fn end_with_us() -> Result<(), CannotRun> {
    let ended = ENDING_SIGNALS.map(|signal| (signal, Arc::new(AtomicBool::new(false))));
    let cannot =
        |error: std::io::Error| CannotRun::new(format!("cannot listen for signals: {error}"));
    for (signal, ended) in &ended {
        signal_hook::flag::register(*signal, Arc::clone(ended)).map_err(cannot)?;
    }
    let watch = move || loop {
        if let Some((signal, _)) = ended.iter().find(|(_, ended)| ended.load(Ordering::Relaxed)) {
            end_all();
            let _ = signal_hook::low_level::emulate_default_handler(*signal);
        }
        thread::sleep(TICK);
    };
    thread::Builder::new().spawn(watch).map_err(cannot)?;
    Ok(())
}
