//! Timelines of simulated upgrades: what they show of runs, and their page in a browser. Without
//! Chromium that says what was not tried.

use std::path::Path;

use skewproof::harness::render::text::Colour;
use skewproof::harness::render::timeline::{html, text};
use skewproof::harness::upgrade::{Plan, Timeline};
use skewproof::suite::session::WithQuirks;
use skewproof::suite::upgrade::Cluster;

use super::page::{browser, dump};

fn timeline(line: &str) -> Timeline {
    timeline_of(&Cluster::default(), line)
}

fn timeline_of(cluster: &Cluster, line: &str) -> Timeline {
    let plan = Plan::parse(line, |name| name.parse().ok()).unwrap();
    Timeline::of("an upgrade", &plan, &cluster.run(&plan))
}

/// The page as the browser has it at a moment in milliseconds.
fn page_at(browser: &str, path: &Path, ms: u64) -> String {
    let address = format!("{}#{ms}", path.display());
    let page = dump(browser, &address, &["--virtual-time-budget=20000"]);
    assert!(page.contains("data-errors=\"0\""), "the page has errors at {ms}");
    assert!(page.contains(&format!("data-at=\"{ms}\"")), "the cursor is at {ms}");
    page
}

const PASSES: &str = "n1:1.3 n2:1.3 n3:1.3 n1=1.4 n2=1.4 crash(n3) wait(500) n3=1.4";
const PANICS: &str = "n1:1.3 n2:1.3 n1=1.3.3-dev n2=1.3.3-dev";

#[test]
fn old_peers_are_polled_and_new_ones_gossiped_with() {
    let repaired = Cluster { quirks: WithQuirks::REPAIRED, ..Cluster::default() };
    let timeline = timeline_of(&repaired, PASSES);
    assert!(timeline.is_ok() && timeline.known.is_empty(), "{:?}", timeline.failure);
    let text = text::render(&timeline, Colour::Off);
    for row in ["GetNodeState instead", "Gossip V2", "n1 – n2", "n2 – n3"] {
        assert!(text.lines().any(|line| line.starts_with(row)), "{row}\n{text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
}

#[test]
fn a_fault_of_a_release_is_said_and_fails_nothing() {
    let timeline = timeline(PASSES);
    assert!(timeline.is_ok(), "{:?}", timeline.failure);
    let text = text::render(&timeline, Colour::Off);
    assert!(text.ends_with("nothing violated but what is known: R22, R30\n"), "{text}");
}

#[test]
fn a_timeline_opens_without_errors_and_shows_the_moment() {
    let Some(browser) = browser() else {
        eprintln!("skipped: no Chromium here, so no timeline was opened");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("timeline.html");
    let passes = timeline(PASSES);
    std::fs::write(&path, html::render(&passes).unwrap()).unwrap();
    let begin = page_at(&browser, &path, 5_000);
    assert_eq!(begin.matches("1.3 · generation 1").count(), 3);
    assert!(begin.contains("V1 · Append") || begin.contains("GetNodeState"), "what is said");
    assert!(begin.contains("step 0: start") && begin.contains("! goes through, with known faults"));
    assert!(!begin.contains("goes well"), "known faults are no green");
    for kind in ["runs 1.3", "runs 1.4", "connected, speaks V1", "connected, speaks V2", "crashes"]
    {
        assert!(begin.contains(&format!(" {kind}</span>")), "the legend has {kind}");
    }
    assert!(begin.contains("aria-label=\"n1 runs 1.3, generation 1, from 0.000 s to "));
    let marks = begin.matches("role=\"img\"").count();
    assert_eq!(begin.matches("tabindex=\"0\" role=\"img\"").count(), marks, "all by keyboard");
    assert!(marks > 12, "{marks}");
    let end = page_at(&browser, &path, passes.end.ms());
    assert_eq!(end.matches("1.4 · generation 2").count(), 3);
    assert!(end.contains("the end"));

    let panics = timeline(PANICS);
    std::fs::write(&path, html::render(&panics).unwrap()).unwrap();
    let failed = page_at(&browser, &path, panics.end.ms());
    assert!(failed.contains("step 1: upgrade n1 from 1.3 to 1.3.3-dev"));
    assert!(failed.contains("Gossip needs V2") && failed.contains("crashed"));
}

#[test]
fn the_same_plan_gives_the_same_page() {
    let render = || html::render(&timeline("seed(5) n1:1.3 n2:1.3 n1=1.4 crash(n2,2)")).unwrap();
    assert!(render() == render());
}
