//! Reference vectors: bytes that released servers wrote, values that they read, and what they
//! refused.
//!
//! What a line is about is told by its members, so that nothing depends on the names of files or
//! cases. Lines refer to each other by release, version, message and case, across all files that
//! are given at once.

mod cross;
mod crossing;
mod differences;
mod envelope;
mod foreign;
mod line;
mod payload;

pub use crossing::{Crossing, Recorded, crossings};
pub use line::{DamagedLine, Location};
pub use payload::same_value;

use bytes::Bytes;
use envelope::EnvelopeVector;
use line::Line;
use payload::PayloadVector;

use super::compare::Difference;
use super::repro;
use super::subject::Subject;
use crate::fabric::catalogue::MessageType;
use crate::fabric::envelope::EnvelopeType;
use crate::fabric::release::Release;
use crate::fabric::version::ProtocolVersion;
use crate::harness::report::{Grid, Report};
use crate::harness::verdict::{CaseId, Finding, Verdict};

/// A file of vectors.
pub struct Source {
    /// How findings name it.
    pub name: String,
    /// What is in it: one JSON object a line.
    pub text: String,
}

/// What a line is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Payload,
    Envelope,
    EnumTable,
    Constants,
    CrossPayload,
    CrossEnvelope,
    Foreign,
    Differences,
    Speed,
    Unknown,
}

impl Kind {
    fn of(line: &Line) -> Self {
        let is_envelope = |name| line.optional_text(name).ok().flatten() == Some("envelope");
        if line.has("op") {
            Self::Foreign
        } else if line.has("decoder") && is_envelope("protocol") {
            Self::CrossEnvelope
        } else if line.has("decoder") {
            Self::CrossPayload
        } else if line.has("groups") {
            Self::Differences
        } else if line.has("enum") {
            Self::EnumTable
        } else if line.has("constants") {
            Self::Constants
        } else if line.has("hex") && line.has("value") && line.has("protocol") {
            Self::Payload
        } else if line.has("hex") && line.has("value") {
            Self::Envelope
        } else if line.has("decode_ns") || line.has("encode_ns") {
            Self::Speed
        } else {
            Self::Unknown
        }
    }
}

/// A skip that says which bytes are missing.
const NOT_IN_FOLDER: &str = "the line refers to a vector that is in none of the files";

/// Lines, parsed, and the vectors among them by what other lines call them.
struct Vectors {
    lines: Vec<(Kind, Line)>,
    payloads: payload::Index,
    envelopes: envelope::Index,
}

impl Vectors {
    fn read(sources: &[Source]) -> Result<Self, DamagedLine> {
        let mut vectors =
            Self { lines: Vec::new(), payloads: Default::default(), envelopes: Default::default() };
        for source in sources {
            for (index, text) in source.text.lines().enumerate() {
                if text.trim().is_empty() {
                    continue;
                }
                let line = Line::parse(&source.name, index + 1, text)?;
                let kind = Kind::of(&line);
                match kind {
                    Kind::Payload => {
                        let key = payload::Key::of(&line, "release")?;
                        vectors.payloads.insert(key, PayloadVector::read(&line)?);
                    }
                    Kind::Envelope => {
                        let key = envelope::key(&line, "release")?;
                        vectors.envelopes.insert(key, EnvelopeVector::read(&line)?);
                    }
                    _ => {}
                }
                vectors.lines.push((kind, line));
            }
        }
        Ok(vectors)
    }
}

/// Verifies everything that the files say. `advance` is told of every line that is done.
///
/// # Errors
///
/// A line that is not in the format of reference vectors: nothing can be said then.
pub fn verify(
    sources: &[Source],
    subject: &dyn Subject,
    mut advance: impl FnMut(u64),
) -> Result<Report, DamagedLine> {
    let vectors = Vectors::read(sources)?;
    let mut recorder = Recorder::new(&vectors);
    for (kind, line) in &vectors.lines {
        recorder.verify_line(*kind, line, &vectors, subject)?;
        advance(1);
    }
    Ok(recorder.report)
}

/// What bytes of a released server are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A payload of a message at a version.
    Payload(MessageType, ProtocolVersion),
    /// A message of the envelope.
    Envelope(EnvelopeType),
}

/// The bytes that released servers wrote, by whom and of what.
///
/// # Errors
///
/// A line that is not in the format of reference vectors.
pub fn written(sources: &[Source]) -> Result<Vec<(Origin, Release, Bytes)>, DamagedLine> {
    let vectors = Vectors::read(sources)?;
    let payloads = vectors.payloads.into_values().filter_map(|vector| {
        let origin = Origin::Payload(vector.message_type, vector.cx.version);
        Some((origin, vector.cx.release, vector.bytes?))
    });
    let envelopes = vectors.envelopes.into_values().map(EnvelopeVector::into_written);
    Ok(payloads.chain(envelopes).collect())
}

/// Lines in a set of files, for those who show progress.
pub fn count(sources: &[Source]) -> u64 {
    sources.iter().map(|source| source.text.lines().count() as u64).sum()
}

struct Recorder {
    report: Report,
}

/// The grid of what releases read of each other.
const ACROSS: &str = "read across releases";

impl Recorder {
    /// An empty report, with the releases that occur in order.
    fn new(vectors: &Vectors) -> Self {
        let mut releases: Vec<&str> = vectors
            .lines
            .iter()
            .filter(|(kind, _)| matches!(kind, Kind::Payload | Kind::Envelope))
            .filter_map(|(_, line)| line.text("release").ok())
            .collect();
        releases.sort_by_key(|name| (name.parse::<Release>().ok().map(Release::number), *name));
        releases.dedup();
        let mut report = Report::new("reference vectors");
        let senders = releases.iter().map(|release| format!("bytes of {release}"));
        for name in ["payloads", "envelope"] {
            report.add(Grid::new(name).with_columns(&releases));
        }
        report.add(Grid::new(ACROSS).with_rows(senders).with_columns(&releases));
        Self { report }
    }

    fn verify_line(
        &mut self,
        kind: Kind,
        line: &Line,
        vectors: &Vectors,
        subject: &dyn Subject,
    ) -> Result<(), DamagedLine> {
        match kind {
            Kind::Payload => {
                let vector = PayloadVector::read(line)?;
                let key = payload::Key::of(line, "release")?;
                let case = line.case(&key.release, &[&key.protocol, &key.message, &key.case]);
                let row = vector.message_type.row().word();
                let verdict = Some(vector.verify(line, subject));
                self.record("payloads", row, &key.release, line, case, verdict);
            }
            Kind::Envelope => {
                let [release, message, name] = envelope::key(line, "release")?;
                let case = line.case(&release, &["envelope", &message, &name]);
                let verdict = Some(EnvelopeVector::read(line)?.verify());
                self.record("envelope", short(&message), &release, line, case, verdict);
            }
            Kind::EnumTable => {
                let release = line.text("release")?;
                let case = line.case(release, &["enum", line.text("enum")?]);
                let verdict = Some(envelope::verify_enum(line)?);
                self.record("envelope", "enum tables", release, line, case, verdict);
            }
            Kind::Constants => {
                let release = line.text("release")?;
                let case = line.case(release, &["range"]);
                let verdict = Some(envelope::verify_constants(line)?);
                self.record("envelope", "version range", release, line, case, verdict);
            }
            Kind::CrossPayload | Kind::CrossEnvelope => {
                let [from, decoder, protocol] =
                    [line.text("from")?, line.text("decoder")?, line.text("protocol")?];
                let address = [from, protocol, line.text("message")?, line.text("case")?];
                let case = line.case("cross", &[&[decoder], &address[..]].concat());
                let verdict = if kind == Kind::CrossPayload {
                    cross::verify(line, &vectors.payloads, subject)?
                } else {
                    envelope::verify_cross(line, &vectors.envelopes)?
                };
                let row = format!("bytes of {from}");
                self.record(ACROSS, &row, decoder, line, case, verdict);
            }
            Kind::Foreign => {
                let [release, op, message] =
                    [line.text("release")?, line.text("op")?, line.text("message")?];
                let release = release.split(' ').next().unwrap_or(release);
                let name = line.optional_text("case")?.unwrap_or("-");
                let address = [line.text("protocol")?, op, message, name];
                let case = line.case("foreign", &[&[release], &address[..]].concat());
                let verdict = foreign::verify(line, &vectors.payloads, subject)?;
                self.record("foreign bytes and versions", op, release, line, case, verdict);
            }
            Kind::Differences => {
                let [protocol, message, name] =
                    [line.text("protocol")?, line.text("message")?, line.text("case")?];
                for (release, verdict) in differences::verify(line, &vectors.payloads, subject)? {
                    let case = line.case("differences", &[&release, protocol, message, name]);
                    let grid = "bytes that differ between releases";
                    self.record(grid, "payloads", &release, line, case, verdict);
                }
            }
            Kind::Speed | Kind::Unknown => self.skip(kind, line),
        }
        Ok(())
    }

    fn record(
        &mut self,
        grid: &str,
        row: &str,
        column: &str,
        line: &Line,
        case: CaseId,
        verdict: Option<Result<(), Difference>>,
    ) {
        let verdict = match verdict {
            Some(Ok(())) => Verdict::Pass,
            None => Verdict::Skip(NOT_IN_FOLDER.to_owned()),
            Some(Err(difference)) => Verdict::from(Finding {
                case: case.clone(),
                requirement: difference.requirement.to_owned(),
                expected: difference.expected,
                actual: difference.actual,
                place: difference.place,
                repro: repro_of(line),
            }),
        };
        self.report.grid(grid).record(row, column, &case, verdict);
    }

    fn skip(&mut self, kind: Kind, line: &Line) {
        let reason = match kind {
            Kind::Speed => "speed of the real codecs: figures to read, nothing to verify",
            _ => "a line of no known kind",
        };
        let case = line.case("other", &[&line.location().to_string()]);
        let verdict = Verdict::Skip(reason.to_owned());
        self.report.grid("other lines").record("not verified", "lines", &case, verdict);
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
