//! Two processes of any releases, and everything that can happen between them.
//!
//! An input is the two releases and the lane, then operations. The first byte of each has the kind
//! in its low half, then one bit for the process and two for the connection; what a kind needs
//! comes behind it.

mod oracle;
mod world;

use arbitrary::{Arbitrary, Unstructured};
use bytes::Bytes;

use self::world::World;
use super::case::{Bits, Case, Chosen, Judgement, Raw, Script};
use crate::fabric::release::Release;
use crate::fabric::session::DrainReason;
use crate::harness::fuzz::{Features, Objection};
use crate::suite::subject::Subject;

/// Bytes before the first operation.
pub(super) const HEAD_LEN: usize = 3;
/// Operations of one input.
const STEPS_MAX: usize = 64;

/// Kinds of operations, as seeds name them.
pub(super) const DELIVER: u8 = 0;
pub(super) const CALL: u8 = 3;
pub(super) const TELL: u8 = 4;
pub(super) const REPLY: u8 = 5;
pub(super) const FAIL: u8 = 7;
pub(super) const DRAIN: u8 = 8;
pub(super) const WAIT: u8 = 9;
pub(super) const BREAK: u8 = 10;
pub(super) const DIAL: u8 = 11;
pub(super) const TAMPER: u8 = 12;
pub(super) const SERVICE: u8 = 13;
pub(super) const INJECT: u8 = 14;
pub(super) const SETTLE: u8 = 15;

/// What an input asks for.
#[derive(Debug, Clone, Arbitrary)]
pub struct Session {
    /// The release of the process that dials first.
    pub dials: Chosen<Release>,
    /// The release of the other one.
    pub accepts: Chosen<Release>,
    /// The lane of the first connection.
    pub lane: Bits,
    /// What happens.
    pub operations: Script<Operation, STEPS_MAX>,
}

/// Something that happens.
#[derive(Debug, Clone)]
pub struct Operation {
    /// At which process: 0 or 1.
    pub side: usize,
    /// On which connection; on the last if there are not as many.
    pub link: usize,
    /// What happens.
    pub event: Event,
}

/// What happens to a process.
#[derive(Debug, Clone)]
pub enum Event {
    /// The next frame arrives.
    Deliver,
    /// The side asks something: the bits choose the message, and how.
    Call(Bits),
    /// The side tells something, chosen likewise.
    Tell(Bits),
    /// The side answers the request that waits longest, or shortest.
    Reply {
        /// Which.
        is_oldest: bool,
    },
    /// The side gives a request up, with the status of this number.
    Fail(u8),
    /// The side drains the connection.
    DrainFor(DrainReason),
    /// So many tenths of a second pass.
    Wait(u8),
    /// The connection breaks.
    Break,
    /// The side dials once more, on a lane.
    Dial(Bits),
    /// The frame that is to arrive next is lost.
    Lose,
    /// The frame that is to arrive next arrives twice.
    Duplicate,
    /// One bit of that frame is another.
    Corrupt(u8),
    /// One of its services changes.
    Service(Bits),
    /// A frame arrives that nobody sent.
    Inject(Raw),
    /// All that is under way arrives.
    Settle,
}

impl<'a> Arbitrary<'a> for Operation {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        let first = u8::arbitrary(bytes)?;
        let (side, link) = (usize::from(first >> 4 & 1), usize::from(first >> 5 & 3));
        let event = match first & 0x0f {
            DELIVER..CALL => Event::Deliver,
            CALL => Event::Call(bytes.arbitrary()?),
            TELL => Event::Tell(bytes.arbitrary()?),
            kind @ REPLY..FAIL => Event::Reply { is_oldest: kind == REPLY },
            FAIL => Event::Fail(u8::arbitrary(bytes)? & 7),
            DRAIN => Event::DrainFor(reason(bytes.arbitrary()?)),
            WAIT => Event::Wait(bytes.arbitrary()?),
            BREAK => Event::Break,
            DIAL => Event::Dial(bytes.arbitrary()?),
            TAMPER => {
                let (how, bit): (u8, u8) = bytes.arbitrary()?;
                match how % 3 {
                    0 => Event::Lose,
                    1 => Event::Duplicate,
                    _ => Event::Corrupt(bit),
                }
            }
            SERVICE => Event::Service(bytes.arbitrary()?),
            INJECT => Event::Inject(Raw::sized(bytes)?),
            _ => Event::Settle,
        };
        Ok(Self { side, link, event })
    }
}

impl Case for Session {
    fn holds(self, subject: &(impl Subject + ?Sized), features: &mut Features) -> Judgement {
        let mut world = World::new(subject, [self.dials.0, self.accepts.0], features);
        world.dial(0, self.lane.0)?;
        for operation in &self.operations.0 {
            step(&mut world, operation)?;
        }
        world.end()
    }
}

fn step(
    world: &mut World<'_>,
    Operation { side, link, event }: &Operation,
) -> Result<(), Objection> {
    let (side, link) = (*side, (*link).min(world.links().saturating_sub(1)));
    match event {
        Event::Deliver => world.deliver(link, side),
        Event::Call(Bits(choice)) => world.call(link, side, *choice),
        Event::Tell(Bits(choice)) => world.tell(link, side, *choice),
        Event::Reply { is_oldest } => world.reply(link, side, *is_oldest),
        Event::Fail(number) => world.fail(link, side, *number),
        Event::DrainFor(reason) => world.drain(link, side, *reason),
        Event::Wait(tenths) => world.wait(*tenths),
        Event::Break => world.break_off(link),
        Event::Dial(Bits(lane)) => world.dial(side, *lane),
        Event::Lose => world.tamper(link, side, |_| Vec::new()),
        Event::Duplicate => world.tamper(link, side, |frame| vec![frame.clone(), frame]),
        Event::Corrupt(bit) => world.tamper(link, side, |frame| vec![corrupt(&frame, *bit)]),
        Event::Service(Bits(choice)) => {
            world.stop_or_start(side, *choice);
            Ok(())
        }
        Event::Inject(Raw(frame)) => world.inject(link, side, frame),
        Event::Settle => world.settle(),
    }
}

/// A frame in which one bit is another.
fn corrupt(frame: &[u8], bit: u8) -> Bytes {
    let mut changed = frame.to_vec();
    let index = usize::from(bit) % changed.len().max(1);
    if let Some(byte) = changed.get_mut(index) {
        *byte ^= 1 << (bit >> 5);
    }
    changed.into()
}

fn reason(byte: u8) -> DrainReason {
    match byte % 3 {
        0 => DrainReason::Shutdown,
        1 => DrainReason::Drain,
        _ => DrainReason::CodecError("of the owner"),
    }
}
