//! Some cases of a run: by a pattern, or by the beginning of their addresses.

use super::requirement::Requirement;

/// Which cases are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Selection {
    /// All.
    #[default]
    All,
    /// Those whose address, or whose requirement's name, has this in it; with `*` or `?` in it, those
    /// that are like it as a whole.
    Like(String),
    /// The one with this address, and those whose addresses go on from it.
    Under(String),
}

impl Selection {
    /// Whether a case is asked for.
    pub fn has(&self, address: &str, requirement: Option<&Requirement>) -> bool {
        match self {
            Self::All => true,
            Self::Under(root) => is_under(address, root),
            Self::Like(pattern) => {
                is_like(pattern, address)
                    || requirement
                        .is_some_and(|requirement| is_like(pattern, &requirement.to_string()))
            }
        }
    }

    /// Whether a case can be asked for whose address begins with one of these roots, as `check/pair`, or
    /// whose requirement is named like one. `roots` are those of all cases there are: what is asked for
    /// without a star, and begins like none of them, may be a part of any address.
    pub fn may_have(&self, mine: &[&str], roots: &[&str]) -> bool {
        let (fixed, is_whole) = match self {
            Self::All => return true,
            Self::Under(address) => (address.as_str(), true),
            Self::Like(pattern) => {
                let fixed = pattern.split(['*', '?']).next().unwrap_or_default();
                (fixed, fixed.len() < pattern.len())
            }
        };
        let first = |text: &str| text.split('/').next().map(str::to_owned);
        let begins = fixed.contains('/') && roots.iter().any(|root| first(root) == first(fixed));
        let may_begin = |root: &&str| root.starts_with(fixed) || is_under(fixed, root);
        !(is_whole || begins) || mine.iter().any(may_begin)
    }

    /// What the address of every case begins with that is asked for; nothing if that is open.
    pub fn beginning(&self) -> &str {
        match self {
            Self::All => "",
            Self::Under(address) => address,
            Self::Like(pattern) => pattern.split(['*', '?']).next().unwrap_or_default(),
        }
    }

    /// The segment of the address at an index, if all cases that are asked for have it.
    pub fn segment(&self, index: usize) -> Option<&str> {
        match self {
            Self::Under(address) => address.split('/').nth(index),
            _ => None,
        }
    }
}

/// Whether an address is a root or goes on from it.
fn is_under(address: &str, root: &str) -> bool {
    let rest = address.strip_prefix(root);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether a name has a pattern in it, or, with `*` or `?`, is like it as a whole.
pub fn is_like(pattern: &str, name: &str) -> bool {
    if pattern.contains(['*', '?']) {
        matches(pattern.as_bytes(), name.as_bytes())
    } else {
        name.contains(pattern)
    }
}

/// A star is tried from short to long; of several stars only the last has to be tried again.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut in_name) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(&byte) = name.get(in_name) {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at + 1, in_name));
                at += 1;
            }
            Some(&wanted) if wanted == b'?' || wanted == byte => {
                at += 1;
                in_name += 1;
            }
            _ => match star {
                None => return false,
                Some((behind, from)) => {
                    (at, in_name) = (behind, from + 1);
                    star = Some((behind, from + 1));
                }
            },
        }
    }
    pattern.get(at..).is_some_and(|rest| rest.iter().all(|byte| *byte == b'*'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_parts_or_wholes() {
        for (pattern, name, expected) in [
            ("pair/1.2", "check/pair/1.2/1.3", true),
            ("pair/1.2*", "check/pair/1.2/1.3", false),
            ("check/pair/*/1.3", "check/pair/1.2/1.3", true),
            ("check/*/1.?/1.3", "check/pair/1.2/1.3", true),
            ("*a*b", "aXbXab", true),
            ("*a*b", "aXbXa", false),
            ("", "anything", true),
            ("*", "", true),
            ("?", "", false),
        ] {
            assert_eq!(is_like(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn parts_of_a_run_are_left_out_where_nothing_of_them_is_asked_for() {
        let roots = ["check/pair", "check/limit", "session"];
        let runs = |selection: &Selection| roots.map(|root| selection.may_have(&[root], &roots));
        let like = |pattern: &str| runs(&Selection::Like(pattern.to_owned()));
        assert_eq!(runs(&Selection::All), [true; 3]);
        assert_eq!(like("check/pair/1.2*"), [true, false, false]);
        assert_eq!(like("check/"), [true, true, false]);
        assert_eq!(like("session/watch"), [false, false, true]);
        assert_eq!(like("session*"), [false, false, true]);
        assert_eq!(like("check/p"), [true, false, false]);
        assert_eq!(like("check/zzz"), [false; 3]);
        assert_eq!(like("*/1.2"), [true; 3]);
        assert_eq!(like("1.2"), [true; 3]);
        assert_eq!(like("limit"), [true; 3]);
        let only = Selection::Under("check/limit/1.7/read".to_owned());
        assert_eq!(runs(&only), [false, true, false]);
        assert_eq!(only.segment(2), Some("1.7"));
        assert!(only.has("check/limit/1.7/read", None) && only.has("check/limit/1.7/read/x", None));
        assert!(!only.has("check/limit/1.7", None) && !only.has("check/limit/1.7/reads", None));
    }
}
