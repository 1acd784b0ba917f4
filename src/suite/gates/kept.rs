//! What leaders write into logs, and what is kept in the metadata store, read by every other release
//! that may be in a cluster with the writer. The version of their connection has no part in it.

use super::finding::{Change, Outcome, Road};
use super::observe::{Journey, Seen};
use crate::fabric::log_records::context;
use crate::fabric::log_records::framing::BodyError;
use crate::fabric::log_records::header::{Source, SourceControlPlane};
use crate::fabric::release::Release;
use crate::fabric::version::ProtocolVersion;
use crate::suite::log_records::{IS_ABOUT_HEADERS, all};
use crate::suite::subject::Subject;
use crate::suite::value::{Unread, Value, ValueType};

/// Tries everything.
pub(super) fn observe(subject: &dyn Subject, seen: &mut Vec<Seen>) {
    for writer in Release::stable() {
        for value in records(writer) {
            send(Road::Log, &value, writer, subject, seen);
        }
        for value in ValueType::EpochMetadata.written_by(context(writer)) {
            send(Road::Store, &value, writer, subject, seen);
        }
    }
}

/// The samples of records as a release writes them. Up to 1.4 no reader gets past the headers that
/// leaders write from 1.6 on: what is behind them comes from the control plane, which all know.
fn records(writer: Release) -> impl Iterator<Item = Value> {
    all().filter_map(move |sample| {
        let mut record = sample.written_by(writer)?;
        if !IS_ABOUT_HEADERS.contains(&sample.case) {
            record.header.source = Source::ControlPlane(SourceControlPlane {});
        }
        Some(Value::LogRecord(record))
    })
}

fn send(road: Road, value: &Value, writer: Release, subject: &dyn Subject, seen: &mut Vec<Seen>) {
    let (of, cx) = (value.value_type(), context(writer));
    let Ok(json) = value.to_json(cx) else { return };
    let Ok(body) = value.encode(writer, cx.version.number(), subject) else { return };
    let journey = Journey { road, of, shape: of.shape(), cx, json };
    let is_met = |reader: &Release| {
        let is_shared =
            |version: &ProtocolVersion| reader.speaks(*version) && writer.speaks(*version);
        *reader != writer && ProtocolVersion::CODED.iter().any(is_shared)
    };
    for reader in Release::stable().filter(is_met) {
        match Value::decode(of, &body, (reader, cx.version.number()), subject) {
            Ok(received) if received == *value => {}
            Ok(received) => {
                // In the spelling of the writer, if that has words for it.
                let json = received.to_json(cx).or_else(|_| received.to_json(context(reader)));
                if let Ok(json) = json {
                    journey.compare(&json, reader, seen);
                }
            }
            Err(Unread::Kept(BodyError::Malformed(fault))) => journey.refused(&fault, reader, seen),
            Err(error) => {
                let reason = error.to_string();
                journey.note(reader, seen, String::new(), Change::Form, Outcome::Refused, &reason);
            }
        }
    }
}
