//! A server that is started here: its own ports and folder, quiet, and gone with us whatever happens
//! (05 §1).

use std::fs::File;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::time::{Instant, sleep};

use super::pages::is_healthy;
use super::place::Place;
use super::{LiveError, Stop};
use crate::harness::system;

/// How long a server may take until it serves.
const START: Duration = Duration::from_secs(30);
/// How long one may take that is asked to end.
const LEAVING: Duration = Duration::from_secs(20);
/// How often it is looked after.
const TICK: Duration = Duration::from_millis(25);
/// Lines of a log that are shown.
const LINES_MAX: usize = 3;
/// Runs the server, asks it to end at a line on standard input, and kills it when that ends: when we are
/// gone, in whatever way.
const WATCHED: &str = "exec 3<&0; \"$0\" \"$@\" </dev/null 3<&- & it=$!; \
    (while read -r _; do kill -TERM $it; done <&3; kill -KILL $it) >/dev/null 2>&1 & watch=$!; \
    exec 3<&-; wait $it; code=$?; kill $watch 2>/dev/null; exit $code";

/// Why there is no server.
#[derive(Debug, Error)]
pub enum NoNode {
    /// It cannot be started.
    #[error("{program} cannot be started: {why}")]
    Unstartable {
        /// What was to be started.
        program: String,
        /// What the system says.
        why: io::Error,
    },
    /// It ended before it served.
    #[error("the server ended before it served: {how}{last_words}")]
    Died {
        /// How it ended.
        how: Exit,
        /// The end of its log.
        last_words: String,
    },
    /// It does not serve.
    #[error("the server does not serve after {} s{last_words}", START.as_secs())]
    Hangs {
        /// The end of its log.
        last_words: String,
    },
    /// There is no folder or port for it.
    #[error("no place for a server: {0}")]
    NoPlace(io::Error),
}

/// How a process ended, by the exit code that a shell sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exit(pub i32);

impl std::fmt::Display for Exit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            134 => f.write_str("the process aborts"),
            code @ 129.. => write!(f, "the process is killed by signal {}", code - 128),
            code => write!(f, "the process ends with exit code {code}"),
        }
    }
}

/// A server that runs.
#[derive(Debug)]
pub(super) struct Node {
    child: Child,
    place: Arc<Place>,
    log: PathBuf,
}

impl Node {
    /// Starts a server in a place, and waits until it serves.
    pub(super) async fn start(
        program: &Path,
        place: &Arc<Place>,
        stop: &Stop,
    ) -> Result<Self, LiveError> {
        let mut node = Self::begin(program, place)?;
        node.serves(stop).await?;
        Ok(node)
    }

    /// Starts a server in a place: it does not serve yet.
    pub(super) fn begin(program: &Path, place: &Arc<Place>) -> Result<Self, LiveError> {
        let no_place = |why| LiveError::from(NoNode::NoPlace(why));
        let path = place.next_log();
        let log = File::create(&path).map_err(no_place)?;
        let errors = log.try_clone().map_err(no_place)?;
        let mut command = Command::new("/bin/sh");
        command.args(["-c", WATCHED]).arg(program).arg("--base-dir").arg(place.data());
        command.envs(place.settings());
        command.stdin(Stdio::piped()).stdout(log).stderr(errors);
        system::apart(&mut command);
        let unstartable = |why| NoNode::Unstartable { program: program.display().to_string(), why };
        let child = command.spawn().map_err(unstartable)?;
        Ok(Self { child, place: Arc::clone(place), log: path })
    }

    /// Asks it to end, as an operator does; how it ended, or nothing if it had to be killed.
    pub(super) async fn leave(&mut self) -> Option<Exit> {
        if let Some(watcher) = &mut self.child.stdin {
            let _ = watcher.write_all(b"\n");
        }
        self.ends_within(LEAVING).await
    }

    /// Where it listens to other nodes.
    pub(super) fn socket(&self) -> SocketAddr {
        self.place.fabric()
    }

    /// Whether there is room left for it.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub(super) fn has_room(&self) -> Result<(), LiveError> {
        self.place.has_room()
    }

    /// Waits until pages can be had.
    pub(super) async fn serves(&mut self, stop: &Stop) -> Result<(), LiveError> {
        let until = Instant::now() + START;
        let pages = [(self.place.admin(), "/health"), (self.place.ingress(), "/restate/health")];
        for (socket, path) in pages {
            while !is_healthy(socket, path).await {
                if stop.is_wanted() {
                    return Err(LiveError::Stopped);
                }
                if let Some(how) = self.ended() {
                    self.place.has_room()?;
                    return Err(NoNode::Died { how, last_words: self.last_words() }.into());
                }
                if Instant::now() > until {
                    self.place.has_room()?;
                    return Err(NoNode::Hangs { last_words: self.last_words() }.into());
                }
                sleep(TICK).await;
            }
        }
        Ok(())
    }

    /// How it ended, if it did.
    pub(super) fn ended(&mut self) -> Option<Exit> {
        let status = self.child.try_wait().ok().flatten()?;
        Some(Exit(status.code().unwrap_or(137)))
    }

    /// How it ends within some time, if it does.
    pub(super) async fn ends_within(&mut self, time: Duration) -> Option<Exit> {
        let until = Instant::now() + time;
        loop {
            let ended = self.ended();
            if ended.is_some() || Instant::now() > until {
                return ended;
            }
            sleep(TICK).await;
        }
    }

    /// Its log.
    pub(super) fn log(&self) -> String {
        let bytes = std::fs::read(&self.log).unwrap_or_default();
        without_colours(&String::from_utf8_lossy(&bytes))
    }

    fn last_words(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().filter(|line| !line.trim().is_empty()).collect();
        let last = lines.get(lines.len().saturating_sub(LINES_MAX)..).unwrap_or_default();
        if last.is_empty() { String::new() } else { format!("; it said: {}", last.join(" / ")) }
    }
}

/// A text without what would be colours on a terminal: an escape, and all up to the next letter.
fn without_colours(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    let rest = parts.map(|part| {
        let end = part.find(|c: char| c.is_ascii_alphabetic());
        end.and_then(|end| part.get(end + 1..)).unwrap_or_default()
    });
    first + &rest.collect::<String>()
}

/// Nobody is left behind.
impl Drop for Node {
    fn drop(&mut self) {
        system::end_group(self.child.id());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_are_read_without_colours() {
        assert_eq!(without_colours("\u{1b}[2mat\u{1b}[0m \u{1b}[1;31mERROR\u{1b}["), "at ERROR");
        assert_eq!(without_colours("plain"), "plain");
    }
}
