//! The second layer: what partition leaders write into logs, who reads it, and what becomes of who
//! does not (09).

mod details;
mod matrix;
mod occasions;
mod rows;
mod samples;
mod understood;
mod written;

pub use details::epochs;
pub use matrix::{Cell, matrix, pair};
pub use occasions::{OCCASIONS, Occasion, plain};
pub use rows::{LogRow, ROWS, Shown, show};
pub use samples::{IS_ABOUT_HEADERS, Sample, all, sample, samples};
pub use understood::{held_by_second_form, understood};
pub use written::{Writing, writing};

use bytes::Bytes;

use crate::fabric::catalogue::Message;
use crate::fabric::log_records::command::Command;
use crate::fabric::log_records::{LogRecord, apply, decode};
use crate::fabric::messages::log_server::MaybeRecord;
use crate::fabric::release::Release;

/// The log records in a message, each with its place.
pub fn bodies(message: &Message) -> Vec<(String, Bytes)> {
    let payloads = match message {
        Message::Store(store) => &store.payloads.0,
        Message::Append(append) => &append.payloads.0,
        Message::Records(records) => {
            let data =
                records.records.iter().enumerate().filter_map(
                    |(index, (_, record))| match record {
                        MaybeRecord::Data(record) => {
                            Some((format!("records[{index}]"), record.body.clone()))
                        }
                        _ => None,
                    },
                );
            return data.collect();
        }
        _ => return Vec::new(),
    };
    let numbered = payloads.iter().enumerate();
    numbered.map(|(index, it)| (format!("payloads[{index}]"), it.body.clone())).collect()
}

/// A command by its name, and an effect by its kind.
pub fn title(command: &Command) -> String {
    match command {
        Command::InvokerEffect(effect) => format!("effect {}", effect.kind.variant_name()),
        other => other.variant_name().to_owned(),
    }
}

/// The log records in a message, for people: where each stands, what it is, and what a release makes
/// of it.
pub fn listed(message: &Message, reader: Release) -> Vec<[String; 3]> {
    let row = |(place, body): (String, Bytes)| listed_body(place, &body, reader);
    bodies(message).into_iter().map(row).collect()
}

/// One of them.
pub fn listed_body(place: String, body: &Bytes, reader: Release) -> [String; 3] {
    let said = apply::react(body, reader);
    let what = match decode::<LogRecord>(body, reader) {
        Ok(record) => title(&record.command),
        Err(error) => error.to_string(),
    };
    [place, what, format!("{reader}: {said}")]
}
