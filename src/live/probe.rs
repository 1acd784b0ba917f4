//! A server that somebody runs: who it is, and whether it does what its release did.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::address::Address;
use super::dial::{Line, Unspoken};
use super::play::play;
use super::{LiveError, Stop};
use crate::fabric::release::Release;
use crate::harness::report::{Grid, Report};
use crate::harness::verdict::{CaseId, Verdict};
use crate::suite::live::{
    Acquaintance, Case, Known, METRICS, Manners, NoServer, Play, calls, cluster_in, hellos,
    sessions,
};

/// Conversations at the same time: those that wait for silence wait together.
const AT_ONCE: usize = 100;
/// How often it is looked whether somebody wants an end.
pub(super) const GLANCE: Duration = Duration::from_millis(50);

/// What is asked of a server.
pub struct Probe<'a> {
    /// Where it is.
    pub address: Address,
    /// Its cluster, if it does not say so itself.
    pub cluster: Option<String>,
    /// The release that it is held to, if not the one that it turns out to be.
    pub release: Option<Release>,
    /// What may be done to it.
    pub manners: Manners,
    /// A number that no other run against the same server has: it remembers the peers of each.
    pub run: u64,
    /// Which cases are played.
    pub is_asked: &'a dyn Fn(&CaseId) -> bool,
    /// The line that repeats a case.
    pub repro: &'a dyn Fn(&CaseId) -> String,
    /// Whether somebody wants an end.
    pub stop: Stop,
}

/// What came of it.
pub struct Probed {
    /// Who it is.
    pub known: Known,
    /// Case by case.
    pub report: Report,
}

/// One thread for all sockets.
pub(super) fn runtime() -> Result<Runtime, LiveError> {
    Ok(Builder::new_current_thread().enable_io().enable_time().build()?)
}

/// Plays every case to a server.
///
/// # Errors
///
/// If it cannot be spoken to, or somebody wants an end.
pub fn probe(probe: &Probe<'_>, advance: &dyn Fn(u64, u64)) -> Result<Probed, LiveError> {
    runtime()?.block_on(async {
        let line = dial(&probe.address).await?;
        let cluster = match &probe.cluster {
            Some(cluster) => Some(cluster.clone()),
            None => line.page(METRICS).await.as_deref().and_then(cluster_in),
        };
        let known = acquainted(&line, &probe.address, cluster.as_deref()).await?;
        let mut known = known.in_run(probe.run);
        if let Some(release) = probe.release {
            known = known.held_to(release);
        }
        let mut cases = cases(&known, probe.manners);
        // What costs a server something is for servers that are started here.
        cases.retain(|case| !case.is_fatal);
        cases.retain(|case| (probe.is_asked)(&case.id));
        let verdicts = play_all(&line, known.release, cases, &probe.stop, advance).await?;
        let mut report = Report::new(format!("skewproof probe {}", probe.address));
        let column = known.release.to_string();
        report.add_table(known.table());
        let mut grid = Grid::new(GRID);
        for (row, id, verdict) in verdicts {
            grid.record(row, &column, &id, verdict);
        }
        report.add(grid.repeated_by(probe.repro));
        Ok(Probed { known, report })
    })
}

/// The grid of the cases.
pub(super) const GRID: &str = "what the server did, by the release that it is held to";

/// A connection to a server.
pub(super) async fn dial(address: &Address) -> Result<Line, LiveError> {
    let mut dialled = Line::dial(address.socket).await;
    // A name may stand for several sockets.
    for other in &address.others {
        if matches!(dialled, Err(Unspoken::Refused(_) | Unspoken::Unreachable)) {
            dialled = Line::dial(*other).await;
        }
    }
    dialled.map_err(|why| LiveError::Unspoken { address: address.to_string(), why })
}

/// Gets to know a server of a cluster; one that says nothing of its cluster may not be of one.
pub(super) async fn acquainted(
    line: &Line,
    address: &Address,
    cluster: Option<&str>,
) -> Result<Known, LiveError> {
    // Who is no node at all says so to any cluster.
    let named = cluster.unwrap_or_default();
    let newest = Release::lines().last().ok_or(LiveError::Stopped)?;
    let log = play(line, newest, Acquaintance::opening(named)).await;
    let begun = match Acquaintance::of(named, &log) {
        Err(NoServer::OtherCluster(_)) if cluster.is_none() => {
            return Err(LiveError::NoCluster(address.to_string()));
        }
        begun => begun.map_err(|why| LiveError::NoServer { address: address.to_string(), why })?,
    };
    let log = play(line, newest, begun.questions()).await;
    Ok(begun.known(&log))
}

/// Every case for a server.
pub(super) fn cases(known: &Known, manners: Manners) -> Vec<Case> {
    let mut cases = hellos(known, manners);
    cases.extend(calls(known));
    cases.extend(sessions(known, manners));
    cases
}

type Verdicts = Vec<(&'static str, CaseId, Verdict)>;

/// Plays cases, many at the same time; their verdicts, in the order of the cases.
pub(super) async fn play_all(
    line: &Line,
    release: Release,
    cases: Vec<Case>,
    stop: &Stop,
    advance: &dyn Fn(u64, u64),
) -> Result<Verdicts, LiveError> {
    let count = cases.len();
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut played = JoinSet::new();
    let mut verdicts: Vec<Option<Verdict>> = Vec::new();
    let mut names = Vec::new();
    for (index, case) in cases.into_iter().enumerate() {
        names.push((case.row, case.id));
        verdicts.push(None);
        let it: Play = match case.play {
            Ok(play) => play,
            Err(reason) => {
                verdicts[index] = Some(Verdict::Skip(reason.to_owned()));
                continue;
            }
        };
        let (line, places) = (line.clone(), Arc::clone(&places));
        played.spawn(async move {
            let place = places.acquire().await;
            let log = play(&line, release, it.steps.clone()).await;
            drop(place);
            (index, it.judge(&log))
        });
    }
    let mut done = count - played.len();
    loop {
        if stop.is_wanted() {
            return Err(LiveError::Stopped);
        }
        advance(done as u64, count as u64);
        match tokio::time::timeout(GLANCE, played.join_next()).await {
            Err(_) => {}
            Ok(None) => break,
            Ok(Some(Ok((index, verdict)))) => {
                done += 1;
                if let Some(slot) = verdicts.get_mut(index) {
                    *slot = Some(verdict);
                }
            }
            Ok(Some(Err(error))) => return Err(LiveError::Lost(error.to_string())),
        }
    }
    let all = names.into_iter().zip(verdicts);
    Ok(all.filter_map(|((row, id), verdict)| Some((row, id, verdict?))).collect())
}
