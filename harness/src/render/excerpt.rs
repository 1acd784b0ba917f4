//! Two values made fit for a line of text each: of a long pair the part is shown in which the two
//! part.

use super::printable::printable;

/// Characters of the common beginning that stay visible before the first difference. Even, so that
/// the bytes of a hex dump are not torn.
const LEAD_LEN: usize = 24;
/// Two values that share fewer characters than this are different things; a mark under the first
/// difference would say nothing.
const COMMON_LEN_MIN: usize = 8;
/// Stands for what is left out.
const ELLIPSIS: char = '…';

/// Two values side by side, each in at most one line.
#[derive(Debug, PartialEq, Eq)]
pub struct Pair {
    /// What should have come.
    pub expected: String,
    /// What came.
    pub actual: String,
    /// The column in which the two part, if they have much in common.
    pub parting: Option<usize>,
}

/// Cuts two values to `width` characters, from the same position, such that their first difference
/// is visible.
pub fn pair(expected: &str, actual: &str, width: usize) -> Pair {
    let expected: Vec<char> = printable(expected).chars().collect();
    let actual: Vec<char> = printable(actual).chars().collect();
    let common = expected.iter().zip(&actual).take_while(|(e, a)| e == a).count();
    let fits = expected.len().max(actual.len()) <= width;
    let start = if fits || common + LEAD_LEN <= width { 0 } else { (common - LEAD_LEN) & !1 };
    let differ = common < expected.len().max(actual.len());
    Pair {
        expected: window(&expected, start, width),
        actual: window(&actual, start, width),
        parting: (differ && common >= COMMON_LEN_MIN)
            .then_some(common - start + usize::from(start > 0)),
    }
}

/// What is visible of `text` from `start` on, and how long the whole is if that is not all.
fn window(text: &[char], start: usize, width: usize) -> String {
    let mut visible = String::new();
    if start > 0 {
        visible.push(ELLIPSIS);
    }
    let rest = &text[start.min(text.len())..];
    if rest.len() + usize::from(start > 0) <= width {
        visible.extend(rest);
    } else {
        let tail = format!("{ELLIPSIS} ({} characters)", text.len());
        let room = width.saturating_sub(tail.chars().count() + usize::from(start > 0));
        visible.extend(&rest[..room]);
        visible.push_str(&tail);
    }
    visible
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDTH: usize = 60;

    #[test]
    fn short_values_stay_whole() {
        let seen = pair("an error", "a value", WIDTH);
        assert_eq!(
            seen,
            Pair { expected: "an error".into(), actual: "a value".into(), parting: None }
        );
    }

    #[test]
    fn the_first_difference_of_long_values_is_visible() {
        let common = "0123456789".repeat(50);
        let seen = pair(&format!("{common}A{common}"), &format!("{common}B"), WIDTH);
        let column = seen.parting.unwrap();
        assert_eq!(seen.expected.chars().nth(column), Some('A'));
        assert_eq!(seen.actual.chars().nth(column), Some('B'));
        assert!(seen.expected.ends_with("… (1001 characters)"), "{}", seen.expected);
        assert!(seen.expected.starts_with('…') && seen.actual.ends_with('B'));
        assert_eq!(seen.expected.chars().count(), WIDTH);
    }

    #[test]
    fn a_value_that_ends_early_parts_at_its_end() {
        let seen = pair("0123456789ab", "0123456789", WIDTH);
        assert_eq!(seen.parting, Some(10));
        let long = "x".repeat(500);
        let seen = pair(&long, &long[..400], WIDTH);
        assert_eq!(seen.actual.chars().count(), seen.parting.unwrap());
    }

    #[test]
    fn equal_values_do_not_part() {
        let long = "x".repeat(500);
        assert_eq!(pair(&long, &long, WIDTH).parting, None);
    }
}
