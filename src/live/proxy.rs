//! Stands between nodes: what passes is passed on as it is, and read along.

use std::collections::{BTreeMap, HashSet};
use std::mem::{Discriminant, discriminant};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::LiveError;
use super::address::Address;
use super::probe::{GLANCE, acquainted, dial};
use super::tap::{Passed, Tap};
use crate::fabric::release::Release;
use crate::suite::captures::Side;
use crate::suite::live::Tape;

/// Bytes that are passed on at once.
const CHUNK_LEN: usize = 64 << 10;
/// How long nothing may be heard of nodes while something is compressed, or nobody knows what they are.
const SILENCE: Duration = Duration::from_secs(3);

/// The tape of all connections, and its clock.
pub(super) struct Recorder {
    tape: Mutex<Tape>,
    begun: Instant,
    newest: Release,
    connections: AtomicU64,
    notes: Mutex<Notes>,
}

/// What is to be said of nodes, each once.
#[derive(Default)]
struct Notes {
    said: HashSet<(usize, Discriminant<Note>)>,
    waiting: Vec<(usize, Note)>,
    /// Since when something is compressed that may be of nodes.
    compressed: BTreeMap<usize, Duration>,
    /// Since when it is not known what a node is, and why.
    unnamed: BTreeMap<usize, (Duration, String)>,
}

impl Notes {
    fn add(&mut self, node: usize, note: Note) {
        if self.said.insert((node, discriminant(&note))) {
            self.waiting.push((node, note));
        }
    }
}

/// Why something that a node says is not on the tape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// Nobody knows which release it is; in words.
    Unnamed(String),
    /// What is said to it or by it is compressed.
    Compressed,
}

impl Recorder {
    /// A tape of so many nodes that are dialled.
    pub(super) fn of(nodes: usize) -> Result<Arc<Self>, LiveError> {
        let newest = Release::lines().last().ok_or(LiveError::Stopped)?;
        let (tape, begun, connections) =
            (Mutex::new(Tape::of(nodes)), Instant::now(), AtomicU64::new(0));
        let notes = Mutex::default();
        Ok(Arc::new(Self { tape, begun, newest, connections, notes }))
    }

    /// The tape. A change that was cut off has left it as good as before.
    pub(super) fn tape(&self) -> MutexGuard<'_, Tape> {
        self.tape.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long it has run.
    pub(super) fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    /// What is to be said of nodes since it was asked last.
    pub(super) fn notes(&self) -> Vec<(usize, Note)> {
        let (now, tape) = (self.now(), self.tape());
        let mut notes = self.locked_notes();
        // Others than nodes compress whatever they are told: if nodes do, nothing is heard of them.
        let silent = notes
            .compressed
            .iter()
            .filter(|(node, at)| now.saturating_sub(**at) > SILENCE && !tape.has_heard(**node));
        let silent: Vec<usize> = silent.map(|(node, _)| *node).collect();
        silent.into_iter().for_each(|node| notes.add(node, Note::Compressed));
        // One that starts says who it is a moment later.
        let unnamed = notes.unnamed.iter().filter(|(_, (at, _))| now.saturating_sub(*at) > SILENCE);
        let unnamed: Vec<(usize, String)> =
            unnamed.map(|(node, (_, why))| (*node, why.clone())).collect();
        unnamed.into_iter().for_each(|(node, why)| notes.add(node, Note::Unnamed(why)));
        std::mem::take(&mut notes.waiting)
    }

    fn locked_notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn passes(&self, connection: u64, node: usize, side: Side, passed: Passed) {
        let at = self.now();
        let mut tape = self.tape();
        match passed {
            Passed::Message(stream, bytes) => {
                tape.hears((connection, stream), node, (side, at), bytes);
            }
            Passed::Compressed(stream) => {
                let is_of_nodes = tape.compresses((connection, stream));
                let mut notes = self.locked_notes();
                if is_of_nodes {
                    notes.add(node, Note::Compressed);
                } else {
                    notes.compressed.entry(node).or_insert(at);
                }
            }
            Passed::Unreadable(stream) => {
                tape.loses((connection, stream));
            }
            Passed::End(stream) => tape.ends((connection, stream), side, at),
            Passed::Reset(stream) => tape.breaks((connection, stream), at),
        }
    }
}

/// An address that stands for a node.
pub(super) struct Proxy {
    listener: TcpListener,
    way: Arc<Way>,
}

/// The way to a node.
struct Way {
    recorder: Arc<Recorder>,
    node: usize,
    upstream: SocketAddr,
    /// Whether the node is asked what it is, whenever nobody has a connection to it.
    asks: bool,
    open: AtomicUsize,
}

impl Proxy {
    /// Listens at an address for a node.
    ///
    /// # Errors
    ///
    /// If the address cannot be had.
    pub(super) async fn bind(
        address: &Address,
        (node, upstream): (usize, SocketAddr),
        recorder: &Arc<Recorder>,
        asks: bool,
    ) -> Result<Self, LiveError> {
        let listener = TcpListener::bind(address.socket)
            .await
            .map_err(|why| LiveError::Taken { address: address.to_string(), why })?;
        let (recorder, open) = (Arc::clone(recorder), AtomicUsize::new(0));
        Ok(Self { listener, way: Arc::new(Way { recorder, node, upstream, asks, open }) })
    }

    /// Where it listens.
    ///
    /// # Errors
    ///
    /// If the system does not know.
    pub(super) fn socket(&self) -> Result<SocketAddr, LiveError> {
        Ok(self.listener.local_addr()?)
    }

    /// Passes connections on, for as long as it is polled.
    pub(super) async fn serve(self) {
        loop {
            match self.listener.accept().await {
                Ok((tcp, _)) => {
                    let way = Arc::clone(&self.way);
                    tokio::spawn(async move { way.takes(tcp).await });
                }
                // A connection that was gone again, or no file left for it: the next one may be had.
                Err(_) => sleep(GLANCE).await,
            }
        }
    }
}

impl Way {
    async fn takes(&self, from: TcpStream) {
        // Who is not there is not there for whoever dials: the connection ends.
        let Ok(to) = TcpStream::connect(self.upstream).await else { return };
        let _ = (from.set_nodelay(true), to.set_nodelay(true));
        self.open.fetch_add(1, Ordering::Relaxed);
        if self.asks {
            self.ask().await;
        }
        self.passes(from, to).await;
        if self.open.fetch_sub(1, Ordering::Relaxed) == 1 && self.asks {
            // It may come back as another one.
            self.recorder.tape().is(self.node, None);
        }
    }

    async fn ask(&self) {
        if self.recorder.tape().knows(self.node) {
            return;
        }
        match release_of(&Address::from(self.upstream)).await {
            Ok(release) => {
                self.recorder.tape().is(self.node, Some(release));
                self.recorder.locked_notes().unnamed.remove(&self.node);
            }
            Err(error) => {
                let (now, why) = (self.recorder.now(), error.to_string());
                let mut notes = self.recorder.locked_notes();
                notes.unnamed.entry(self.node).or_insert((now, why));
            }
        }
    }

    /// Both directions, until one of them ends: HTTP/2 has no use for the other one then.
    async fn passes(&self, from: TcpStream, to: TcpStream) {
        let recorder = &self.recorder;
        let connection = recorder.connections.fetch_add(1, Ordering::Relaxed) + 1;
        let ((from_peer, to_peer), (from_node, to_node)) = (from.into_split(), to.into_split());
        let mut ways = JoinSet::new();
        for (from, to, tap, side) in [
            (from_peer, to_node, Tap::of_client(recorder.newest), Side::Initiator),
            (from_node, to_peer, Tap::of_server(recorder.newest), Side::Acceptor),
        ] {
            let (recorder, node) = (Arc::clone(recorder), self.node);
            let hears = move |passed| recorder.passes(connection, node, side, passed);
            ways.spawn(pass(from, to, tap, hears));
        }
        ways.join_next().await;
        drop(ways);
        recorder.tape().falls(connection, recorder.now());
    }
}

/// What a node is, as it behaves and says.
pub(super) async fn release_of(address: &Address) -> Result<Release, LiveError> {
    let line = dial(address).await?;
    let cluster = line.page(crate::suite::live::METRICS).await;
    let cluster = cluster.as_deref().and_then(crate::suite::live::cluster_in);
    Ok(acquainted(&line, address, cluster.as_deref()).await?.release)
}

/// One direction. What passes is noted before it is passed on: an answer comes behind its call.
async fn pass(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut tap: Tap,
    hears: impl Fn(Passed),
) {
    let mut chunk = vec![0; CHUNK_LEN];
    while let Ok(read @ 1..) = from.read(&mut chunk).await {
        let bytes = chunk.get(..read).unwrap_or_default();
        tap.reads(bytes).into_iter().for_each(&hears);
        if to.write_all(bytes).await.is_err() {
            break;
        }
    }
    let _ = to.shutdown().await;
}
