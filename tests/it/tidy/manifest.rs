//! Rules about `Cargo.toml`.

use super::{File, Objection};

/// Each dependency stands below a comment that says what it is for.
pub fn every_dependency_has_a_reason(file: &File) -> Vec<Objection> {
    if file.path != "Cargo.toml" && !file.path.ends_with("/Cargo.toml") {
        return Vec::new();
    }
    let mut objections = Vec::new();
    let mut is_in_dependencies = false;
    let mut above = "";
    for (index, line) in file.text.lines().enumerate() {
        let table = line.strip_prefix('[').and_then(|rest| rest.trim_end().strip_suffix(']'));
        if let Some(table) = table {
            is_in_dependencies = table.ends_with("dependencies");
        }
        // Either `name = ...` in a table of dependencies, or a table of its own.
        let is_dependency = match table {
            Some(table) => table.contains("dependencies."),
            None => is_in_dependencies && begins_with_name(line),
        };
        if is_dependency && !above.starts_with('#') {
            objections.push(Objection::new(file, index + 1, format!("no reason above: {line}")));
        }
        above = line;
    }
    objections
}

fn begins_with_name(line: &str) -> bool {
    line.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '"')
}

mod tests {
    use super::super::lines;
    use super::*;

    #[test]
    fn a_dependency_without_a_reason_is_seen() {
        let text = "\
[package]
name = \"a\"
[dependencies]
# What for.
b = \"1\"
c = { version = \"1\", features = [
    \"x\",
] }

d.version = \"1\"
[dev-dependencies.e]
version = \"1\"
# What for.
[target.'cfg(unix)'.dependencies.f]
[features]
g = []
";
        assert_eq!(lines(every_dependency_has_a_reason, "Cargo.toml", text), [6, 10, 11]);
        assert_eq!(lines(every_dependency_has_a_reason, "fuzz/Cargo.toml", text), [6, 10, 11]);
        assert!(lines(every_dependency_has_a_reason, "Other.toml", text).is_empty());
    }
}
