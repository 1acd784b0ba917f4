//! A cluster of servers that are started here, each behind a proxy, and clients that ask it all the time.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::address::Address;
use super::check::panics;
use super::clients::{Clients, Door, RESTS, locked};
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
use crate::suite::live::rolling::{NODES, OldRuns};
use crate::suite::live::{Known, Life, Log, Step, alive, comes_back, is_welcome, who_is_alive};

/// The name of the cluster.
const CLUSTER: &str = "skewproof-upgrade";
/// How long nodes may take to see each other, and to take something again.
const SETTLE: Duration = Duration::from_secs(20);
/// How often it is looked whether they have.
const LOOK: Duration = Duration::from_millis(100);
/// Clients that ask at the same time.
const CLIENTS: u32 = 4;
/// How often a Hello is said again that nobody answers.
const HELLOS: usize = 3;

/// A cluster.
pub(super) struct Cluster {
    members: Vec<Member>,
    clients: Arc<Clients>,
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
        let clients = Arc::new(Clients::new());
        let (recorder, stop) = (Arc::clone(recorder), stop.clone());
        let (members, lives, logs) = (Vec::new(), Vec::new(), Vec::new());
        let mut cluster = Self { members, clients, recorder, stop, lives, logs };
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
            let (clients, recorder) = (Arc::clone(&self.clients), Arc::clone(&self.recorder));
            tokio::spawn(async move { clients.client(client, &recorder).await });
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
        if let Some(door) = locked(&self.clients.doors).get_mut(node) {
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
        if let Some(door) = locked(&self.clients.doors).get_mut(node) {
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
        locked(&self.clients.doors).clone()
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

    /// What nodes say to processes of a node that has a newer one: all that it had before are tried.
    pub(super) async fn old_runs(&self, node: usize) -> OldRuns {
        let of_node = self.lives.iter().filter(|life| life.node == node);
        let mut processes: Vec<GenerationalNodeId> = of_node.map(|life| life.process).collect();
        let newest = processes.pop().unwrap_or_default();
        let mut runs = OldRuns::default();
        for other in (0..NODES).filter(|other| *other != node) {
            for process in &processes {
                runs.note(other, [*process, newest], self.takes_back(other, *process).await);
            }
        }
        runs
    }

    /// Whether a node takes a process that is over; nothing if it does not say.
    async fn takes_back(&self, node: usize, process: GenerationalNodeId) -> Option<bool> {
        for _ in 0..HELLOS {
            let (_, log) = self.plays(node, |known| comes_back(known, process)).await?;
            if let Some(answer) = is_welcome(&log) {
                return Some(answer);
            }
        }
        None
    }

    /// Which node takes something for a partition; each is asked once.
    pub(super) async fn takes(&self, partition: u16, of: u16) -> Option<usize> {
        for (node, door) in self.doors().iter().enumerate() {
            let Some(door) = door else { continue };
            if self.clients.asks(door, 0, (partition, of), &self.recorder).await {
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
            let goes_on = is_new(&locked(&self.clients.taken));
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
        locked(&self.clients.doors).iter_mut().for_each(|door| *door = None);
        // What is under way comes to its end.
        sleep(RESTS[0] + LOOK).await;
        locked(&self.clients.taken).clone()
    }

    /// What was taken so far.
    pub(super) fn taken(&self) -> BTreeSet<String> {
        locked(&self.clients.taken).iter().map(|(_, id)| id.clone()).collect()
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
