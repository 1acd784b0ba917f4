//! The world and its network, with processes that only write down what happens to them.

use bytes::Bytes;

use crate::upgrade::{
    Bounds, Change, End, Input, Outbox, Process, Settings, StreamId, Time, Timing, Violation, What,
    World,
};

/// Writes down its inputs with their times.
#[derive(Debug, Clone, Default)]
struct Diary {
    seen: Vec<(u64, Input<&'static str>)>,
    wakes: Option<Time>,
    generation: u32,
}

impl Diary {
    fn of(world: &World<Self>, node: usize) -> &[(u64, Input<&'static str>)] {
        &world.nodes().nth(node).unwrap().process.seen
    }
}

impl Process for Diary {
    type Release = u8;
    type Refusal = &'static str;

    fn handle(&mut self, now: Time, input: Input<&'static str>, _: &mut Outbox<&'static str>) {
        if input == Input::Wake {
            self.wakes = None;
        }
        assert!(input != Input::Frame { stream: StreamId::new(1), bytes: "bad".into() }, "bad");
        self.seen.push((now.ms(), input));
    }

    fn wake_at(&self) -> Option<Time> {
        self.wakes
    }

    fn release(&self) -> &u8 {
        &1
    }

    fn restarted(&self, _: &u8, generation: u32) -> Self {
        Self { generation, ..Self::default() }
    }
}

const TIMING: Timing = Timing {
    latency_ms: 10,
    jitter_ms: 0,
    connect_timeout_ms: 500,
    keep_alive_ms: 1_000,
    grace_ms: 100,
};

/// Two nodes that are running.
fn world_with(timing: Timing, seed: u64) -> World<Diary> {
    let settings = Settings { timing, seed, is_recording: true, ..Settings::default() };
    let mut world = World::new(&settings);
    for name in ["a", "b"] {
        let node = world.add(name, Diary::default());
        world.start(node, &1);
    }
    world
}

fn world() -> World<Diary> {
    world_with(TIMING, 0)
}

fn at(ms: u64) -> Time {
    Time::from_ms(ms)
}

fn dialled(world: &mut World<Diary>) -> StreamId {
    world.with(0, |_, _, out| out.dial(1)).unwrap()
}

fn send(world: &mut World<Diary>, node: usize, stream: StreamId, text: &'static str) {
    world.with(node, |_, _, out| out.send(stream, Bytes::from(text))).unwrap();
}

fn frame(stream: StreamId, text: &'static str) -> Input<&'static str> {
    Input::Frame { stream, bytes: text.into() }
}

#[test]
fn frames_take_their_time_in_both_directions() {
    let mut world = world();
    let stream = dialled(&mut world);
    send(&mut world, 0, stream, "hello");
    world.run_until(at(30));
    send(&mut world, 1, stream, "welcome");
    world.slow(0, 1, 500);
    send(&mut world, 0, stream, "late");
    world.run_until(at(1_000));
    assert_eq!(Diary::of(&world, 0), [(0, Input::Start), (40, frame(stream, "welcome"))]);
    let expected = [
        (0, Input::Start),
        (10, Input::Incoming { stream, from: 0 }),
        (10, frame(stream, "hello")),
        (540, frame(stream, "late")),
    ];
    assert_eq!(Diary::of(&world, 1), expected);
}

#[test]
fn what_is_slowed_beyond_all_time_does_not_arrive() {
    let mut world = world();
    let stream = dialled(&mut world);
    world.slow(0, 1, u64::MAX);
    send(&mut world, 0, stream, "never");
    world.run_until(at(100_000));
    let expected = [(0, Input::Start), (10, Input::Incoming { stream, from: 0 })];
    assert_eq!(Diary::of(&world, 1), expected);
}

#[test]
fn none_overtakes_another_whatever_the_jitter() {
    for seed in 0..20 {
        let mut world = world_with(Timing { jitter_ms: 50, ..TIMING }, seed);
        let stream = dialled(&mut world);
        for text in ["1", "2", "3", "4"] {
            send(&mut world, 0, stream, text);
            world.run_until(world.now().after(5));
        }
        world.run_until(at(200));
        let frames: Vec<_> = Diary::of(&world, 1)[2..].iter().map(|(_, it)| it.clone()).collect();
        assert_eq!(frames, ["1", "2", "3", "4"].map(|text| frame(stream, text)), "seed {seed}");
    }
}

#[test]
fn what_is_held_back_for_a_short_time_arrives_in_order() {
    let mut world = world();
    let stream = dialled(&mut world);
    send(&mut world, 0, stream, "before");
    world.run_until(at(5));
    world.partition(0, 1);
    send(&mut world, 0, stream, "during");
    world.run_until(at(600));
    assert_eq!(Diary::of(&world, 1).len(), 1, "only its start");
    send(&mut world, 0, stream, "on its way");
    world.heal();
    world.run_until(at(700));
    let expected = [
        (600, Input::Incoming { stream, from: 0 }),
        (600, frame(stream, "before")),
        (600, frame(stream, "during")),
        (610, frame(stream, "on its way")),
    ];
    assert_eq!(Diary::of(&world, 1)[1..], expected);
    world.run_until(at(5_000));
    assert_eq!(Diary::of(&world, 1).len(), 5, "the keep-alive time began anew");
}

#[test]
fn a_partition_is_one_way_until_streams_break() {
    let mut world = world();
    let stream = dialled(&mut world);
    world.run_until(at(100));
    world.partition(0, 1);
    send(&mut world, 1, stream, "back");
    world.run_until(at(1_050));
    assert_eq!(Diary::of(&world, 0)[1..], [(110, frame(stream, "back"))]);
    world.run_until(at(1_200));
    let broken = (1_100, Input::Ended { stream, how: End::Broken });
    assert_eq!(Diary::of(&world, 0).last(), Some(&broken));
    assert_eq!(Diary::of(&world, 1).last(), Some(&broken));
    // A dial needs both directions.
    let there = world.with(1, |_, _, out| out.dial(0)).unwrap();
    world.run_until(at(2_000));
    let unreachable = (1_700, Input::Unreachable { stream: there });
    assert_eq!(Diary::of(&world, 1).last(), Some(&unreachable));
}

#[test]
fn a_dial_to_nobody_fails() {
    let mut world = world();
    world.crash(1);
    let stream = dialled(&mut world);
    let (own, unknown) = world.with(0, |_, _, out| (out.dial(0), out.dial(7))).unwrap();
    send(&mut world, 0, stream, "lost");
    world.run_until(at(500));
    let expected = [
        (0, Input::Unreachable { stream: own }),
        (0, Input::Unreachable { stream: unknown }),
        (20, Input::Unreachable { stream }),
    ];
    assert_eq!(Diary::of(&world, 0)[1..], expected);
}

#[test]
fn a_closed_direction_leaves_the_other_one_open() {
    let mut world = world();
    let stream = dialled(&mut world);
    world.with(0, |_, _, out| out.close(stream)).unwrap();
    send(&mut world, 0, stream, "too late");
    world.run_until(at(20));
    send(&mut world, 1, stream, "answer");
    world.with(1, |_, _, out| out.close(stream)).unwrap();
    world.run_until(at(50));
    let ended = Input::Ended { stream, how: End::Clean };
    assert_eq!(Diary::of(&world, 0)[1..], [(30, frame(stream, "answer")), (30, ended.clone())]);
    assert_eq!(Diary::of(&world, 1).last(), Some(&(10, ended)));
    world.crash(0);
    world.run_until(at(100));
    assert_eq!(Diary::of(&world, 1).len(), 3, "the stream was over");
}

#[test]
fn refused_streams_end_for_the_peer_alone() {
    let mut world = world();
    let refused = dialled(&mut world);
    world.run_until(at(20));
    send(&mut world, 0, refused, "unheard");
    world.with(1, |_, _, out| out.refuse(refused, "no")).unwrap();
    world.run_until(at(100));
    let how = End::Refused("no");
    assert_eq!(Diary::of(&world, 0)[1..], [(30, Input::Ended { stream: refused, how })]);
    assert_eq!(Diary::of(&world, 1)[1..], [(10, Input::Incoming { stream: refused, from: 0 })]);
}

#[test]
fn a_crash_is_heard_of_and_the_next_process_knows_nothing() {
    let mut world = world();
    let stream = dialled(&mut world);
    send(&mut world, 0, stream, "hello");
    world.run_until(at(20));
    send(&mut world, 0, stream, "to the next one");
    world.crash(1);
    world.start(1, &1);
    world.run_until(at(100));
    let broken = Input::Ended { stream, how: End::Broken };
    assert_eq!(Diary::of(&world, 0)[1..], [(30, broken)]);
    assert_eq!(Diary::of(&world, 1), [(20, Input::Start)]);
    let view = world.nodes().nth(1).unwrap();
    assert_eq!((view.name, view.generation, view.process.generation), ("b", 2, 2));
}

#[test]
fn a_crash_comes_at_the_frame_that_was_said() {
    let mut world = world();
    world.crash_at_frame(1, 2);
    let stream = dialled(&mut world);
    for text in ["1", "2", "3"] {
        send(&mut world, 0, stream, text);
    }
    world.run_until(at(100));
    assert_eq!(Diary::of(&world, 1).last(), Some(&(10, frame(stream, "1"))));
    assert!(world.process(1).is_none() && world.violations().is_empty());
    assert!(world.events().iter().any(|entry| entry.what == What::Done(Change::Crashed)));
}

#[test]
fn who_is_stopped_is_gone_after_the_grace_time_and_no_later_process_is() {
    let mut world = world();
    world.stop(1);
    world.run_until(at(99));
    assert!(world.process(1).is_some());
    world.crash(1);
    world.start(1, &1);
    world.run_until(at(500));
    assert!(world.process(1).is_some(), "the grace time was another's");
    world.stop(1);
    world.run_until(at(600));
    assert!(world.process(1).is_none());
}

#[test]
fn broken_connections_break_for_both_and_at_once() {
    let mut world = world();
    let stream = dialled(&mut world);
    world.run_until(at(20));
    let unheard = dialled(&mut world);
    send(&mut world, 0, stream, "lost");
    world.break_connections(1, 0);
    world.run_until(at(100));
    let broken = Input::Ended { stream, how: End::Broken };
    let failed = Input::Unreachable { stream: unheard };
    assert_eq!(Diary::of(&world, 0)[1..], [(20, broken.clone()), (20, failed)]);
    assert_eq!(Diary::of(&world, 1)[2..], [(20, broken)]);
}

#[test]
fn a_wake_comes_when_it_was_asked_for() {
    let mut world = world();
    world.with(0, |diary, now, _| diary.wakes = Some(now.after(70))).unwrap();
    world.run_until(at(69));
    assert_eq!(Diary::of(&world, 0).len(), 1);
    world.run_until(at(1_000));
    assert_eq!(Diary::of(&world, 0)[1..], [(70, Input::Wake)]);
    assert_eq!(world.now(), at(1_000));
}

#[test]
fn a_panic_ends_the_process_alone() {
    let mut world = world();
    let stream = dialled(&mut world);
    send(&mut world, 0, stream, "bad");
    world.run_until(at(100));
    assert!(world.process(1).is_none() && !world.is_stuck());
    let violation = world.violations().first().unwrap();
    assert_eq!((violation.kind, violation.node), (Violation::PANIC, Some(1)));
    assert!(violation.what.contains("worlds.rs:") && violation.what.ends_with("bad"));
    let broken = Input::Ended { stream, how: End::Broken };
    assert_eq!(Diary::of(&world, 0).last(), Some(&(20, broken)));
    assert_eq!(world.with(1, |_, _, _| ()), None);
    let called = world.with(0, |_, _, _| panic!("called"));
    assert_eq!((called, world.violations().len()), (None::<()>, 2));
}

#[test]
fn too_many_inputs_or_dials_end_the_run() {
    let bounds = Bounds { inputs_per_ms: 5, inputs_per_s: 8, dials_per_s: 3 };
    let settings = Settings { timing: TIMING, bounds, ..Settings::default() };
    let run = |send: &dyn Fn(&mut World<Diary>)| {
        let mut world = World::new(&settings);
        for name in ["a", "b"] {
            let node = world.add(name, Diary::default());
            world.start(node, &1);
        }
        send(&mut world);
        world.run_until(at(3_000));
        let violation = world.violations().first().cloned();
        (world.now().ms(), violation.map(|it| (it.kind, it.node, it.what)))
    };
    let busy = |node, what: &str| Some((Violation::BUSY_LOOP, Some(node), what.to_owned()));
    let in_ms = run(&|world| {
        let stream = dialled(world);
        for text in ["1", "2", "3", "4", "5"] {
            send(world, 0, stream, text);
        }
    });
    assert_eq!(in_ms, (10, busy(1, "more than 5 inputs in one millisecond")));
    let in_s = run(&|world| {
        let stream = dialled(world);
        for _ in 0..9 {
            send(world, 0, stream, "x");
            world.run_until(world.now().after(20));
        }
    });
    assert_eq!(in_s.1, busy(1, "more than 8 inputs in one second"));
    let dials = run(&|world| {
        world.crash(1);
        for _ in 0..4 {
            dialled(world);
        }
    });
    assert_eq!(dials.1, busy(0, "more than 3 dials in one second"));
    let slowly = run(&|world| {
        let stream = dialled(world);
        for _ in 0..14 {
            send(world, 0, stream, "x");
            world.run_until(world.now().after(200));
        }
    });
    assert_eq!(slowly, (3_000, None));
}

#[test]
fn a_clone_goes_on_as_the_world_itself() {
    let mut world = world_with(Timing { jitter_ms: 40, ..TIMING }, 3);
    let stream = dialled(&mut world);
    send(&mut world, 0, stream, "1");
    world.run_until(at(7));
    let mut other = world.clone();
    for world in [&mut world, &mut other] {
        send(world, 0, stream, "2");
        send(world, 0, stream, "3");
        world.run_until(at(300));
    }
    assert_eq!(Diary::of(&world, 1), Diary::of(&other, 1));
    assert_eq!(Diary::of(&world, 1).len(), 5);
}
