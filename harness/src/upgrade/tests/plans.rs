//! Plans: drawn, printed, read again.

use super::toy::{Edition, Toy, drawn, edition, plan};
use crate::upgrade::{Draft, Order, ParseError, Plan, Step, Trouble};

const EVERY_STEP: &str = "seed(7) n1:1.0 n2:1.0 n3:1.0 n1=2.0 n1=1.0 n2+n3=2.0 join(n4:2.0) \
    restart(n4) crash(n1) crash(n2,3) partition(n1,n2) slow(n2,n1,250) heal() break(n3,n4) wait(500)";

#[test]
fn a_plan_reads_like_this() {
    assert_eq!(plan(EVERY_STEP).tree::<Toy>(), TREE);
}

const TREE: &str = "\
3 nodes, 12 steps, seed 7
├── 0. start
│   ├── n1 with 1.0
│   ├── n2 with 1.0
│   └── n3 with 1.0
├── 1. upgrade n1 from 1.0 to 2.0
├── 2. take n1 back from 2.0 to 1.0
├── 3. n2, n3 together to 2.0
│   ├── upgrade n2 from 1.0 to 2.0
│   └── upgrade n3 from 1.0 to 2.0
├── 4. n4 joins with 2.0
├── 5. restart n4
├── 6. crash n1
├── 7. crash n2 at frame 3 after its connections broke
├── 8. partition: nothing from n1 reaches n2
├── 9. slow: n2 to n1 takes 250 ms longer
├── 10. heal the network
├── 11. break the connections between n3 and n4
└── 12. wait for 500 ms
";

#[test]
fn going_back_is_called_so_and_what_is_left_out_is_named() {
    let tree = plan("n1:2.0 n1=1.0 n1=2.0 n1=4.0 n1=3.0").tree::<Toy>();
    let moves: Vec<&str> = tree
        .lines()
        .filter_map(|line| line.split_once(". ")?.1.contains(" from ").then_some(line))
        .collect();
    let said = moves.iter().filter_map(|line| Some(line.split_once(". ")?.1)).collect::<Vec<_>>();
    let expected = [
        "take n1 back from 2.0 to 1.0",
        "upgrade n1 from 1.0 to 2.0",
        "upgrade n1 from 2.0 to 4.0, leaving out 3.0",
        "take n1 back from 4.0 to 3.0",
    ];
    assert_eq!(said, expected);
}

#[test]
fn the_line_is_read_as_it_was_written() {
    let plan = plan(EVERY_STEP);
    assert_eq!(plan.to_string(), EVERY_STEP);
    assert_eq!(Plan::parse(&plan.to_string(), edition).unwrap(), plan);
    for seed in 0..200 {
        let plan = drawn(seed);
        assert_eq!(Plan::parse(&plan.to_string(), edition).unwrap(), plan, "seed {seed}");
    }
}

#[test]
fn what_is_wrong_with_a_line_is_said_with_its_place() {
    let wrong = |text: &str| Plan::parse(text, edition).unwrap_err().to_string();
    assert_eq!(wrong(""), "a plan begins with its nodes, as `n1:1.3 n2:1.3`");
    assert_eq!(wrong("n1:1.0 n1=9.0"), "word 2: there is no release `9.0`");
    assert_eq!(wrong("n1:1.0 n2=2.0"), "word 2: there is no node `n2`");
    assert_eq!(wrong("n1:1.0 n1:2.0"), "word 2: there is a node `n1` already");
    assert_eq!(wrong("n1:1.0 wait(x)"), "word 2: `x` is not a number that fits");
    assert_eq!(
        wrong("n1:1.0 wait(1) n2:1.0"),
        "word 3: `n2` comes after the first step; it can only join"
    );
    assert_eq!(wrong("n1:1.0 break(n1)"), "word 2, `break(n1)`: it takes two nodes");
    assert_eq!(
        wrong("n1:1.0 crash(n1,99999999999)"),
        "word 2: `99999999999` is not a number that fits"
    );
    let words = "n1:1.0 n2:1.0 ";
    for (word, said) in [
        ("crash(n1,0)", "word 3, `crash(n1,0)`: the first frame is 1"),
        ("partition(n1,n1)", "word 3, `partition(n1,n1)`: each node once"),
        ("slow(n2,n2,5)", "word 3, `slow(n2,n2,5)`: each node once"),
        ("break(n1,n1)", "word 3, `break(n1,n1)`: each node once"),
        ("n1+n1=2.0", "word 3, `n1+n1=2.0`: each node once"),
        ("n1+n2+n1=2.0", "word 3, `n1+n2+n1=2.0`: each node once"),
        ("slow(n1,n2,3600001)", "word 3: 3600001 ms; up to 3600000 can be simulated"),
        (
            "slow(n1,n2,18446744073709551615)",
            "word 3: 18446744073709551615 ms; up to 3600000 can be simulated",
        ),
        ("wait(3600001)", "word 3: 3600001 ms; up to 3600000 can be simulated"),
        (":1.0", "word 3: `` is no name of a node; it takes letters, digits and hyphens"),
        ("n'3:1.0", "word 3: `n'3` is no name of a node; it takes letters, digits and hyphens"),
        ("n+3:1.0", "word 3: `n+3` is no name of a node; it takes letters, digits and hyphens"),
        ("join(ä:1.0)", "word 3: `ä` is no name of a node; it takes letters, digits and hyphens"),
    ] {
        assert_eq!(wrong(&format!("{words}{word}")), said);
    }
    let bad = "word 3: `a b` is nothing to tell a node; it takes letters, digits and hyphens";
    assert_eq!(wrong(&format!("{words}tell(n1,a_b)")), bad.replace("a b", "a_b"));
    for word in [
        "tell(n1,a-9)",
        "crash(n1,1)",
        "wait(3600000)",
        "slow(n1,n2,3600000)",
        "n2+n1=2.0",
        "join(a-Z9:1.0)",
    ] {
        assert!(Plan::parse(&format!("{words}{word}"), edition).is_ok(), "{word}");
    }
    let unknown = ParseError::UnknownWord { at: 2, word: "jump(n1)".into() };
    assert_eq!(Plan::parse("n1:1.0 jump(n1)", edition), Err(unknown.clone()));
    assert!(unknown.to_string().starts_with("word 2, `jump(n1)`: neither"));
    for word in [
        "x",
        "join(n4)",
        "restart()",
        "crash()",
        "heal(n1)",
        "slow(n1)",
        "wait()",
        "seed()",
        "tell(n1)",
    ] {
        assert!(Plan::parse(&format!("n1:1.0 {word}"), edition).is_err(), "{word}");
    }
}

#[test]
fn without_a_step_the_others_stay_what_they_were() {
    let plan = plan("n1:1.0 join(n2:1.0) join(n3:1.0) n2=2.0 n2+n3=2.0 break(n1,n3) crash(n2)");
    assert_eq!(plan.without(1).to_string(), "seed(0) n1:1.0 join(n3:1.0) n3=2.0 break(n1,n3)");
    assert_eq!(plan.without(3).steps.len(), 5);
    assert_eq!(plan.without(0), plan);
    assert_eq!(plan.without(9), plan);
    let after = |step| {
        let nodes = plan.nodes_after(step);
        nodes.into_iter().map(|(name, edition)| format!("{name}:{edition}")).collect::<Vec<_>>()
    };
    assert_eq!(after(2), ["n1:1.0", "n2:1.0", "n3:1.0"]);
    assert_eq!(after(4), ["n1:1.0", "n2:2.0", "n3:2.0"]);
}

#[test]
fn without_a_node_nothing_is_done_to_it_and_the_others_move_up() {
    let plan = plan("n1:1.0 n2:1.0 n3:1.0 n1+n3=2.0 crash(n2) break(n1,n3) join(n4:2.0) n4=1.0");
    let line = "seed(0) n2:1.0 n3:1.0 n3=2.0 crash(n2) join(n4:2.0) n4=1.0";
    assert_eq!(plan.without_node(0).to_string(), line);
    assert_eq!(plan.without_node(3), plan, "who joins is left out with its step");
}

#[test]
fn plain_upgrades_are_in_the_order_that_was_asked_for() {
    let path = [Edition(1), Edition(2), Edition(3)];
    let line = |order: &Order| {
        let draft = Draft { nodes: 3, path: &path, order, troubles: &[], seed: 5 };
        draft.draw().to_string().replace("seed(5) n1:1.0 n2:1.0 n3:1.0 ", "")
    };
    assert_eq!(line(&Order::Forward), "n1=2.0 n2=2.0 n3=2.0 n1=3.0 n2=3.0 n3=3.0");
    assert_eq!(line(&Order::Backward), "n3=2.0 n2=2.0 n1=2.0 n3=3.0 n2=3.0 n1=3.0");
    assert_eq!(line(&Order::Given(vec![1, 9, 0])), "n2=2.0 n1=2.0 n2=3.0 n1=3.0");
    assert_eq!(line(&Order::Drawn).split(' ').count(), 6);
    let draft = Draft {
        nodes: 0,
        path: &path,
        order: &Order::Drawn,
        troubles: &[Trouble::Behind],
        seed: 0,
    };
    assert!(draft.draw().steps.is_empty());
}

#[test]
fn every_trouble_comes_and_every_one_ends() {
    let mut seen = String::new();
    for seed in 0..100 {
        let plan = drawn(seed);
        assert_eq!(plan, drawn(seed), "the seed decides");
        let mut down = Vec::new();
        let mut is_disturbed = false;
        for step in &plan.steps {
            match step {
                Step::Crash { node } | Step::CrashAtFrame { node, .. } => down.push(*node),
                Step::Restart { node } | Step::Upgrade { node, .. } => down.retain(|it| it != node),
                Step::Partition { .. } | Step::Slow { .. } => is_disturbed = true,
                Step::Heal => is_disturbed = false,
                _ => {}
            }
        }
        assert!(down.is_empty() && !is_disturbed, "seed {seed}: {plan}");
        seen += &plan.tree::<Toy>();
    }
    for words in [
        "crash n1\n",
        "at frame",
        "partition:",
        "slow:",
        "break the",
        "restart n",
        "take n",
        "together",
        "joins with 2.0",
        "wait for",
    ] {
        assert!(seen.contains(words), "{words}");
    }
    let stays_behind = |seed| drawn(seed).nodes_after(99).iter().any(|(_, it)| *it == Edition(1));
    assert!((0..100).any(stays_behind));
}

#[test]
fn what_was_asked_for_and_is_not_in_the_plan_is_known() {
    let path = [Edition(1), Edition(2), Edition(3)];
    let left_out = |trouble, nodes, path: &[Edition], seed| {
        let draft = Draft { nodes, path, order: &Order::Forward, troubles: &[trouble], seed };
        let is_plain = draft.draw() == Draft { troubles: &[], ..draft.clone() }.draw();
        let left_out = draft.left_out();
        assert_eq!(left_out == [trouble], is_plain, "{trouble:?}, seed {seed}: {}", draft.draw());
        is_plain
    };
    for (trouble, name) in Trouble::ALL {
        let seeds = (0..40).filter(|seed| left_out(trouble, 3, &path, *seed)).count();
        assert!((1..40).contains(&seeds), "{name} is left out by {seeds} seeds of 40");
    }
    let never =
        |trouble, nodes, path: &[Edition]| (0..40).all(|seed| left_out(trouble, nodes, path, seed));
    assert!(never(Trouble::Skip, 3, &path[..2]));
    for trouble in [Trouble::Partition, Trouble::Slow, Trouble::Break, Trouble::Together] {
        assert!(never(trouble, 1, &path), "{trouble:?}");
    }
}

#[test]
fn a_node_may_leave_out_a_release() {
    let path = [Edition(1), Edition(2), Edition(3)];
    let skips = (0..50).any(|seed| {
        let draft =
            Draft { nodes: 2, path: &path, order: &Order::Drawn, troubles: &[Trouble::Skip], seed };
        draft.draw().tree::<Toy>().contains("from 1.0 to 3.0")
    });
    assert!(skips);
    for (trouble, name) in Trouble::ALL {
        assert_eq!((Trouble::named(name), trouble.name()), (Some(trouble), name));
    }
    assert_eq!(Trouble::named("earthquake"), None);
}
