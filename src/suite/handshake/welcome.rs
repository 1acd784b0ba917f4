//! The side that dials, and the answer to its Hello.

use super::hello::{CLUSTER, DIALS, IS_DIALLED, in_json};
use super::{Played, Scene, Twist, order, words};
use crate::fabric::envelope::{Body, GenerationalNodeId, Header, Hello, Message, Welcome};
use crate::fabric::negotiation::{Agreed, Answer, Initiator, NoAgreement, StatusCode};
use crate::fabric::release::Release;
use crate::harness::requirement::Requirement;
use crate::suite::requirements;
use crate::suite::subject::Subject;

/// What answers.
pub(super) enum Answers {
    Nothing,
    TheEnd,
    Status(StatusCode),
    Frame,
}

/// An initiator that has sent its Hello.
pub struct WelcomeScene {
    pub(super) initiator: Initiator,
    pub(super) answers: Answers,
    header: Option<Header>,
    welcome: Welcome,
    /// The body in the place of the Welcome, or none.
    instead: Option<Option<Body>>,
}

/// Versions that a Welcome may have, whatever was offered.
pub const VERSIONS: [i32; 9] = [i32::MIN, -1, 0, 1, 2, 3, 4, 9, i32::MAX];

impl WelcomeScene {
    pub(super) fn frame(&self) -> Message {
        let welcome = || Some(Body::Welcome(self.welcome.clone()));
        Message { header: self.header.clone(), body: self.instead.clone().unwrap_or_else(welcome) }
    }
}

impl Scene for WelcomeScene {
    const NAME: &'static str = "welcome";
    const REQUIREMENT: &'static Requirement = &requirements::WELCOME;

    fn plain(release: Release) -> Self {
        let initiator = Initiator {
            expected_peer: Some(IS_DIALLED),
            ..Initiator::new(release, DIALS, CLUSTER)
        };
        let welcome = Welcome {
            protocol_version: release.range().max,
            my_node_id: Some(IS_DIALLED),
            direction_ack: 0,
        };
        let header = Some(Header::default());
        Self { initiator, answers: Answers::Frame, header, welcome, instead: None }
    }

    fn twists() -> Vec<Twist<Self>> {
        let mut twists = answers();
        twists.extend(StatusCode::ALL.map(|code| {
            let name = format!("refused:{}", code.name());
            Twist::new(name, "answer", move |scene: &mut Self| {
                scene.answers = Answers::Status(code);
            })
        }));
        twists.extend(VERSIONS.map(|number| {
            Twist::new(format!("version:{number}"), "version", move |scene: &mut Self| {
                scene.welcome.protocol_version = number;
            })
        }));
        twists.extend([1, 2, 3, 4, 99, -1].map(|number| {
            Twist::new(format!("direction:{number}"), "direction", move |scene: &mut Self| {
                scene.welcome.direction_ack = number;
            })
        }));
        twists
    }

    fn play(&self, subject: &dyn Subject) -> Played {
        let frame = self.frame();
        let answer = match self.answers {
            Answers::Nothing => Answer::Silence,
            Answers::TheEnd => Answer::Ended,
            Answers::Status(code) => Answer::Refused(code),
            Answers::Frame => Answer::Frame(&frame),
        };
        let concluded = subject.conclude(&self.initiator, answer);
        let should = order::conclusion(&self.initiator, answer);
        let is_worded = match &concluded {
            Ok(_) => true,
            Err(complaint) => complaint.to_string().starts_with(words::complained(complaint)),
        };
        Played {
            is_right: concluded == should && is_worded,
            expected: in_words(&should, |complaint| format!("{}…", words::complained(complaint))),
            actual: in_words(&concluded, ToString::to_string),
        }
    }

    fn show(&self) -> [(&'static str, String); 2] {
        let initiator = match self.initiator.expected_peer {
            Some(peer) => {
                format!("{DIALS}, speaks {}, dials {peer}", self.initiator.release.range())
            }
            None => format!("{DIALS}, speaks {}, dials an address", self.initiator.release.range()),
        };
        let hears = match self.answers {
            Answers::Nothing => "nothing".to_owned(),
            Answers::TheEnd => "the end of the stream".to_owned(),
            Answers::Status(code) => code.to_string(),
            Answers::Frame => in_json(self.frame(), self.initiator.release),
        };
        [("initiator", initiator), ("hears", hears)]
    }
}

/// All that can be observed of what an initiator makes of an answer.
fn in_words(
    concluded: &Result<Agreed, NoAgreement>,
    complained: impl FnOnce(&NoAgreement) -> String,
) -> String {
    match concluded {
        Ok(Agreed { version, peer, direction_ack }) => {
            format!("{version} with {peer}, direction {direction_ack:?}")
        }
        Err(complaint) => complained(complaint),
    }
}

/// What answers, in what frame, and who (checks 1 to 5, 7 and 8).
fn answers() -> Vec<Twist<WelcomeScene>> {
    vec![
        Twist::new("silence", "answer", |scene: &mut WelcomeScene| {
            scene.answers = Answers::Nothing;
        }),
        Twist::new("stream-ends", "answer", |scene: &mut WelcomeScene| {
            scene.answers = Answers::TheEnd;
        }),
        Twist::new("no-header", "header", |scene: &mut WelcomeScene| scene.header = None),
        Twist::new("no-body", "body", |scene: &mut WelcomeScene| scene.instead = Some(None)),
        Twist::new("hello-back", "body", |scene: &mut WelcomeScene| {
            scene.instead = Some(Some(Body::Hello(Hello::default())));
        }),
        Twist::new("no-id", "id", |scene: &mut WelcomeScene| scene.welcome.my_node_id = None),
        Twist::new("other-id", "id", |scene: &mut WelcomeScene| {
            let id = IS_DIALLED.id + 1;
            scene.welcome.my_node_id = Some(GenerationalNodeId { id, ..IS_DIALLED });
        }),
        Twist::new("other-generation", "id", |scene: &mut WelcomeScene| {
            let generation = IS_DIALLED.generation + 1;
            scene.welcome.my_node_id = Some(GenerationalNodeId { generation, ..IS_DIALLED });
        }),
        Twist::new("dials-an-address", "dialled", |scene: &mut WelcomeScene| {
            scene.initiator.expected_peer = None;
        }),
    ]
}
