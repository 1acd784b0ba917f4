//! Inputs as something to paste into a test, with the commands that show more of them.

use super::case::Case;
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::codec::tree::Context;
use crate::fabric::envelope::EnvelopeType;
use crate::fabric::release::Release;
use crate::harness::fuzz::literal;
use crate::harness::render::quoted;
use crate::suite::repro;

/// The test that repeats the case of an input of a target: whole as it stands, wherever it is pasted.
/// What is no case is shown as bytes.
pub(super) fn describe<C: Case>(target: &str, bytes: &[u8]) -> String {
    let Some(case) = C::of(bytes) else { return format!("{}\n", literal(bytes)) };
    let name = target.replace('+', "_").to_lowercase();
    let commands = case.commands().into_iter().map(|command| format!("    // {command}\n"));
    let commands = commands.collect::<String>();
    let value = format!("{case:#?}").replace('\n', "\n    ");
    format!(
        "#[test]\n\
         fn {name}_holds() {{\n    \
         use skewproof::suite::fuzz::case::*;\n\
         {commands}    \
         let case = {value};\n    \
         assert_eq!(run(\"{target}\", case), Ok(()));\n\
         }}\n"
    )
}

/// The commands that explain a payload.
pub(super) fn payload(of: MessageType, release: Release, number: i32, bytes: &[u8]) -> Vec<String> {
    let (word, argument) = (of.row().word(), argument(bytes));
    let explain = format!(
        "skewproof explain --message {word} --release {release} --protocol {number} {argument}"
    );
    vec![explain, repro::decode(of, release, number, bytes)]
}

/// The command that explains a frame, or a part of one.
pub(super) fn frame(of: EnvelopeType, release: Release, bytes: &[u8]) -> Vec<String> {
    let (frame, argument) = (of == EnvelopeType::Message, argument(bytes));
    let frame = if frame { "--frame " } else { "" };
    vec![format!("skewproof explain {frame}--release {release} {argument}")]
}

/// Bytes on a command line.
pub(super) fn argument(bytes: &[u8]) -> String {
    quoted(&hex::encode(bytes))
}

/// The command that encodes a value.
pub(super) fn value(message: &Message, release: Release, number: i32) -> Vec<String> {
    let cx = Context { release, version: release.highest_version() };
    let fitted = message.clone().fitted(cx).ok();
    let json = fitted.and_then(|fitted| fitted.to_json(cx).ok());
    let encode =
        json.map(|json| repro::encode(message.message_type(), release, number, &json.to_string()));
    encode.into_iter().collect()
}
