//! Clusters of two lines, in which one thing is done.

mod acts;
mod service;

use std::collections::BTreeMap;

use tokio::time::{Duration, Instant, sleep};

use super::cluster::{Cluster, Written};
use super::probe::{GLANCE, runtime};
use super::proxy::Recorder;
use super::version::Build;
use super::{LiveError, Stop};
use crate::fabric::release::Release;
use crate::suite::live::rolling::NODES;
use crate::suite::live::{PARTITIONS, Point, Scenario, Staged};
use crate::suite::upgrade::Kind;

/// How long partitions of a new cluster may take until they take something, on a machine that is busy.
const FORMING: Duration = Duration::from_secs(45);
/// How long they may take after something was done.
const PATIENCE: Duration = Duration::from_secs(25);
/// The node that comes last, and is of the other line than the two before it.
const LAST: usize = NODES - 1;

/// What is played, and between which builds: the older one, and the newer.
pub struct Play {
    builds: [Build; 2],
    scenario: Scenario,
    stop: Stop,
}

/// What came of it.
pub struct Shown {
    /// What was seen.
    pub staged: Staged,
    /// What each process has written.
    pub logs: Vec<Written>,
}

/// Why a scenario goes no further.
enum Halt {
    /// It cannot come to its point with these servers, or did not this time.
    Unreached(String),
    /// Something went wrong on the way.
    Broken(Kind, String),
    /// What was seen so far tells it, such as the life of a server that did not come back.
    Told,
    /// No server starts, or somebody wants an end.
    Over(LiveError),
}

impl From<LiveError> for Halt {
    fn from(error: LiveError) -> Self {
        Self::Over(error)
    }
}

/// A cluster to which something is done, and what was seen so far.
struct Stage<'a> {
    play: &'a Play,
    cluster: Cluster,
    seen: BTreeMap<Point, Option<String>>,
}

impl Play {
    /// A scenario between an older build and a newer one.
    pub const fn of(scenario: Scenario, builds: [Build; 2], stop: Stop) -> Self {
        Self { builds, scenario, stop }
    }

    /// The two releases.
    pub fn releases(&self) -> [Release; 2] {
        self.builds.each_ref().map(|build| build.release)
    }

    /// Plays it.
    ///
    /// # Errors
    ///
    /// If no cluster forms in the beginning, or somebody wants an end. No server is left behind.
    pub fn play(&self) -> Result<Shown, LiveError> {
        runtime()?.block_on(async {
            let recorder = Recorder::of(NODES)?;
            let [older, newer] = self.builds.each_ref().map(Some);
            let builds = match self.scenario {
                Scenario::Provision => [newer, newer, None],
                _ => [older, older, newer],
            };
            let cluster = Cluster::form(builds, PARTITIONS, &recorder, &self.stop).await?;
            let mut stage = Stage { play: self, cluster, seen: BTreeMap::new() };
            let halt = stage.act(self.scenario).await.err();
            let seen = std::mem::take(&mut stage.seen);
            stage.cluster.has_room()?;
            let (lives, logs) = stage.cluster.dissolve().await;
            let mut staged = Staged { lives, seen, ..Staged::default() };
            match halt {
                None | Some(Halt::Told) => {}
                Some(Halt::Unreached(why)) => staged.unreached = Some(why),
                Some(Halt::Broken(kind, words)) => staged.broken = Some((kind, words)),
                Some(Halt::Over(error)) => return Err(error),
            }
            Ok(Shown { staged, logs })
        })
    }

    async fn rests(&self) -> Result<(), Halt> {
        if self.stop.is_wanted() {
            return Err(LiveError::Stopped.into());
        }
        sleep(GLANCE).await;
        Ok(())
    }

    /// Lets time pass.
    async fn passes(&self, time: Duration) -> Result<(), Halt> {
        let _: Result<(), ()> = self.tries(time, async || Ok(Err(()))).await?;
        Ok(())
    }

    /// Tries something until it comes to something, or so long has passed; what it came to in the end.
    async fn tries<T, E>(
        &self,
        time: Duration,
        mut attempt: impl AsyncFnMut() -> Result<Result<T, E>, Halt>,
    ) -> Result<Result<T, E>, Halt> {
        let until = Instant::now() + time;
        loop {
            let came = attempt().await?;
            if came.is_ok() || Instant::now() > until {
                return Ok(came);
            }
            self.rests().await?;
        }
    }
}

impl Stage<'_> {
    /// All that is done, up to the last point.
    async fn act(&mut self, scenario: Scenario) -> Result<(), Halt> {
        self.together().await?;
        match scenario {
            Scenario::Leaves => {
                let led = self.led_by_both().await?;
                self.goes_on_without(led).await
            }
            Scenario::Rule => {
                let led = self.led_by_both().await?;
                self.rules().await?;
                self.goes_on_without(led).await
            }
            Scenario::Sql => {
                self.led_by_both().await?;
                self.answers().await
            }
            Scenario::Schema => self.keeps_a_kafka_cluster().await,
            Scenario::Kafka => self.runs_on().await,
            Scenario::Provision => self.knows_its_keys().await,
            Scenario::Pins => {
                self.led_by_both().await?;
                self.keeps_pins().await
            }
        }
    }

    fn sees(&mut self, point: Point, wrong: Option<String>) {
        self.seen.insert(point, wrong);
    }

    /// All nodes see each other.
    async fn together(&self) -> Result<(), Halt> {
        match self.cluster.see_each_other().await? {
            None => Ok(()),
            Some(unseen) => Err(Halt::Broken(Kind::NotSeenAlive, unseen)),
        }
    }

    /// A node comes, or comes again.
    async fn moves(&mut self, node: usize, build: &Build) -> Result<(), Halt> {
        if self.cluster.moves(node, build).await? { self.together().await } else { Err(Halt::Told) }
    }

    /// Both lines lead partitions, and each partition takes something; how many the newer one leads.
    async fn led_by_both(&mut self) -> Result<usize, Halt> {
        let play = self.play;
        let [older, _] = &play.builds;
        let mut leaders = self.leaders(FORMING).await?;
        // Who starts first leads most: nodes of the older line start anew until the newer one leads.
        for node in 0..LAST {
            if !leaders.contains(&Some(LAST)) {
                self.moves(node, older).await?;
                leaders = self.leaders(FORMING).await?;
            }
        }
        let idle = idle(&leaders);
        if idle > 0 {
            let words = format!("{idle} of {PARTITIONS} partitions never took anything");
            return Err(Halt::Broken(Kind::NoProgress, words));
        }
        let by_newer = leaders.iter().filter(|it| **it == Some(LAST)).count();
        if by_newer == 0 || by_newer == leaders.len() {
            let how = if by_newer == 0 { "no partition" } else { "every partition" };
            return Err(Halt::Unreached(format!("the newer node led {how}")));
        }
        Ok(by_newer)
    }

    /// Which node takes something for each partition; none if it takes too long.
    async fn leaders(&self, patience: Duration) -> Result<Vec<Option<usize>>, Halt> {
        let mut leaders = vec![None; usize::from(PARTITIONS)];
        let all_lead = async || {
            for (partition, by) in (0..PARTITIONS).zip(&mut leaders) {
                if by.is_none() {
                    *by = self.cluster.takes(partition, PARTITIONS).await;
                }
            }
            Ok(if leaders.contains(&None) { Err(()) } else { Ok(()) })
        };
        // Who takes nothing is said by what is missing.
        let _ = self.play.tries(patience, all_lead).await?;
        Ok(leaders)
    }
}

/// How many partitions take nothing.
fn idle(leaders: &[Option<usize>]) -> usize {
    leaders.iter().filter(|it| it.is_none()).count()
}
