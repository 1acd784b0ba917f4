//! What a program says of itself, before it is started as a server.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use super::probe::GLANCE;
use super::{LiveError, Stop};
use crate::fabric::release::Release;
use crate::harness::system;

/// How long a program may take to say which version it is.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of that which are read.
const SAID_LEN_MAX: u64 = 4 << 10;

/// A program and the release that it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// The program.
    pub program: PathBuf,
    /// What it is held to.
    pub release: Release,
}

impl Build {
    /// A build of a release that somebody names, or that its program says.
    ///
    /// # Errors
    ///
    /// If nobody names it, and the program says nothing that is one.
    pub fn of(program: &Path, named: Option<Release>, stop: &Stop) -> Result<Self, LiveError> {
        let release = match named {
            Some(release) => release,
            None => release_of(program, stop)?,
        };
        Ok(Self { program: program.to_owned(), release })
    }
}

fn release_of(program: &Path, stop: &Stop) -> Result<Release, LiveError> {
    let unnamed = |why: String| LiveError::Unnamed { program: program.display().to_string(), why };
    let said = said_by(program, stop)?.map_err(unnamed)?;
    let release = said.split_whitespace().find_map(|word| word.parse::<Release>().ok());
    release.ok_or_else(|| match said.lines().next() {
        Some(line) => unnamed(format!("it says {line:?}")),
        None => unnamed("it says nothing".to_owned()),
    })
}

/// A program that was asked. It is gone with whoever asked, and so is what it has started.
struct Asked(Child);

impl Drop for Asked {
    fn drop(&mut self) {
        system::end_group(self.0.id());
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The first of what a program says of its version, or why it says nothing.
fn said_by(program: &Path, stop: &Stop) -> Result<Result<String, String>, LiveError> {
    let mut command = Command::new(program);
    command.arg("--version");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    system::apart(&mut command);
    let mut asked = match command.spawn() {
        Ok(child) => Asked(child),
        Err(error) => return Ok(Err(format!("it cannot be started: {error}"))),
    };
    let (sender, receiver) = channel();
    if let Some(output) = asked.0.stdout.take() {
        std::thread::spawn(move || {
            let mut said = Vec::new();
            // What cannot be read to its end says what it says until there.
            let _ = output.take(SAID_LEN_MAX).read_to_end(&mut said);
            sender.send(said)
        });
    }
    let until = Instant::now() + PATIENCE;
    loop {
        match receiver.recv_timeout(GLANCE) {
            Ok(said) => return Ok(Ok(String::from_utf8_lossy(&said).into_owned())),
            Err(RecvTimeoutError::Disconnected) => return Ok(Ok(String::new())),
            Err(RecvTimeoutError::Timeout) if stop.is_wanted() => return Err(LiveError::Stopped),
            Err(RecvTimeoutError::Timeout) if Instant::now() > until => {
                let seconds = PATIENCE.as_secs();
                return Ok(Err(format!("asked for its --version, it does not end in {seconds} s")));
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}
