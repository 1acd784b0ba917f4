//! Releases in words, as the lists of what is known name them: ranges, not names, so that a new line
//! that changes nothing changes nothing in a list.
//!
//! ```
//! use skewproof::suite::releases::Releases;
//!
//! let releases = Releases::read("1.3 to 1.4.2, from 1.6").ok_or("no releases")?;
//! assert!(releases.has("1.4.1".parse()?) && releases.has("1.7".parse()?));
//! assert!(!releases.has("1.4.3".parse()?));
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

use std::fmt;
use std::ops::RangeInclusive;

use crate::fabric::release::{Release, ReleaseKind, ReleaseNumber};

/// Releases, as they are written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Releases {
    text: String,
    rows: Vec<RangeInclusive<ReleaseNumber>>,
}

impl Releases {
    /// Reads a line as `1.4`, a release as `1.3.0`, a row of either as `1.4 to 1.6.0`, `from 1.5`,
    /// `up to 1.3`, or `all`; several have a comma and a space between them.
    pub fn read(text: &str) -> Option<Self> {
        let rows = text.split(", ").map(row).collect::<Option<_>>()?;
        Some(Self { text: text.to_owned(), rows })
    }

    /// Every release.
    pub fn all() -> Self {
        Self { text: "all".to_owned(), rows: vec![ReleaseNumber::FIRST..=ReleaseNumber::LAST] }
    }

    /// Whether a release is one of them.
    pub fn has(&self, release: Release) -> bool {
        self.rows.iter().any(|row| row.contains(&release.number()))
    }
}

impl fmt::Display for Releases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn row(text: &str) -> Option<RangeInclusive<ReleaseNumber>> {
    if text == "all" {
        return Some(ReleaseNumber::FIRST..=ReleaseNumber::LAST);
    }
    if let Some(first) = text.strip_prefix("from ") {
        return Some(*ends(first)?.start()..=ReleaseNumber::LAST);
    }
    if let Some(last) = text.strip_prefix("up to ") {
        return Some(ReleaseNumber::FIRST..=*ends(last)?.end());
    }
    let (first, last) = text.split_once(" to ").unwrap_or((text, text));
    Some(*ends(first)?.start()..=*ends(last)?.end())
}

/// The first and the last of what one name stands for: of a line all its patches, those to come and
/// its pre-releases as well.
fn ends(name: &str) -> Option<RangeInclusive<ReleaseNumber>> {
    let is_it = |it: &Release| it.row().kind == ReleaseKind::Variant && it.name() == name;
    if let Some(build) = Release::all().find(is_it) {
        return Some(build.number()..=build.number());
    }
    let rest = name.strip_prefix("1.")?;
    let (minor, patch) = match rest.split_once('.') {
        None => (rest.parse().ok()?, None),
        Some((minor, patch)) => (minor.parse().ok()?, Some(patch.parse().ok()?)),
    };
    let first = ReleaseNumber::staged(minor, patch.unwrap_or(0), 0);
    Some(first..=ReleaseNumber::stable(minor, patch.unwrap_or(u8::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_lines_patches_or_rows_of_them() {
        let has =
            |text: &str, release: &str| Releases::read(text).unwrap().has(release.parse().unwrap());
        assert!(has("1.4", "1.4.0") && has("1.4", "1.4.4") && !has("1.4", "1.5.0"));
        assert!(has("1.4 to 1.6.0", "1.6.0") && !has("1.4 to 1.6.0", "1.6.1"));
        assert!(has("1.3.0", "1.3.0") && !has("1.3.0", "1.3"));
        assert!(has("from 1.5", "1.7.200") && has("from 1.5", "1.5.0") && !has("from 1.5", "1.4"));
        assert!(has("up to 1.4.2", "1.2") && !has("up to 1.4.2", "1.4.3"));
        assert!(has("1.2, from 1.6", "1.2.0") && !has("1.2, from 1.6", "1.3"));
        assert!(has("1.7.0-rc.3", "1.7.0-rc.3") && !has("1.7.0-rc.3", "1.7.0"));
        assert!(has("from 1.7", "1.7.0-rc.3") && !has("from 1.7.1", "1.7.0-rc.3"));
        assert!(has("all", "1.2.0") && has("all", "1.7"));
        for wrong in ["", "1", "2.1", "1.4 to", "1.4-1.6", "from", "1.4,1.5", "up to 1.x"] {
            assert_eq!(Releases::read(wrong), None, "{wrong}");
        }
    }
}
