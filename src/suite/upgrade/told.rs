//! What a node was told, and what came of it: a record of some leader of its, or nothing.

use std::fmt;

use crate::fabric::release::Release;
use crate::suite::log_records::Occasion;

/// All that a node was told, in its order.
#[derive(Debug, Clone, Default)]
pub(super) struct Told(Vec<One>);

#[derive(Debug, Clone, Copy)]
struct One {
    occasion: &'static Occasion,
    /// Whether the node was started since.
    is_old: bool,
    came: Option<Came>,
}

/// What came of it.
#[derive(Debug, Clone, Copy)]
enum Came {
    /// A leader wrote a record.
    Record,
    /// A leader of this release has none to write.
    Nothing(Release),
}

/// Why nothing came of something that a node was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Silence {
    /// A leader of the release has no record for it.
    NoRecord(Release),
    /// A setting, which a node reads when it starts; it was not started since.
    NotStarted,
    /// The node led no partition since it read the setting, or was told what to do.
    NotLeading,
    /// The node was started anew before it led a partition, and does not know of it any more.
    Forgotten,
}

impl fmt::Display for Silence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRecord(release) => {
                write!(f, "a leader of {} writes nothing because of it", release.exact_name())
            }
            Self::NotStarted => {
                f.write_str("a setting is read when a node starts, and it was not started since")
            }
            Self::NotLeading => f.write_str("the node led no partition since"),
            Self::Forgotten => f.write_str("the node was started anew before it led a partition"),
        }
    }
}

impl Told {
    /// The node is told something more.
    pub(super) fn push(&mut self, occasion: &'static Occasion) {
        self.0.push(One { occasion, is_old: false, came: None });
    }

    /// After a start: settings are read, and what was to be done is forgotten.
    pub(super) fn restarted(&self) -> Self {
        Self(self.0.iter().map(|one| One { is_old: true, ..*one }).collect())
    }

    /// The settings of the running node.
    pub(super) fn settings(&self) -> Vec<&'static Occasion> {
        let is_read = |one: &&One| one.occasion.is_setting && one.is_old;
        self.0.iter().filter(is_read).map(|one| one.occasion).collect()
    }

    /// What is to be done, and waits for a leader on the node.
    pub(super) fn actions(&self) -> Vec<&'static Occasion> {
        let waits = |one: &&One| !one.occasion.is_setting && !one.is_old && one.came.is_none();
        self.0.iter().filter(waits).map(|one| one.occasion).collect()
    }

    /// A leader of a release has written all that there was to write.
    pub(super) fn met_by(&mut self, release: Release) {
        for one in &mut self.0 {
            let is_met = one.occasion.is_setting == one.is_old;
            if is_met && !matches!(one.came, Some(Came::Record)) {
                let is_written = one.occasion.cases(release).next().is_some();
                one.came = Some(if is_written { Came::Record } else { Came::Nothing(release) });
            }
        }
    }

    /// What nothing came of, and why.
    pub(super) fn silent(&self) -> impl Iterator<Item = (&'static str, Silence)> {
        self.0.iter().filter_map(|one| {
            let why = match one.came {
                Some(Came::Record) => return None,
                Some(Came::Nothing(release)) => Silence::NoRecord(release),
                None if one.occasion.is_setting && !one.is_old => Silence::NotStarted,
                None if !one.occasion.is_setting && one.is_old => Silence::Forgotten,
                None => Silence::NotLeading,
            };
            Some((one.occasion.word, why))
        })
    }
}
