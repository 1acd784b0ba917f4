//! Everything that can be played to a server of a release: one that is started for it, and one more
//! for each thing of which released servers die.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::address::Address;
use super::dial::Line;
use super::node::Node;
use super::place::Place;
use super::play::play;
use super::probe::{GRID, acquainted, cases, dial, play_all, runtime};
use super::{LiveError, Stop};
use crate::fabric::release::Release;
use crate::harness::report::{Grid, Report};
use crate::harness::verdict::{CaseId, Finding, Verdict};
use crate::suite::live::{Aftermath, Known, Manners, fatals};
use crate::suite::requirements;

/// The cluster of servers that are started here.
const CLUSTER: &str = "skewproof-live";
/// How long a server is given to die.
const DYING: Duration = Duration::from_millis(300);
/// How long one is given that panicked or says nothing any more: it may wait for its streams.
const DEATH: Duration = Duration::from_secs(6);
/// How long one is given on which a stream has ended: what ended it may end the process a moment later.
const DEATH_OF_A_STREAM: Duration = Duration::from_secs(1);
/// How long a new server may take to make its log.
const PROVISIONING: Duration = Duration::from_secs(10);
/// Servers of their own at the same time.
const AT_ONCE: usize = 2;
/// The row of what servers die of.
const DEADLY: &str = "what released servers die of";
/// Why a case is not played after all.
const LOST: &str = "the server of its own knows no such case";
/// What a line of a log has in it that tells of a panic.
const PANICKED: &str = "panicked";

/// What is asked of a release.
pub struct Check<'a> {
    /// The program of its server.
    pub program: PathBuf,
    /// The release that it is held to, if not the one that it turns out to be.
    pub release: Option<Release>,
    /// Which cases are played.
    pub is_asked: Arc<dyn Fn(&CaseId) -> bool + Send + Sync>,
    /// The line that repeats a case.
    pub repro: &'a dyn Fn(&CaseId) -> String,
    /// Whether somebody wants an end.
    pub stop: Stop,
}

/// What came of it.
pub struct Checked {
    /// Who the server is.
    pub known: Known,
    /// Case by case.
    pub report: Report,
    /// The log of the server that was asked most.
    pub log: String,
}

type Verdicts = Vec<(&'static str, CaseId, Verdict)>;

/// Starts servers, plays everything, and ends them.
///
/// # Errors
///
/// If no server starts, or it cannot be spoken to, or somebody wants an end.
pub fn check(check: &Check<'_>, advance: &dyn Fn(u64, u64)) -> Result<Checked, LiveError> {
    runtime()?.block_on(async {
        let (mut node, known, line) = start(&check.program, &check.stop).await?;
        let known = check.release.into_iter().fold(known, Known::held_to);
        let (fatal, harmless): (Vec<_>, Vec<_>) = cases(&known, Manners::Intrusive)
            .into_iter()
            .filter(|case| (check.is_asked)(&case.id))
            .partition(|case| case.is_fatal);
        let apart = fatal.into_iter().map(|case| (case.row, case.id)).collect();
        let alone = Alone {
            program: check.program.clone(),
            release: known.release,
            scripts: apart,
            is_asked: Arc::clone(&check.is_asked),
            stop: check.stop.clone(),
        };
        let dying = tokio::spawn(alone.play(known.clone()));
        let has_harmless = !harmless.is_empty();
        let mut verdicts = play_all(&line, known.release, harmless, &check.stop, advance).await?;
        if has_harmless {
            verdicts.push(alive(&mut node, &known).await);
        }
        while !dying.is_finished() {
            if check.stop.is_wanted() {
                return Err(LiveError::Stopped);
            }
            sleep(DYING / 10).await;
        }
        verdicts.extend(dying.await.map_err(|error| LiveError::Lost(error.to_string()))??);
        node.has_room()?;
        Ok(Checked { report: report(check, &known, verdicts), known, log: node.log() })
    })
}

fn report(check: &Check<'_>, known: &Known, verdicts: Verdicts) -> Report {
    let mut report = Report::new("skewproof live check");
    report.add_table(known.table());
    let mut grid = Grid::new(GRID);
    let column = known.release.to_string();
    for (row, id, verdict) in verdicts {
        grid.record(row, &column, &id, verdict);
    }
    report.add(grid.repeated_by(check.repro));
    report
}

/// Whether a server still lives, and nothing in it has panicked.
pub(super) async fn alive(node: &mut Node, known: &Known) -> (&'static str, CaseId, Verdict) {
    let requirement = &requirements::LIVE_ALIVE;
    let id = requirement.case([known.release.name()]);
    let ended = node.ends_within(DYING).await.map(|exit| exit.to_string());
    let panicked = panics(node).first().map(|line| format!("its log says: {line}"));
    let verdict = match ended.or(panicked) {
        None => Verdict::Pass,
        Some(actual) => Verdict::from(Finding {
            case: id.clone(),
            requirement: requirement.sentence.to_owned(),
            expected: "the server runs, and no panic is in its log".to_owned(),
            actual,
            place: None,
            repro: None,
        }),
    };
    ("the server after all of it", id, verdict)
}

/// Lines of a log that tell of panics.
pub(super) fn panics(node: &Node) -> Vec<String> {
    node.log().lines().filter(|line| line.contains(PANICKED)).map(str::to_owned).collect()
}

/// What is played to servers of its own.
struct Alone {
    program: PathBuf,
    release: Release,
    scripts: Vec<(&'static str, CaseId)>,
    is_asked: Arc<dyn Fn(&CaseId) -> bool + Send + Sync>,
    stop: Stop,
}

impl Alone {
    async fn play(self, known: Known) -> Result<Verdicts, LiveError> {
        let names = fatals(&known).into_iter().map(|fatal| (DEADLY, fatal.id));
        let names = names.filter(|(_, id)| (self.is_asked)(id));
        let all: Vec<(&'static str, CaseId)> = self.scripts.iter().cloned().chain(names).collect();
        let (it, places) = (Arc::new(self), Arc::new(Semaphore::new(AT_ONCE)));
        let mut played = JoinSet::new();
        for (index, (row, id)) in all.iter().cloned().enumerate() {
            let (it, places) = (Arc::clone(&it), Arc::clone(&places));
            played.spawn(async move {
                let _place = places.acquire().await;
                let verdict =
                    if row == DEADLY { it.fatal(&id).await } else { it.script(&id).await };
                verdict.map(|verdict| (index, (row, id, verdict)))
            });
        }
        let mut verdicts = BTreeMap::new();
        while let Some(done) = played.join_next().await {
            verdicts.extend([done.map_err(|error| LiveError::Lost(error.to_string()))??]);
        }
        Ok(verdicts.into_values().collect())
    }

    async fn start(&self) -> Result<(Node, Known, Line), LiveError> {
        let (node, known, line) = start(&self.program, &self.stop).await?;
        Ok((node, known.held_to(self.release), line))
    }

    /// A script that has a panic in it, which is judged as any.
    async fn script(&self, id: &CaseId) -> Result<Verdict, LiveError> {
        let (mut node, known, line) = self.start().await?;
        let case = cases(&known, Manners::Intrusive).into_iter().find(|case| case.id == *id);
        let it = match case.map(|case| case.play) {
            Some(Ok(play)) => play,
            Some(Err(why)) => return Ok(Verdict::Skip(why.to_owned())),
            None => return Ok(Verdict::Skip(LOST.to_owned())),
        };
        let log = play(&line, self.release, it.steps.clone()).await;
        let verdict = it.judge(&log);
        // What falls with the process looks like an end that somebody meant.
        let has_ended = log.iter().any(|it| it.heard.is_end());
        let ended = node.ends_within(if has_ended { DEATH_OF_A_STREAM } else { DYING }).await;
        Ok(match (verdict, ended) {
            (Verdict::Pass, Some(exit)) => Verdict::from(Finding {
                case: id.clone(),
                requirement: requirements::LIVE_ALIVE.sentence.to_owned(),
                expected: "the server runs".to_owned(),
                actual: exit.to_string(),
                place: None,
                repro: None,
            }),
            (verdict, _) => verdict,
        })
    }

    async fn fatal(&self, id: &CaseId) -> Result<Verdict, LiveError> {
        let (mut node, known, line) = self.start().await?;
        let Some(fatal) = fatals(&known).into_iter().find(|fatal| fatal.id == *id) else {
            return Ok(Verdict::Skip(LOST.to_owned()));
        };
        let log = play(&line, self.release, fatal.steps.clone()).await;
        let is_dying = fatal.is_unanswered(&log, self.release) || !panics(&node).is_empty();
        let time = if is_dying { DEATH } else { DYING };
        let ended = node.ends_within(time).await.map(|exit| exit.to_string());
        let after = Aftermath { ended, panics: panics(&node).len() };
        Ok(fatal.judge(&log, &after, self.release))
    }
}

/// A new server that has its log, who it is, and a connection to it.
async fn start(program: &Path, stop: &Stop) -> Result<(Node, Known, Line), LiveError> {
    let place = Arc::new(Place::free("n1", CLUSTER)?);
    let node = Node::start(program, &place, stop).await?;
    let address = Address::from(node.socket());
    let line = dial(&address).await?;
    let until = Instant::now() + PROVISIONING;
    loop {
        let known = acquainted(&line, &address, Some(CLUSTER)).await?;
        if known.has_log() || Instant::now() > until {
            return Ok((node, known, line));
        }
        sleep(DYING / 10).await;
    }
}
