//! What a timeline makes of events that come in an unlucky order.

use super::toy::{Bug, Edition, Toy, plan};
use crate::upgrade::{Event, Run, Settings, Time, Timeline, World};
use crate::version::Version;

/// When two nodes were connected, in milliseconds. What they note is noted at these times.
fn linked(notes: &[(u64, usize, Event)]) -> Vec<(u64, u64)> {
    let mut world = World::new(&Settings { is_recording: true, ..Settings::default() });
    for name in ["n1", "n2"] {
        let node = world.add(name, Toy::new(0, 0, Edition(1), Bug::None));
        world.start(node, &Edition(1));
    }
    for (at, node, event) in notes {
        world.run_until(Time::from_ms(*at));
        world.with(*node, |_, _, out| out.note(event.clone())).unwrap();
    }
    world.run_until(Time::from_ms(100));
    let run = Run { world, spans: Vec::new(), seen: Vec::new(), failure: None };
    let timeline = Timeline::of("notes", &plan("n1:1.0 n2:1.0"), &run);
    timeline.links.iter().map(|link| (link.from.ms(), link.to.ms())).collect()
}

fn connected(node: usize, lane: &'static str, dialled: bool) -> Event {
    Event::Connected { peer: 1 - node, version: Version::plain(1), lane, dialled }
}

fn closed(node: usize, lane: Option<&'static str>, dialled: bool) -> Event {
    Event::Closed { peer: 1 - node, lane, dialled, reason: "ended".into() }
}

/// A connection that the first node dials and one that the second one dials, from 10 ms on.
fn two_connections() -> Vec<(u64, usize, Event)> {
    vec![
        (10, 1, connected(1, "gossip", false)),
        (10, 0, connected(0, "gossip", true)),
        (10, 0, connected(0, "data", false)),
        (10, 1, connected(1, "data", true)),
    ]
}

#[test]
fn a_connection_that_is_over_is_the_one_that_was_said() {
    let with = |more: &[(u64, usize, Event)]| linked(&[&two_connections(), more].concat());
    assert_eq!(with(&[]), [(10, 100)]);
    let data = [(40, 0, closed(0, Some("data"), false)), (41, 1, closed(1, Some("data"), true))];
    assert_eq!(with(&data), [(10, 100)]);
    let gossip = [(50, 0, closed(0, Some("gossip"), true))];
    assert_eq!(with(&[&data[..], &gossip].concat()), [(10, 50)]);
    // A handshake that came to nothing ends no connection.
    assert_eq!(
        with(&[(40, 0, closed(0, None, true)), (41, 1, closed(1, None, true))]),
        [(10, 100)]
    );
}

#[test]
fn both_sides_must_see_a_connection() {
    assert!(linked(&[(10, 1, connected(1, "data", false))]).is_empty());
    let late = [(10, 1, connected(1, "data", false)), (14, 0, connected(0, "data", true))];
    assert_eq!(linked(&late), [(14, 100)]);
}

#[test]
fn who_hears_late_of_the_end_keeps_the_next_connection() {
    let late = [
        (10, 1, connected(1, "data", false)),
        (10, 0, connected(0, "data", true)),
        (40, 0, closed(0, Some("data"), true)),
        (45, 1, connected(1, "data", false)),
        (47, 0, connected(0, "data", true)),
        (48, 1, closed(1, Some("data"), false)),
    ];
    assert_eq!(linked(&late), [(10, 40), (47, 100)]);
}
