//! Where the verdict on a line is counted, and under which address.

use super::agreement::{Agreement, Answer};
use super::envelope;
use super::line::{DamagedLine, Line};
use super::payload::{self, PayloadVector};
use crate::harness::requirement::Requirement;
use crate::harness::verdict::{CaseId, Finding, Verdict};
use crate::suite::{repro, requirements};

/// The name of a grid, and what it is of.
pub type GridOf = (&'static str, &'static Requirement);

/// The grid of what releases read of each other.
pub const ACROSS: GridOf = ("read across releases", &requirements::VECTOR_ACROSS);
/// The grid of payload vectors.
pub const PAYLOADS: GridOf = ("payloads", &requirements::VECTOR_PAYLOADS);
/// The grid of envelope vectors.
pub const ENVELOPE: GridOf = ("envelope", &requirements::VECTOR_ENVELOPE);
/// The grid of bytes and versions that a release should not get.
pub const FOREIGN: GridOf = ("foreign bytes and versions", &requirements::VECTOR_FOREIGN);
/// The grid of values that releases encode differently.
const DIFFERENCES: GridOf =
    ("bytes that differ between releases", &requirements::VECTOR_DIFFERENCES);
/// The grid of odd bytes and what the libraries say.
const ODD: GridOf =
    ("odd bytes, as the libraries of released servers read them", &requirements::VECTOR_ODD);
/// The grid of the layer inside records.
const LOG_RECORDS: GridOf = ("log records", &requirements::VECTOR_RECORDS);
/// The grid of lines that are none of these.
const OTHER: GridOf = ("other lines", &requirements::VECTOR_OTHER);
/// A skip that says which bytes are missing.
const NOT_IN_FOLDER: &str = "the line refers to a vector that is in none of the files";
/// A skip that says so.
const CUT_OFF: &str =
    "the bytes of the line end inside a value, and yet a reader took them: the line is cut off";

/// A cell of a report's grid, and the address of a case in it.
pub struct Cell {
    /// The grid.
    pub grid: &'static str,
    /// Its row.
    pub row: String,
    /// Its column.
    pub column: String,
    /// The address.
    pub case: CaseId,
}

/// A verdict, and where it is counted.
pub struct Judged {
    /// The cell.
    pub cell: Cell,
    /// What came of it.
    pub verdict: Verdict,
    /// How the subject agrees, where it does.
    pub agreement: Option<Agreement>,
}

impl Cell {
    fn new(
        (grid, requirement): GridOf,
        row: impl Into<String>,
        column: &str,
        case: CaseId,
    ) -> Self {
        Self { grid, row: row.into(), column: column.to_owned(), case: case.of(requirement) }
    }

    /// Of a payload vector.
    pub fn of_payload(line: &Line, vector: &PayloadVector) -> Result<Self, DamagedLine> {
        let key = payload::Key::of(line, "release")?;
        let case = line.case(&key.release, &[&key.protocol, &key.message, &key.case]);
        Ok(Self::new(PAYLOADS, vector.message_type.row().word(), &key.release, case))
    }

    /// Of an envelope vector.
    pub fn of_envelope(line: &Line) -> Result<Self, DamagedLine> {
        let [release, message, name] = envelope::key(line, "release")?;
        let case = line.case(&release, &["envelope", &message, &name]);
        Ok(Self::new(ENVELOPE, short(&message), &release, case))
    }

    /// Of what a release says of the envelope as a whole.
    pub fn of_tables(line: &Line, row: &str, address: &[&str]) -> Result<Self, DamagedLine> {
        let release = line.text("release")?;
        Ok(Self::new(ENVELOPE, row, release, line.case(release, address)))
    }

    /// Of what one release understood of another.
    pub fn of_cross(line: &Line) -> Result<Self, DamagedLine> {
        let [from, decoder] = [line.text("from")?, line.text("decoder")?];
        let address =
            [decoder, from, line.text("protocol")?, line.text("message")?, line.text("case")?];
        Ok(Self::new(ACROSS, format!("bytes of {from}"), decoder, line.case("cross", &address)))
    }

    /// Of bytes and versions that a release should not get.
    pub fn of_foreign(line: &Line) -> Result<Self, DamagedLine> {
        let [release, op] = [line.text("release")?, line.text("op")?];
        let release = release.split(' ').next().unwrap_or(release);
        let name = line.optional_text("case")?.unwrap_or("-");
        let address = [release, line.text("protocol")?, op, line.text("message")?, name];
        Ok(Self::new(FOREIGN, op, release, line.case("foreign", &address)))
    }

    /// Of odd bytes that a library was given.
    pub fn of_odd(line: &Line) -> Result<Self, DamagedLine> {
        let [release, message] = [line.text("release")?, line.text("message")?];
        let protocol = line.optional_text("protocol")?.unwrap_or("envelope");
        let case = line.case("odd", &[release, protocol, message, line.text("case")?]);
        Ok(Self::new(ODD, format!("{protocol} {}", short(message)), release, case))
    }

    /// Of the body of a log record, or of a document that is kept the same way.
    pub fn of_log_record(line: &Line) -> Result<Self, DamagedLine> {
        let [message, name] = [line.text("message")?, line.text("case")?];
        let (row, reader) = match (line.optional_text("op")?, line.optional_text("from")?) {
            (Some("decode-input"), _) => ("odd bodies".to_owned(), line.text("release")?),
            (Some(op), _) => (op.to_owned(), line.text("release")?),
            (None, Some(from)) => (format!("bodies of {from}"), line.text("decoder")?),
            (None, None) => (message.to_owned(), line.text("release")?),
        };
        let case = line.case("log-records", &[reader, &row, message, name]);
        Ok(Self::new(LOG_RECORDS, row, reader, case))
    }

    /// Of one release that a line about different bytes names.
    pub fn of_difference(line: &Line, release: &str) -> Result<Self, DamagedLine> {
        let address = [release, line.text("protocol")?, line.text("message")?, line.text("case")?];
        Ok(Self::new(DIFFERENCES, "payloads", release, line.case("differences", &address)))
    }

    /// Of a line that is none of these, or that cannot be understood.
    pub fn of_other(line: &Line, row: &str) -> Self {
        let case = line.case("other", &[&line.location().to_string()]);
        Self::new(OTHER, row, "lines", case)
    }

    /// The verdict of an answer; without one the line refers to what is not there.
    pub fn judged(self, line: &Line, answer: Option<Answer>) -> Judged {
        let (verdict, agreement) = match answer {
            Some(Ok(Agreement::CutOff)) => (Verdict::Skip(CUT_OFF.to_owned()), None),
            Some(Ok(agreement)) => (Verdict::Pass, Some(agreement)),
            None => (Verdict::Skip(NOT_IN_FOLDER.to_owned()), None),
            Some(Err(difference)) => {
                let finding = Finding {
                    case: self.case.clone(),
                    requirement: difference.requirement.to_owned(),
                    expected: difference.expected,
                    actual: difference.actual,
                    place: difference.place,
                    repro: repro_of(line),
                };
                (Verdict::from(finding), None)
            }
        };
        Judged { cell: self, verdict, agreement }
    }

    /// A skip, and why.
    pub fn skipped(self, reason: String) -> Judged {
        Judged { cell: self, verdict: Verdict::Skip(reason), agreement: None }
    }
}

/// The command that decodes the bytes of a line again; for a line without bytes, the place of the
/// line.
fn repro_of(line: &Line) -> Option<String> {
    let bytes =
        ["hex", "input_hex"].iter().find_map(|name| line.optional_bytes(name).ok().flatten());
    let release = line.release("release").ok();
    let message_type = payload::message_type(line, "message").ok();
    match (bytes, release, message_type, line.version()) {
        (Some(bytes), Some(release), Some(message_type), Ok(number)) => {
            Some(repro::decode(message_type, release, number, &bytes))
        }
        _ => Some(format!("see {}", line.location())),
    }
}

/// The last part of a full protobuf name.
fn short(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}
