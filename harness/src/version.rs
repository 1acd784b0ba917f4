//! Versions of a protocol: numbers, and how the protocol writes them.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

/// How a protocol writes the number of a version.
pub type Notation = fn(i32) -> String;

/// A version. Two with the same number are the same, however they are written.
#[derive(Clone, Copy)]
pub struct Version {
    number: i32,
    notation: Notation,
}

impl Version {
    /// The version of a number, as a protocol writes it.
    pub const fn new(number: i32, notation: Notation) -> Self {
        Self { number, notation }
    }

    /// The version of a number that is written as it is.
    pub const fn plain(number: i32) -> Self {
        Self::new(number, plain)
    }

    /// Its number.
    pub const fn number(self) -> i32 {
        self.number
    }
}

fn plain(number: i32) -> String {
    number.to_string()
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&(self.notation)(self.number))
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Version {}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.number.cmp(&other.number)
    }
}

impl Hash for Version {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.number.hash(state);
    }
}

/// The order of versions that are written: by the numbers in them, one after the other.
pub fn written_order(one: &str, other: &str) -> Ordering {
    let numbers = |text: &str| -> Vec<u64> {
        let parts = text.split(|c: char| !c.is_ascii_digit());
        parts.filter_map(|part| part.parse().ok()).collect()
    };
    numbers(one).cmp(&numbers(other)).then_with(|| one.cmp(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_by_number_and_written_as_the_protocol_does() {
        let level =
            |number| Version::new(number, |it| if it == 4 { "3.1.1" } else { "5" }.to_owned());
        assert!(level(4) < level(5));
        assert_eq!(level(4), Version::plain(4));
        assert_eq!(
            [level(4), level(5), Version::plain(4)].map(|it| it.to_string()),
            ["3.1.1", "5", "4"]
        );
        assert_eq!(written_order("3.1.1", "5"), Ordering::Less);
        assert_eq!(written_order("V10", "V9"), Ordering::Greater);
    }
}
