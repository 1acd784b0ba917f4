//! Log records in the messages that carry them: what a leader writes, and what every reader of its log
//! makes of it, whatever version their connection has.

use bytes::Bytes;

use super::came::{Came, Refusal};
use super::notes;
use super::objection::{self, release as of_release};
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::log_records::apply::react;
use crate::fabric::log_records::framing::BodyError;
use crate::fabric::log_records::{self, LogRecord, Unwritable};
use crate::fabric::messages::log_server::Store;
use crate::fabric::messages::records::{Payloads, Record};
use crate::fabric::release::Release;
use crate::fabric::version::ProtocolVersion;
use crate::harness::fuzz::{Features, Objection};
use crate::suite::compatibility::{self, Row, Sent};
use crate::suite::log_records::{Writing, title, understood, writing};
use crate::suite::subject::Subject;

/// What is read of a body is written and read again, and every processor does something with it.
pub(super) fn again(
    subject: &(impl Subject + ?Sized),
    place: (MessageType, Release, i32),
    body: &Bytes,
    features: &mut Features,
) -> Result<(), Objection> {
    let (_, release, _) = place;
    features.note(notes::mix([98, notes::name(&react(body, release).to_string())]));
    let value = match subject.decode_record(body, release) {
        Ok(value) => value,
        Err(BodyError::Malformed(fault)) => {
            features.note(notes::mix([96, notes::fault(&fault)]));
            return Ok(());
        }
        Err(_) => return Ok(()),
    };
    features.note(notes::mix([97, notes::name(&title(&value.command))]));
    let encoded = match subject.encode_record(&value, release) {
        Ok(encoded) => encoded,
        // A body in JSON may have a name with a NUL that would be a key: no flexbuffer says it.
        Err(unwritable) if unwritable.unfit.is_nul_in_key() => return Ok(()),
        Err(error) => {
            let came = Came::refusal(format_args!("{value:?}"), &error).of_bytes(body);
            return Err(objection::at("record-not-encoded", place, came));
        }
    };
    match subject.decode_record(&encoded, release) {
        Ok(again) if again == value => Ok(()),
        other => {
            let came = Came::value(&Ok::<_, BodyError>(value), &other).of_bytes(&encoded);
            Err(objection::at("record-reads-otherwise", place, came))
        }
    }
}

/// The payload of a message in which a release sends a record.
pub(super) fn carried(body: Bytes, by: Release) -> Option<Vec<u8>> {
    let record = Record { body, ..Record::default() };
    let store = Store { payloads: Payloads(vec![record]), ..Store::default() };
    let bytes = Message::Store(store).encode(by, by.highest_version().number());
    bytes.ok().map(|bytes| bytes.to_vec())
}

/// Who holds a record, who writes it into a log, and who reads it there.
pub(super) struct Way {
    pub(super) holder: Release,
    pub(super) writer: Release,
    pub(super) reader: Release,
}

impl Way {
    /// What the writer has no form for it does not write; what it writes the reader reads as it is, or
    /// not at all where that is known.
    pub(super) fn go(
        &self,
        subject: &(impl Subject + ?Sized),
        body: &Bytes,
        features: &mut Features,
    ) -> Result<(), Objection> {
        let Ok(value) = log_records::decode::<LogRecord>(body, self.holder) else { return Ok(()) };
        let Ok(sent) = value.clone().fitted(self.writer) else {
            return match subject.encode_record(&value, self.writer) {
                Err(_) => Ok(()),
                Ok(bytes) => {
                    let came = Came::words("ungated", "an error", hex::encode(&bytes));
                    Err(self.objection("record-not-refused", &value, came))
                }
            };
        };
        let right = log_records::encode(&sent, self.writer);
        let Some(right) = self.right(&sent, right)? else { return Ok(()) };
        let written = match subject.encode_record(&sent, self.writer) {
            Ok(written) => written,
            Err(error) => {
                let came = Came::refusal(format_args!("{sent:?}"), &error);
                return Err(self.objection("record-not-written", &sent, came));
            }
        };
        self.read(&sent, [&right, &written], subject, features)
    }

    /// What the release writes of a record that fits it; nothing where no flexbuffer says it.
    fn right(
        &self,
        sent: &LogRecord,
        written: Result<Bytes, Unwritable>,
    ) -> Result<Option<Bytes>, Objection> {
        match written {
            Ok(right) => Ok(Some(right)),
            // A name with a NUL that would be a key.
            Err(unwritable) if unwritable.unfit.is_nul_in_key() => Ok(None),
            Err(error) => {
                let came = Came::refusal(format_args!("{sent:?}"), &error);
                Err(self.objection("record-fits-but-refused", sent, came))
            }
        }
    }

    /// A reader makes of what the release writes, and of what the subject wrote, what its release does.
    fn read(
        &self,
        sent: &LogRecord,
        [right, written]: [&Bytes; 2],
        subject: &(impl Subject + ?Sized),
        features: &mut Features,
    ) -> Result<(), Objection> {
        let expected = understood(sent, self.writer, self.reader);
        let mut seen = vec![subject.decode_record(right, self.reader)];
        if written != right {
            seen.push(log_records::decode(written, self.reader));
        }
        let mut refusal = None;
        for seen in seen {
            match (&expected, seen) {
                (None, Err(error)) => refusal = refusal.or_else(|| Some(error.to_string())),
                (Some(expected), Ok(read)) if *expected == read => {}
                (Some(expected), Ok(read)) => {
                    let came = Came::value(expected, &read).of_bytes(written);
                    return Err(self.objection("record-changed", sent, came));
                }
                (Some(expected), Err(error)) => {
                    let came = Came::refusal(format_args!("{expected:?}"), &error);
                    return Err(self.objection("record-refused", sent, came.of_bytes(written)));
                }
                (None, Ok(read)) => {
                    let came = Came::words("unreadable", "an error", format_args!("{read:?}"));
                    return Err(self.objection("record-not-refused", sent, came.of_bytes(written)));
                }
            }
        }
        let writing = writing(sent, self.writer);
        let reaction = react(right, self.reader);
        features.note(notes::mix([
            95,
            writing as u64,
            notes::name(&title(&sent.command)),
            notes::name(&reaction.to_string()),
        ]));
        match refusal {
            Some(refusal) if !self.is_listed(writing, &refusal) => {
                let came = Came::words(format_args!("{writing}"), "a row of the table", refusal);
                Err(self.objection("unlisted-stop", sent, came))
            }
            _ => Ok(()),
        }
    }

    /// Whether it is known that the reader may meet what it refuses with these words, or nobody writes it,
    /// or the two are never in one cluster. A row of what nobody writes does not excuse what somebody does.
    fn is_listed(&self, writing: Writing, refusal: &str) -> bool {
        let [writer, reader] = [self.writer, self.reader];
        let is_shared = |it: &ProtocolVersion| writer.speaks(*it) && reader.speaks(*it);
        let is_sent = |row: &Row| row.sent != Sent::Never;
        let mut rows = compatibility::on_refusal("LogRecord", refusal, writer, reader);
        writing == Writing::Never
            || !ProtocolVersion::CODED.iter().any(is_shared)
            || rows.any(is_sent)
    }

    #[cold]
    fn objection(&self, kind: &'static str, record: &LogRecord, came: Came) -> Objection {
        let shown_by = [
            ("record", title(&record.command)),
            of_release(self.writer),
            ("reader", self.reader.name().to_owned()),
        ];
        objection::of(kind, shown_by, came)
    }
}

impl Refusal for BodyError {
    fn place(&self) -> String {
        match self {
            Self::Malformed(fault) => Refusal::place(fault),
            other => other.to_string(),
        }
    }
}

impl Refusal for Unwritable {
    fn place(&self) -> String {
        self.unfit.what.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fabric::codec::tree::Unfit;

    fn way(writer: &str, reader: &str) -> Way {
        let [writer, reader] = [writer, reader].map(|name| name.parse().unwrap());
        Way { holder: writer, writer, reader }
    }

    #[test]
    fn a_row_of_the_table_excuses_what_it_is_about_and_nothing_else() {
        let is_listed = |writer, reader, refusal: &str| {
            way(writer, reader).is_listed(Writing::Default, refusal)
        };
        let unknown = |variant: &str| format!("command: unknown variant \"{variant}\" of Command");
        assert!(is_listed("1.7", "1.5.3", &unknown("UpsertSchema")));
        assert!(!is_listed("1.7", "1.5.3", &unknown("TruncateOutbox")));
        assert!(!is_listed("1.7.12", "1.7.2", &unknown("UpsertSchema")));
        // The table says that nobody writes it: then it has to be so.
        assert!(!is_listed("1.7", "1.6", &unknown("VQueuesPause")));
        assert!(way("1.7", "1.6").is_listed(Writing::Never, &unknown("VQueuesPause")));
    }

    #[test]
    fn what_fits_a_release_it_writes() {
        let way = way("1.7", "1.6");
        let sent = LogRecord::default();
        let refused = |what: &str| {
            let unfit = Unfit { what: what.to_owned(), panic: None };
            way.right(&sent, Err(Unwritable { release: way.writer, unfit }))
        };
        assert_eq!(refused("flexbuffers.a key with a NUL"), Ok(None));
        assert_eq!(refused("Command.PurgeJournal").unwrap_err().kind, "record-fits-but-refused");
    }
}
