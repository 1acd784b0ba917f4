//! Names that somebody may have meant.

/// How near a name must be to be suggested, of 1.
const NEAR: f64 = 0.7;

/// A question about the names that are most like a pattern; nothing if none is.
pub fn nearest(pattern: &str, names: impl IntoIterator<Item = String>) -> Option<String> {
    let pattern = pattern.replace(['*', '?'], "").to_lowercase();
    let near = |name: String| (strsim::jaro_winkler(&pattern, &name.to_lowercase()), name);
    let mut near: Vec<(f64, String)> =
        names.into_iter().map(near).filter(|(near, _)| *near > NEAR).collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    let near: Vec<String> = near.into_iter().take(3).map(|(_, name)| name).collect();
    (!near.is_empty()).then(|| format!("did you mean {}?", near.join(" or ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_are_asked_for_first() {
        let names = ["check/pair", "check/panic", "session/watch"].map(str::to_owned);
        let asked = nearest("check/pairs", names.clone()).unwrap();
        assert!(asked.starts_with("did you mean check/pair or "), "{asked}");
        assert_eq!(nearest("zzz", names), None);
    }
}
