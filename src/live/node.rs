//! A server that is started here: its own ports and folder, quiet, and gone with us whatever happens
//! (05 §1).

use std::fs::File;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use thiserror::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use super::{LiveError, Stop};
use crate::harness::system;

/// How long a server may take until it serves.
const START: Duration = Duration::from_secs(30);
/// How often it is looked after.
const TICK: Duration = Duration::from_millis(25);
/// Lines of a log that are shown.
const LINES_MAX: usize = 3;
/// Runs the server, and kills it when its own standard input ends: when we are gone, in whatever way.
const WATCHED: &str = "exec 3<&0; \"$0\" \"$@\" </dev/null 3<&- & it=$!; \
    (read -r _ <&3; kill -KILL $it) >/dev/null 2>&1 & watch=$!; \
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
    folder: TempDir,
    pub socket: SocketAddr,
}

impl Node {
    /// Starts a server of a cluster of its own, and waits until it serves.
    pub(super) async fn start(
        program: &Path,
        cluster: &str,
        stop: &Stop,
    ) -> Result<Self, LiveError> {
        let no_place = |why| LiveError::from(NoNode::NoPlace(why));
        let folder = tempfile::Builder::new().prefix("skewproof-live-").tempdir();
        let folder = folder.map_err(no_place)?;
        let [fabric, admin, ingress] = free_ports().map_err(no_place)?;
        let log = File::create(folder.path().join("log")).map_err(no_place)?;
        let errors = log.try_clone().map_err(no_place)?;
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", WATCHED])
            .arg(program)
            .arg("--base-dir")
            .arg(folder.path().join("data"));
        for (name, value) in settings(cluster, fabric, admin, ingress) {
            command.env(name, value);
        }
        command.stdin(Stdio::piped()).stdout(log).stderr(errors);
        system::apart(&mut command);
        let unstartable = |why| NoNode::Unstartable { program: program.display().to_string(), why };
        let child = command.spawn().map_err(unstartable)?;
        let mut node = Self { child, folder, socket: local(fabric) };
        node.serves([(admin, "/health"), (ingress, "/restate/health")], stop).await?;
        Ok(node)
    }

    /// Waits until pages can be had.
    async fn serves(&mut self, pages: [(u16, &str); 2], stop: &Stop) -> Result<(), LiveError> {
        let until = Instant::now() + START;
        for (port, path) in pages {
            while !is_healthy(port, path).await {
                if stop.is_wanted() {
                    return Err(LiveError::Stopped);
                }
                if let Some(how) = self.ended() {
                    return Err(NoNode::Died { how, last_words: self.last_words() }.into());
                }
                if Instant::now() > until {
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
        let bytes = std::fs::read(self.log_file()).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Where its log is, for as long as it lives.
    pub(super) fn log_file(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    fn last_words(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().filter(|line| !line.trim().is_empty()).collect();
        let last = lines.get(lines.len().saturating_sub(LINES_MAX)..).unwrap_or_default();
        if last.is_empty() { String::new() } else { format!("; it said: {}", last.join(" / ")) }
    }
}

/// Nobody is left behind.
impl Drop for Node {
    fn drop(&mut self) {
        system::end_group(self.child.id());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn local(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

/// Ports that nobody listens at.
fn free_ports() -> io::Result<[u16; 3]> {
    // Held until all are found, so that they differ.
    let held = [(); 3].map(|()| TcpListener::bind(local(0)));
    let mut ports = [0; 3];
    for (port, listener) in ports.iter_mut().zip(held) {
        *port = listener?.local_addr()?.port();
    }
    Ok(ports)
}

/// The quietest server of one node.
fn settings(cluster: &str, fabric: u16, admin: u16, ingress: u16) -> [(&'static str, String); 14] {
    let url = format!("http://{}/", local(fabric));
    [
        ("DO_NOT_TRACK", "1".to_owned()),
        ("RESTATE_DISABLE_TELEMETRY", "true".to_owned()),
        ("RESTATE_NODE_NAME", "n1".to_owned()),
        ("RESTATE_CLUSTER_NAME", cluster.to_owned()),
        ("RESTATE_BIND_ADDRESS", local(fabric).to_string()),
        ("RESTATE_ADVERTISED_ADDRESS", url.clone()),
        ("RESTATE_METADATA_CLIENT__ADDRESSES", format!("[{url:?}]")),
        ("RESTATE_ADMIN__BIND_ADDRESS", local(admin).to_string()),
        ("RESTATE_INGRESS__BIND_ADDRESS", local(ingress).to_string()),
        ("RESTATE_DEFAULT_NUM_PARTITIONS", "1".to_owned()),
        ("RESTATE_LISTEN_MODE", "tcp".to_owned()),
        ("RESTATE_LOG_FILTER", "error".to_owned()),
        ("RESTATE_ROCKSDB_TOTAL_MEMORY_SIZE", "64 MiB".to_owned()),
        ("RESTATE_SHUTDOWN_TIMEOUT", "2s".to_owned()),
    ]
}

/// Whether a page can be had.
async fn is_healthy(port: u16, path: &str) -> bool {
    let answer = async {
        let mut tcp = TcpStream::connect(local(port)).await?;
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        tcp.write_all(request.as_bytes()).await?;
        let mut first = [0; 12];
        tcp.read_exact(&mut first).await?;
        io::Result::Ok(first)
    };
    timeout(Duration::from_secs(1), answer)
        .await
        .is_ok_and(|it| it.is_ok_and(|it| it.ends_with(b" 200")))
}
