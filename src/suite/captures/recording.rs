//! A file of recorded frames, and which release wrote each of them.

use std::collections::HashMap;

use bytes::Bytes;
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use serde_json::Value as Json;
use thiserror::Error;

use super::nodes::{Nodes, Untold};
use crate::fabric::codec::json::bytes_of;
use crate::fabric::release::Release;
use crate::harness::json::read;

/// A line that is not in the format of recordings.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{file}:{line}: {reason}")]
pub struct DamagedRecording {
    /// The file.
    pub file: String,
    /// The line in it, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
}

/// One node-to-node stream of a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StreamId {
    /// The connection.
    pub connection: u64,
    /// The stream on it.
    pub stream: u64,
}

/// The side that wrote a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// The node that dialled.
    Initiator,
    /// The node that was dialled.
    Acceptor,
}

impl Side {
    /// The side that reads what this side writes.
    pub fn other(self) -> Self {
        match self {
            Self::Initiator => Self::Acceptor,
            Self::Acceptor => Self::Initiator,
        }
    }
}

/// One frame as it was recorded.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Line of the file.
    pub line: usize,
    /// Number in the recording.
    pub number: u64,
    /// The stream that it was sent on.
    pub stream: StreamId,
    /// Who wrote it.
    pub side: Side,
    /// The release of the node that was dialled.
    pub acceptor: Release,
    /// One protobuf message.
    pub bytes: Bytes,
}

/// A recorded conversation.
#[derive(Debug)]
pub struct Recording {
    /// The file's name.
    pub name: String,
    /// Its frames, in order.
    pub frames: Vec<Frame>,
    nodes: Nodes,
}

impl Recording {
    /// Reads a recording.
    ///
    /// # Errors
    ///
    /// The first line that is not in the format, or is of a frame that was there before.
    pub fn parse(name: &str, text: &str) -> Result<Self, DamagedRecording> {
        let lines = text.lines().enumerate().filter(|(_, text)| !text.trim().is_empty());
        let read = |(index, text)| {
            let line = index + 1;
            let damaged = |reason| DamagedRecording { file: name.to_owned(), line, reason };
            parse_frame(line, text).map_err(damaged)
        };
        let read: Vec<_> = lines.collect::<Vec<_>>().into_par_iter().map(read).collect();
        let frames: Vec<Frame> = read.into_iter().collect::<Result<_, _>>()?;
        if let Some((first, second)) = twice(&frames) {
            let Frame { line, number, .. } = second;
            let reason = format!("frame {number} is in line {} already", first.line);
            return Err(DamagedRecording { file: name.to_owned(), line: *line, reason });
        }
        let nodes = Nodes::of(&frames);
        Ok(Self { name: name.to_owned(), frames, nodes })
    }

    /// The release of one side of a stream.
    ///
    /// # Errors
    ///
    /// If the recording does not tell it, why: it names the release of the side that was dialled
    /// only.
    pub fn release(&self, frame: &Frame, side: Side) -> Result<Release, Untold> {
        match side {
            Side::Acceptor => Ok(frame.acceptor),
            Side::Initiator => self.nodes.initiator(frame.stream),
        }
    }
}

/// The first frame with a number that another one before it has, behind that.
fn twice(frames: &[Frame]) -> Option<(&Frame, &Frame)> {
    let mut seen: HashMap<u64, &Frame> = HashMap::new();
    frames.iter().find_map(|frame| Some((seen.insert(frame.number, frame)?, frame)))
}

fn parse_frame(line: usize, text: &str) -> Result<Frame, String> {
    let json: Json = read(text).map_err(|error| format!("not JSON: {error}"))?;
    let number = |name: &str| {
        json.get(name).and_then(Json::as_u64).ok_or_else(|| format!("has no number {name:?}"))
    };
    let word = |name: &str| {
        json.get(name).and_then(Json::as_str).ok_or_else(|| format!("has no text {name:?}"))
    };
    let side = match word("dir")? {
        "c2s" => Side::Initiator,
        "s2c" => Side::Acceptor,
        other => return Err(format!("\"dir\" is neither \"c2s\" nor \"s2c\": {other:?}")),
    };
    let bytes = bytes_of(word("hex")?).map_err(|error| format!("\"hex\": {error}"))?;
    Ok(Frame {
        line,
        number: number("n")?,
        stream: StreamId { connection: number("conn")?, stream: number("stream")? },
        side,
        acceptor: word("acceptor_release")?.parse().map_err(|error| format!("{error}"))?,
        bytes,
    })
}
