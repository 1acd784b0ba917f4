//! The page that builds this example: its code is in the example, and its commands print what it shows.

use std::path::Path;
use std::process::Command;

/// The bodies of the blocks of a kind.
fn blocks<'a>(page: &'a str, kind: &str) -> Vec<&'a str> {
    let fence = format!("```{kind}\n");
    page.split(fence.as_str()).skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

#[test]
fn the_code_on_the_page_is_in_the_example() {
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let code = squeezed(&(read("src/lib.rs") + &read("src/main.rs") + &read("tests/messages.rs")));
    let page = read("../../docs/your-protocol.md");
    let shown = blocks(&page, "rust");
    assert!(shown.len() > 4);
    for block in shown {
        assert!(code.contains(&squeezed(block)), "{block}");
    }
}

#[test]
fn the_commands_on_the_page_print_what_it_shows() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("page");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let page = read("../../docs/your-protocol.md");
    let examples = blocks(&page, "console").into_iter().flat_map(|block| block.split("$ ").skip(1));
    let mut count = 0;
    for example in examples {
        let (command, expected) = example.split_once('\n').unwrap();
        let words = command.strip_prefix("cargo run").unwrap().trim_start_matches(" --");
        let output = Command::new(env!("CARGO_BIN_EXE_skewproof-mqtt"))
            .args(words.split_whitespace())
            .current_dir(&folder)
            .output()
            .unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        assert_eq!(printed.trim_end(), expected.trim_end(), "$ {command}\n{printed}");
        count += 1;
    }
    assert!(count > 3, "{count}");
}
