//! Which cases are about a testee, by their addresses.

use super::Behind;
use crate::fabric::catalogue::MessageType;
use crate::fabric::envelope::EnvelopeType;
use crate::harness::requirement::Requirement;
use crate::suite::requirements;

/// Checks of the main job in which a release says or understands something.
const SPOKEN: [&Requirement; 5] = [
    &requirements::BYTES,
    &requirements::ENCODER,
    &requirements::ACROSS,
    &requirements::DAMAGED,
    &requirements::REFUSED,
];
/// What is asked of values, and cannot be asked with bytes.
const OF_VALUES: [&Requirement; 2] = [&requirements::GOLDEN_REFUSES, &requirements::REFUSED];

impl Behind {
    /// Whether a case is one in which it is asked, by its address, as `golden/v2/Trim/typical/1.7`, and by
    /// its requirement.
    pub fn answers(&self, address: &str, requirement: Option<&Requirement>) -> bool {
        if requirement.is_some_and(|it| OF_VALUES.contains(&it)) && !self.writes_values() {
            return false;
        }
        let segments: Vec<&str> = address.split('/').collect();
        match *segments.as_slice() {
            ["golden", layer, word, _, release, ..] => self.is_asked(Some(release), layer, word),
            ["future", release, layer, word, ..] => self.is_asked(Some(release), layer, word),
            // A gate is between several lines.
            ["gates", layer, word, ..] => self.is_asked(None, layer, word),
            ["session" | "session-repaired", release, ..] => release == self.release().name(),
            ["check", _, release, layer, name, ..] => {
                let of = name.parse::<MessageType>().ok();
                requirement.is_some_and(|it| SPOKEN.contains(&it))
                    && of.is_some_and(|of| self.is_asked(Some(release), layer, of.row().word()))
            }
            _ => false,
        }
    }

    /// Whether it has a message, and the release is its own.
    fn is_asked(&self, release: Option<&str>, layer: &str, word: &str) -> bool {
        let has_it = || match layer.trim_start_matches(['v', 'V']).parse() {
            Ok(number) => {
                MessageType::all().any(|of| of.row().word() == word && self.has_payload(of, number))
            }
            Err(_) => EnvelopeType::ALL.iter().any(|of| of.word() == word && self.has_frame(*of)),
        };
        release.is_none_or(|release| release == self.release().name()) && has_it()
    }
}
