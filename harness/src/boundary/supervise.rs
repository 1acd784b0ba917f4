//! Many calls of something that may panic, hang or eat memory: each comes back with a value or with
//! what it broke.

use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use super::{Panicked, caught};

/// How many calls of one series may hang before the rest is given up: each costs the whole time
/// limit, and a thread that never ends.
const HANGS_MAX: usize = 3;

/// Stack of the thread that a series runs in, in bytes: what a thread gets by default, said here
/// because it is a bound on the subject.
const STACK: usize = 2 << 20;

/// What a call may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Time from start to end. Generous: it tells a hang from work, not slow from fast.
    pub time: Duration,
    /// Bytes allocated at the same time, above what there was before the call.
    pub memory: u64,
}

/// What a call did that no call may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Breach {
    /// It panicked.
    Panicked(Panicked),
    /// It was not done in time. The thread that it hangs in is left behind.
    Hung(Duration),
    /// It held more bytes than it may.
    TooMuchMemory {
        /// The most that it held.
        peak: u64,
        /// What it may hold.
        limit: u64,
    },
    /// The process that it was asked of died: how, and the end of what it said.
    Died(String),
    /// Asked once more, it gave another answer.
    Unsteady(String),
    /// It took bytes, and wrote of them what nobody reads.
    Unreadable(String),
    /// It was not tried, and why.
    NotTried(String),
}

/// In words that stay the same when the code moves: where a panic was raised is left out.
impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Panicked(panicked) => write!(f, "panicked: {}", panicked.message),
            Self::Hung(limit) => write!(f, "not done within {limit:?}"),
            Self::TooMuchMemory { peak, limit } => {
                write!(f, "held {peak} bytes of memory at once, more than {limit}")
            }
            Self::Died(how) => write!(f, "died: {how}"),
            Self::Unsteady(answers) => write!(f, "answers otherwise when asked again: {answers}"),
            Self::Unreadable(words) => write!(f, "takes the bytes, but writes of them: {words}"),
            Self::NotTried(reason) => write!(f, "not tried: {reason}"),
        }
    }
}

/// Runs `call` with 0, 1, … up to `count`, one after the other in a thread of its own, and gives
/// what came of each, in that order. A panic or a hang of one does not keep the others from being
/// tried.
///
/// Memory is measured, not limited: a call that takes more than there is still ends the process,
/// and so does a stack overflow.
pub fn supervise<T: Send + 'static>(
    count: usize,
    limits: Limits,
    call: Arc<dyn Fn(usize) -> T + Send + Sync>,
) -> Vec<Result<T, Breach>> {
    let mut results = Vec::with_capacity(count);
    let mut hangs = 0;
    while results.len() < count && hangs < HANGS_MAX {
        let outcomes = start(results.len()..count, limits.memory, Arc::clone(&call));
        hangs += usize::from(gather(&outcomes, count, limits.time, &mut results));
    }
    let reason = format!("{HANGS_MAX} calls before it hung");
    results.resize_with(count, || Err(Breach::NotTried(reason.clone())));
    results
}

/// Gathers what a thread sends; true if it hung.
fn gather<T>(
    outcomes: &Receiver<Result<T, Breach>>,
    count: usize,
    limit: Duration,
    results: &mut Vec<Result<T, Breach>>,
) -> bool {
    while results.len() < count {
        match outcomes.recv_timeout(limit) {
            Ok(outcome) => results.push(outcome),
            Err(RecvTimeoutError::Timeout) => {
                results.push(Err(Breach::Hung(limit)));
                return true;
            }
            // The thread could not be started, or ended early: nothing more will come of it.
            Err(RecvTimeoutError::Disconnected) => return true,
        }
    }
    false
}

/// Starts a thread that makes the calls and sends what comes of each.
fn start<T: Send + 'static>(
    calls: std::ops::Range<usize>,
    memory: u64,
    call: Arc<dyn Fn(usize) -> T + Send + Sync>,
) -> Receiver<Result<T, Breach>> {
    let (sender, receiver) = mpsc::channel();
    let body = move || {
        for index in calls {
            let outcome = contain_within(memory, || call(index));
            if sender.send(outcome).is_err() {
                return;
            }
        }
    };
    // If no thread can be had, the sender is dropped and the receiver says so.
    let _ = thread::Builder::new().stack_size(STACK).spawn(body);
    receiver
}

/// Runs `body`, as [`contain`](super::contain) does, and looks at how much memory it held at once.
///
/// # Errors
///
/// The panic, or the memory if it was more than the limit.
pub fn contain_within<T>(limit: u64, body: impl FnOnce() -> T) -> Result<T, Breach> {
    within(limit, || caught(body))?
}

/// Runs `body`, panics and all, and looks at how much memory it held at once.
///
/// # Errors
///
/// The memory, if it was more than the limit.
pub fn within<T>(limit: u64, body: impl FnOnce() -> T) -> Result<T, Breach> {
    let mut outcome = None;
    let peak = peak_of(|| outcome = Some(body()));
    match outcome {
        Some(outcome) if peak <= limit => Ok(outcome),
        _ => Err(Breach::TooMuchMemory { peak, limit }),
    }
}

/// Runs `body`; what it holds is counted for nobody.
pub fn uncounted<T>(body: impl FnOnce() -> T) -> T {
    #[cfg(feature = "memory")]
    {
        // Counting goes on where a panic leaves it: the panic leaves once it counts again.
        let mut outcome = None;
        allocation_counter::opt_out(|| outcome = Some(caught(body)));
        match outcome {
            Some(Ok(value)) => value,
            Some(Err(breach)) => super::raise(breach),
            None => super::raise(Breach::NotTried("it was not run".to_owned())),
        }
    }
    #[cfg(not(feature = "memory"))]
    body()
}

/// The most that `body` held at once, in bytes.
#[cfg(feature = "memory")]
fn peak_of(body: impl FnOnce()) -> u64 {
    allocation_counter::measure(body).bytes_max
}

/// Without an allocator that counts nothing is known of memory.
#[cfg(not(feature = "memory"))]
fn peak_of(body: impl FnOnce()) -> u64 {
    body();
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    // What a busy machine takes for a thread and a panic with its trace.
    const LIMITS: Limits = Limits { time: Duration::from_secs(5), memory: 1 << 20 };

    #[test]
    fn every_call_is_tried_whatever_the_others_do() {
        let call = |index| match index {
            1 => panic!("at {index}"),
            2 => loop {
                thread::sleep(Duration::from_millis(50));
            },
            3 => Vec::<u8>::with_capacity(2 << 20).capacity(),
            other => other,
        };
        let results = supervise(5, LIMITS, Arc::new(call));
        assert_eq!(results[0], Ok(0));
        assert!(matches!(&results[1], Err(Breach::Panicked(p)) if p.message == "at 1"));
        assert_eq!(results[2], Err(Breach::Hung(LIMITS.time)));
        assert_eq!(results[3], Err(Breach::TooMuchMemory { peak: 2 << 20, limit: 1 << 20 }));
        assert_eq!(results[4], Ok(4));
    }

    #[test]
    fn a_series_that_only_hangs_is_given_up() {
        let call = |_| loop {
            thread::sleep(Duration::from_millis(50));
        };
        let limits = Limits { time: Duration::from_millis(20), ..LIMITS };
        let results: Vec<Result<(), _>> = supervise(5, limits, Arc::new(call));
        let hung = results.iter().filter(|r| matches!(r, Err(Breach::Hung(_)))).count();
        assert_eq!((hung, results.len()), (HANGS_MAX, 5));
        assert!(matches!(results[4], Err(Breach::NotTried(_))));
    }
}
