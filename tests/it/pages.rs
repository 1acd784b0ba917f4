//! The commands on the pages, compared with what they print: every `console` block of README.md,
//! CONTRIBUTING.md and docs/ is run, and the commands in `sh` blocks are at least understood.
//!
//! `UPDATE_PAGES=1 cargo test --test it pages` writes what comes out into the pages, and makes the
//! picture anew. What a page leaves out stays left out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anstyle_svg::Term;
use tempfile::TempDir;

use crate::docs::{page, pages, project};
use crate::reference;
use crate::shown::{Block, Example, Part, blocks, shows, updated};

/// The picture of the README.
const PICTURE: &str = "docs/window.svg";
/// What it shows: the verdict on every two lines, and what the words mean.
const PICTURED: &str = "skewproof ask --window";
const PICTURED_LINES: usize = 26;

/// Whether what comes out is written into a page: into all with `UPDATE_PAGES=1`, or into those
/// whose names have its value in them.
fn is_updated(name: &str) -> bool {
    std::env::var("UPDATE_PAGES").is_ok_and(|wanted| wanted == "1" || name.contains(&wanted))
}

/// Whether only pages that are asked for are looked at.
fn is_asked(name: &str) -> bool {
    std::env::var_os("UPDATE_PAGES").is_none() || is_updated(name)
}

/// The command for the tool alone, and whether what it needs is here.
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
        None if command == "skewproof" || command.starts_with("skewproof ") => command.to_owned(),
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

/// Why a command is not one that the tool takes. It is refused at its end, before it does anything.
fn complaint(line: &str) -> Option<String> {
    let line = line.split(" #").next().unwrap_or_default();
    let line = line.split([';', '|', '>', '&']).next().unwrap_or_default();
    let (said, _) = run(&format!("{line} --no-such-flag"), project());
    let is_understood = said.contains("unexpected argument '--no-such-flag'");
    (!is_understood).then(|| format!("$ {line}\n{said}"))
}

/// A folder to work in, with a copy of the fixtures if a page needs them: some commands write beside
/// them.
fn scratch(text: &str) -> TempDir {
    let scratch = tempfile::tempdir().unwrap();
    if text.contains("$ skewproof golden") || text.contains(" golden/") {
        copy(&project().join("golden"), &scratch.path().join("golden"));
    }
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

/// What is wrong with the examples of one page; with its text as it should be.
fn compared(text: &str) -> (Vec<String>, String) {
    let scratch = scratch(text);
    let mut runs = BTreeMap::new();
    let mut run = |line: String| -> (String, i32) {
        runs.entry(line.clone()).or_insert_with(|| run(&line, scratch.path())).clone()
    };
    let mut wrong = Vec::new();
    let mut page = String::new();
    for part in blocks(text) {
        let examples = match part {
            Part::Text(text) => {
                page += &text;
                continue;
            }
            Part::Block(Block { examples }) => examples,
        };
        for mut example in examples {
            // A line that shows no output promises none.
            let is_shown = !example.output.is_empty() || example.exit_code != 0;
            match runnable(&example.command) {
                Runnable::Here(line) if is_shown => {
                    let (printed, exit_code) = run(line);
                    let real: Vec<&str> = printed.lines().collect();
                    if exit_code != example.exit_code || !shows(&example.output, &real) {
                        wrong.push(format!(
                            "$ {}\n{printed}[exit code {exit_code}]",
                            example.command
                        ));
                        let output = updated(&example.output, &real);
                        example = Example { output, exit_code, ..example };
                    }
                }
                Runnable::Here(line) | Runnable::Elsewhere(line) => wrong.extend(complaint(&line)),
                Runnable::Foreign => {}
            }
            page += &example.to_string();
        }
    }
    (wrong, page)
}

#[test]
fn the_pages_tell_the_truth() {
    let compared: Vec<(String, Vec<String>, String)> = std::thread::scope(|scope| {
        let threads: Vec<_> = pages()
            .into_iter()
            .filter(|name| is_asked(name))
            .map(|name| {
                scope.spawn(move || {
                    let (wrong, text) = compared(&page(&name));
                    (name, wrong, text)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let is_block = |part: &Part| matches!(part, Part::Block(_));
    let of_page = |name: &String| blocks(&page(name)).iter().filter(|it| is_block(it)).count();
    let count: usize = pages().iter().map(of_page).sum();
    assert!(count >= 40, "only {count} blocks were found");
    let mut wrong = Vec::new();
    for (name, objections, text) in compared {
        if is_updated(&name) {
            std::fs::write(project().join(&name), text).unwrap();
        } else if !objections.is_empty() {
            wrong.push(format!("== {name}\n{}", objections.join("\n")));
        }
    }
    assert!(
        wrong.is_empty(),
        "what pages show is not what comes out (UPDATE_PAGES=1 writes it):\n{}",
        wrong.join("\n")
    );
}

#[test]
fn commands_that_are_only_named_are_understood() {
    let mut count = 0;
    let mut wrong = Vec::new();
    for name in pages() {
        let text = page(&name);
        let mut is_shell = false;
        for line in text.lines() {
            if line.starts_with("```") {
                is_shell = line == "```sh";
            } else if is_shell && let Runnable::Here(line) = runnable(line) {
                count += 1;
                wrong.extend(complaint(&line).map(|what| format!("{name}: {what}")));
            }
        }
    }
    assert!(count > 30, "only {count} commands were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The picture of the README is what the tool says today.
#[test]
fn the_picture_is_what_comes_out() {
    if !is_asked(PICTURE) {
        return;
    }
    let (printed, exit_code) = run(&format!("{PICTURED} --color always"), project());
    assert_eq!(exit_code, 0, "{printed}");
    let shown: Vec<&str> = printed.lines().take(PICTURED_LINES).collect();
    let svg = Term::new().render_svg(&format!("$ {PICTURED}\n{}\n", shown.join("\n")));
    let path = project().join(PICTURE);
    if is_updated(PICTURE) {
        std::fs::write(path, svg).unwrap();
        return;
    }
    let stored = std::fs::read_to_string(path).unwrap_or_default();
    assert!(svg == stored, "{PICTURE} is old: UPDATE_PAGES=1 makes it anew\n{svg}");
}

/// A verb that no page shows is one that nobody finds.
#[test]
fn the_pages_show_every_verb() {
    let texts: String = pages().iter().map(|name| page(name)).collect();
    let mut commands = vec!["skewproof".to_owned()];
    let mut count = 0;
    while let Some(command) = commands.pop() {
        let verbs = verbs(&command);
        let mut shown = texts.lines().map(|line| line.strip_prefix("$ ").unwrap_or(line));
        let is_shown = !verbs.is_empty()
            || shown.any(|line| line == command || line.starts_with(&format!("{command} ")));
        assert!(is_shown, "no page has an example of {command}");
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
