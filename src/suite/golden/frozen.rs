//! What of a fixture is frozen once its version has shipped: all of it, but for what lines say that
//! came later. Such a line may join a fixture without an amendment.

use crate::fabric::release::{Release, ReleaseNumber};
use crate::harness::golden::{Digest, Frozen, Snapshot};

/// The folders whose fixtures are frozen: the versions that have shipped, and the envelope around
/// them.
const FOLDERS: [&str; 4] = ["v1", "v2", "v3", "envelope"];

/// How the manifest explains itself.
pub const COMMENT: &str = "\
Golden fixtures of what has shipped: digest, newest release line that it covers, fixture.
A fixture that is listed here must not change; new ones may be added. Written by
`skewproof golden bless`; changing one takes `--amend FIXTURE --reason \"why\"`.";

/// Whether fixtures of this name are frozen.
pub fn is_frozen(name: &str) -> bool {
    name.split('/').next().is_some_and(|folder| FOLDERS.contains(&folder))
}

/// A fixture as it is frozen today.
pub fn freeze(content: &str) -> Frozen {
    let newest = Release::lines().last();
    let scope = newest.map(|line| line.to_string()).unwrap_or_default();
    Frozen { digest: Digest::of(part(content, newest.map(Release::number))), scope }
}

/// Whether a file still has what is frozen of it. A file that is no snapshot has not.
pub fn holds(frozen: &Frozen, file: &str) -> bool {
    let scope = frozen.scope.parse().ok().map(Release::number);
    Snapshot::read(file)
        .is_ok_and(|snapshot| Digest::of(part(snapshot.content, scope)) == frozen.digest)
}

/// The content without what it says of lines that came after the scope.
fn part(content: &str, scope: Option<ReleaseNumber>) -> String {
    let is_later = |name: &str| {
        let line: Option<Release> = name.parse().ok();
        line.is_some_and(|line| scope.is_some_and(|scope| line.number() > scope))
    };
    let mut text = String::with_capacity(content.len());
    let mut is_left_out = false;
    for line in content.lines() {
        if let Some(names) = line.strip_prefix("written by:") {
            let names: Vec<_> = names.trim().split(", ").filter(|name| !is_later(name)).collect();
            text.push_str(&format!("written by: {}\n", names.join(", ")));
            continue;
        }
        let speaker = ["read by ", "refused by "]
            .into_iter()
            .find_map(|start| line.strip_prefix(start)?.split(':').next());
        // Lines that are indented belong to the reading above.
        if !line.starts_with("  ") {
            is_left_out = speaker.is_some_and(is_later);
        }
        if !is_left_out {
            text.push_str(line);
            text.push('\n');
        }
    }
    text.truncate(text.trim_end().len());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "written by: 1.4, 1.5\n\nbytes: 0\n";
    const GROWN: &str =
        "written by: 1.4, 1.5, 1.7\n\nbytes: 0\n\nread by 1.6: x\n  written back: y\n";

    fn part_up_to(content: &str, line: &str) -> String {
        part(content, Some(line.parse::<Release>().unwrap().number()))
    }

    #[test]
    fn a_later_line_may_join() {
        assert_eq!(part_up_to(OLD, "1.5"), part_up_to(GROWN, "1.5"));
        assert_ne!(part_up_to(OLD, "1.6"), part_up_to(GROWN, "1.6"));
        assert_ne!(part_up_to(OLD, "1.5"), part_up_to(&OLD.replace("1.4, ", ""), "1.5"));
        assert_ne!(part_up_to(OLD, "1.5"), part_up_to(&OLD.replace("0", "1"), "1.5"));
    }

    #[test]
    fn what_is_frozen_is_what_has_shipped() {
        assert!(is_frozen("v1/Gossip/typical.refused") && is_frozen("envelope/Hello/empty"));
        assert!(!is_frozen("tables/types") && !is_frozen("v4/Gossip/typical"));
        let frozen = freeze(OLD);
        assert_eq!(frozen.scope, "1.7");
        assert!(holds(&frozen, &Snapshot::write("t.rs", OLD)));
        assert!(!holds(&frozen, OLD));
    }
}
