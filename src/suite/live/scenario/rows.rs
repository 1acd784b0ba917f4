//! What nodes answer to those who ask for what was taken.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::suite::live::differences::lost;

/// A question by SQL: each gives the ids of all that the cluster has taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// By name, without a condition.
    Named,
    /// Every column.
    Columns,
    /// A comparison, as UI and CLI write it.
    Equal,
    /// A pattern.
    Like,
    /// In order, and not more than so many.
    Ordered,
}

impl Question {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Named, Self::Columns, Self::Equal, Self::Like, Self::Ordered];

    /// Its name.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Named => "named",
            Self::Columns => "columns",
            Self::Equal => "equal",
            Self::Like => "like",
            Self::Ordered => "ordered",
        }
    }

    /// As it is asked. An answer to [`Self::Columns`] that is put together first fails as a whole.
    pub const fn sql(self) -> &'static str {
        match self {
            Self::Named => "SELECT id FROM sys_invocation_status",
            Self::Columns => "SELECT * FROM sys_invocation",
            Self::Equal => super::super::KEPT,
            Self::Like => {
                "SELECT id FROM sys_invocation_status WHERE target_service_name LIKE 'skewproo%'"
            }
            Self::Ordered => {
                "SELECT id FROM sys_invocation_status ORDER BY created_at LIMIT 100000"
            }
        }
    }
}

/// What is wrong with rows that must have an id for all that was taken, each once.
pub fn missing(taken: &BTreeSet<String>, rows: &[Json]) -> Option<String> {
    let ids: Vec<&str> =
        rows.iter().filter_map(|row| row.get("id").and_then(Json::as_str)).collect();
    let different: BTreeSet<&str> = ids.iter().copied().collect();
    let (without, twice) = (rows.len() - ids.len(), ids.len() - different.len());
    let mut wrong = Vec::from_iter(lost(taken.iter().map(String::as_str), &different, "rows"));
    if without > 0 {
        wrong.push(format!("rows without an id: {without}"));
    }
    if twice > 0 {
        wrong.push(format!("rows that are there twice: {twice}"));
    }
    (!wrong.is_empty()).then(|| wrong.join("; "))
}

/// What is wrong with the answers to requests whose keys were accepted as these invocations.
pub fn again(first: &[String], answers: &[Result<String, String>]) -> Option<String> {
    let others =
        first.iter().zip(answers).filter(|(id, now)| now.as_ref().is_ok_and(|now| now != *id));
    let (all, others) = (first.len(), others.count());
    let mut wrong = Vec::new();
    if others > 0 {
        wrong.push(format!("{others} of {all} keys are accepted again, as other invocations"));
    }
    let refused: Vec<&String> = answers.iter().filter_map(|it| it.as_ref().err()).collect();
    if let Some(why) = refused.first() {
        wrong.push(format!("{} of {all} requests are refused: {why}", refused.len()));
    }
    (!wrong.is_empty()).then(|| wrong.join("; "))
}
