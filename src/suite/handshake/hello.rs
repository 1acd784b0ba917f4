//! The side that is dialled, and the Hello that it hears.

use super::{Played, Scene, Twist, order, words};
use crate::fabric::envelope::{
    Body, ConnectionControl, Envelope, GenerationalNodeId, Header, Hello, Message, Welcome,
};
use crate::fabric::negotiation::{
    Accepted, Acceptor, Arrival, Initiator, Life, NodeEntry, PeerRecord, Refusal,
};
use crate::fabric::release::Release;
use crate::harness::requirement::Requirement;
use crate::suite::requirements;
use crate::suite::subject::Subject;

/// Who dials, and who is dialled.
pub(super) const DIALS: GenerationalNodeId = GenerationalNodeId::new(1, 3);
pub(super) const IS_DIALLED: GenerationalNodeId = GenerationalNodeId::new(2, 7);
pub(super) const CLUSTER: &str = "cluster";
pub(super) const FINGERPRINT: u64 = 11;
/// Version of the nodes configuration on both sides.
pub(super) const CONFIGURED: u32 = 4;

/// What arrives.
pub(super) enum Arrives {
    Nothing,
    TheEnd,
    Frame,
}

/// An acceptor on a new stream.
pub struct HelloScene {
    pub(super) acceptor: Acceptor,
    pub(super) arrives: Arrives,
    pub(super) header: Option<Header>,
    pub(super) hello: Hello,
    /// The body in the place of the Hello, or none.
    pub(super) instead: Option<Option<Body>>,
}

/// The ranges of 02 §1 and 05 §2, and what is at the end of their type.
pub const OFFERS: [(i32, i32); 23] = [
    (1, 1),
    (1, 2),
    (2, 2),
    (2, 3),
    (2, 4),
    (1, 4),
    (4, 4),
    (0, 0),
    (3, 1),
    (3, 2),
    (2, 1),
    (0, 2),
    (-1, 2),
    (-5, 2),
    (99, 2),
    (2, -1),
    (7, 9),
    (1, 9),
    (3, 3),
    (3, 9),
    (2, i32::MAX),
    (i32::MIN, i32::MAX),
    (i32::MIN, i32::MIN),
];

impl HelloScene {
    fn peer(&mut self) -> &mut PeerRecord {
        self.acceptor.peers.entry(DIALS.id).or_default()
    }

    fn says_id(&mut self, id: u32, generation: u32) {
        self.hello.my_node_id = Some(GenerationalNodeId::new(id, generation));
    }

    fn frame(&self) -> Message {
        let hello = || Some(Body::Hello(self.hello.clone()));
        Message { header: self.header.clone(), body: self.instead.clone().unwrap_or_else(hello) }
    }
}

impl Scene for HelloScene {
    const NAME: &'static str = "hello";
    const REQUIREMENT: &'static Requirement = &requirements::HELLO;

    fn plain(release: Release) -> Self {
        let mut acceptor = Acceptor::new(release, IS_DIALLED, CLUSTER);
        acceptor.cluster_fingerprint = FINGERPRINT;
        acceptor.header.my_nodes_config_version = Some(CONFIGURED);
        for node in [DIALS, IS_DIALLED] {
            let newest_generation = node.generation;
            let entry = NodeEntry::Generation(node.generation);
            let record = PeerRecord { newest_generation, is_shutting_down: false, entry };
            acceptor.peers.insert(node.id, record);
        }
        let initiator = Initiator {
            cluster_fingerprint: FINGERPRINT,
            header: acceptor.header.clone(),
            ..Initiator::new(release, DIALS, CLUSTER)
        };
        let frame = initiator.hello();
        let hello = match frame.body {
            Some(Body::Hello(hello)) => hello,
            _ => Hello::default(),
        };
        Self { acceptor, arrives: Arrives::Frame, header: frame.header, hello, instead: None }
    }

    fn twists() -> Vec<Twist<Self>> {
        let mut twists = frames();
        twists.extend(identities());
        twists.extend(clusters());
        twists.extend(knowledge());
        twists.extend(OFFERS.map(|(min, max)| {
            Twist::new(format!("offers:{min}..{max}"), "offer", move |scene: &mut Self| {
                scene.hello.min_protocol_version = min;
                scene.hello.max_protocol_version = max;
            })
        }));
        twists.extend([0, 1, 2, 3, 4, 99, -1].map(|number| {
            Twist::new(format!("direction:{number}"), "direction", move |scene: &mut Self| {
                scene.hello.direction = number;
            })
        }));
        twists.extend([0, 1, 2, 3, 4, 5, 99, -1].map(|number| {
            Twist::new(format!("swimlane:{number}"), "swimlane", move |scene: &mut Self| {
                scene.hello.swimlane = number;
            })
        }));
        twists
    }

    fn play(&self, subject: &dyn Subject) -> Played {
        let frame = self.frame();
        let arrival = match self.arrives {
            Arrives::Nothing => Arrival::Silence,
            Arrives::TheEnd => Arrival::Ended,
            Arrives::Frame => Arrival::Frame(&frame),
        };
        let release = self.acceptor.release;
        let answer = subject.accept(&self.acceptor, arrival);
        let should = order::answer(&self.acceptor, arrival);
        let is_same = answer == should;
        let said =
            |refusal: &Refusal| format!("{}: {}", refusal.code(release), refusal.text(release));
        let expected = in_words(&should, |refusal| words::told(refusal, release));
        let actual = in_words(&answer, said);
        Played { is_right: is_same && expected == actual, expected, actual }
    }

    fn show(&self) -> [(&'static str, String); 2] {
        let Acceptor { life, node_id, cluster_name, cluster_fingerprint, peers, .. } =
            &self.acceptor;
        let me = node_id.map_or_else(|| "a node without an id".to_owned(), |id| id.to_string());
        let mut acceptor =
            format!("{me} of {cluster_name:?}, fingerprint {cluster_fingerprint}, {life:?}");
        for (id, record) in peers {
            let PeerRecord { newest_generation, is_shutting_down, entry } = record;
            let is_gone = if *is_shutting_down { ", shutting down" } else { "" };
            acceptor += &format!(
                "\nknows N{id}:{newest_generation}{is_gone}, by the nodes configuration {entry:?}"
            );
        }
        let hears = match self.arrives {
            Arrives::Nothing => "nothing".to_owned(),
            Arrives::TheEnd => "the end of the stream".to_owned(),
            Arrives::Frame => in_json(self.frame(), self.acceptor.release),
        };
        [("acceptor", acceptor), ("hears", hears)]
    }
}

/// A frame in its JSON form.
pub(super) fn in_json(frame: Message, release: Release) -> String {
    match Envelope::from(frame).to_json(release) {
        Ok(json) => format!("{json:#}"),
        Err(error) => error.to_string(),
    }
}

/// All that can be observed of an answer.
fn in_words(
    answer: &Result<Accepted, Refusal>,
    refused: impl FnOnce(&Refusal) -> String,
) -> String {
    let Accepted { version, peer, welcome, may_request } = match answer {
        Ok(accepted) => accepted,
        Err(refusal) => return refused(refusal),
    };
    let asks = if *may_request { "which may be asked" } else { "which asks" };
    let welcome = match &welcome.body {
        Some(Body::Welcome(welcome)) => welcome_in_words(welcome),
        other => format!("{other:?}"),
    };
    format!("{version} with {peer}, {asks}; {welcome}")
}

/// What a Welcome says.
pub fn welcome_in_words(welcome: &Welcome) -> String {
    let Welcome { protocol_version, my_node_id, direction_ack } = welcome;
    let id = my_node_id.map_or_else(|| "nobody".to_owned(), |id| id.to_string());
    format!("Welcome {protocol_version} from {id}, direction {direction_ack}")
}

/// What arrives, and in what frame (checks 1 and 2).
fn frames() -> Vec<Twist<HelloScene>> {
    vec![
        Twist::new("starting", "life", |scene: &mut HelloScene| {
            scene.acceptor.life = Life::Starting;
        }),
        Twist::new("silence", "arrival", |scene: &mut HelloScene| {
            scene.arrives = Arrives::Nothing;
        }),
        Twist::new("stream-ends", "arrival", |scene: &mut HelloScene| {
            scene.arrives = Arrives::TheEnd;
        }),
        Twist::new("no-header", "header", |scene: &mut HelloScene| scene.header = None),
        Twist::new("message-77", "header", |scene: &mut HelloScene| {
            scene.header.get_or_insert_default().msg_id = 77;
        }),
        Twist::new("newer-configuration", "header", |scene: &mut HelloScene| {
            let header = scene.header.get_or_insert_default();
            header.my_nodes_config_version = Some(CONFIGURED + 1);
        }),
        Twist::new("no-body", "body", |scene: &mut HelloScene| scene.instead = Some(None)),
        Twist::new("control-first", "body", |scene: &mut HelloScene| {
            let control = Body::ConnectionControl(ConnectionControl::default());
            scene.instead = Some(Some(control));
        }),
        Twist::new("welcome-first", "body", |scene: &mut HelloScene| {
            scene.instead = Some(Some(Body::Welcome(Welcome::default())));
        }),
    ]
}

/// Who the two sides are (checks 3 and 5 to 8).
fn identities() -> Vec<Twist<HelloScene>> {
    vec![
        Twist::new("no-own-id", "own id", |scene: &mut HelloScene| scene.acceptor.node_id = None),
        Twist::new("no-id", "id", |scene: &mut HelloScene| scene.hello.my_node_id = None),
        Twist::new("id-0", "id", |scene: &mut HelloScene| scene.says_id(0, DIALS.generation)),
        Twist::new("generation-0", "id", |scene: &mut HelloScene| scene.says_id(DIALS.id, 0)),
        Twist::new("id-and-generation-0", "id", |scene: &mut HelloScene| scene.says_id(0, 0)),
        Twist::new("own-id", "id", |scene: &mut HelloScene| {
            scene.hello.my_node_id = Some(IS_DIALLED);
        }),
        Twist::new("own-id-older", "id", |scene: &mut HelloScene| {
            scene.says_id(IS_DIALLED.id, IS_DIALLED.generation - 1);
        }),
        Twist::new("own-id-newer", "id", |scene: &mut HelloScene| {
            scene.says_id(IS_DIALLED.id, IS_DIALLED.generation + 1);
        }),
        Twist::new("id-nobody-knows", "id", |scene: &mut HelloScene| scene.says_id(9, 1)),
        Twist::new("older-generation", "id", |scene: &mut HelloScene| {
            scene.says_id(DIALS.id, DIALS.generation - 1);
        }),
        Twist::new("newer-generation", "id", |scene: &mut HelloScene| {
            scene.says_id(DIALS.id, DIALS.generation + 1);
        }),
    ]
}

/// Which cluster the two sides belong to (checks 4 and 9).
fn clusters() -> Vec<Twist<HelloScene>> {
    vec![
        Twist::new("other-fingerprint", "fingerprint", |scene: &mut HelloScene| {
            scene.hello.cluster_fingerprint = FINGERPRINT + 1;
        }),
        Twist::new("no-fingerprint", "fingerprint", |scene: &mut HelloScene| {
            scene.hello.cluster_fingerprint = 0;
        }),
        Twist::new("no-own-fingerprint", "own fingerprint", |scene: &mut HelloScene| {
            scene.acceptor.cluster_fingerprint = 0;
        }),
        Twist::new("other-cluster", "cluster", |scene: &mut HelloScene| {
            "other".clone_into(&mut scene.hello.cluster_name);
        }),
        Twist::new("cluster-in-capitals", "cluster", |scene: &mut HelloScene| {
            scene.hello.cluster_name = CLUSTER.to_uppercase();
        }),
        Twist::new("no-cluster", "cluster", |scene: &mut HelloScene| {
            scene.hello.cluster_name.clear();
        }),
    ]
}

/// What the acceptor knows of its peer, and how it fares itself (checks 11 to 13).
fn knowledge() -> Vec<Twist<HelloScene>> {
    let generation = DIALS.generation;
    vec![
        Twist::new("not-configured", "entry", |scene: &mut HelloScene| {
            scene.peer().entry = NodeEntry::Unknown;
        }),
        Twist::new("tombstone", "entry", |scene: &mut HelloScene| {
            scene.peer().entry = NodeEntry::Tombstone;
        }),
        Twist::new("configured-older", "entry", move |scene: &mut HelloScene| {
            scene.peer().entry = NodeEntry::Generation(generation - 1);
        }),
        Twist::new("configured-newer", "entry", move |scene: &mut HelloScene| {
            scene.peer().entry = NodeEntry::Generation(generation + 1);
        }),
        Twist::new("never-seen", "seen", |scene: &mut HelloScene| {
            scene.peer().newest_generation = 0;
        }),
        Twist::new("seen-older", "seen", move |scene: &mut HelloScene| {
            scene.peer().newest_generation = generation - 1;
        }),
        Twist::new("seen-newer", "seen", move |scene: &mut HelloScene| {
            scene.peer().newest_generation = generation + 1;
        }),
        Twist::new("seen-shutting-down", "farewell", |scene: &mut HelloScene| {
            scene.peer().is_shutting_down = true;
        }),
        Twist::new("shutting-down", "life", |scene: &mut HelloScene| {
            scene.acceptor.life = Life::ShuttingDown;
        }),
    ]
}
