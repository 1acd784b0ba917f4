//! Inputs as something to paste into a test, with what they show.

use std::fmt::{Debug, Display};

use bytes::Bytes;

use super::explain::{HEAD_LEN as EXPLAIN_HEAD_LEN, Taken};
use super::input::Input;
use super::negotiate::Sides;
use super::{cross, decode, differential, frame, handshake, roundtrip, session};
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::codec::tree::Context;
use crate::fabric::envelope::{Envelope, EnvelopeType};
use crate::fabric::negotiation::Arrival;
use crate::fabric::release::Release;
use crate::harness::fuzz::{Features, literal};
use crate::harness::render::quoted;
use crate::suite::repro;

/// The test that repeats an input, below lines about it: whole as it stands, wherever it is pasted.
fn snippet(target: &str, bytes: &[u8], about: &str) -> String {
    let about = about.lines().map(|line| format!("    // {line}").trim_end().to_owned() + "\n");
    let about = about.collect::<String>();
    let name = target.replace('+', "_").to_lowercase();
    let literal = literal(bytes);
    format!(
        "#[test]\n\
         fn {name}_holds() {{\n\
         {about}    \
         let input = {literal};\n    \
         let target = skewproof::suite::fuzz::target(\"{target}\").unwrap();\n    \
         let mut features = skewproof::harness::fuzz::Features::new();\n    \
         assert_eq!((target.body)(input, &mut features), Ok(()));\n\
         }}\n"
    )
}

/// A value in lines, or the reason why there is none.
fn shown<T: Debug, E: Display>(value: Result<T, E>) -> String {
    match value {
        Ok(value) => format!("{value:#?}\n"),
        Err(error) => format!("{error}\n"),
    }
}

/// The command that explains a payload.
fn payload(message: MessageType, release: Release, number: i32, bytes: &[u8]) -> String {
    let word = message.row().word();
    let decode = repro::decode(message, release, number, bytes);
    let value = Message::decode(message, &Bytes::copy_from_slice(bytes), release, number);
    let (bytes, value) = (argument(bytes), shown(value));
    format!(
        "{word} of {release} at V{number}\n\
         {value}\
         skewproof explain --message {word} --release {release} --protocol {number} {bytes}\n\
         {decode}\n"
    )
}

/// The command that explains a frame.
fn framed(of: EnvelopeType, release: Release, bytes: &[u8]) -> String {
    let value = Envelope::decode(of, release, Bytes::copy_from_slice(bytes));
    let bytes = argument(bytes);
    let about = format!("{} of {release}\n{}", of.word(), shown(value));
    if of == EnvelopeType::Message {
        about + &format!("skewproof explain --frame --release {release} {bytes}\n")
    } else {
        about + &format!("skewproof explain --release {release} {bytes}\n")
    }
}

/// Bytes on a command line.
fn argument(bytes: &[u8]) -> String {
    quoted(&hex::encode(bytes))
}

/// A value, and the command that encodes it.
fn value(message: &Message, release: Release, number: i32) -> String {
    let cx = Context { release, version: release.highest_version() };
    let fitted = message.clone().fitted(cx).ok();
    let json = fitted.and_then(|fitted| fitted.to_json(cx).ok());
    let command = json.map(|json| {
        repro::encode(message.message_type(), release, number, &json.to_string()) + "\n"
    });
    format!("{message:#?}\n") + &command.unwrap_or_default()
}

/// Of `decode`.
pub(super) fn decode(name: &str, bytes: &[u8]) -> String {
    let about = decode::Case::of(bytes)
        .map(|case| payload(case.message, case.release, case.number, &case.payload));
    snippet(name, bytes, &about.unwrap_or_default())
}

/// Of `frame`.
pub(super) fn frame(name: &str, bytes: &[u8]) -> String {
    let about = frame::Case::of(bytes).map(|case| framed(case.of, case.release, &case.bytes));
    snippet(name, bytes, &about.unwrap_or_default())
}

/// Of `differential`.
pub(super) fn differential(name: &str, bytes: &[u8]) -> String {
    let mut input = Input(bytes);
    let byte = input.byte();
    let choice = [byte & !differential::IS_ENVELOPE];
    let (of, message) = (Input(&choice).envelope(), Input(&choice).message());
    let (release, number) = (input.release(), input.number());
    let about = match (of, message, release) {
        (Some(of), _, Some(release)) if byte & differential::IS_ENVELOPE != 0 => {
            framed(of, release, input.0)
        }
        (_, Some(message), Some(release)) => payload(message, release, number, input.0),
        _ => String::new(),
    };
    snippet(name, bytes, &about)
}

/// Of `explain`.
pub(super) fn explain(name: &str, bytes: &[u8]) -> String {
    let mut input = Input(bytes);
    let taken = Taken::of(input.byte());
    let choice = input.0;
    let rest = bytes.get(EXPLAIN_HEAD_LEN..).unwrap_or_default();
    let (message, release, number) = (input.message(), input.release(), input.number());
    let about = match (taken, message, Input(choice).envelope(), release) {
        (Taken::Payload, Some(message), _, Some(release)) => {
            payload(message, release, number, rest)
        }
        (Taken::Frame, _, Some(of), Some(release)) => framed(of, release, rest),
        _ => format!("skewproof explain {}\n", argument(rest)),
    };
    snippet(name, bytes, &about)
}

/// Of `roundtrip`.
pub(super) fn roundtrip(name: &str, bytes: &[u8]) -> String {
    let about = roundtrip::Case::of(bytes, &mut Features::new()).map(|case| {
        let (release, number) = (case.release, case.number);
        format!("{release} at V{number}\n") + &value(&case.message, release, number)
    });
    snippet(name, bytes, &about.unwrap_or_default())
}

/// Of `cross`.
pub(super) fn cross(name: &str, bytes: &[u8]) -> String {
    let about = cross::Case::of(bytes, &mut Features::new()).map(|case| {
        let (writer, reader, number) = (case.writer, case.reader, case.number);
        format!("{writer} to {reader} at V{number}\n") + &value(&case.message, writer, number)
    });
    snippet(name, bytes, &about.unwrap_or_default())
}

/// The two sides of a handshake.
fn sides(bytes: &[u8]) -> String {
    let Some(sides) = Sides::of(&mut Input(bytes)) else { return String::new() };
    let hello = sides.hello();
    let answer = sides.acceptor.accept(Arrival::Frame(&hello));
    let (acceptor, initiator) = (&sides.acceptor, &sides.initiator);
    format!("{acceptor:#?}\n{initiator:#?}\n{hello:#?}\n{answer:#?}\n")
}

/// Of `negotiate`.
pub(super) fn negotiate(name: &str, bytes: &[u8]) -> String {
    snippet(name, bytes, &sides(bytes))
}

/// Of `handshake`.
pub(super) fn handshake(name: &str, bytes: &[u8]) -> String {
    let steps = bytes.get(handshake::HEAD_LEN..).unwrap_or_default();
    let about = sides(bytes) + &format!("steps: {}\n", argument(steps));
    snippet(name, bytes, &about)
}

/// Of `session`: what happens, and what a process is told.
pub(super) fn session(name: &str, bytes: &[u8]) -> String {
    let mut input = Input(bytes);
    let about = match (input.release(), input.release()) {
        (Some(dials), Some(accepts)) => {
            let steps = bytes.get(session::HEAD_LEN..).unwrap_or_default();
            format!("{dials} dials {accepts}\n{}", session::story(steps))
        }
        _ => String::new(),
    };
    snippet(name, bytes, &about)
}
