//! A cluster of servers that are started here, each behind a proxy, and clients that ask it all the time.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::time::{Instant, sleep};

use super::address::Address;
use super::check::panics;
use super::dial::Line;
use super::node::Node;
use super::place::Place;
use super::play::play;
use super::probe::{acquainted, dial};
use super::proxy::{Proxy, Recorder};
use super::version::Build;
use super::{LiveError, Stop};
use crate::fabric::envelope::GenerationalNodeId;
use crate::fabric::release::Release;
use crate::suite::live::rolling::NODES;
use crate::suite::live::{
    Invoked, Known, Life, Log, Step, alive, comes_back, invoke, is_taken, is_welcome, who_is_alive,
};

/// The name of the cluster.
const CLUSTER: &str = "skewproof-upgrade";
/// How long nodes may take to see each other, and to take something again.
const SETTLE: Duration = Duration::from_secs(20);
/// How often it is looked whether they have.
const LOOK: Duration = Duration::from_millis(100);
/// Clients that ask at the same time.
const CLIENTS: u32 = 4;
/// How long a client rests after something was taken, and after something was not.
const RESTS: [Duration; 2] = [Duration::from_millis(80), Duration::from_millis(20)];
/// The partition of a cluster that has one.
const ALONE: (u16, u16) = (0, 1);
/// When invocations are to run: long after all of it.
const LATER: Duration = Duration::from_secs(3600);

/// How a node is spoken to, as long as it serves.
#[derive(Clone)]
struct Door {
    line: Line,
    known: Known,
}

/// What clients know and say.
struct Desk {
    doors: Mutex<Vec<Option<Door>>>,
    taken: Mutex<Vec<(Duration, String)>>,
    next: AtomicU64,
}

/// A cluster.
pub(super) struct Cluster {
    members: Vec<Member>,
    desk: Arc<Desk>,
    recorder: Arc<Recorder>,
    stop: Stop,
    lives: Vec<Life>,
    logs: Vec<Written>,
}

/// What a process has written.
pub struct Written {
    /// Whose it is, as `n1-1.6.2`.
    pub name: String,
    /// What.
    pub log: String,
}

struct Member {
    place: Arc<Place>,
    node: Option<Node>,
    /// Its last life, among all.
    life: Option<usize>,
}

fn locked<T>(it: &Mutex<T>) -> MutexGuard<'_, T> {
    it.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Cluster {
    /// Starts nodes, each with its build; those that have none may come later.
    pub(super) async fn form(
        builds: [Option<&Build>; NODES],
        partitions: u16,
        recorder: &Arc<Recorder>,
        stop: &Stop,
    ) -> Result<Self, LiveError> {
        let mut places = Vec::new();
        let mut sockets = Vec::new();
        for node in 0..NODES {
            let place = Place::free(&format!("n{}", node + 1), CLUSTER)?;
            let here = Address::from(SocketAddr::from(([127, 0, 0, 1], 0)));
            let proxy = Proxy::bind(&here, (node, place.fabric()), recorder, false).await?;
            sockets.push(proxy.socket()?);
            tokio::spawn(proxy.serve());
            places.push(place);
        }
        let desk = Desk {
            doors: Mutex::new((0..NODES).map(|_| None).collect()),
            taken: Mutex::default(),
            next: AtomicU64::new(1),
        };
        let (desk, recorder, stop) = (Arc::new(desk), Arc::clone(recorder), stop.clone());
        let (members, lives, logs) = (Vec::new(), Vec::new(), Vec::new());
        let mut cluster = Self { members, desk, recorder, stop, lives, logs };
        for (node, place) in places.into_iter().enumerate() {
            let place = Arc::new(place.among(&sockets, node).divided(partitions));
            cluster.members.push(Member { place, node: None, life: None });
        }
        // All at once: the first does not serve without the others.
        let there = || builds.iter().enumerate().filter_map(|(node, it)| Some((node, (*it)?)));
        for (node, build) in there() {
            cluster.begins(node, build)?;
        }
        for (node, build) in there() {
            cluster.enters(node, build.release).await?;
        }
        Ok(cluster)
    }

    /// Sends clients, which ask for as long as the runtime lives.
    pub(super) fn send_clients(&self) {
        for client in 1..=CLIENTS {
            let (desk, recorder) = (Arc::clone(&self.desk), Arc::clone(&self.recorder));
            tokio::spawn(async move { desk.client(client, &recorder).await });
        }
    }

    fn begins(&mut self, node: usize, build: &Build) -> Result<(), LiveError> {
        let Some(member) = self.members.get_mut(node) else { return Ok(()) };
        self.recorder.tape().is(node, Some(build.release));
        member.node = Some(Node::begin(&build.program, &member.place)?);
        Ok(())
    }

    /// A node that has begun serves.
    async fn enters(&mut self, node: usize, release: Release) -> Result<(), LiveError> {
        let Some(member) = self.members.get_mut(node) else { return Ok(()) };
        let Some(server) = member.node.as_mut() else { return Ok(()) };
        server.serves(&self.stop).await?;
        let address = Address::from(member.place.fabric());
        let line = dial(&address).await?;
        let known = acquainted(&line, &address, Some(CLUSTER)).await?.held_to(release);
        member.life = Some(self.lives.len());
        let (process, from) = (known.node, self.recorder.now());
        let (left, ended, panics) = (None, None, Vec::new());
        self.lives.push(Life { node, release, process, from, left, ended, panics });
        if let Some(door) = locked(&self.desk.doors).get_mut(node) {
            *door = Some(Door { line, known });
        }
        Ok(())
    }

    /// Stops a node, if it runs, and starts it with another build. Whether it came back: a server that does
    /// not is what clusters are tried for, and its life tells of it.
    pub(super) async fn moves(&mut self, node: usize, build: &Build) -> Result<bool, LiveError> {
        self.leaves(node).await;
        self.begins(node, build)?;
        match self.enters(node, build.release).await {
            Ok(()) => Ok(true),
            Err(LiveError::Stopped) => Err(LiveError::Stopped),
            Err(error) => {
                self.fails(node, build.release, format!("it does not come back: {error}"));
                Ok(false)
            }
        }
    }

    /// What a node came to that did not enter.
    fn fails(&mut self, node: usize, release: Release, words: String) {
        let Some(member) = self.members.get_mut(node) else { return };
        let before = member.life.and_then(|life| self.lives.get(life)).map(|life| life.process);
        let before = before.unwrap_or_default();
        let process = GenerationalNodeId::new(before.id, before.generation + 1);
        member.life = Some(self.lives.len());
        let (from, left, ended) = (self.recorder.now(), None, Some(words));
        self.lives.push(Life { node, release, process, from, left, ended, panics: Vec::new() });
    }

    /// Stops a node.
    pub(super) async fn leaves(&mut self, node: usize) {
        if let Some(door) = locked(&self.desk.doors).get_mut(node) {
            *door = None;
        }
        let Some(member) = self.members.get_mut(node) else { return };
        let Some(mut server) = member.node.take() else { return };
        let asked = self.recorder.now();
        let before = server.ended();
        let exit = server.leave().await;
        let life = member.life.and_then(|life| self.lives.get_mut(life));
        let release = life.as_ref().map(|life| format!("-{}", life.release.exact_name()));
        let name = format!("n{}{}", node + 1, release.unwrap_or_default());
        self.logs.push(Written { name, log: server.log() });
        let Some(life) = life else { return };
        life.left = Some((asked, self.recorder.now()));
        life.panics = panics(&server);
        // Why it did not enter says more than how it went.
        life.ended = life.ended.take().or(match (before, exit) {
            (Some(exit), _) => Some(format!("it was gone before it was asked to end: {exit}")),
            (None, None) => Some("it was asked to end, did not, and was killed".to_owned()),
            (None, Some(exit)) if exit.0 != 0 => Some(format!("asked to end, {exit}")),
            (None, Some(_)) => None,
        });
    }

    /// Waits until every node sees every node alive; who does not, if it takes too long.
    pub(super) async fn see_each_other(&self) -> Result<Option<String>, LiveError> {
        let until = Instant::now() + SETTLE;
        loop {
            let unseen = self.unseen().await;
            if unseen.is_none() || Instant::now() > until {
                return Ok(unseen);
            }
            self.rests().await?;
        }
    }

    async fn unseen(&self) -> Option<String> {
        let doors = self.doors();
        let nodes: Vec<_> = doors.iter().flatten().map(|door| door.known.node).collect();
        for (index, (door, member)) in doors.iter().zip(&self.members).enumerate() {
            let name = format!("n{}", index + 1);
            let Some(Door { line, known }) = door else {
                if member.node.is_some() {
                    return Some(format!("{name} is down"));
                }
                continue;
            };
            let log = play(line, known.release, who_is_alive(known)).await;
            let Some(seen) = alive(known, &log) else {
                return Some(format!("{name} does not say whom it takes for alive"));
            };
            if let Some(other) = nodes.iter().find(|node| !seen.contains(node)) {
                return Some(format!("{name} does not take {other} for alive"));
            }
        }
        None
    }

    fn doors(&self) -> Vec<Option<Door>> {
        locked(&self.desk.doors).clone()
    }

    /// Plays steps to a node; nothing if it is not there.
    pub(super) async fn plays(
        &self,
        node: usize,
        steps: impl FnOnce(&Known) -> Vec<Step>,
    ) -> Option<(Known, Log)> {
        let Door { line, known } = self.doors().into_iter().nth(node)??;
        let log = play(&line, known.release, steps(&known)).await;
        Some((known, log))
    }

    /// A connection to a node, if it is there.
    pub(super) fn line(&self, node: usize) -> Option<Line> {
        self.doors().into_iter().nth(node)?.map(|door| door.line)
    }

    /// Which nodes take a process of a node that has a newer one, in words: all that it had before are tried.
    pub(super) async fn old_runs(&self, node: usize) -> Vec<String> {
        let of_node = self.lives.iter().filter(|life| life.node == node);
        let mut processes: Vec<GenerationalNodeId> = of_node.map(|life| life.process).collect();
        let newest = processes.pop();
        let mut taken = Vec::new();
        for other in (0..NODES).filter(|other| *other != node) {
            for process in &processes {
                let log = self.plays(other, |known| comes_back(known, *process)).await;
                if let (Some(newest), Some((_, log))) = (newest, log)
                    && is_welcome(&log)
                {
                    let name = format!("n{}", other + 1);
                    taken.push(format!("{name} takes {process}, after which came {newest}"));
                }
            }
        }
        taken
    }

    /// Which node takes something for a partition; each is asked once.
    pub(super) async fn takes(&self, partition: u16, of: u16) -> Option<usize> {
        for (node, door) in self.doors().iter().enumerate() {
            let Some(door) = door else { continue };
            if self.desk.asks(door, 0, (partition, of), &self.recorder).await {
                return Some(node);
            }
        }
        None
    }

    /// Waits until something is taken from now on; whether it was.
    pub(super) async fn goes_on(&self) -> Result<bool, LiveError> {
        let (since, until) = (self.recorder.now(), Instant::now() + SETTLE);
        loop {
            let is_new =
                |taken: &Vec<(Duration, String)>| taken.last().is_some_and(|it| it.0 > since);
            let goes_on = is_new(&locked(&self.desk.taken));
            if goes_on || Instant::now() > until {
                return Ok(goes_on);
            }
            self.rests().await?;
        }
    }

    async fn rests(&self) -> Result<(), LiveError> {
        if self.stop.is_wanted() {
            return Err(LiveError::Stopped);
        }
        sleep(LOOK).await;
        Ok(())
    }

    /// No client asks any more. What was taken is given.
    pub(super) async fn close(&self) -> Vec<(Duration, String)> {
        locked(&self.desk.doors).iter_mut().for_each(|door| *door = None);
        // What is under way comes to its end.
        sleep(RESTS[0] + LOOK).await;
        locked(&self.desk.taken).clone()
    }

    /// What was taken so far.
    pub(super) fn taken(&self) -> BTreeSet<String> {
        locked(&self.desk.taken).iter().map(|(_, id)| id.clone()).collect()
    }

    /// Where operators ask a node.
    pub(super) fn admin(&self, node: usize) -> Option<SocketAddr> {
        self.members.get(node).map(|member| member.place.admin())
    }

    /// Where operators ask nodes that run, those of the oldest release first: who is newer may ask others in
    /// a way that they cannot read.
    pub(super) fn admins(&self) -> Vec<SocketAddr> {
        let running = self.members.iter().filter(|member| member.node.is_some());
        let mut running: Vec<_> = running
            .filter_map(|member| {
                let life = self.lives.get(member.life?)?;
                Some((life.release.number(), member.place.admin()))
            })
            .collect();
        running.sort_by_key(|(number, _)| *number);
        running.into_iter().map(|(_, admin)| admin).collect()
    }

    /// Where users ask a node.
    pub(super) fn ingress(&self, node: usize) -> Option<SocketAddr> {
        self.members.get(node).map(|member| member.place.ingress())
    }

    /// How many processes have ended by themselves.
    pub(super) fn fallen(&mut self) -> usize {
        let nodes = self.members.iter_mut().filter_map(|member| member.node.as_mut());
        nodes.filter_map(Node::ended).count()
    }

    /// Whether there is room left for all nodes.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub(super) fn has_room(&self) -> Result<(), LiveError> {
        self.members.iter().try_for_each(|member| member.place.has_room())
    }

    /// Stops all nodes; what their lives were, and what each has written.
    pub(super) async fn dissolve(mut self) -> (Vec<Life>, Vec<Written>) {
        for node in 0..NODES {
            self.leaves(node).await;
        }
        (self.lives, self.logs)
    }
}

impl Desk {
    async fn client(&self, client: u32, recorder: &Recorder) {
        let mut turn = client as usize;
        loop {
            let door = locked(&self.doors).get(turn % NODES).cloned().flatten();
            let is_taken = match door {
                None => false,
                Some(door) => self.asks(&door, client, ALONE, recorder).await,
            };
            // Only who leads takes something: one that does is asked again.
            turn += usize::from(!is_taken);
            sleep(if is_taken { RESTS[0] } else { RESTS[1] }).await;
        }
    }

    async fn asks(
        &self,
        door: &Door,
        client: u32,
        partition: (u16, u16),
        recorder: &Recorder,
    ) -> bool {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let at_ms = u64::try_from((now + LATER).as_millis()).unwrap_or(u64::MAX);
        let invoked = Invoked { number, partition, at_ms };
        let steps = invoke(&door.known, client, invoked);
        let log = play(&door.line, door.known.release, steps).await;
        let is_taken = is_taken(&door.known, &log);
        if is_taken {
            locked(&self.taken).push((recorder.now(), invoked.name()));
        }
        is_taken
    }
}
