//! Both sides of a handshake, in every release, with every fault and every pair of faults.

use super::super::skew;
use super::Checks;
use super::columns;
use crate::harness::report::Grid;
use crate::suite::compare::Difference;
use crate::suite::handshake::{self, HelloScene, Scene, WelcomeScene};

/// The grid of these checks.
const GRID: &str = "handshake, by the release that answers";

/// Checks all cases.
pub fn run(checks: &mut Checks<'_>) {
    checks.report.add(Grid::new(GRID).with_columns(columns()));
    run_scenes::<HelloScene>(["a Hello with one twist", "a Hello with two"], checks);
    run_scenes::<WelcomeScene>(["a Welcome with one twist", "a Welcome with two"], checks);
}

fn run_scenes<S: Scene>([once, twice]: [&str; 2], checks: &mut Checks<'_>) {
    let twists = S::twists();
    let cases = handshake::cases(&twists);
    for release in skew::releases() {
        for twists in &cases {
            let played = handshake::scene::<S>(release, twists).play(checks.subject);
            let result = if played.is_right {
                Ok(())
            } else {
                Err(Difference::new(S::REQUIREMENT.sentence, played.expected, played.actual))
            };
            let case = handshake::address(release, twists);
            let check = if twists.len() > 1 { twice } else { once };
            checks.record_in(GRID, check, release, case, result);
        }
    }
}
