//! What the pages say, compared with what is there: every command of README.md is run and its
//! output compared, every path and test that ARCHITECTURE.md names is looked up.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::reference;

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn page(name: &str) -> String {
    std::fs::read_to_string(project().join(name)).unwrap()
}

/// A command that a page shows, with what it says comes out.
#[derive(Debug, Default, PartialEq, Eq)]
struct Example {
    command: String,
    output: Vec<String>,
    exit_code: i32,
}

/// A line that stands for any number of lines.
const LEFT_OUT: &str = "…";

/// The commands in the `console` blocks of a page: a line after `$ `, going on where it ends in a
/// backslash, then what it prints.
fn examples(page: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let mut is_console = false;
    let mut goes_on = false;
    for line in page.lines() {
        if line.starts_with("```") {
            is_console = line == "```console";
            goes_on = false;
        } else if !is_console {
            continue;
        } else if let Some(command) = line.strip_prefix("$ ") {
            examples.push(Example { command: command.to_owned(), ..Example::default() });
            goes_on = command.ends_with('\\');
        } else if let Some(example) = examples.last_mut() {
            let exit_code = line.strip_prefix("[exit code ").and_then(|it| it.strip_suffix(']'));
            if goes_on {
                example.command += &format!("\n{line}");
                goes_on = line.ends_with('\\');
            } else if let Some(exit_code) = exit_code {
                example.exit_code = exit_code.parse().unwrap();
            } else {
                example.output.push(line.to_owned());
            }
        }
    }
    examples
}

/// The reference data for a command that wants some, and the command for the tool alone.
enum Runnable {
    Here(String),
    /// Names files that are not there: only its usage can be tried.
    Elsewhere(String),
    /// Not a run of the tool.
    Foreign,
}

fn runnable(command: &str) -> Runnable {
    let command = match command.strip_prefix("cargo run --release") {
        Some(rest) => format!("skewproof{}", rest.strip_prefix(" --").unwrap_or(rest)),
        None if command.starts_with("skewproof") => command.to_owned(),
        None => return Runnable::Foreign,
    };
    let mut wants = command.split_whitespace().filter_map(|word| match word {
        "VECTORS" => Some(("vectors", word)),
        "RECORDINGS/*.jsonl" => Some(("captures", "RECORDINGS")),
        _ => None,
    });
    match wants.next() {
        None => Runnable::Here(command),
        Some((folder, word)) => match reference::folder(folder) {
            Some(folder) => Runnable::Here(command.replace(word, &folder.display().to_string())),
            None => Runnable::Elsewhere(command),
        },
    }
}

/// Runs a line as a shell does, with the tool of this build, in a folder; gives what it prints to
/// both streams, and its exit code.
fn run(command: &str, folder: &Path) -> (String, i32) {
    let tool = PathBuf::from(env!("CARGO_BIN_EXE_skewproof"));
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("sh")
        .args(["-c", &format!("{{ {command}\n}} 2>&1")])
        .env("PATH", format!("{}:{path}", tool.parent().unwrap().display()))
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    (String::from_utf8(output.stdout).unwrap(), output.status.code().unwrap())
}

/// Whether a page shows this output: line by line, with lines left out where it says so. Numbers of
/// reports count cases, which become more over time: they are numbers on both sides, and no more.
fn shows(page: &[String], output: &[&str], is_report: bool) -> bool {
    let is_same = |shown: &str, real: &str| {
        let plain = |line: &str| if is_report { without_numbers(line) } else { line.to_owned() };
        plain(shown) == plain(real.trim_end())
    };
    match page {
        [] => output.is_empty(),
        [first, rest @ ..] if first == LEFT_OUT => {
            (0..=output.len()).any(|skipped| shows(rest, &output[skipped..], is_report))
        }
        [first, rest @ ..] => output
            .split_first()
            .is_some_and(|(real, others)| is_same(first, real) && shows(rest, others, is_report)),
    }
}

/// A line with every number made the same, and runs of blanks as well: columns follow the numbers.
fn without_numbers(line: &str) -> String {
    let mut plain = String::new();
    for word in line.split_whitespace() {
        let mut digits = false;
        for c in word.chars() {
            if !c.is_ascii_digit() {
                plain.push(c);
            } else if !digits {
                plain.push('0');
            }
            digits = c.is_ascii_digit();
        }
        plain.push(' ');
    }
    plain
}

/// A folder with a copy of the fixtures: some commands write beside them.
fn scratch_with_golden() -> TempDir {
    let scratch = tempfile::tempdir().unwrap();
    copy(&project().join("golden"), &scratch.path().join("golden"));
    scratch
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in from.read_dir().unwrap() {
        let path = entry.unwrap().path();
        let copied = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy(&path, &copied);
        } else {
            std::fs::copy(&path, &copied).unwrap();
        }
    }
}

#[test]
fn the_readme_tells_the_truth() {
    let examples = examples(&page("README.md"));
    assert!(examples.len() > 10, "the commands of the README were not found");
    let scratch = scratch_with_golden();
    let mut runs = BTreeMap::new();
    let mut run = |command: String| -> (String, i32) {
        runs.entry(command.clone()).or_insert_with(|| run(&command, scratch.path())).clone()
    };
    let mut wrong = Vec::new();
    for Example { command, output, exit_code } in &examples {
        match runnable(command) {
            Runnable::Foreign => {}
            Runnable::Elsewhere(line) => {
                let (printed, _) = run(line);
                let is_understood = !printed.contains("Usage:");
                if !is_understood {
                    wrong.push(format!("$ {command}\n{printed}"));
                }
            }
            Runnable::Here(line) => {
                let (printed, code) = run(line);
                let real: Vec<&str> = printed.lines().collect();
                let is_report = real.last().is_some_and(|it| it.ends_with(" skipped"));
                // A line that shows no output promises none.
                let is_shown = output.is_empty() || shows(output, &real, is_report);
                if code != *exit_code || !is_shown {
                    wrong.push(format!("$ {command}\n{printed}[exit code {code}]"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "what README.md shows is not what comes out:\n{}", wrong.join("\n"));
}

/// A verb that the README does not show is one that nobody finds.
#[test]
fn the_readme_shows_every_verb() {
    let readme = page("README.md");
    let mut commands = vec!["skewproof".to_owned()];
    let mut count = 0;
    while let Some(command) = commands.pop() {
        let verbs = verbs(&command);
        let is_shown = !verbs.is_empty() || readme.contains(&format!("$ {command}"));
        assert!(is_shown, "README.md has no example of {command}");
        commands.extend(verbs);
        count += 1;
    }
    assert!(count > 7, "the verbs were not found");
}

/// The verbs of a command, as its help lists them.
fn verbs(command: &str) -> Vec<String> {
    let (help, _) = run(&format!("{command} --help"), project());
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    listed
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(|name| format!("{command} {name}"))
        .collect()
}

#[test]
fn links_of_the_pages_lead_somewhere() {
    for name in [
        "README.md",
        "ARCHITECTURE.md",
        "docs/fuzzing.md",
        "docs/spec/README.md",
        "docs/wire-change.md",
    ] {
        let (page, folder) = (page(name), project().join(name));
        for link in page.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap_or_default();
            let is_here = !link.contains("://") && !file.is_empty();
            assert!(!is_here || folder.with_file_name(file).exists(), "{name}: {link}");
        }
    }
}

/// What stands between single backticks, outside code blocks.
fn quoted(page: &str) -> Vec<&str> {
    let prose = page.split("\n```").step_by(2);
    prose.flat_map(|text| text.split('`').skip(1).step_by(2)).collect()
}

#[test]
fn every_path_in_the_architecture_exists() {
    let page = page("ARCHITECTURE.md");
    let roots = [
        "src/",
        "tests/",
        "benches/",
        "golden/",
        "expected/",
        "docs/",
        "fuzz/",
        ".ci/",
        ".clusterfuzzlite/",
        ".github/",
    ];
    let is_path = |word: &&str| roots.iter().any(|root| word.starts_with(root));
    let paths: BTreeSet<&str> = quoted(&page).into_iter().filter(is_path).collect();
    assert!(paths.len() > 30, "{paths:?}");
    let gone: Vec<_> = paths.iter().filter(|path| !project().join(path).exists()).collect();
    assert!(gone.is_empty(), "ARCHITECTURE.md names what is not there: {gone:?}");
}

#[test]
fn every_module_folder_is_on_the_code_map() {
    let page = page("ARCHITECTURE.md");
    let map = section(&page, "## Code map");
    let mut folders = vec![project().join("src")];
    while let Some(folder) = folders.pop() {
        let inner = folder.read_dir().unwrap().map(|entry| entry.unwrap().path());
        folders.extend(inner.filter(|path| path.is_dir()));
        let path = folder.strip_prefix(project()).unwrap().display().to_string();
        let is_module = folder.join("mod.rs").exists() && !path.ends_with("/tests");
        assert!(!is_module || map.contains(&format!("| `{path}/` |")), "{path} is not on the map");
    }
}

/// The tests that keep the invariants, by name.
#[test]
fn every_test_in_the_architecture_exists() {
    let page = page("ARCHITECTURE.md");
    let mut sources = String::new();
    let mut folders = vec![project().join("src"), project().join("tests")];
    while let Some(folder) = folders.pop() {
        for path in folder.read_dir().unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else {
                sources += &std::fs::read_to_string(&path).unwrap();
            }
        }
    }
    let rows = table(section(&page, "## What is absent"));
    assert!(rows.len() > 10);
    for row in rows {
        let names = quoted(row[2]);
        assert!(!names.is_empty(), "nothing keeps this: {}", row[0]);
        for name in names {
            assert!(sources.contains(&format!("fn {name}(")), "there is no test {name}");
        }
    }
}

#[test]
fn the_glossary_has_each_word_once_and_in_order() {
    let page = page("ARCHITECTURE.md");
    let rows = table(section(&page, "## Glossary"));
    let words: Vec<String> = rows.iter().map(|row| row[0].to_lowercase()).collect();
    assert!(words.len() > 30);
    let unordered = words.windows(2).find(|pair| pair[0] >= pair[1]);
    assert_eq!(unordered, None);
}

/// A section of a page, up to the next of the same level.
fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let start = page.find(heading).unwrap_or_else(|| panic!("there is no {heading}"));
    let rest = &page[start + heading.len()..];
    &rest[..rest.find("\n## ").unwrap_or(rest.len())]
}

/// The rows of the first table of a text, without its head.
fn table(text: &str) -> Vec<Vec<&str>> {
    let rows = text.lines().filter(|line| line.starts_with("| "));
    rows.skip(1).map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect()).collect()
}

#[test]
fn examples_are_read_with_their_output_and_exit_code() {
    let page = "
$ not here
```console
$ skewproof a \\
    b
out
…
[exit code 1]
$ cargo run --release
```
```sh
$ nor here
```";
    let first = Example {
        command: "skewproof a \\\n    b".to_owned(),
        output: vec!["out".to_owned(), LEFT_OUT.to_owned()],
        exit_code: 1,
    };
    let second = Example { command: "cargo run --release".to_owned(), ..Example::default() };
    assert_eq!(examples(page), [first, second]);
}

#[test]
fn output_is_compared_line_by_line() {
    let shown = |lines: &[&str]| lines.iter().map(|line| line.to_string()).collect::<Vec<_>>();
    let real = ["a  1 passed", "b", "c", "12 passed"];
    assert!(shows(&shown(&["a  1 passed", "…", "12 passed"]), &real, false));
    assert!(!shows(&shown(&["a  1 passed", "c", "12 passed"]), &real, false));
    assert!(!shows(&shown(&["a  1 passed", "b", "c"]), &real, false));
    assert!(!shows(&shown(&["a  2 passed", "…"]), &real, false));
    assert!(shows(&shown(&["a 200 passed", "…", "9 passed"]), &real, true));
    assert!(!shows(&shown(&["a 200 failed", "…"]), &real, true));
}
