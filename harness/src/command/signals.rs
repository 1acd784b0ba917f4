//! Ctrl-C, and a request to end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::outcome::CannotRun;
use crate::fuzz::session::TICK;

/// How long after the first signal one is another.
const GRACE: Duration = Duration::from_secs(1);

/// A flag that Ctrl-C and a request to end set; another one ends the process, but not at once: who
/// signals a process and then its group, as `timeout` does, means one end.
///
/// # Errors
///
/// If signals cannot be waited for.
pub fn stop_on_signal() -> Result<Arc<AtomicBool>, CannotRun> {
    let (stop, is_old) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let cannot = |error| CannotRun::new(format!("cannot wait for signals: {error}"));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        let code = 128 + signal;
        signal_hook::flag::register_conditional_shutdown(signal, code, Arc::clone(&is_old))
            .and_then(|_| signal_hook::flag::register(signal, Arc::clone(&stop)))
            .map_err(cannot)?;
    }
    let set = Arc::clone(&stop);
    let wait = move || {
        while !set.load(Ordering::Relaxed) {
            thread::sleep(TICK);
        }
        thread::sleep(GRACE);
        is_old.store(true, Ordering::Relaxed);
    };
    thread::Builder::new().spawn(wait).map_err(cannot)?;
    Ok(stop)
}
