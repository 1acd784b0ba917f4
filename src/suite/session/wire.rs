//! A script over a wire: what of it a peer can do and see that has no hands on the node.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;

use super::scripts::Script;
use super::sheet::{Role, Setting, Sheet, Step};
use super::stage::PEER;
use super::words::{self, Reader};
use crate::fabric::catalogue::MessageType;
use crate::fabric::envelope::{Body, Datagram, DatagramMember, Message as Frame};
use crate::fabric::release::Release;
use crate::fabric::session::Quirks;
use crate::fabric::version::ProtocolVersion;

/// What a peer does, and what it waits for.
#[derive(Debug, Clone)]
pub enum Move {
    /// It dials as this many lives after its first; what follows happens there.
    Dials(u32),
    /// What follows happens on another of its streams.
    On(usize),
    /// It sends a message of these bytes.
    Sends(Bytes),
    /// It ends its half of the stream.
    Ends,
    /// It breaks the stream off.
    Breaks,
    /// It does nothing for so long.
    Waits(Duration),
    /// It sees one of these.
    Sees(Vec<Vec<String>>),
}

/// A script as it is played to a server that accepts.
#[derive(Debug, Clone)]
pub struct OnWire {
    /// The moves. The first stream is open.
    pub moves: Vec<Move>,
    /// The release that the peer speaks as.
    pub peer: Release,
    /// The version of its streams.
    pub version: ProtocolVersion,
    /// Whether a released server panics.
    pub is_fatal: bool,
    /// Calls that the script leaves open: a server may have answered them before the end.
    pub left_unanswered: usize,
    asked: BTreeMap<u64, MessageType>,
}

/// Why a step is not for a wire.
const NEEDS_THE_OWNER: &str = "it takes a hand on the node itself";
/// Of what released servers die.
const DIES: &str = "each call of which servers die is played to a server of its own";

impl Script {
    /// The script at a server of a release that accepts; nothing if it is not about that.
    ///
    /// # Errors
    ///
    /// Why it cannot be played over a wire.
    pub fn on_wire(
        &self,
        release: Release,
        version: ProtocolVersion,
    ) -> Option<Result<OnWire, &'static str>> {
        let expected = Quirks::of(release);
        let setting = Setting { release, version, role: Role::Accepts, expected };
        self.sheet(setting).map(OnWire::of)
    }
}

impl OnWire {
    fn of(sheet: Sheet) -> Result<Self, &'static str> {
        let Setting { version, .. } = sheet.setting;
        let peer = sheet.setting.peer().ok_or("nobody speaks that version")?;
        let mut asked = BTreeMap::new();
        let mut moves = Vec::new();
        let (mut is_fatal, mut open) = (false, 0_usize);
        for step in sheet.into_steps() {
            moves.push(match step {
                Step::Frame(frame) => {
                    asked.extend(question(&frame));
                    let bytes = frame.encode(peer).map_err(|_| "the peer has no such frame")?;
                    Move::Sends(bytes.into())
                }
                Step::Bytes(bytes) => Move::Sends(bytes),
                Step::Ends => Move::Ends,
                Step::Breaks => Move::Breaks,
                Step::Wait(time) => Move::Waits(time),
                Step::Connect(generation) => {
                    Move::Dials(generation.saturating_sub(PEER.generation))
                }
                Step::On(index) => Move::On(index),
                // A server answers by itself.
                Step::Answer => {
                    open = open.saturating_sub(1);
                    continue;
                }
                Step::Expect(outcomes) => {
                    let is_call = |line: &&String| line.starts_with("(asked");
                    open += outcomes.first().map_or(0, |it| it.iter().filter(is_call).count());
                    let panics = |line: &String| line.starts_with("(panics");
                    let is_panic = outcomes.iter().flatten().any(panics);
                    if is_fatal && is_panic {
                        return Err(DIES);
                    }
                    is_fatal |= is_panic;
                    Move::Sees(outcomes.iter().map(|lines| seen(lines)).collect())
                }
                Step::Dial
                | Step::Incoming
                | Step::Headers
                | Step::Call(_)
                | Step::Tell(_)
                | Step::Fail(_)
                | Step::Drain(_)
                | Step::Service(..)
                | Step::NoShard(..)
                | Step::Remembers(_) => return Err(NEEDS_THE_OWNER),
            });
        }
        Ok(Self { moves, peer, version, is_fatal, left_unanswered: open, asked })
    }

    /// A frame of the server, in the words of scripts; nothing if the server asks by itself.
    pub fn words(&self, message: Bytes) -> Option<String> {
        let frame = match Frame::decode(self.peer, message) {
            Ok(frame) => frame,
            Err(error) => return Some(format!("a frame that breaks the stream: {error}")),
        };
        let is_asked = matches!(
            frame.body,
            Some(Body::Datagram(Datagram {
                datagram: Some(DatagramMember::RpcCall(_) | DatagramMember::Unary(_))
            }))
        );
        let reader = Reader { release: self.peer, version: self.version, asked: &self.asked };
        (!is_asked).then(|| reader.frame(&frame))
    }
}

/// What of these lines a peer sees: not what the owner of the node is told.
fn seen(lines: &[String]) -> Vec<String> {
    lines.iter().filter(|line| !line.starts_with('(')).cloned().collect()
}

/// The number of a call, and what it asks.
fn question(frame: &Frame) -> Option<(u64, MessageType)> {
    match &frame.body {
        Some(Body::Datagram(Datagram { datagram: Some(DatagramMember::RpcCall(call)) })) => {
            Some((call.id, words::named(&call.msg_type)?))
        }
        Some(Body::Encoded(binary)) => {
            let is_meant = |of: &MessageType| of.row().v1_target == Some(binary.target);
            let header = frame.header.as_ref().filter(|it| it.in_response_to.is_none())?;
            Some((header.msg_id, MessageType::all().find(is_meant)?))
        }
        _ => None,
    }
}
