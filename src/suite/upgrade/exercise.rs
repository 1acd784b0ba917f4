//! Each pair of nodes with each message: what is sent, what must come of it, and how many that are.

use crate::fabric::catalogue::{Message, MessageType, Role};
use crate::fabric::codec::tree::Context;
use crate::fabric::downgrade::{Way, way};
use crate::fabric::envelope::RpcStatus;
use crate::fabric::messages::metadata::MetadataMessage;
use crate::fabric::node::{PATIENCE, Ticket};
use crate::fabric::release::Release;
use crate::fabric::session::{CallError, Outcome};
use crate::fabric::version::ProtocolVersion;
use crate::harness::upgrade::event::Violation;
use crate::harness::upgrade::world::World;
use crate::suite::samples;

use super::machine::{Machine, node_id};
use super::pairs::{agreed, version_to_ask};
use super::properties::{Kind, Scene};
use super::{expected, log};

/// What answers may take, in milliseconds of virtual time: who waits in vain gives up before.
const WAIT_MS: u64 = PATIENCE.as_millis() as u64 + 500;

/// How many messages between pairs of nodes were tried, of how many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exercises {
    /// Those that ended as they should.
    pub seen: u64,
    /// Those that ended as a known fault has it.
    pub spoiled: u64,
    /// All: every directed pair, in every state, with every message that the sender knows.
    pub expected: u64,
}

/// What must come of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    /// The two share no version.
    NoWay,
    /// The sender's gate.
    Incompatible,
    /// A reply.
    Reply,
    /// It arrives, and that is all.
    Received,
    /// A status: the receiver does not know it.
    Status,
    /// It arrives, and is not answered any more: the sender waits in vain.
    NoAnswer,
    /// It arrives, and who could do it may be out of reach: a reply, a status, or nothing in time.
    Undecided,
}

/// One message on its way.
struct Exercise {
    from: usize,
    to: usize,
    message: MessageType,
    value: Message,
    expected: Expected,
    given: Result<Ticket, CallError>,
    /// How many of the message the receiver had from the sender before.
    received: u64,
}

/// The messages that a release can send of its own accord.
pub fn exercises(release: Release) -> impl Iterator<Item = MessageType> {
    MessageType::all().filter(move |message| {
        let row = message.row();
        !matches!(row.role, Role::Reply) && row.is_known_to(release)
    })
}

/// How many there are on a path, counted by a formula: in the states of all nodes each of a pair is
/// at each release equally often.
pub(super) fn count(nodes: usize, path: &[Release]) -> u64 {
    let of_all: usize = path.iter().map(|release| exercises(*release).count()).sum();
    let others = nodes.saturating_sub(1);
    let states_of_others = path.len().saturating_pow(u32::try_from(others).unwrap_or(u32::MAX));
    u64::try_from(nodes * others * states_of_others * of_all).unwrap_or(u64::MAX)
}

/// Tries all of them in a copy of the world; how many ended as they should, and what did not. The
/// nodes say nothing of their own accord meanwhile: what arrives is what was sent here. Where
/// something is wrong with the way between two nodes nothing is tried.
pub(super) fn exercise(world: &World<Machine>) -> (u64, Vec<Violation>) {
    let mut world = world.clone();
    let nodes = world.nodes().count();
    let waited = world.now().after(WAIT_MS);
    let end = waited.after(WAIT_MS);
    for node in 0..nodes {
        world.with(node, |machine, _, _| machine.rest_until(end));
    }
    world.run_until(waited);
    let scene = Scene::of(&world);
    let pairs = (0..nodes).flat_map(|from| (0..nodes).map(move |to| (from, to)));
    let pairs = pairs.filter(|(from, to)| from != to && scene.is_undisturbed(*from, *to));
    let pairs = pairs.map(|(from, to)| (from, to, log::can_append(&scene, to)));
    let pairs: Vec<(usize, usize, bool)> = pairs.collect();
    let mut tried = Vec::new();
    for (from, to, can_append) in pairs {
        send_all(&mut world, [from, to], can_append, &mut tried);
    }
    world.run_until(end);
    let mut found: Vec<Violation> =
        tried.iter().filter_map(|exercise| judged(&world, exercise)).collect();
    expected::attribute(&Scene::of(&world), &mut found);
    let good = u64::try_from(tried.len() - found.len()).unwrap_or(u64::MAX);
    // What else went wrong goes back to a panic.
    let panics = world.violations().to_vec();
    (good, if panics.is_empty() { found } else { panics })
}

fn send_all(
    world: &mut World<Machine>,
    [from, to]: [usize; 2],
    can_append: bool,
    tried: &mut Vec<Exercise>,
) {
    let releases = (release_of(world, from), release_of(world, to));
    let (Some(sends), Some(receives)) = releases else { return };
    for message in exercises(sends) {
        let expected = match foreseen(message, sends, receives) {
            Expected::Reply if message == MessageType::Append && !can_append => Expected::Undecided,
            expected => expected,
        };
        let version = version_to_ask(sends, receives).unwrap_or(sends.highest_version());
        let Some(value) = value_of(message, sends, version) else { continue };
        let received = received(world, from, to, message);
        let given = world.with(from, |machine, now, out| {
            machine.act(now, out, |node, now, wires| node.give(now, node_id(to), &value, wires))
        });
        let Some(given) = given else { continue };
        tried.push(Exercise { from, to, message, value, expected, given, received });
    }
}

fn release_of(world: &World<Machine>, node: usize) -> Option<Release> {
    world.process(node).map(|machine| machine.node.release())
}

/// How many of a message a node has received from another, under the name that its release has for
/// it.
fn received(world: &World<Machine>, from: usize, to: usize, message: MessageType) -> u64 {
    let view = world.nodes().nth(to);
    view.map_or(0, |view| view.process.node.ledger().received(node_id(from), message))
}

/// By the table of messages and the rules of negotiation alone.
fn foreseen(message: MessageType, sends: Release, receives: Release) -> Expected {
    let Some(version) = version_to_ask(sends, receives) else {
        // A connection in a version without a codec carries nothing.
        let is_open = agreed(sends, receives).is_some();
        return if is_open { Expected::Incompatible } else { Expected::NoWay };
    };
    if way(message, version) != Way::OwnForm {
        return Expected::Incompatible;
    }
    // At V1 the two names of metadata messages are one on the wire.
    let is_known = version == ProtocolVersion::V1 || message.row().is_known_to(receives);
    match message.row().role {
        Role::Call(None) => Expected::Received,
        // From 1.4 on nobody answers a Release.
        Role::Call(Some(reply)) if !reply.row().is_known_to(sends) => Expected::Received,
        Role::Call(Some(reply)) if is_known && !reply.row().is_known_to(receives) => {
            if version == ProtocolVersion::V1 && is_metadata(message) {
                Expected::Reply
            } else {
                Expected::NoAnswer
            }
        }
        _ if is_known => Expected::Reply,
        _ => Expected::Status,
    }
}

/// Up to 1.3 one message asks for metadata and brings it; its reply goes by another name later.
fn is_metadata(message: MessageType) -> bool {
    matches!(message, MessageType::GetMetadataRequest)
}

/// A value of a message that every line understands which speaks the version: the first sample that
/// the oldest of them can hold. What has no form at the version is given nevertheless, as it must
/// be refused.
fn value_of(message: MessageType, release: Release, version: ProtocolVersion) -> Option<Message> {
    let speaks = |line: &Release| line.speaks(version) && message.row().is_known_to(*line);
    let oldest = Release::lines().find(speaks).unwrap_or(release);
    let is_question = |value: &Message| {
        !matches!(value, Message::MetadataMessage(MetadataMessage::MetadataUpdate(_)))
    };
    let values = samples::samples(message).map(|sample| sample.message);
    let mut values = values.filter(is_question);
    let held_by = |value: Message, release| value.fitted(Context { release, version }).ok();
    values.find_map(|value| held_by(held_by(value, oldest)?, release))
}

/// What a service of a release answers.
pub(super) fn answer(
    request: &Message,
    release: Release,
    version: ProtocolVersion,
) -> Option<Message> {
    let Role::Call(Some(reply)) = request.message_type().row().role else { return None };
    value_of(reply, release, version)
}

/// Whether a reply is the one that the receiver's service gives. What nodes themselves answer
/// depends on what they know.
fn is_answer(exercise: &Exercise, sends: Release, receives: Release, reply: &Message) -> bool {
    use MessageType as T;
    let Exercise { message, value, .. } = exercise;
    let Some(version) = version_to_ask(sends, receives) else { return false };
    if matches!(
        message,
        T::GetNodeState | T::GetMetadataRequest | T::MetadataMessage | T::Store | T::Append
    ) {
        return true;
    }
    let said = answer(value, receives, version);
    let heard = said.and_then(|it| it.fitted(Context { release: sends, version }).ok());
    heard.as_ref() == Some(reply)
}

fn judged(world: &World<Machine>, exercise: &Exercise) -> Option<Violation> {
    let Exercise { from, to, message, expected, given, received: before, .. } = exercise;
    let outcome = given
        .as_ref()
        .ok()
        .and_then(|ticket| world.process(*from).and_then(|machine| machine.node.outcome(*ticket)));
    let arrived = received(world, *from, *to, *message) - before;
    let releases = release_of(world, *from).zip(release_of(world, *to));
    let is_good = match (expected, given, outcome) {
        (Expected::NoWay, Err(CallError::NotOpen), _)
        | (Expected::Incompatible, Err(CallError::Incompatible(_)), _)
        | (Expected::Status, Ok(_), Some(Outcome::Status(_))) => arrived == 0,
        (Expected::Reply, Ok(_), Some(Outcome::Reply(reply))) => {
            releases.is_some_and(|(sends, receives)| is_answer(exercise, sends, receives, reply))
        }
        (Expected::Received, Ok(_), None)
        | (Expected::NoAnswer | Expected::Undecided, Ok(_), Some(Outcome::TimedOut))
        | (Expected::Undecided, Ok(_), Some(Outcome::Reply(_)))
        | (Expected::Undecided, Ok(_), Some(Outcome::Status(RpcStatus::Dropped))) => arrived == 1,
        _ => false,
    };
    if is_good {
        return None;
    }
    let seen = match (given, outcome) {
        (Err(error), _) => error.to_string(),
        (Ok(_), Some(outcome)) => outcome.to_string(),
        (Ok(_), None) => "nothing".to_owned(),
    };
    let times = match arrived {
        0 => "it did not arrive".to_owned(),
        1 => "it arrived once".to_owned(),
        _ => format!("it arrived {arrived} times"),
    };
    let what = format!(
        "{message} from {} to {}: {expected:?} was to come of it, and it was: {seen}; {times}",
        world.name(*from),
        world.name(*to)
    );
    Some(Violation::of_pair(Kind::Exercise.name(), *from, *to, what))
}
