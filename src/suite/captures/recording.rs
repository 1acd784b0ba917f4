//! A file of recorded frames, and which release wrote each of them.

use std::collections::HashMap;

use bytes::Bytes;
use serde_json::Value as Json;
use thiserror::Error;

use crate::fabric::envelope::{Body, Message};
use crate::fabric::release::Release;

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
    /// The release behind each node id.
    nodes: HashMap<u32, Release>,
    /// The node that dialled each stream.
    initiators: HashMap<StreamId, u32>,
}

impl Recording {
    /// Reads a recording.
    ///
    /// # Errors
    ///
    /// The first line that is not in the format.
    pub fn parse(name: &str, text: &str) -> Result<Self, DamagedRecording> {
        let mut frames = Vec::new();
        for (index, text) in text.lines().enumerate() {
            if !text.trim().is_empty() {
                let line = index + 1;
                let damaged = |reason| DamagedRecording { file: name.to_owned(), line, reason };
                frames.push(parse_frame(line, text).map_err(damaged)?);
            }
        }
        let mut recording = Self {
            name: name.to_owned(),
            frames,
            nodes: HashMap::new(),
            initiators: HashMap::new(),
        };
        recording.learn_nodes();
        Ok(recording)
    }

    /// A recording says of each stream which release was dialled, not which one dialled. The
    /// handshakes tell: whoever dials has been dialled on another stream, under the same node id.
    fn learn_nodes(&mut self) {
        for frame in &self.frames {
            let Ok(message) = Message::decode(frame.acceptor, frame.bytes.clone()) else {
                continue;
            };
            match message.body {
                Some(Body::Welcome(welcome)) => {
                    if let Some(node) = welcome.my_node_id {
                        self.nodes.insert(node.id, frame.acceptor);
                    }
                }
                Some(Body::Hello(hello)) => {
                    if let Some(node) = hello.my_node_id {
                        self.initiators.insert(frame.stream, node.id);
                    }
                }
                _ => {}
            }
        }
    }

    /// The release of one side of a stream. None for a node that dials but is never dialled.
    pub fn release(&self, frame: &Frame, side: Side) -> Option<Release> {
        match side {
            Side::Acceptor => Some(frame.acceptor),
            Side::Initiator => {
                self.initiators.get(&frame.stream).and_then(|node| self.nodes.get(node)).copied()
            }
        }
    }
}

fn parse_frame(line: usize, text: &str) -> Result<Frame, String> {
    let json: Json = serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))?;
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
    let bytes = hex::decode(word("hex")?).map_err(|error| format!("\"hex\": {error}"))?;
    Ok(Frame {
        line,
        number: number("n")?,
        stream: StreamId { connection: number("conn")?, stream: number("stream")? },
        side,
        acceptor: word("acceptor_release")?.parse().map_err(|error| format!("{error}"))?,
        bytes: Bytes::from(bytes),
    })
}
