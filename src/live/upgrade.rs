//! A rolling upgrade of servers that are started here.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value as Json;
use tokio::time::{Instant, sleep};

use super::cluster::{Cluster, Written};
use super::pages::query;
use super::probe::{GLANCE, runtime};
use super::proxy::Recorder;
use super::version::Build;
use super::{LiveError, Stop};
use crate::fabric::release::Release;
use crate::harness::upgrade::plan::{Plan, Step};
use crate::suite::live::KEPT;
use crate::suite::live::rolling::{NODES, Played, Stage, plan};

/// How long a cluster may take to say all that it has.
const SAYING: Duration = Duration::from_secs(15);

/// What is to be done.
pub struct Upgrade {
    builds: Vec<Build>,
    /// Step by step.
    pub plan: Plan<Release>,
    stop: Stop,
}

/// What came of it.
pub struct Upgraded {
    /// What was seen.
    pub played: Played,
    /// What each process has written.
    pub logs: Vec<Written>,
}

impl Upgrade {
    /// Plans an upgrade from one build to the next; nodes in this order, the first of them back once
    /// if that is wanted.
    ///
    /// # Errors
    ///
    /// If two of them are one release.
    pub fn of(
        builds: &[Build],
        order: &[usize],
        goes_back: bool,
        stop: Stop,
    ) -> Result<Self, LiveError> {
        let builds = builds.to_vec();
        for (index, build) in builds.iter().enumerate() {
            if builds.iter().skip(index + 1).any(|other| other.release == build.release) {
                return Err(LiveError::Same(build.release.exact_name()));
            }
        }
        let path: Vec<Release> = builds.iter().map(|build| build.release).collect();
        Ok(Self { builds, plan: plan(&path, order, goes_back), stop })
    }

    /// Plays it. `advance` is told of every step that begins.
    ///
    /// # Errors
    ///
    /// If a server does not start, or somebody wants an end. No server is left behind.
    pub fn play(&self, advance: &dyn Fn(usize)) -> Result<Upgraded, LiveError> {
        runtime()?.block_on(self.played(advance))
    }

    async fn played(&self, advance: &dyn Fn(usize)) -> Result<Upgraded, LiveError> {
        let first = self.builds.first().ok_or(LiveError::Stopped)?;
        let recorder = Recorder::of(NODES)?;
        let mut stages = Vec::new();
        advance(0);
        let mut cluster = Cluster::form([Some(first); NODES], 1, &recorder, &self.stop).await?;
        cluster.send_clients();
        let from = Duration::ZERO;
        stages.push(settled(&cluster, &recorder, (from, None)).await?);
        for (index, step) in self.plan.steps.iter().enumerate() {
            let Step::Upgrade { node, to } = step else { continue };
            let Some(build) = self.builds.iter().find(|build| build.release == *to) else {
                continue;
            };
            advance(index + 1);
            let from = recorder.now();
            if !cluster.moves(*node, build).await? {
                break;
            }
            stages.push(settled(&cluster, &recorder, (from, Some(*node))).await?);
        }
        let taken = cluster.close().await;
        let kept = self.kept(&cluster, &taken).await?;
        let end = recorder.now();
        // How nodes part in the end is no part of the upgrade.
        let (frames, ends, unreadable) = {
            let mut tape = recorder.tape();
            (tape.take(), tape.take_ends(), tape.unreadable())
        };
        cluster.has_room()?;
        let (lives, logs) = cluster.dissolve().await;
        let played = Played { lives, stages, frames, ends, unreadable, taken, kept, end };
        Ok(Upgraded { played, logs })
    }

    /// The invocations that the cluster has, as a node says. What was taken last may take a moment to be
    /// seen, and one node may not see what another one does: who sees all of it is right.
    async fn kept(
        &self,
        cluster: &Cluster,
        taken: &[(Duration, String)],
    ) -> Result<Result<BTreeSet<String>, String>, LiveError> {
        let until = Instant::now() + SAYING;
        loop {
            let mut said = Err("nobody is there".to_owned());
            for admin in cluster.admins() {
                let kept = query(admin, KEPT).await.map(|rows| {
                    let id = |row: &Json| Some(row.get("id")?.as_str()?.to_owned());
                    rows.iter().filter_map(id).collect::<BTreeSet<String>>()
                });
                if kept.as_ref().is_ok_and(|it| taken.iter().all(|(_, id)| it.contains(id))) {
                    return Ok(kept);
                }
                // Who answers says more than who does not.
                said = if said.is_ok() { said } else { kept };
            }
            if Instant::now() > until {
                return Ok(said);
            }
            if self.stop.is_wanted() {
                return Err(LiveError::Stopped);
            }
            sleep(GLANCE).await;
        }
    }
}

/// Waits until nodes have settled, since a moment, and perhaps since a node has moved.
async fn settled(
    cluster: &Cluster,
    recorder: &Recorder,
    (from, moved): (Duration, Option<usize>),
) -> Result<Stage, LiveError> {
    let unseen = cluster.see_each_other().await?;
    let goes_on = cluster.goes_on().await?;
    let to = recorder.now();
    let old_runs = match moved {
        Some(node) => Some(cluster.old_runs(node).await),
        None => None,
    };
    Ok(Stage { time: (from, to), unseen, goes_on, old_runs })
}
