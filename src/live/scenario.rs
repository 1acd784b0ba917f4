//! Clusters of two lines, in which one thing is done.

use std::path::PathBuf;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::cluster::{Build, Cluster, build};
use super::pages::query;
use super::probe::{GLANCE, runtime};
use super::proxy::Recorder;
use super::{LiveError, Stop};
use crate::fabric::release::Release;
use crate::suite::live::rolling::NODES;
use crate::suite::live::{PARTITIONS, Scenario};

/// How long partitions may take until they take something.
const PATIENCE: Duration = Duration::from_secs(25);
/// The node of the newer line.
const NEWER: usize = NODES - 1;

/// What is played, and between which programs.
pub struct Play {
    builds: [Build; 2],
    scenario: Scenario,
    stop: Stop,
}

impl Play {
    /// A scenario between an older program and a newer one.
    ///
    /// # Errors
    ///
    /// If one does not say which release it is.
    pub fn of(scenario: Scenario, programs: &[PathBuf; 2], stop: Stop) -> Result<Self, LiveError> {
        let [older, newer] = programs;
        Ok(Self { builds: [build(older)?, build(newer)?], scenario, stop })
    }

    /// The two releases.
    pub fn releases(&self) -> [Release; 2] {
        [self.builds[0].release, self.builds[1].release]
    }

    /// Plays it: what was seen instead of what is due, or why it was not seen.
    ///
    /// # Errors
    ///
    /// If a server does not start, or somebody wants an end.
    pub fn play(&self) -> Result<Result<Option<String>, String>, LiveError> {
        runtime()?.block_on(self.played())
    }

    async fn played(&self) -> Result<Result<Option<String>, String>, LiveError> {
        let recorder = Recorder::of(NODES)?;
        let [older, newer] = &self.builds;
        let builds = [older, older, newer];
        let mut cluster = Cluster::form(builds, PARTITIONS, &recorder, &self.stop).await?;
        if let Some(unseen) = cluster.see_each_other().await? {
            return Ok(Err(unseen));
        }
        let mut leaders = self.taking(&cluster).await?;
        // Who starts first leads most: nodes of the older line start anew until the newer one leads.
        for node in 0..NEWER {
            if !leaders.contains(&Some(NEWER)) {
                cluster.moves(node, older).await?;
                cluster.see_each_other().await?;
                leaders = self.taking(&cluster).await?;
            }
        }
        let idle = leaders.iter().filter(|it| it.is_none()).count();
        if idle > 0 {
            return Ok(Err(format!("{idle} of {PARTITIONS} partitions never took anything")));
        }
        let by_newer = leaders.iter().filter(|it| **it == Some(NEWER)).count();
        if by_newer == 0 || by_newer == leaders.len() {
            let how = if by_newer == 0 { "no partition" } else { "every partition" };
            return Ok(Err(format!("the newer node led {how}")));
        }
        match self.scenario {
            Scenario::Leaves => {
                cluster.leaves(NEWER).await;
                let left = self.taking(&cluster).await?;
                let idle = left.iter().filter(|it| it.is_none()).count();
                let words = format!(
                    "{idle} of {PARTITIONS} partitions take nothing any more; the newer node had led \
                     {by_newer}"
                );
                Ok(Ok((idle > 0).then_some(words)))
            }
            Scenario::Sql => Ok(Ok(self.asked(&cluster).await)),
        }
    }

    /// Which node takes something for each partition; none if it takes too long.
    async fn taking(&self, cluster: &Cluster) -> Result<Vec<Option<usize>>, LiveError> {
        let until = Instant::now() + PATIENCE;
        let mut taking = vec![None; usize::from(PARTITIONS)];
        while Instant::now() < until && taking.contains(&None) {
            for (partition, by) in (0..PARTITIONS).zip(&mut taking) {
                if self.stop.is_wanted() {
                    return Err(LiveError::Stopped);
                }
                if by.is_none() {
                    *by = cluster.takes(partition, PARTITIONS).await;
                }
            }
            sleep(GLANCE).await;
        }
        Ok(taking)
    }

    /// What nodes do not answer, each difference once.
    async fn asked(&self, cluster: &Cluster) -> Option<String> {
        let mut wrong = Vec::new();
        for node in [0, NEWER] {
            let Some(admin) = cluster.admin(node) else { continue };
            let release = self.builds[usize::from(node == NEWER)].release.exact_name();
            for question in Scenario::QUESTIONS {
                if let Err(why) = query(admin, question).await {
                    wrong.push(format!("{release} asked for {question}: {why}"));
                }
            }
        }
        (!wrong.is_empty()).then(|| wrong.join("\n"))
    }
}
