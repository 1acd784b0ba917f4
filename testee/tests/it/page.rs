//! The page that specifies the protocol, and the crate: what is said there is what is answered.

use std::path::Path;

use serde_json::{Value as Json, json};
use skewproof_testee::Testee;

use crate::session::Greeter;
use crate::{answers, counter};

/// Questions as they stand, and their answers.
type Transcript = (Vec<String>, Vec<Json>);

fn page() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/testee.md"))
        .unwrap()
}

/// The blocks of a page that begin with a question.
fn transcripts(page: &str) -> Vec<Transcript> {
    let blocks = page.split("\n```").filter(|block| block.starts_with("text\n→ "));
    let with = |block: &str, mark: &str| -> Vec<String> {
        block.lines().filter_map(|line| line.strip_prefix(mark)).map(str::to_owned).collect()
    };
    let read = |line: &String| serde_json::from_str(line).unwrap();
    blocks.map(|block| (with(block, "→ "), with(block, "← ").iter().map(read).collect())).collect()
}

/// Plays a transcript. Words that the page leaves out may be any.
fn plays(testee: impl Testee, (asked, told): &Transcript) {
    assert!(asked.len() > 5);
    let mut said = answers(testee, asked.join("\n").as_bytes());
    for (said, told) in said.iter_mut().zip(told) {
        if told["fault"]["words"] == "…" && said["fault"]["words"].is_string() {
            said["fault"]["words"] = json!("…");
        }
    }
    assert_eq!(&said, told);
}

#[test]
fn the_transcripts_of_the_page_are_what_the_crate_says() {
    let [counter, sessions] = &transcripts(&page())[..] else { panic!("two transcripts") };
    plays(counter::testee(), counter);
    plays(Greeter::default(), sessions);
}

#[test]
fn the_page_has_every_verb_that_is_answered() {
    let page = page();
    let codec = ["hello", "reencode", "decode", "encode", "samples", "explain"];
    let sessions = ["open", "feed", "send", "wake", "service", "drop"];
    for verb in codec.into_iter().chain(sessions).chain(["batch", "stop"]) {
        assert!(page.contains(&format!("\n| `{verb}` | ")), "{verb}");
        let line = json!({ "id": 1, "verb": verb }).to_string();
        let words = answers(counter::testee(), line.as_bytes())[0]["unsupported"]["words"].clone();
        assert!(!words.to_string().contains("there is no verb"), "{verb}");
    }
}
