//! Plays conversations: their steps go out, and all that comes back is noted.

use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, timeout_at};

use super::dial::Line;
use super::stream::Stream;
use crate::fabric::release::Release;
use crate::suite::live::{Heard, Log, Noted, Step};

/// A conversation that goes on.
struct Conversation<'a> {
    line: &'a Line,
    release: Release,
    streams: Vec<Option<Stream>>,
    sender: UnboundedSender<(usize, Heard)>,
    receiver: UnboundedReceiver<(usize, Heard)>,
    begun: Instant,
    log: Log,
}

/// Plays steps on a connection, to a server of a release; gives all that was heard.
pub(super) async fn play(line: &Line, release: Release, steps: Vec<Step>) -> Log {
    let (sender, receiver) = unbounded_channel();
    let (streams, log, begun) = (Vec::new(), Log::new(), Instant::now());
    let mut it = Conversation { line, release, streams, sender, receiver, begun, log };
    for step in steps {
        it.step(step).await;
    }
    it.log
}

impl Conversation<'_> {
    async fn step(&mut self, step: Step) {
        match step {
            Step::Open => self.open().await,
            Step::Send(at, bytes) => {
                if let Some(stream) = self.at(at) {
                    stream.send(bytes);
                }
            }
            Step::End(at) => {
                if let Some(stream) = self.at(at) {
                    stream.end();
                }
            }
            Step::Break(at) => {
                if let Some(stream) = self.at(at) {
                    stream.reset();
                }
            }
            Step::Pass(time) => self.hear(time, |_| false).await,
            Step::Hear(at, count, patience) => {
                let has = |log: &Log| log.iter().filter(|it| it.stream == at).count() >= count;
                self.hear(patience, |log| has(log) || has_ended(log, at)).await;
            }
            Step::HearEnd(at, patience) => self.hear(patience, |log| has_ended(log, at)).await,
        }
    }

    fn at(&mut self, index: usize) -> Option<&mut Stream> {
        self.streams.get_mut(index).and_then(Option::as_mut)
    }

    async fn open(&mut self) {
        let index = self.streams.len();
        let opened = Stream::open(self.line, self.release, index, self.sender.clone()).await;
        match opened {
            Ok(stream) => self.streams.push(Some(stream)),
            Err(heard) => {
                self.streams.push(None);
                self.note(index, heard);
            }
        }
    }

    fn note(&mut self, stream: usize, heard: Heard) {
        self.log.push(Noted { stream, heard, at: self.begun.elapsed() });
    }

    async fn hear(&mut self, patience: Duration, is_enough: impl Fn(&Log) -> bool) {
        let until = Instant::now() + patience;
        while !is_enough(&self.log) {
            match timeout_at(until, self.receiver.recv()).await {
                Ok(Some((stream, heard))) => self.note(stream, heard),
                Ok(None) | Err(_) => return,
            }
        }
    }
}

fn has_ended(log: &Log, stream: usize) -> bool {
    log.iter().any(|it| it.stream == stream && it.heard.is_end())
}
