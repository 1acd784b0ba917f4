//! The names that commands take, with what is behind them.

use serde_json::{Map, Value as Json};

use crate::fabric::catalogue::{MESSAGES, MessageRow, Role, SortCode};
use crate::fabric::release::{NegotiationRule, RELEASES, Release, ReleaseKind};
use crate::fabric::version::ProtocolVersion;

/// A table of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// What the columns are about.
    pub columns: &'static [&'static str],
    /// The rows, each as long as the columns.
    pub rows: Vec<Vec<String>>,
}

impl Listing {
    /// One object for each row.
    pub fn to_json(&self) -> Json {
        let object = |row: &Vec<String>| {
            let members = self.columns.iter().zip(row);
            let member =
                |(name, value): (&&str, &String)| ((*name).to_owned(), value.clone().into());
            Json::Object(members.map(member).collect::<Map<_, _>>())
        };
        self.rows.iter().map(object).collect()
    }
}

/// The releases.
pub fn releases() -> Listing {
    let row = |release: &'static crate::fabric::release::ReleaseRow| {
        vec![
            release.name.to_owned(),
            release.exact.to_owned(),
            match release.kind {
                ReleaseKind::Line => "line",
                ReleaseKind::Variant => "variant",
            }
            .to_owned(),
            versions(release.range.min, release.range.max),
            match release.rule {
                NegotiationRule::A => "A",
                NegotiationRule::B => "B",
            }
            .to_owned(),
            release.note.to_owned(),
        ]
    };
    Listing {
        columns: &["release", "exact", "kind", "versions", "rule", "note"],
        rows: RELEASES.iter().map(row).collect(),
    }
}

/// The messages.
pub fn messages() -> Listing {
    let row = |message: &MessageRow| {
        vec![
            message.name.to_owned(),
            match message.role {
                Role::Call(Some(reply)) => format!("call, answered by {}", short(reply.row())),
                Role::Call(None) => "unary".to_owned(),
                Role::Reply => "reply".to_owned(),
                Role::Both => "wrapper of calls and replies".to_owned(),
            },
            known_to(message),
            message.v1_target.map_or_else(|| "-".to_owned(), |target| target.to_string()),
            message.service.to_string(),
            if message.v1_target.is_some() {
                message.codec_at(ProtocolVersion::V1).to_string()
            } else {
                "refused".to_owned()
            },
            if Release::lines().any(|line| message.is_known_to(line) && line.range().max >= 2) {
                message.codec_at(ProtocolVersion::V2).to_string()
            } else {
                "-".to_owned()
            },
            match message.sort_code {
                SortCode::None => "-",
                SortCode::LogletId => "loglet id",
                SortCode::PartitionId => "partition id",
            }
            .to_owned(),
        ]
    };
    Listing {
        columns: &[
            "message",
            "role",
            "releases",
            "V1 target",
            "service",
            "at V1",
            "from V2",
            "sort code",
        ],
        rows: MESSAGES.iter().map(row).collect(),
    }
}

/// The first and last line that know a message.
fn known_to(message: &MessageRow) -> String {
    let lines: Vec<_> = Release::lines().filter(|line| message.is_known_to(*line)).collect();
    match (lines.first(), lines.last()) {
        (Some(first), Some(last)) if first == last => first.to_string(),
        (Some(first), Some(last)) => format!("{first} to {last}"),
        _ => "-".to_owned(),
    }
}

fn versions(min: i32, max: i32) -> String {
    if min == max { format!("V{min}") } else { format!("V{min} to V{max}") }
}

/// A name that fits into a table.
fn short(row: &MessageRow) -> &'static str {
    row.aliases.first().copied().filter(|_| row.name.contains('<')).unwrap_or(row.name)
}
