//! Two processes of any releases, and everything that can happen between them.
//!
//! An input is the two releases and the lane, then operations. The first byte of each has the kind
//! in its low half, then one bit for the process and two for the connection; what a kind needs
//! comes behind it.

mod oracle;
mod world;

use self::world::{Tamper, World};
use super::input::Input;
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

/// What an operation is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Operation {
    kind: u8,
    side: usize,
    link: usize,
}

impl Operation {
    fn of(byte: u8) -> Self {
        Self {
            kind: byte & 0x0f,
            side: usize::from(byte >> 4 & 1),
            link: usize::from(byte >> 5 & 3),
        }
    }
}

/// The body.
pub(super) fn body(
    subject: &dyn Subject,
    bytes: &[u8],
    features: &mut Features,
) -> Result<(), Objection> {
    let mut input = Input(bytes);
    let (Some(dials), Some(accepts)) = (input.release(), input.release()) else { return Ok(()) };
    let mut world = World::new(subject, [dials, accepts], features);
    world.dial(0, input.byte())?;
    for _ in 0..STEPS_MAX {
        if input.0.is_empty() {
            break;
        }
        let operation = Operation::of(input.byte());
        step(&mut world, operation, &mut input)?;
    }
    world.end()
}

fn step(
    world: &mut World<'_>,
    Operation { kind, side, link }: Operation,
    input: &mut Input<'_>,
) -> Result<(), Objection> {
    let link = link.min(world.links().saturating_sub(1));
    match kind {
        DELIVER..CALL => world.deliver(link, side),
        CALL => {
            let choice = input.byte();
            world.call(link, side, choice)
        }
        TELL => {
            let choice = input.byte();
            world.tell(link, side, choice)
        }
        REPLY => world.reply(link, side, true),
        6 => world.reply(link, side, false),
        FAIL => {
            let number = input.byte();
            world.fail(link, side, number)
        }
        DRAIN => world.drain(link, side, reason(input.byte())),
        WAIT => world.wait(input.byte()),
        BREAK => world.break_off(link),
        DIAL => world.dial(side, input.byte()),
        TAMPER => {
            let (how, what) = (input.byte(), input.byte());
            world.tamper(link, side, Tamper::of(how), what);
            Ok(())
        }
        SERVICE => {
            world.stop_or_start(side, input.byte());
            Ok(())
        }
        INJECT => {
            let len = usize::from(input.byte()).min(input.0.len());
            let (frame, rest) = input.0.split_at(len);
            input.0 = rest;
            world.inject(link, side, frame)
        }
        _ => world.settle(),
    }
}

fn reason(byte: u8) -> DrainReason {
    match byte % 3 {
        0 => DrainReason::Shutdown,
        1 => DrainReason::Drain,
        _ => DrainReason::CodecError("of the owner"),
    }
}

/// What the operations are, a line for each.
pub(super) fn story(steps: &[u8]) -> String {
    let mut input = Input(steps);
    let mut story = String::new();
    for _ in 0..STEPS_MAX {
        if input.0.is_empty() {
            break;
        }
        let Operation { kind, side, link } = Operation::of(input.byte());
        let at = format!("{} on connection {link}", ["the first", "the second"][side]);
        let line = match kind {
            DELIVER..CALL => format!("{at}: the next frame arrives"),
            CALL => format!("{at}: calls, choice {}", input.byte()),
            TELL => format!("{at}: tells, choice {}", input.byte()),
            REPLY..FAIL => format!("{at}: replies"),
            FAIL => format!("{at}: gives a request up, status {}", input.byte() & 7),
            DRAIN => format!("{at}: drains, {:?}", reason(input.byte())),
            WAIT => format!("{} ms pass", u32::from(input.byte()) * 100),
            BREAK => format!("connection {link} breaks"),
            DIAL => format!("{at}: dials anew, lane {}", input.byte() & 1),
            TAMPER => {
                let (how, what) = (Tamper::of(input.byte()), input.byte());
                format!("{at}: what comes next is tampered with, {how:?} {what}")
            }
            SERVICE => format!("{at}: a service changes, choice {}", input.byte()),
            INJECT => {
                let len = usize::from(input.byte()).min(input.0.len());
                let (frame, rest) = input.0.split_at(len);
                input.0 = rest;
                format!("{at}: {} arrives from nowhere", hex::encode(frame))
            }
            _ => "all that is under way arrives".to_owned(),
        };
        story.push_str(&line);
        story.push('\n');
    }
    story
}
