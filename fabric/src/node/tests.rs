//! A node, and peers that do not do as they should.

use super::*;
use crate::envelope::Message as Frame;
use crate::messages::ids::LogletOffset;
use crate::messages::log_server::{MaybeRecord, Records, Store};
use crate::session::{Connection, Event, Output};

/// What a node wants done, and the peer at the other end of each of its streams.
struct Hub {
    now: Duration,
    /// Who answers at the address of node 2, if anybody does.
    answers: Option<Local>,
    /// When a stream was dialled, and by what number.
    dials: Vec<(Duration, u64)>,
    ends: BTreeMap<u64, Connection>,
    /// What is on its way to the node.
    arrivals: Vec<Arrival>,
    /// What peers were asked.
    asked: Vec<(Duration, MessageType)>,
}

impl Wires for Hub {
    fn dial(&mut self, _: u32) -> u64 {
        let stream = self.dials.len() as u64;
        self.dials.push((self.now, stream));
        match &self.answers {
            None => self.arrivals.push(Arrival::Refused(stream, StatusCode::InvalidArgument)),
            Some(local) => {
                self.ends.insert(stream, Connection::incoming(local, self.now));
            }
        }
        stream
    }

    fn send(&mut self, stream: u64, frame: Bytes) {
        let (Some(local), Some(end)) = (&mut self.answers, self.ends.get_mut(&stream)) else {
            return;
        };
        let frame = Frame::decode(local.release(), frame).unwrap();
        end.handle(local, self.now, Input::Frame(&frame));
        while let Some(output) = end.poll() {
            match output {
                Output::Send(frame) => {
                    let bytes = frame.encode(local.release()).unwrap().into();
                    self.arrivals.push(Arrival::Frame(stream, bytes));
                }
                Output::Close => self.arrivals.push(Arrival::Ended(stream)),
                Output::Event(Event::Request(request)) => {
                    self.asked.push((self.now, request.message.message_type()));
                }
                Output::Event(_) | Output::Refuse(_) => {}
            }
        }
    }

    fn close(&mut self, stream: u64) {
        self.ends.remove(&stream);
    }

    fn refuse(&mut self, _: u64, _: StatusCode, _: String) {}

    fn note(&mut self, _: Note) {}

    fn is_noting(&self) -> bool {
        false
    }
}

fn node(release: &str) -> Node {
    let setup = Setup {
        release: release.parse().unwrap(),
        quirks: Quirks::NONE,
        appends: false,
        answers: |_, _, _| None,
        dialect: Arc::new(crate::session::OwnDialect),
        sessions: None,
    };
    Node::new(setup, 1, 1, Disk::of_cluster([1, 2]))
}

fn peer(release: &str, id: u32) -> Local {
    Local::new(release.parse().unwrap(), GenerationalNodeId::new(id, 1), "cluster")
}

fn hub(answers: Option<Local>) -> Hub {
    Hub {
        now: Duration::ZERO,
        answers,
        dials: Vec::new(),
        ends: BTreeMap::new(),
        arrivals: vec![Arrival::Start],
        asked: Vec::new(),
    }
}

/// Lets time pass in steps; each time the node may do something beside.
fn run(node: &mut Node, hub: &mut Hub, seconds: u64, mut beside: impl FnMut(&mut Node, Duration)) {
    let end = hub.now + Duration::from_secs(seconds);
    while hub.now < end {
        hub.arrivals.push(Arrival::Wake);
        while !hub.arrivals.is_empty() {
            let arrival = hub.arrivals.remove(0);
            node.handle(hub.now, arrival, hub);
        }
        beside(node, hub.now);
        hub.now += ROUND / 5;
    }
}

/// Also if the peer is heard all the time, by a connection that it has dialled itself.
#[test]
fn a_peer_that_refuses_is_dialled_less_and_less_often() {
    for is_heard in [false, true] {
        let (mut node, mut hub) = (node("1.3"), hub(None));
        run(&mut node, &mut hub, 30, |node, now| {
            if is_heard {
                node.heard(now, 2);
            }
        });
        let times: Vec<Duration> = hub.dials.iter().map(|(at, _)| *at).collect();
        let waits: Vec<Duration> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(waits.is_sorted_by(|a, b| a <= b || *b >= Duration::from_secs(3)), "{waits:?}");
        assert!(waits.last() >= Some(&Duration::from_secs(3)), "{waits:?}");
        assert!((10..=14).contains(&times.len()), "{times:?}");
    }
}

#[test]
fn a_question_for_metadata_that_is_not_answered_is_asked_again() {
    let mut answers = peer("1.7", 2);
    answers.versions.nodes_config = 1000;
    let (mut node, mut hub) = (node("1.7"), hub(Some(answers)));
    run(&mut node, &mut hub, 10, |_, _| {});
    let is_question = |asked: &&(Duration, MessageType)| asked.1 == MessageType::GetMetadataRequest;
    let count = hub.asked.iter().filter(is_question).count();
    assert!((4..=5).contains(&count), "{:?}", hub.asked);
    // An answer is all that the peer has, even if it is less than was expected.
    let update = node.metadata();
    node.asked(2, &Outcome::Reply(update));
    run(&mut node, &mut hub, 10, |_, _| {});
    assert_eq!(hub.asked.iter().filter(is_question).count(), count);
}

#[test]
fn who_has_the_address_of_a_peer_is_not_the_peer() {
    let (mut node, mut hub) = (node("1.7"), hub(Some(peer("1.7", 5))));
    // The address will do.
    node.peers.get_mut(&2).unwrap().is_other_run = true;
    run(&mut node, &mut hub, 5, |node, _| {
        assert_eq!(node.route(2, Swimlane::Gossip), None);
    });
    assert!(hub.dials.len() > 4, "{:?}", hub.dials);
    assert!(!node.sees_alive(2));
    // And when the peer is there, it is found.
    hub.answers = Some(peer("1.7", 2));
    run(&mut node, &mut hub, 5, |_, _| {});
    assert!(node.connections(2).count() > 0);
}

#[test]
fn a_sequencer_gives_out_its_own_offsets_and_no_more_than_there_are() {
    let (mut node, mut hub) = (node("1.7"), hub(None));
    let header = crate::messages::log_server::LogServerRequestHeader {
        loglet_id: crate::messages::ids::LogletId(1),
        ..Default::default()
    };
    let first_offset = LogletOffset(u32::MAX);
    let payloads = super::log::no_content();
    let store = Store { header, first_offset, payloads, ..Store::default() };
    node.store(&store);
    assert!(node.disk().stored.is_empty());
    node.disk.stored.insert(u32::MAX, Record::default());
    node.append(Duration::ZERO, super::log::no_content(), None, &mut hub);
    assert_eq!(node.disk().stored.len(), 1);
    // Who is not the sequencer stores what it is given.
    let setup = node.setup.clone();
    let mut other = Node::new(setup, 2, 1, Disk::of_cluster([1, 2]));
    other.store(&store);
    assert!(other.disk().stored.contains_key(&u32::MAX));
}

#[test]
fn who_misses_records_asks_the_sequencer_for_them() {
    let setup = Setup { appends: false, ..node("1.7").setup.clone() };
    let mut node = Node::new(setup, 3, 1, Disk::of_cluster([2, 3]));
    let mut hub = hub(Some(peer("1.7", 2)));
    node.disk.stored.insert(3, Record::default());
    run(&mut node, &mut hub, 3, |_, _| {});
    let asks = |asked: &&(Duration, MessageType)| asked.1 == MessageType::GetRecords;
    let count = hub.asked.iter().filter(asks).count();
    assert!((1..=2).contains(&count), "{:?}", hub.asked);
    // Without an answer it asks again.
    run(&mut node, &mut hub, 5, |_, _| {});
    assert!(hub.asked.iter().filter(asks).count() > count);
    let has = |offset| (LogletOffset(offset), MaybeRecord::Data(Record::default()));
    let records = vec![has(1), has(2)];
    node.fetched(Outcome::Reply(Message::Records(Records { records, ..Default::default() })));
    assert_eq!(node.disk().end(), 3);
}
