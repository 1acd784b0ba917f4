//! Clients of a cluster, which ask its nodes for invocations.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::time::sleep;

use super::dial::Line;
use super::play::play;
use super::proxy::Recorder;
use crate::suite::live::rolling::NODES;
use crate::suite::live::{Invoked, Known, invoke, is_taken};

/// How long a client rests after something was taken, and after something was not.
pub(super) const RESTS: [Duration; 2] = [Duration::from_millis(80), Duration::from_millis(20)];
/// The partition of a cluster that has one.
const ALONE: (u16, u16) = (0, 1);
/// When invocations are to run: long after all of it.
const LATER: Duration = Duration::from_secs(3600);

/// How a node is spoken to, as long as it serves.
#[derive(Clone)]
pub(super) struct Door {
    pub line: Line,
    pub known: Known,
}

/// What clients know and say.
pub(super) struct Clients {
    pub doors: Mutex<Vec<Option<Door>>>,
    pub taken: Mutex<Vec<(Duration, String)>>,
    next: AtomicU64,
}

/// What is behind a lock: a change that was cut off has left it as good as before.
pub(super) fn locked<T>(it: &Mutex<T>) -> MutexGuard<'_, T> {
    it.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Clients {
    /// Clients of all nodes, of which none serves yet.
    pub(super) fn new() -> Self {
        Self {
            doors: Mutex::new((0..NODES).map(|_| None).collect()),
            taken: Mutex::default(),
            next: AtomicU64::new(1),
        }
    }

    /// Asks all the time, whoever takes something.
    pub(super) async fn client(&self, client: u32, recorder: &Recorder) {
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

    /// Asks a node for an invocation; whether it was taken.
    pub(super) async fn asks(
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
