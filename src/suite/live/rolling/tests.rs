//! Upgrades that were never played, each with one thing wrong.

use bytes::Bytes;

use super::*;
use crate::fabric::envelope::{
    Body, Datagram, DatagramMember, GenerationalNodeId, Header, Message as Frame, RpcCall,
    RpcReply, RpcReplyBody, Welcome,
};
use crate::fabric::version::VersionRange;
use crate::suite::captures::Side;
use crate::suite::live::acquaintance::hello_of;

const SECOND: Duration = Duration::from_secs(1);

fn release(name: &str) -> Release {
    name.parse().unwrap()
}

fn process(node: u32, generation: u32) -> GenerationalNodeId {
    GenerationalNodeId::new(node, generation)
}

/// Frames of an upgrade that goes well, with what may go wrong.
struct Tape {
    frames: Vec<Taped>,
    connections: u64,
}

impl Tape {
    fn add(&mut self, at: Duration, (dialled, side): (usize, Side), body: Body) {
        let acceptor = release("1.6.2");
        let frame = Frame { header: Some(Header::default()), body: Some(body) };
        let (number, stream) = (self.frames.len() as u64, (self.connections, 1));
        let bytes = Bytes::from(frame.encode(acceptor).unwrap());
        self.frames.push(Taped { number, at, stream, dialled, side, acceptor, bytes });
    }

    /// A process dials another one, and asks it something.
    fn talk(
        &mut self,
        at: Duration,
        from: GenerationalNodeId,
        to: GenerationalNodeId,
        version: i32,
    ) {
        self.connections += 1;
        let dialled = to.id as usize - 1;
        let hello = hello_of("c", from, VersionRange::new(2, 3)).body.unwrap();
        self.add(at, (dialled, Side::Initiator), hello);
        let welcome = Welcome { protocol_version: version, my_node_id: Some(to), direction_ack: 2 };
        self.add(at, (dialled, Side::Acceptor), Body::Welcome(welcome));
        let datagram = |member| Body::Datagram(Datagram { datagram: Some(member) });
        let msg_type = "GetClusterState".to_owned();
        let call = RpcCall { id: 1, service: 8, msg_type, ..RpcCall::default() };
        self.add(at, (dialled, Side::Initiator), datagram(DatagramMember::RpcCall(call)));
        let body = Some(RpcReplyBody::Status(3));
        let reply = datagram(DatagramMember::RpcReply(RpcReply { id: 1, body }));
        self.add(at, (dialled, Side::Acceptor), reply);
    }
}

/// Two nodes move from 1.6.2 to 1.7, of which the first is recorded.
fn played() -> (Plan<Release>, Played) {
    let path = [release("1.6.2"), release("1.7")];
    let plan = plan(&path, &[0], false);
    let life = |node: usize, generation: u32, name: &str, from: u32| Life {
        node,
        release: release(name),
        process: process(node as u32 + 1, generation),
        from: SECOND * from,
        left: None,
        ended: None,
        panics: Vec::new(),
    };
    let mut lives: Vec<Life> = (0..NODES).map(|node| life(node, 1, "1.6.2", 1)).collect();
    lives[0].left = Some((SECOND * 10, SECOND * 11));
    lives.push(life(0, 2, "1.7", 12));
    let mut tape = Tape { frames: Vec::new(), connections: 0 };
    tape.talk(SECOND * 2, process(1, 1), process(2, 1), 3);
    tape.talk(SECOND * 13, process(1, 2), process(2, 1), 3);
    let stage = |from: u32| Stage {
        time: (SECOND * from, SECOND * (from + 9)),
        unseen: None,
        goes_on: true,
        old_runs: None,
    };
    let taken: Vec<(Duration, String)> =
        (1..20).map(|at| (SECOND * at, format!("inv_{at}"))).collect();
    let mut stages = vec![stage(0), stage(10)];
    stages[1].old_runs = Some(OldRuns::default());
    let played = Played {
        lives,
        stages,
        frames: tape.frames,
        ends: Vec::new(),
        unreadable: 0,
        kept: Ok(taken.iter().map(|(_, id)| id.clone()).collect()),
        taken,
        end: SECOND * 20,
    };
    (plan, played)
}

/// The kinds of what is wrong with an upgrade in which something was changed.
fn wrong(change: impl FnOnce(&mut Played)) -> Vec<String> {
    let (plan, mut played) = played();
    change(&mut played);
    let (report, timeline) = judged(&plan, "n1", &played, "again");
    assert_eq!(timeline.is_ok(), report.grids()[0].findings().is_empty());
    let last = |case: &str| case.rsplit('/').next().unwrap_or_default().to_owned();
    let mut kinds: Vec<String> = report.findings().map(|it| last(it.case.as_str())).collect();
    kinds.dedup();
    kinds
}

#[test]
fn an_upgrade_without_fault_is_taken_and_told() {
    assert!(wrong(|_| ()).is_empty());
    let (plan, played) = played();
    let (report, timeline) = judged(&plan, "n1", &played, "again");
    assert!(report.is_ok());
    assert_eq!((timeline.lives.len(), timeline.links.len()), (4, 2));
    assert!(timeline.is_real && timeline.end.ms() == 20_000);
}

#[test]
fn each_thing_that_goes_wrong_is_seen() {
    let words = || Some("n1 does not take N2:1 for alive".to_owned());
    assert_eq!(wrong(|it| it.stages[1].unseen = words()), ["not-seen-alive"]);
    assert_eq!(wrong(|it| it.stages[1].goes_on = false), ["no-progress"]);
    let takes = |it: &mut Played| old_runs(it).note(1, [process(1, 1), process(1, 2)], Some(true));
    assert_eq!(wrong(takes), ["old-run"]);
    assert_eq!(wrong(|it| it.lives[0].ended = words()), ["exit"]);
    assert_eq!(wrong(|it| it.lives[3].panics.push("thread panicked".to_owned())), ["panic"]);
    assert_eq!(wrong(|it| it.taken.push((SECOND * 19, "inv_lost".to_owned()))), ["lost-record"]);
    assert_eq!(wrong(|it| it.kept = Err("HTTP 500".to_owned())), ["lost-record"]);
    assert_eq!(wrong(|it| it.stages[1].time.1 = SECOND * 60), ["stalled-log"]);
}

fn old_runs(played: &mut Played) -> &mut OldRuns {
    played.stages[1].old_runs.get_or_insert_default()
}

/// Nobody had a process before in the beginning, and who says nothing has refused none.
#[test]
fn what_nodes_do_not_say_of_old_runs_is_not_taken_for_good() {
    let of_old_runs = |answer: Option<bool>| {
        let (plan, mut played) = played();
        old_runs(&mut played).note(1, [process(1, 1), process(1, 2)], answer);
        let (report, _) = judged(&plan, "n1", &played, "again");
        let skips = report.grids()[0].skips().iter().map(|it| it.reason.clone());
        let skips: Vec<String> = skips.filter(|it| it.starts_with("n2")).collect();
        let mut cases = 0;
        for grid in report.grids() {
            grid.each_case(|it| cases += usize::from(it.address.ends_with("/old-run")));
        }
        (cases, skips)
    };
    assert_eq!(of_old_runs(Some(false)), (1, Vec::new()));
    let silent = "n2 does not answer N1:1, after which came N1:2".to_owned();
    assert_eq!(of_old_runs(None), (1, vec![silent]));
}

#[test]
fn what_nodes_say_to_each_other_is_judged() {
    let without_reply = |it: &mut Played| {
        it.frames.remove(3);
        it.ends.push((SECOND * 3, (1, 1)));
    };
    assert_eq!(wrong(without_reply), ["outcomes"]);
    let lower = |it: &mut Played| {
        let mut tape = Tape { frames: it.frames.drain(..4).collect(), connections: 1 };
        tape.talk(SECOND * 13, process(1, 2), process(2, 1), 2);
        it.frames = tape.frames;
    };
    let kinds = wrong(lower);
    assert_eq!(kinds[0], "wrong-version");
    assert!(kinds.len() > 1, "the rule of the acceptor selects another one: {kinds:?}");
    assert!(wrong(|it| it.frames.clear()).contains(&"wrong-version".to_owned()), "nothing heard");
    let broken = |it: &mut Played| it.frames[2].bytes = Bytes::from_static(&[0xff]);
    assert!(!wrong(broken).is_empty());
}

#[test]
fn cases_of_two_orders_differ() {
    let (plan, mut played) = played();
    played.stages[1].goes_on = false;
    let case = |order: &[usize]| {
        let (report, _) = judged(&plan, &order_name(order), &played, "again");
        let case = report.findings().next().map(|it| it.case.to_string());
        case.unwrap()
    };
    assert_eq!(case(&[1, 0]), "live/upgrade/1.6/1.7/n2,n1/step-1/no-progress");
    assert_ne!(case(&[1, 0]), case(&[0, 1]));
}

#[test]
fn a_plan_goes_back_once_and_through_all_releases() {
    let path = [release("1.5.3"), release("1.6.2"), release("1.7.2")];
    let plan = plan(&path, &[1, 0], true);
    assert_eq!(
        plan.to_string(),
        "seed(0) n1:1.5.3 n2:1.5.3 n3:1.5.3 n2=1.6 n2=1.5.3 n2=1.6 n1=1.6 n2=1.7.2 n2=1.6 \
         n2=1.7.2 n1=1.7.2"
    );
}
