//! What a user can ask of sessions, by name.

use super::{Plan, WithQuirks, run, scripts, shown_by};
use crate::fabric::release::Release;
use crate::fabric::session::{QUIRKS, Quirk, QuirkRow, Quirks};
use crate::harness::report::Report;
use crate::suite::planted::{self, Planted};
use crate::suite::speaker::SpeakError;
use crate::suite::subject::{Fabric, Subject};

/// A question in words.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// Names of scripts; all if there are none.
    pub scripts: &'a [String],
    /// A release, or one with a planted bug, as `1.4+M79`; every line without it.
    pub node: Option<&'a str>,
    /// `none`, `released`, or numbers of faults.
    pub quirks: &'a str,
    /// Whether each release must have the faults that it was shipped with.
    pub as_released: bool,
}

/// Plays what is asked for.
///
/// # Errors
///
/// If there is no such script, release, fault or bug, or no script shows the fault.
pub fn answer(question: &Question<'_>) -> Result<Report, SpeakError> {
    let mut plan = if question.as_released { Plan::as_released() } else { Plan::everything() };
    if !question.as_released {
        plan.quirks = seen_in_scripts(quirks(question.quirks)?)?;
    }
    for name in question.scripts {
        if !scripts().any(|script| script.name == name) {
            return Err(misasked(
                format!("unknown script {name:?}"),
                scripts().map(|script| script.name).collect(),
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
    Ok(run(subject.as_ref(), &plan))
}

/// Refuses faults that no script can show: nothing would come of them.
fn seen_in_scripts(quirks: WithQuirks) -> Result<WithQuirks, SpeakError> {
    let WithQuirks::Some(given) = quirks else { return Ok(quirks) };
    let is_unseen = |row: &&QuirkRow| given.has(row.quirk) && shown_by(row.quirk).is_none();
    match QUIRKS.iter().find(is_unseen) {
        None => Ok(quirks),
        Some(row) => Err(SpeakError::Misasked {
            problem: format!("{} is a fault of a cluster, and no script shows it", row.id),
            hint: format!("`skewproof upgrade --from 1.3 --to 1.4 --quirk {}` does", row.id),
        }),
    }
}

fn planted(id: &str) -> Result<&'static Planted, SpeakError> {
    let ids = || planted::PLANTED.iter().map(|bug| bug.id).collect();
    planted::find(id).ok_or_else(|| misasked(format!("unknown bug {id:?}"), ids()))
}

/// The faults that are meant by `none`, `released`, or numbers as `R19,R21`.
///
/// # Errors
///
/// If there is no such fault.
pub fn quirks(words: &str) -> Result<WithQuirks, SpeakError> {
    match words {
        "none" => Ok(WithQuirks::None),
        "released" => Ok(WithQuirks::Released),
        _ => {
            let quirks: Result<Quirks, _> = words.split(',').map(str::parse::<Quirk>).collect();
            let hint = "`none`, `released`, or some of `skewproof list quirks`".to_owned();
            let misasked = |problem: String| SpeakError::Misasked { problem, hint };
            quirks.map(WithQuirks::Some).map_err(|error| misasked(error.to_string()))
        }
    }
}

fn misasked(problem: String, known: Vec<&str>) -> SpeakError {
    SpeakError::Misasked { problem, hint: format!("known are {}", known.join(", ")) }
}
