//! What is seen otherwise than it must be, in words that stay short however much of it there is.

use std::collections::BTreeSet;

/// What is shown of a list.
const SHOWN_MAX: usize = 3;

/// Several differences as one, if there are any.
pub(super) fn some(differences: Vec<String>) -> Option<String> {
    let more = differences.len().saturating_sub(SHOWN_MAX);
    let mut shown: Vec<String> = differences.into_iter().take(SHOWN_MAX).collect();
    if more > 0 {
        shown.push(format!("… and {more} more"));
    }
    (!shown.is_empty()).then(|| shown.join("\n"))
}

/// That some of all that must be there is not; `what` says what it is.
pub(super) fn lost<'a>(
    all: impl IntoIterator<Item = &'a str>,
    there: &BTreeSet<&str>,
    what: &str,
) -> Option<String> {
    let all: Vec<&str> = all.into_iter().collect();
    let lost: Vec<&str> = all.iter().copied().filter(|it| !there.contains(it)).collect();
    let shown = lost.iter().take(SHOWN_MAX).copied().collect::<Vec<_>>().join(", ");
    let (count, of) = (lost.len(), all.len());
    (count > 0).then(|| format!("{count} of {of} {what} are missing: {shown}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_some_are_shown() {
        let words = |count: usize| vec!["x".to_owned(); count];
        assert_eq!(some(words(0)), None);
        assert_eq!(some(words(3)).unwrap(), "x\nx\nx");
        assert_eq!(some(words(5)).unwrap(), "x\nx\nx\n… and 2 more");
        let all = ["a", "b", "c", "d", "e"];
        assert_eq!(lost(all, &all.into(), "rows"), None);
        assert_eq!(lost(all, &["c"].into(), "rows").unwrap(), "4 of 5 rows are missing: a, b, d");
    }
}
