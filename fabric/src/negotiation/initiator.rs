//! The side that dials: its Hello, and its checks of the answer (02 §3).

use super::status::StatusCode;
use crate::envelope::{
    Body, ConnectionDirection, GenerationalNodeId, Header, Hello, Message, Swimlane, Welcome,
};
use crate::gates::rule;
use crate::release::Release;
use crate::version::{ProtocolVersion, VersionRange};

/// All that an initiator's Hello, and what it makes of the answer, depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Initiator {
    /// The release that it speaks as.
    pub release: Release,
    /// Who it is. From 1.3 on a node may dial before it knows, but every released acceptor refuses.
    pub node_id: Option<GenerationalNodeId>,
    /// Name of its cluster.
    pub cluster_name: String,
    /// Fingerprint of its cluster; 0 if it does not know any.
    pub cluster_fingerprint: u64,
    /// What the connection is for.
    pub swimlane: Swimlane,
    /// Whom it means to reach, unless it dials an address.
    pub expected_peer: Option<GenerationalNodeId>,
    /// The header of the frames that it sends now.
    pub header: Header,
}

/// What an initiator sees first in answer to its Hello.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer<'a> {
    /// Nothing, until the handshake timeout. Where not even the call was answered, released servers
    /// wait for ever (02 §3), which is for a session to imitate.
    Silence,
    /// The end of the stream, an error of it, or bytes that are no frame.
    Ended,
    /// The call failed with this status.
    Refused(StatusCode),
    /// A frame, as the initiator's release decodes it.
    Frame(&'a Message),
}

/// A connection that the initiator has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agreed {
    /// The version of the connection, for all of its life and both directions.
    pub version: ProtocolVersion,
    /// Who answered.
    pub peer: GenerationalNodeId,
    /// The direction that the acceptor understood, as the initiator reads it. It is not compared
    /// with the one that was asked for.
    pub direction_ack: ConnectionDirection,
}

impl Agreed {
    /// Whether a release sends requests of its own on the connection. 1.2 and those after 1.3 do not look
    /// at what the acceptor makes of the direction.
    pub fn may_request(&self, release: Release) -> bool {
        !rule!("session.obeys_a_reverse", release)
            || self.direction_ack != ConnectionDirection::Reverse
    }
}

/// Why an initiator drops a connection, in the order of its checks (02 §3). Nothing is sent: the
/// stream just ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoAgreement {
    /// Nothing arrived in time.
    #[error("No Welcome received within deadline")]
    WelcomeTimeout,
    /// The stream ended before a frame.
    #[error("No Welcome received")]
    PeerDropped,
    /// The acceptor refused.
    #[error("{words}: {code}", words = refusal_words(*.0), code = .0)]
    Refused(StatusCode),
    /// The acceptor's nodes configuration differs: metadata is synced before the next try. Only
    /// 1.2.
    #[error("remote version mismatch")]
    RemoteVersionMismatch,
    /// The first frame has no header.
    #[error("Header should always be set")]
    HeaderMissing,
    /// The first frame has no body, or none that the initiator knows.
    #[error("Welcome is expected on handshake")]
    BodyMissing,
    /// The first frame is something else than a Welcome.
    #[error("Only Welcome is allowed in handshake!")]
    NotWelcome,
    /// The acceptor selected a version that the initiator does not speak.
    #[error("unsupported protocol version {number}, supported versions are '{supported}'")]
    UnsupportedVersion {
        /// The number as the initiator reads it: 0 if its release does not know the number.
        number: i32,
        /// What the initiator speaks.
        supported: VersionRange,
    },
    /// The Welcome does not say who the acceptor is.
    #[error("Peer must set my_node_id in Welcome message")]
    PeerIdMissing,
    /// Somebody else answered, or another run of the node.
    #[error("Node returned an unexpected GenerationalNodeId in Welcome message.")]
    UnexpectedPeer {
        /// Who answered.
        peer: GenerationalNodeId,
    },
}

/// How it is said that an acceptor refused: one that had waited too long has words of its own (02
/// §3).
const fn refusal_words(code: StatusCode) -> &'static str {
    match code {
        StatusCode::DeadlineExceeded => "handshake timeout",
        _ => "handshake failed",
    }
}

impl Initiator {
    /// A node that dials an address for general traffic.
    pub fn new(release: Release, node_id: GenerationalNodeId, cluster_name: &str) -> Self {
        Self {
            release,
            node_id: Some(node_id),
            cluster_name: cluster_name.to_owned(),
            cluster_fingerprint: 0,
            swimlane: Swimlane::General,
            expected_peer: None,
            header: Header::default(),
        }
    }

    /// The frame to send first. What the release has no field for is left out: the direction
    /// before 1.3, swimlane and fingerprint before 1.4.
    pub fn hello(&self) -> Message {
        let VersionRange { min, max } = self.release.range();
        let has_swimlanes = rule!("Hello.swimlane", self.release);
        let hello = Hello {
            min_protocol_version: min,
            max_protocol_version: max,
            cluster_name: self.cluster_name.clone(),
            my_node_id: self.node_id,
            direction: self.direction().number(),
            swimlane: if has_swimlanes { self.swimlane.number() } else { 0 },
            cluster_fingerprint: if has_swimlanes { self.cluster_fingerprint } else { 0 },
        };
        Message { header: Some(self.header.clone()), body: Some(Body::Hello(hello)) }
    }

    /// Gossip goes both ways on one connection; all else is asked only by the side that dials.
    fn direction(&self) -> ConnectionDirection {
        if rule!("Swimlane", self.release) && self.swimlane == Swimlane::Gossip {
            ConnectionDirection::Bidirectional
        } else if rule!("Hello.direction", self.release) {
            ConnectionDirection::Forward
        } else {
            ConnectionDirection::Unknown
        }
    }

    /// What the initiator makes of the answer to its Hello.
    pub fn conclude(&self, answer: Answer<'_>) -> Result<Agreed, NoAgreement> {
        let welcome = self.first_frame(answer)?;
        let version = self.version(welcome)?;
        let peer = welcome.my_node_id.ok_or(NoAgreement::PeerIdMissing)?;
        if self.expected_peer.is_some_and(|expected| expected != peer) {
            return Err(NoAgreement::UnexpectedPeer { peer });
        }
        Ok(Agreed { version, peer, direction_ack: welcome.direction_ack(self.release) })
    }

    /// The Welcome, if it is what arrived.
    fn first_frame<'a>(&self, answer: Answer<'a>) -> Result<&'a Welcome, NoAgreement> {
        let frame = match answer {
            Answer::Silence => return Err(NoAgreement::WelcomeTimeout),
            Answer::Ended => return Err(NoAgreement::PeerDropped),
            Answer::Refused(code) => return Err(self.refused(code)),
            Answer::Frame(frame) => frame,
        };
        if frame.header.is_none() {
            return Err(NoAgreement::HeaderMissing);
        }
        match &frame.body {
            None => Err(NoAgreement::BodyMissing),
            Some(Body::Welcome(welcome)) => Ok(welcome),
            Some(_) => Err(NoAgreement::NotWelcome),
        }
    }

    fn refused(&self, code: StatusCode) -> NoAgreement {
        if code == StatusCode::FailedPrecondition
            && rule!("dialler.takes_a_precondition_for_versions", self.release)
        {
            NoAgreement::RemoteVersionMismatch
        } else {
            NoAgreement::Refused(code)
        }
    }

    /// The selected version: any that the initiator speaks will do, even one lower than need be.
    fn version(&self, welcome: &Welcome) -> Result<ProtocolVersion, NoAgreement> {
        let (number, supported) = (welcome.protocol_version(self.release), self.release.range());
        ProtocolVersion::from_number(number)
            .filter(|version| supported.contains(version.number()))
            .ok_or(NoAgreement::UnsupportedVersion { number, supported })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::ConnectionControl;

    const ME: GenerationalNodeId = GenerationalNodeId::new(1, 2);
    const PEER: GenerationalNodeId = GenerationalNodeId::new(2, 9);
    const LINES: [&str; 6] = ["1.2", "1.3", "1.4", "1.5", "1.6", "1.7"];

    fn initiator(release: &str) -> Initiator {
        let expected_peer = Some(PEER);
        Initiator { expected_peer, ..Initiator::new(release.parse().unwrap(), ME, "c") }
    }

    fn frame(body: Option<Body>) -> Message {
        Message { header: Some(Header::default()), body }
    }

    fn welcome(protocol_version: i32, my_node_id: Option<GenerationalNodeId>) -> Message {
        frame(Some(Body::Welcome(Welcome { protocol_version, my_node_id, direction_ack: 2 })))
    }

    fn conclusion(release: &str, frame: &Message) -> Result<i32, NoAgreement> {
        let agreed = initiator(release).conclude(Answer::Frame(frame));
        agreed.map(|agreed| agreed.version.number())
    }

    fn hello(release: &str, swimlane: Swimlane) -> Hello {
        let initiator = Initiator { swimlane, cluster_fingerprint: 7, ..initiator(release) };
        let frame = initiator.hello();
        assert!(frame.encode(initiator.release).is_ok());
        let Some(Body::Hello(hello)) = frame.body else { panic!() };
        hello
    }

    #[test]
    fn each_line_says_what_it_has_a_field_for() {
        let first = hello("1.2", Swimlane::Gossip);
        let expected = Hello {
            min_protocol_version: 1,
            max_protocol_version: 1,
            cluster_name: "c".into(),
            my_node_id: Some(ME),
            ..Hello::default()
        };
        assert_eq!(first, expected);
        let second = hello("1.3", Swimlane::Gossip);
        assert_eq!(second, Hello { direction: 2, ..expected.clone() });
        for (release, range) in [
            ("1.4", (1, 2)),
            ("1.5", (2, 2)),
            ("1.6", (2, 3)),
            ("1.7", (2, 3)),
            ("1.7.0-rc.3", (2, 4)),
        ] {
            let gossip = Hello {
                min_protocol_version: range.0,
                max_protocol_version: range.1,
                direction: 1,
                swimlane: 1,
                cluster_fingerprint: 7,
                ..expected.clone()
            };
            assert_eq!(hello(release, Swimlane::Gossip), gossip);
            let data = Hello { direction: 2, swimlane: 2, ..gossip };
            assert_eq!(hello(release, Swimlane::BifrostData), data);
        }
    }

    /// The answers of 05 §4 and the rule of 02 §3: anything in the own range will do.
    #[test]
    fn versions_that_each_line_agrees_to() {
        let table: [(&str, &[i32]); 7] = [
            ("1.2", &[1]),
            ("1.3", &[1]),
            ("1.4", &[1, 2]),
            ("1.5", &[2]),
            ("1.6", &[2, 3]),
            ("1.7", &[2, 3]),
            ("1.7.0-rc.3", &[2, 3, 4]),
        ];
        for (release, agreed) in table {
            let supported = release.parse::<Release>().unwrap().range();
            let known = release.parse::<Release>().unwrap().row().known_numbers;
            for number in [i32::MIN, -1, 0, 1, 2, 3, 4, 9, i32::MAX] {
                let conclusion = conclusion(release, &welcome(number, Some(PEER)));
                if agreed.contains(&number) {
                    assert_eq!(conclusion, Ok(number), "{release}");
                } else {
                    // Numbers that the release does not know are read as 0.
                    let number = if known.contains(&number) { number } else { 0 };
                    let unsupported = NoAgreement::UnsupportedVersion { number, supported };
                    assert_eq!(conclusion, Err(unsupported), "{release}");
                }
            }
        }
    }

    #[test]
    fn each_fault_of_the_answer() {
        let control = Some(Body::ConnectionControl(ConnectionControl::default()));
        let headless = Message { header: None, ..welcome(2, Some(PEER)) };
        let stranger = GenerationalNodeId::new(2, 8);
        for release in LINES {
            let max = release.parse::<Release>().unwrap().range().max;
            let initiator = initiator(release);
            let text = |answer: Answer<'_>| initiator.conclude(answer).unwrap_err().to_string();
            assert_eq!(text(Answer::Silence), "No Welcome received within deadline");
            assert_eq!(text(Answer::Ended), "No Welcome received");
            assert_eq!(text(Answer::Frame(&headless)), "Header should always be set");
            assert_eq!(text(Answer::Frame(&frame(None))), "Welcome is expected on handshake");
            let hello = frame(Some(Body::Hello(Hello::default())));
            for other in [frame(control.clone()), hello] {
                assert_eq!(text(Answer::Frame(&other)), "Only Welcome is allowed in handshake!");
            }
            let nobody = welcome(max, None);
            let missing = "Peer must set my_node_id in Welcome message";
            assert_eq!(text(Answer::Frame(&nobody)), missing);
            let unexpected = "Node returned an unexpected GenerationalNodeId in Welcome message.";
            assert_eq!(text(Answer::Frame(&welcome(max, Some(stranger)))), unexpected);
            let refused = "handshake failed: INVALID_ARGUMENT";
            assert_eq!(text(Answer::Refused(StatusCode::InvalidArgument)), refused);
            let timeout = "handshake timeout: DEADLINE_EXCEEDED";
            assert_eq!(text(Answer::Refused(StatusCode::DeadlineExceeded)), timeout);
        }
    }

    #[test]
    fn an_address_takes_whoever_answers() {
        let by_address = Initiator::new("1.7".parse().unwrap(), ME, "c");
        let stranger = GenerationalNodeId::new(7, 7);
        let agreed = by_address.conclude(Answer::Frame(&welcome(3, Some(stranger)))).unwrap();
        assert_eq!(agreed.peer, stranger);
        assert_eq!(agreed.direction_ack, ConnectionDirection::Forward);
        let nobody = by_address.conclude(Answer::Frame(&welcome(3, None)));
        assert_eq!(nobody, Err(NoAgreement::PeerIdMissing));
    }

    #[test]
    fn the_version_is_checked_before_the_peer() {
        let both = welcome(9, None);
        let conclusion = conclusion("1.7", &both);
        assert!(matches!(conclusion, Err(NoAgreement::UnsupportedVersion { number: 0, .. })));
    }

    #[test]
    fn only_1_2_syncs_on_a_failed_precondition() {
        let answer = Answer::Refused(StatusCode::FailedPrecondition);
        let mismatch = initiator("1.2").conclude(answer);
        assert_eq!(mismatch, Err(NoAgreement::RemoteVersionMismatch));
        let refused = initiator("1.3").conclude(answer);
        assert_eq!(refused, Err(NoAgreement::Refused(StatusCode::FailedPrecondition)));
    }
}
