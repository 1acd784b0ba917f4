//! What a user can ask of sessions, by name.

use std::sync::Arc;

use super::{Plan, run, scripts, shown_by};
use crate::fabric::release::Release;
use crate::fabric::session::{QUIRKS, Quirk, QuirkRow, Quirks};
use crate::harness::report::Report;
use crate::suite::planted::{self, Planted};
use crate::suite::speaker::SpeakError;
use crate::suite::subject::{Fabric, Subject};
use crate::suite::testee::{Behind, Contained};

/// A question in words.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// Names of scripts; all if there are none.
    pub scripts: &'a [String],
    /// A release, or one with a planted bug, as `1.4+M79`; every line without it.
    pub node: Option<&'a str>,
    /// Whether releases are repaired, instead of as they were released.
    pub is_repaired: bool,
    /// Numbers of faults that nodes have besides, and are not expected to have.
    pub quirks: &'a [String],
    /// A testee that is played to, in the place of its release.
    pub testee: Option<&'a Arc<Behind>>,
}

/// Plays what is asked for.
///
/// # Errors
///
/// If there is no such script, release, fault or bug, or no script shows the fault.
pub fn answer(question: &Question<'_>) -> Result<Report, SpeakError> {
    let mut plan = if question.is_repaired { Plan::repaired() } else { Plan::released() };
    plan.quirks = plan.quirks.with(seen_in_scripts(quirks(question.quirks)?)?);
    for name in question.scripts {
        if !scripts().any(|script| script.name() == name) {
            return Err(misasked(
                format!("unknown script {name:?}"),
                scripts().map(|script| script.name()).collect(),
            ));
        }
        plan.scripts.push(name.clone());
    }
    let mut subject: Box<dyn Subject> = Box::new(Fabric);
    if let Some(node) = question.node {
        let (release, bug) = node.split_once('+').map_or((node, None), |(a, b)| (a, Some(b)));
        let release: Release = release.parse().map_err(|error| {
            misasked(format!("{error}"), Release::all().map(Release::name).collect())
        })?;
        plan.releases = vec![release];
        if let Some(bug) = bug.map(planted).transpose()? {
            subject = bug.subject();
            plan.bug = Some(bug.id);
        }
    }
    if let Some(testee) = question.testee {
        plan.releases = vec![testee.release()];
        subject = Box::new(Contained(Arc::clone(testee)));
    }
    Ok(run(subject.as_ref(), &plan))
}

/// Refuses faults that no script can show: nothing would come of them.
fn seen_in_scripts(given: Quirks) -> Result<Quirks, SpeakError> {
    let is_unseen = |row: &&QuirkRow| given.has(row.quirk) && shown_by(row.quirk).is_none();
    match QUIRKS.iter().find(is_unseen) {
        None => Ok(given),
        Some(row) => Err(SpeakError::Misasked {
            problem: format!("{} is a fault of a cluster, and no script shows it", row.id),
            hint: format!(
                "`skewproof upgrade --from 1.3 --to 1.4 --repaired --quirk {}` does",
                row.id
            ),
        }),
    }
}

fn planted(id: &str) -> Result<&'static Planted, SpeakError> {
    let ids = || planted::PLANTED.iter().map(|bug| bug.id).collect();
    planted::find(id).ok_or_else(|| misasked(format!("unknown bug {id:?}"), ids()))
}

/// The faults of these numbers, as `R19`.
///
/// # Errors
///
/// If there is no such fault.
pub fn quirks(numbers: &[String]) -> Result<Quirks, SpeakError> {
    let quirks: Result<Quirks, _> = numbers.iter().map(|number| number.parse::<Quirk>()).collect();
    let hint = "some of `skewproof list quirks`; releases have theirs without a word".to_owned();
    quirks.map_err(|error| SpeakError::Misasked { problem: error.to_string(), hint })
}

fn misasked(problem: String, known: Vec<&str>) -> SpeakError {
    SpeakError::Misasked { problem, hint: format!("known are {}", known.join(", ")) }
}
