//! What the user says about the bytes.

use crate::fabric::catalogue::MessageType;
use crate::fabric::codec::tree::Context;
use crate::fabric::envelope::EnvelopeType;
use crate::fabric::release::Release;
use crate::fabric::version::ProtocolVersion;
use crate::suite::form::Form;
use crate::suite::speaker::{SpeakError, release_named, value_type_named};
use crate::suite::value::ValueType;

/// The versions that have codecs, newest first.
const VERSIONS: [ProtocolVersion; 3] =
    [ProtocolVersion::V3, ProtocolVersion::V2, ProtocolVersion::V1];

/// The messages that are sent by themselves: frames, and the calls outside any stream.
const FRAMES: [EnvelopeType; 3] =
    [EnvelopeType::Message, EnvelopeType::RpcRequest, EnvelopeType::RpcResponse];

/// What `--frame` means: a message of the stream, and none of the calls outside it.
const FRAME: [EnvelopeType; 1] = [EnvelopeType::Message];

/// What is known of bytes before they are read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hints {
    kind: Kind,
    release: Option<Release>,
    version: Option<ProtocolVersion>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Kind {
    /// Nobody knows.
    #[default]
    Any,
    /// A frame.
    Frame,
    /// The payload of a message, or the body of what is kept.
    Payload(ValueType),
}

impl Hints {
    /// Bytes of a message, if that is known, as a release writes them at the version with this
    /// number, as far as these are known.
    ///
    /// # Errors
    ///
    /// If a name is unknown, or there is no such message in the release or at the version.
    pub fn new(
        message: Option<&str>,
        release: Option<&str>,
        number: Option<i32>,
    ) -> Result<Self, SpeakError> {
        let kind = match message {
            Some(name) => Kind::Payload(value_type_named(name)?),
            None => Kind::Any,
        };
        Self::of(kind, release, number)
    }

    /// Bytes of a frame: a message of the stream between two nodes.
    ///
    /// # Errors
    ///
    /// If the release is unknown, or does not speak the version.
    pub fn frame(release: Option<&str>, number: Option<i32>) -> Result<Self, SpeakError> {
        Self::of(Kind::Frame, release, number)
    }

    fn of(kind: Kind, release: Option<&str>, number: Option<i32>) -> Result<Self, SpeakError> {
        let release = release.map(release_named).transpose()?;
        let version = match number {
            None => None,
            Some(number) => Some(version(number)?),
        };
        let hints = Self { kind, release, version };
        if hints.forms().any(|form| hints.contexts(form).next().is_some()) {
            return Ok(hints);
        }
        let message = match kind {
            Kind::Payload(message) => message.name(),
            Kind::Any | Kind::Frame => "message",
        };
        let place = [version_words(version), release_words(release)].concat();
        Err(SpeakError::Misasked {
            problem: format!("there is no {message}{place}"),
            hint: "`skewproof list releases` and `list messages` say who speaks what; \
                   leave out what you are not sure of"
                .to_owned(),
        })
    }

    /// The forms to try, in the order in which they are preferred.
    pub(in crate::suite) fn forms(&self) -> impl Iterator<Item = Form> + use<> {
        let (frames, values): (&[EnvelopeType], Vec<ValueType>) = match self.kind {
            Kind::Any => (&FRAMES, MessageType::all().map(ValueType::Message).collect()),
            Kind::Frame => (&FRAME, Vec::new()),
            Kind::Payload(of) => (&[], vec![of]),
        };
        let frames = frames.iter().copied().map(Form::Envelope);
        let flexbuffer = (self.kind == Kind::Any).then_some(Form::Flexbuffer);
        let values = values.into_iter().map(|of| match of {
            ValueType::Message(message) => Form::Payload(message),
            kept => Form::Kept(kept),
        });
        frames.chain(values).chain(flexbuffer)
    }

    /// Who may have written a form, at which version: the newest first.
    pub(in crate::suite) fn contexts(&self, form: Form) -> impl Iterator<Item = Context> + use<> {
        let mut releases: Vec<Release> = match self.release {
            Some(release) => vec![release],
            None => Release::lines().collect(),
        };
        releases.reverse();
        let asked = self.version;
        let versions =
            VERSIONS.into_iter().filter(move |it| asked.is_none_or(|asked| asked == *it));
        releases
            .into_iter()
            .flat_map(move |release| {
                versions.clone().map(move |version| Context { release, version })
            })
            .filter(move |cx| form.exists_at(*cx))
    }

    /// Whether nothing is left to guess but the release and the version.
    pub(super) fn has_kind(&self) -> bool {
        self.kind != Kind::Any
    }
}

/// The version with a number, if it has a codec.
fn version(number: i32) -> Result<ProtocolVersion, SpeakError> {
    VERSIONS.into_iter().find(|version| version.number() == number).ok_or_else(|| {
        SpeakError::Misasked {
            problem: format!("no codec exists for protocol version {number}"),
            hint: "V1, V2 and V3 have one; without --protocol all are tried".to_owned(),
        }
    })
}

fn version_words(version: Option<ProtocolVersion>) -> String {
    version.map(|version| format!(" at {version}")).unwrap_or_default()
}

fn release_words(release: Option<Release>) -> String {
    release.map(|release| format!(" of release {release}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_exist_cannot_be_asked_for() {
        let problem = |message, release, number| {
            Hints::new(message, release, number).unwrap_err().to_string()
        };
        assert_eq!(problem(Some("Gossip"), None, Some(1)), "there is no Gossip at V1");
        assert_eq!(problem(Some("Gossip"), Some("1.3"), None), "there is no Gossip of release 1.3");
        assert_eq!(problem(None, Some("1.7"), Some(1)), "there is no message at V1 of release 1.7");
        assert_eq!(problem(None, None, Some(4)), "no codec exists for protocol version 4");
        assert_eq!(problem(Some("Gosip"), None, None), "unknown message \"Gosip\"");
        assert!(Hints::frame(Some("1.2"), Some(1)).is_ok());
    }

    #[test]
    fn the_newest_is_tried_first() {
        let hints = Hints::new(Some("Store"), None, None).unwrap();
        let first = hints.contexts(Form::Payload(MessageType::Store)).next().unwrap();
        assert_eq!((first.release.name(), first.version), ("1.7", ProtocolVersion::V3));
    }
}
