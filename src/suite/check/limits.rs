//! Frames at their longest and one byte beyond, as every release reads and sends them (02 §7, 07 §8).

use serde_json::Value as Json;

use super::{Checks, strangers};
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::codec::tree::Context;
use crate::fabric::envelope::{EnvelopeError, EnvelopeType};
use crate::fabric::limits::{INPUT_LEN_MAX, Side};
use crate::fabric::release::Release;
use crate::fabric::stream::{StreamError, Unframed, frame_prefix};
use crate::fabric::version::ProtocolVersion;
use crate::harness::report::Grid;
use crate::suite::compare::Difference;
use crate::suite::requirements;
use crate::suite::session;
use crate::suite::skew::releases;
use crate::suite::subject::{Streamed, Subject};

/// The grid of these checks.
const GRID: &str = "sizes of frames, by the release that reads or sends";

const MIB: usize = 1 << 20;

/// The longest frames, in bytes, as 07 §8.1 has them.
struct Bounds {
    read: usize,
    /// None if frames of any length are sent.
    sent_by_client: Option<usize>,
    sent_by_server: Option<usize>,
}

impl Bounds {
    fn of(release: Release) -> Self {
        let is_configured = release.minor() >= 6;
        let is_first = ["1.2.0", "1.2.1"].contains(&release.exact_name().as_str());
        Self {
            read: if is_configured { 33 * MIB } else { 32 * MIB },
            sent_by_client: is_first.then_some(32 * MIB),
            sent_by_server: (!is_configured).then_some(32 * MIB),
        }
    }

    const fn sent(&self, side: Side) -> Option<usize> {
        match side {
            Side::Client => self.sent_by_client,
            Side::Server => self.sent_by_server,
        }
    }
}

/// Checks every release in both directions.
pub fn run(checks: &mut Checks<'_>) {
    checks.report.add(Grid::new(GRID).with_columns(releases().iter().map(|it| it.name())));
    for release in releases() {
        let case = |direction: &str| requirements::LIMIT.case([release.name(), direction]);
        let limits = Bounds::of(release);
        let read = reads(release, limits.read, checks.subject);
        checks.record_in(GRID, "read", release, case("read"), read);
        for side in Side::BOTH {
            let sent = sends(release, side, limits.sent(side), checks.subject);
            let check = format!("sent by the {side}");
            checks.record_in(GRID, &check, release, case(&side.to_string()), sent);
        }
        let cx = Context { release, version: ProtocolVersion::V3 };
        if release.range().contains(cx.version.number()) {
            checks.record_in(GRID, "nested", release, case("nesting"), nests(cx, checks.subject));
        }
    }
}

/// Levels of lists and maps that are read, and those of them that are around what is left out.
const LEVELS_MAX: usize = 64;
const LEVELS_AROUND: usize = 7;

/// Values nest as deep as the specification says, as JSON and as bytes, and no deeper (06 §3).
fn nests(cx: Context, subject: &dyn Subject) -> Result<(), Difference> {
    let message = MessageType::MetadataUpdate;
    let nested = |levels: usize| {
        let value = (0..levels).fold(Json::Null, |inner, _| Json::Array(vec![inner]));
        Message::from_json(message, &strangers::with_left_out(value), cx)
    };
    let is_read = |levels: usize| {
        let number = cx.version.number();
        let bytes = subject.encode(&nested(levels).ok()?, cx.release, number).ok()?;
        subject.decode(message, &bytes, cx.release, number).ok()
    };
    let inner = LEVELS_MAX - LEVELS_AROUND;
    let seen = [
        nested(LEVELS_MAX).is_ok(),
        nested(LEVELS_MAX + 1).is_ok(),
        is_read(inner).is_some(),
        is_read(inner + 1).is_some(),
    ];
    if seen == [true, false, true, false] {
        return Ok(());
    }
    let requirement = "lists and maps are read as deep as the bound, and no deeper";
    let expected = format!("{LEVELS_MAX} levels, as JSON and as bytes, and no more");
    Err(Difference::new(requirement, expected, format!("whether one more is read: {seen:?}")))
}

/// A frame of the greatest length is read by the stream and by what is behind it, and one that is
/// longer by neither.
fn reads(release: Release, len_max: usize, subject: &dyn Subject) -> Result<(), Difference> {
    let requirement = "a frame of the greatest length is read, and one byte more is not";
    let stream = |len: usize| {
        let prefix = frame_prefix(len).unwrap_or_default();
        let Streamed { end, .. } = subject.read_stream(&mut [&prefix[..]].into_iter(), release);
        end
    };
    match (stream(len_max), stream(len_max + 1)) {
        (Err(StreamError::CutOff { .. }), Err(StreamError::TooLarge { .. })) => {}
        ends => {
            let expected = format!("{len_max} bytes are waited for, and no more");
            return Err(Difference::new(requirement, expected, format!("{ends:?}")));
        }
    }
    let decoded = |len: usize| {
        let bytes = session::padded(&[], len);
        subject.decode_envelope(EnvelopeType::Message, &bytes, release).map(|_| bytes.len())
    };
    match (decoded(len_max), decoded(len_max + 1)) {
        (Ok(_), Err(EnvelopeError::TooLarge { .. })) => Ok(()),
        decoded => {
            let expected = format!("{len_max} bytes are a frame, and no more");
            Err(Difference::new(requirement, expected, format!("{decoded:?}")))
        }
    }
}

/// A frame of the greatest length is sent, and one that is longer is not; where there is none, any
/// is sent that some release reads, and longer ones.
fn sends(
    release: Release,
    side: Side,
    len_max: Option<usize>,
    subject: &dyn Subject,
) -> Result<(), Difference> {
    let prefix = |len: usize| subject.frame_prefix(len, release, side);
    let requirement = "a frame is sent if it is not longer than the release's bound, if it has one";
    let len = len_max.unwrap_or(INPUT_LEN_MAX);
    let (fits, beyond) = (prefix(len), prefix(len + 1));
    let is_right = match beyond {
        Err(Unframed::TooLarge { .. }) => len_max.is_some(),
        _ => len_max.is_none() && beyond == frame_prefix(len + 1),
    };
    if fits == frame_prefix(len) && is_right {
        return Ok(());
    }
    let expected = match len_max {
        Some(len_max) => format!("frames of {len_max} bytes, and no longer ones"),
        None => "frames of any length".to_owned(),
    };
    Err(Difference::new(requirement, expected, format!("{len} bytes: {fits:?}, then {beyond:?}")))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::super::objections;
    use super::*;
    use crate::fabric::envelope::Envelope;
    use crate::fabric::session::Dialect;
    use crate::fabric::stream::{FrameReader, FrameWriter, PREFIX_LEN};
    use crate::suite::subject::Fabric;

    /// What is wrong with a fabric that has other limits.
    enum Other {
        ReadsLess,
        ReadsMore,
        DecodesMore,
        SendsLess,
        SendsMore,
    }

    impl Dialect for Other {}

    impl Subject for Other {
        fn read_stream(
            &self,
            chunks: &mut dyn Iterator<Item = &[u8]>,
            release: Release,
        ) -> Streamed {
            let as_if = match self {
                Self::ReadsLess => "1.5",
                Self::ReadsMore => "1.6",
                _ => return Fabric.read_stream(chunks, release),
            };
            let mut reader = FrameReader::new(as_if.parse().unwrap());
            chunks.for_each(|chunk| reader.push(chunk));
            let end = reader.next_frame().map(drop).and_then(|()| reader.end());
            Streamed { messages: Vec::new(), end }
        }

        fn decode_envelope(
            &self,
            envelope_type: EnvelopeType,
            bytes: &Bytes,
            release: Release,
        ) -> Result<Envelope, EnvelopeError> {
            let is_cut = matches!(self, Self::DecodesMore) && bytes.len() > 1 << 20;
            let bytes = if is_cut { &Bytes::new() } else { bytes };
            Fabric.decode_envelope(envelope_type, bytes, release)
        }

        fn frame_prefix(
            &self,
            len: usize,
            release: Release,
            side: Side,
        ) -> Result<[u8; PREFIX_LEN], Unframed> {
            let as_if = match self {
                Self::SendsLess => "1.2.0".parse().unwrap(),
                Self::SendsMore => "1.6".parse().unwrap(),
                _ => release,
            };
            FrameWriter::new(as_if, side).prefix(len)
        }
    }

    #[test]
    fn limits_are_kept_and_others_are_seen() {
        assert!(objections(run, &Fabric).is_empty(), "{:?}", objections(run, &Fabric));
        for (other, case) in [
            (Other::ReadsLess, "check/limit/1.6/read"),
            (Other::ReadsMore, "check/limit/1.5/read"),
            (Other::DecodesMore, "check/limit/1.7/read"),
            (Other::SendsLess, "check/limit/1.2/client"),
            (Other::SendsMore, "check/limit/1.5/server"),
        ] {
            let found = objections(run, &other);
            assert!(found.iter().any(|found| found == case), "{case}: {found:?}");
        }
    }
}
