//! Servers that dial us. Peers of theirs join their cluster as servers do, and are gone then; whoever dials
//! them meets us in their place, with a case of a Welcome each time.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use h2::RecvStream;
use h2::server::{self, SendResponse};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use super::accept::{UNIMPLEMENTED, head, refuse};
use super::address::Address;
use super::check::alive;
use super::node::Node;
use super::place::Place;
use super::probe::{GLANCE, acquainted, dial, runtime};
use super::proxy::{Proxy, Recorder};
use super::version::Build;
use super::{LiveError, Stop};
use crate::fabric::envelope::GenerationalNodeId;
use crate::fabric::release::Release;
use crate::fabric::stream::FrameReader;
use crate::harness::report::{Grid, Report};
use crate::harness::verdict::{CaseId, Verdict};
use crate::suite::live::{METHOD, Reaction, Reply, Welcomed, welcomes};

/// The name of the cluster.
const CLUSTER: &str = "skewproof-dials";
/// Peers of ours: a server dials each of them in turn.
const PEERS: usize = 3;
/// How long all cases may take: a server waits longer from dial to dial.
const ALL_OF_IT: Duration = Duration::from_secs(90);
/// How long a server may take to say its Hello, and to react.
const REACTION: Duration = Duration::from_secs(2);
/// How often a case is said to a server that does not react.
const TRIES_MAX: u32 = 3;
/// The status of a peer that has nothing to say.
const UNAVAILABLE: u8 = 14;
/// Why a case was not said.
const SELDOM: &str = "the server dialled too seldom";
/// Why a case has no verdict that is an answer without a frame.
const UNSEEN: &str = "the answer ends the stream: what the server makes of it cannot be seen";
/// The grid of the cases.
const GRID: &str = "what a server that dials made of the answer, by its release";

/// Lets a server dial, and answers with every case; `repro` is the line that repeats it.
///
/// # Errors
///
/// If no server starts, or somebody wants an end.
pub fn welcome(build: &Build, repro: &str, stop: &Stop) -> Result<Report, LiveError> {
    let Build { program, release } = build;
    let release = *release;
    runtime()?.block_on(async {
        let mut listeners = Vec::new();
        let dialler = Place::free("n1", CLUSTER)?;
        let first = dialler.fabric();
        let mut sockets = Vec::new();
        for _ in 0..PEERS {
            let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await?;
            sockets.push(listener.local_addr()?);
            listeners.push(listener);
        }
        drop(listeners);
        let dialler = Arc::new(dialler.beside(first, first));
        let mut node = Node::start(program, &dialler, stop).await?;
        let mut peers = Vec::new();
        for (index, socket) in sockets.into_iter().enumerate() {
            let place = Place::free(&format!("n{}", index + 2), CLUSTER)?.beside(first, socket);
            peers.push((socket, Joined::join(program, place, socket, stop).await?));
        }
        let address = Address::from(node.socket());
        let line = dial(&address).await?;
        let known = acquainted(&line, &address, Some(CLUSTER)).await?.held_to(release);
        let desk = Arc::new(Desk::of(release));
        // All at once: one that joins needs most of those that are there.
        for (socket, peer) in peers {
            let peer = peer.leave().await;
            let listener = TcpListener::bind(socket).await?;
            tokio::spawn(serve(listener, peer, Arc::clone(&desk)));
        }
        let until = Instant::now() + ALL_OF_IT;
        while desk.is_busy() && Instant::now() < until && node.ended().is_none() {
            if stop.is_wanted() {
                return Err(LiveError::Stopped);
            }
            sleep(GLANCE).await;
        }
        let lives = alive(&mut node, &known).await;
        node.has_room()?;
        Ok(desk.report(lives, repro))
    })
}

/// A peer that is in the cluster, as servers are.
struct Joined {
    node: Node,
    passes: JoinHandle<()>,
    peer: GenerationalNodeId,
}

impl Joined {
    /// Starts a server that is reached at an address of ours.
    async fn join(
        program: &Path,
        place: Place,
        here: SocketAddr,
        stop: &Stop,
    ) -> Result<Self, LiveError> {
        let place = Arc::new(place);
        let way = (0, place.fabric());
        let proxy = Proxy::bind(&Address::from(here), way, &Recorder::of(1)?, false).await?;
        let passes = tokio::spawn(proxy.serve());
        let node = Node::start(program, &place, stop).await?;
        let address = Address::from(node.socket());
        let line = dial(&address).await?;
        let peer = acquainted(&line, &address, Some(CLUSTER)).await?.node;
        Ok(Self { node, passes, peer })
    }

    /// The server is gone; who it was.
    async fn leave(self) -> GenerationalNodeId {
        self.passes.abort();
        // Its address is free then.
        let _ = self.passes.await;
        drop(self.node);
        self.peer
    }
}

/// What is to be said, and what came of it.
struct Desk {
    release: Release,
    cases: Vec<Welcomed>,
    state: Mutex<State>,
}

struct State {
    /// Cases that are to be said, with how often they were.
    waiting: VecDeque<(usize, u32)>,
    under_way: usize,
    verdicts: Vec<Option<Verdict>>,
}

impl Desk {
    fn of(release: Release) -> Self {
        let cases = welcomes(release);
        let waiting = (0..cases.len()).map(|index| (index, 0)).collect();
        let verdicts = cases.iter().map(|_| None).collect();
        Self { release, state: Mutex::new(State { waiting, under_way: 0, verdicts }), cases }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_busy(&self) -> bool {
        let state = self.state();
        !state.waiting.is_empty() || state.under_way > 0
    }

    /// The next case that can be said, and what is said.
    fn next(&self, peer: GenerationalNodeId) -> Option<(usize, u32, Reply)> {
        let mut state = self.state();
        loop {
            let (index, tries) = state.waiting.pop_front()?;
            match self.cases.get(index)?.reply(peer) {
                Ok(reply) => {
                    state.under_way += 1;
                    return Some((index, tries, reply));
                }
                Err(why) => {
                    if let Some(slot) = state.verdicts.get_mut(index) {
                        *slot = Some(Verdict::Skip(why.to_owned()));
                    }
                }
            }
        }
    }

    /// A case was said, and this was seen; nothing if nothing was.
    fn done(&self, (index, tries): (usize, u32), peer: GenerationalNodeId, seen: Option<Reaction>) {
        let mut state = self.state();
        state.under_way -= 1;
        let verdict = match (seen, self.cases.get(index)) {
            (Some(seen), Some(case)) => case.judge(peer, seen),
            _ if tries < TRIES_MAX => {
                state.waiting.push_back((index, tries + 1));
                return;
            }
            _ => Verdict::Skip("the server did not react".to_owned()),
        };
        if let Some(slot) = state.verdicts.get_mut(index) {
            *slot = Some(verdict);
        }
    }

    /// A case was said that ends the stream by itself.
    fn unseen(&self, index: usize) {
        let mut state = self.state();
        state.under_way -= 1;
        if let Some(slot) = state.verdicts.get_mut(index) {
            *slot = Some(Verdict::Skip(UNSEEN.to_owned()));
        }
    }

    fn report(&self, lives: (&'static str, CaseId, Verdict), repro: &str) -> Report {
        let mut grid = Grid::new(GRID);
        let is_judged =
            |verdict: &Option<Verdict>| matches!(verdict, Some(Verdict::Pass | Verdict::Fail(_)));
        let is_any_judged = self.state().verdicts.iter().any(is_judged);
        for (case, verdict) in self.cases.iter().zip(&self.state().verdicts) {
            let verdict = verdict.clone().unwrap_or_else(|| Verdict::Skip(SELDOM.to_owned()));
            grid.record(
                "a Welcome with one deviation",
                &self.release.exact_name(),
                &case.id,
                verdict,
            );
        }
        let (row, case, verdict) = match lives {
            // A server that lives, and never dialled, has shown nothing.
            (row, case, Verdict::Pass) if !is_any_judged => {
                (row, case, Verdict::Skip(SELDOM.to_owned()))
            }
            lives => lives,
        };
        grid.record(row, &self.release.exact_name(), &case, verdict);
        let mut report = Report::new("skewproof live welcome");
        report.add(grid.repeated_by(|_| repro.to_owned()));
        report
    }
}

/// Takes connections in the place of a peer, for as long as it is polled.
async fn serve(listener: TcpListener, peer: GenerationalNodeId, desk: Arc<Desk>) {
    loop {
        match listener.accept().await {
            Ok((tcp, _)) => {
                tokio::spawn(connection(tcp, peer, Arc::clone(&desk)));
            }
            Err(_) => sleep(GLANCE).await,
        }
    }
}

async fn connection(tcp: TcpStream, peer: GenerationalNodeId, desk: Arc<Desk>) {
    let _ = tcp.set_nodelay(true);
    let Ok(mut http) = server::handshake(tcp).await else { return };
    while let Some(Ok((request, respond))) = http.accept().await {
        if request.uri().path() == METHOD {
            tokio::spawn(answer(request.into_body(), respond, peer, Arc::clone(&desk)));
        } else {
            refuse(respond, UNIMPLEMENTED, "");
        }
    }
}

async fn answer(
    body: RecvStream,
    mut respond: SendResponse<Bytes>,
    peer: GenerationalNodeId,
    desk: Arc<Desk>,
) {
    let mut ear = Ear { body, reader: FrameReader::new(desk.release) };
    if ear.heard().await != Some(true) {
        return;
    }
    let Some((index, tries, reply)) = desk.next(peer) else {
        return refuse(respond, UNAVAILABLE, "there is nothing more to say");
    };
    let seen = match reply {
        Reply::Status(code) => {
            refuse(respond, code, "");
            return desk.unseen(index);
        }
        Reply::Frame(bytes) => {
            let answer = head().body(()).ok();
            let send = answer.and_then(|answer| respond.send_response(answer, false).ok());
            match send {
                None => None,
                Some(mut send) => {
                    let _ = send.send_data(bytes, false);
                    let heard = ear.heard().await;
                    heard.map(|talks| if talks { Reaction::Talks } else { Reaction::Ends })
                }
            }
        }
    };
    desk.done((index, tries), peer, seen);
}

/// What is heard of a server, frame by frame.
struct Ear {
    body: RecvStream,
    reader: FrameReader,
}

impl Ear {
    /// Whether a frame is heard, or the end; nothing if neither is, in time.
    async fn heard(&mut self) -> Option<bool> {
        timeout(REACTION, self.frame_or_end()).await.ok()
    }

    async fn frame_or_end(&mut self) -> bool {
        loop {
            if let Ok(Some(_)) = self.reader.next_frame() {
                return true;
            }
            let Some(Ok(chunk)) = self.body.data().await else { return false };
            let _ = self.body.flow_control().release_capacity(chunk.len());
            self.reader.push(&chunk);
        }
    }
}
