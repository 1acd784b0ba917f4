//! What a shell knows of the tool: completions and man pages, of all that users may call and of nothing
//! else.

use std::process::{Command, Output, Stdio};

fn tool(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_skewproof"));
    command.args(arguments).stdin(Stdio::null()).output().unwrap()
}

fn printed(arguments: &[&str]) -> String {
    let output = tool(arguments);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// What the tool starts by itself.
const HIDDEN: [&str; 2] = ["fuzz-worker", "fuzz-aside"];

#[test]
fn every_shell_is_told_of_every_command_and_of_no_hidden_one() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = printed(&["completions", shell]);
        for word in ["upgrade", "completions", "verify", "exhaustive"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
        assert!(!HIDDEN.iter().any(|hidden| script.contains(hidden)), "{shell}");
    }
    let unknown = tool(&["completions", "cmd"]);
    assert_eq!(unknown.status.code(), Some(2));
}

#[test]
fn bash_completes_commands_verbs_and_names() {
    let script = printed(&["completions", "bash"]);
    let completed = |words: &[&str]| -> Vec<String> {
        let (last, before) = (words[words.len() - 1], words[words.len() - 2]);
        let ask = format!(
            "{script}\nCOMP_WORDS=({})\nCOMP_CWORD={}\n_skewproof skewproof '{last}' '{before}'\n\
             printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            words.join(" "),
            words.len() - 1,
        );
        let output = Command::new("bash").args(["--norc", "-c", &ask]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
    };
    assert_eq!(completed(&["skewproof", "mat"]), ["matrix"]);
    assert_eq!(completed(&["skewproof", "golden", "ver"]), ["verify"]);
    assert_eq!(completed(&["skewproof", "upgrade", "--exh"]), ["--exhaustive"]);
    assert_eq!(completed(&["skewproof", "list", "quir"]), ["quirks"]);
}

#[test]
fn there_is_a_man_page_for_every_command_and_for_no_hidden_one() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("man1");
    let said = printed(&["man", folder.to_str().unwrap()]);
    let mut names: Vec<String> = folder
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert!(said.starts_with(&format!("{} pages in ", names.len())), "{said}");
    for name in ["skewproof.1", "skewproof-check.1", "skewproof-golden-verify.1", "skewproof-man.1"]
    {
        assert!(names.iter().any(|it| it == name), "{name}: {names:?}");
    }
    let is_hidden = |name: &String| HIDDEN.iter().any(|hidden| name.contains(hidden));
    assert!(!names.iter().any(is_hidden), "{names:?}");
    for name in &names {
        let page = std::fs::read_to_string(folder.join(name)).unwrap();
        let title = name.trim_end_matches(".1");
        assert!(page.contains(&format!("\n.TH {title} 1 ")), "{name}: {page}");
        assert!(page.contains(".SH SYNOPSIS") && !page.contains("fuzz\\-worker"), "{name}");
    }
    let program = std::fs::read_to_string(folder.join("skewproof.1")).unwrap();
    assert_eq!(program, printed(&["man"]));
    assert!(program.contains("skewproof\\-golden(1)"), "{program}");

    let file = scratch.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert_eq!(tool(&["man", file.to_str().unwrap()]).status.code(), Some(2));
}
