//! Lines, good and bad, and what is answered.

use serde_json::{Value as Json, json};
use skewproof_testee::{At, Hello, No, Program, Testee, Verb};

use crate::{answers, counter, said};

/// The one answer to a line.
fn answer(testee: impl Testee, line: impl AsRef<[u8]>) -> Json {
    let mut answers = answers(testee, line.as_ref());
    assert_eq!(answers.len(), 1, "{answers:?}");
    answers.remove(0)
}

fn ask(verb: &str, members: Json) -> String {
    crate::ask(17.into(), verb, members).to_string()
}

/// A testee that falls over what it reads.
struct Clumsy;

impl Testee for Clumsy {
    fn hello(&self) -> Hello {
        Hello { verbs: vec![Verb::Reencode], ..Hello::new("counter", "clumsy", "1.0") }
    }

    fn reencode(&mut self, _: At<'_>, bytes: &[u8]) -> Result<Vec<u8>, No> {
        match bytes {
            [0] => panic!("zero"),
            [1] => panic!("{} of {}", 1, 2),
            [2] => std::panic::panic_any(7),
            [3] => Err(No::Fault("no model is loaded".to_owned())),
            [4] => Err(No::Refused {
                words: "four".to_owned(),
                code: Some("too-much".to_owned()),
                at: Some(0),
            }),
            [5, text @ ..] => Ok(std::str::from_utf8(text)?.to_uppercase().into()),
            _ => Ok(bytes.to_vec()),
        }
    }
}

fn clumsy(hex: &str) -> Json {
    answer(Clumsy, ask("reencode", json!({ "message": "M", "version": 1, "hex": hex })))
}

#[test]
fn the_counter_says_who_it_is() {
    let hello = answer(counter::testee(), ask("hello", json!({ "testee": 1, "harness": "x" })));
    let expected = json!({ "id": 17, "ok": {
        "testee": 1,
        "protocol": "counter",
        "name": "our tree",
        "release": "2.0",
        "language": "Rust",
        "issues": "https://example.org/counter/issues",
        "verbs": ["reencode", "decode", "encode", "samples", "batch", "stop"],
        "messages": [{ "name": "Count", "min": 1, "max": 2 }],
        "deterministic": true,
    }});
    assert_eq!(hello, expected);
}

#[test]
fn the_id_comes_first_and_is_given_back_as_it_was() {
    for id in ["17", "18446744073709551615", "\"a\"", "null"] {
        let line = format!("{{\"verb\":\"drop\",\"session\":1,\"id\":{id}}}\n");
        let said = said(counter::testee(), line.as_bytes());
        assert!(said.starts_with(&format!("{{\"id\":{id},\"unsupported\":")), "{said}");
    }
}

#[test]
fn a_line_that_is_no_question_is_a_fault_of_nobody() {
    for line in [
        "garbage".as_bytes(),
        b"{\"id\":1,\"verb\":\"hel",
        b"{\"id\":1,\"verb\":\"hello\"} {}",
        b"[]",
        b"17",
        b"{}",
        b"{\"verb\":\"hello\"}",
        b"{\"id\":1,\"verb\":\"\xff\"}",
        b"\0",
        "[".repeat(100_000).as_bytes(),
    ] {
        let answer = answer(counter::testee(), line);
        assert_eq!(answer["id"], Json::Null);
        assert!(answer["fault"]["words"].is_string(), "{answer}");
    }
}

#[test]
fn empty_lines_are_passed_over_and_the_last_one_needs_no_end() {
    let hello = ask("hello", json!({}));
    let lines = format!("\n  \r\n{hello}\r\n\n{hello}");
    assert_eq!(answers(counter::testee(), lines.as_bytes()).len(), 2);
    assert_eq!(said(counter::testee(), b""), "");
}

#[test]
fn members_of_a_wrong_type_are_faults_that_name_them() {
    let at = json!({ "message": "Count", "version": 2, "hex": "0700000001", "value": 1 });
    for (verb, name, wrong) in [
        ("reencode", "message", json!(1)),
        ("reencode", "version", json!("2")),
        ("reencode", "version", json!(2.5)),
        ("reencode", "version", json!(i64::MAX)),
        ("reencode", "hex", json!([7])),
        ("reencode", "hex", json!("070")),
        ("reencode", "hex", json!("0g")),
        ("batch", "asks", json!({})),
        ("open", "session", json!(-1)),
    ] {
        let mut members = at.clone();
        members[name] = wrong;
        let answer = answer(counter::testee(), ask(verb, members));
        assert_eq!(answer["id"], 17);
        let words = answer["fault"]["words"].as_str().unwrap();
        assert!(words.contains(&format!("`{name}`")), "{verb}: {words}");
    }
    let missing = [("reencode", "hex"), ("encode", "value"), ("decode", "message")];
    for (verb, name) in missing {
        let mut members = at.clone();
        members.as_object_mut().unwrap().remove(name);
        let answer = answer(counter::testee(), ask(verb, members));
        assert_eq!(answer["fault"]["words"], format!("`{name}` is missing"), "{verb}");
    }
}

#[test]
fn what_it_cannot_is_unsupported_and_what_it_does_not_know_is_passed_over() {
    let count = json!({ "message": "Count", "version": 2, "hex": "0700000001", "chunks": [1, 2] });
    let answered = answer(counter::testee(), ask("reencode", count));
    assert_eq!(answered, json!({ "id": 17, "ok": { "hex": "0700000001" } }));
    for (verb, message, version, words) in [
        ("reencode", "Clock", json!(2), "there is no message \"Clock\""),
        ("decode", "Count", json!(3), "there is no Count at version 3"),
        ("decode", "Count", Json::Null, "there is no Count without a version"),
        ("explain", "Count", json!(2), "it does not explain"),
        ("dance", "Count", json!(2), "there is no verb \"dance\""),
    ] {
        let members = json!({ "message": message, "version": version, "hex": "" });
        let answer = answer(counter::testee(), ask(verb, members));
        assert_eq!(answer["unsupported"]["words"], words);
    }
}

#[test]
fn an_error_is_a_refusal() {
    let members = json!({ "message": "Count", "version": 1, "hex": "07" });
    for verb in ["reencode", "decode"] {
        let answer = answer(counter::testee(), ask(verb, members.clone()));
        let words = "1 bytes are no count at version 1";
        assert_eq!(answer, json!({ "id": 17, "refused": { "words": words } }));
    }
    let value = json!({ "message": "Count", "version": 1, "value": { "count": 1, "step": 300 } });
    let answer = answer(counter::testee(), ask("encode", value));
    assert!(answer["refused"]["words"].as_str().unwrap().contains("300"), "{answer}");
    let refused = json!({ "words": "four", "code": "too-much", "at": 0 });
    assert_eq!(clumsy("04"), json!({ "id": 17, "refused": refused }));
    assert!(clumsy("05ff")["refused"]["words"].as_str().unwrap().contains("utf-8"));
    assert_eq!(clumsy("03")["fault"]["words"], "no model is loaded");
}

#[test]
fn a_panic_is_told_with_its_place_and_the_testee_lives_on() {
    for (hex, words) in [("00", "zero"), ("01", "1 of 2"), ("02", "without a word")] {
        let panicked = clumsy(hex)["panicked"].clone();
        assert_eq!(panicked["words"], words);
        let place = panicked["place"].as_str().unwrap();
        assert!(place.contains("answers.rs:"), "{place}");
    }
}

#[test]
fn a_batch_is_answered_in_order_whatever_happens_in_it() {
    let ask = |id: u32, hex: &str| json!({ "id": id, "verb": "reencode", "message": "M", "version": 1, "hex": hex });
    let asks = json!([
        ask(1, "09"),
        ask(2, "00"),
        { "id": 3, "verb": "batch", "asks": [] },
        { "id": 4, "verb": "stop" },
        7,
        ask(5, "0a"),
    ]);
    let lines =
        format!("{}\n{}\n", json!({ "id": 9, "verb": "batch", "asks": asks }), ask(6, "0b"));
    let said = answers(Clumsy, lines.as_bytes());
    assert_eq!(said.len(), 2, "a panic and a stop inside end nothing");
    assert_eq!(said[1], json!({ "id": 6, "ok": { "hex": "0b" } }));
    let inner = said[0]["ok"]["answers"].as_array().unwrap();
    let ids: Vec<&Json> = inner.iter().map(|answer| &answer["id"]).collect();
    assert_eq!(ids, [&json!(1), &json!(2), &json!(3), &json!(4), &Json::Null, &json!(5)]);
    assert_eq!(inner[0]["ok"]["hex"], "09");
    assert_eq!(inner[1]["panicked"]["words"], "zero");
    for fault in &inner[2..5] {
        assert!(fault["fault"]["words"].is_string(), "{fault}");
    }
    assert_eq!(inner[5]["ok"]["hex"], "0a");
}

#[test]
fn nothing_is_answered_after_a_stop() {
    let lines = format!("{}\n{}\n", ask("stop", json!({})), ask("hello", json!({})));
    assert_eq!(said(counter::testee(), lines.as_bytes()), "{\"id\":17,\"ok\":{}}\n");
}

#[test]
fn values_are_offered_if_every_message_has_them() {
    let read = |bytes: &[u8], _| Ok::<_, String>(bytes.to_vec());
    let write = |bytes: &Vec<u8>, _| Ok::<_, String>(bytes.clone());
    let verbs = |program: &Program| {
        let verbs = program.hello().verbs;
        (verbs.contains(&Verb::Encode), verbs.contains(&Verb::Decode))
    };
    let program = Program::new("mixed", "mixed", "1.0");
    assert_eq!(verbs(&program), (false, false));
    let program = program.frame("Frame", move |bytes| read(bytes, 0), move |it| write(it, 0));
    assert_eq!(verbs(&program), (false, false));
    let program = program.message_with_values("With", 1..=1, read, write);
    assert_eq!(verbs(&program), (true, true), "a frame has no values");
    let program = program.message("Without", 1..=1, read, write);
    assert_eq!(verbs(&program), (false, false));
}

/// A message in two layouts, and a frame.
fn mixed() -> Program {
    let read = |bytes: &[u8], _| Ok::<_, String>(bytes.to_vec());
    let write = |bytes: &Vec<u8>, _| Ok::<_, String>(bytes.clone());
    let write_last = |bytes: &Vec<u8>, _| Ok::<_, String>([bytes.as_slice(), &[3]].concat());
    Program::new("mixed", "mixed", "1.0")
        .message("Whole", 1..=2, read, write)
        .message("Whole", 3..=3, read, write_last)
        .message("Torn", 1..=1, read, write)
        .message("Torn", 3..=3, read, write)
        .frame("Frame", move |bytes| read(bytes, 0), move |bytes| write(bytes, 0))
        .sample_bytes("Whole", 3, "one", [1])
}

#[test]
fn a_message_can_have_a_row_for_each_layout() {
    let hello = answer(mixed(), ask("hello", json!({})));
    let messages = json!([
        { "name": "Whole", "min": 1, "max": 3 },
        { "name": "Torn", "min": 1, "max": 1 },
        { "name": "Torn", "min": 3, "max": 3 },
        { "name": "Frame" },
    ]);
    assert_eq!(hello["ok"]["messages"], messages);
    assert_eq!(hello["ok"]["verbs"], json!(["reencode", "samples", "batch", "stop"]));
    for (message, version, hex) in [
        ("Whole", json!(2), Some("07")),
        ("Whole", json!(3), Some("0703")),
        ("Torn", json!(2), None),
        ("Frame", Json::Null, Some("07")),
        ("Frame", json!(1), None),
    ] {
        let members = json!({ "message": message, "version": version, "hex": "07" });
        let answer = answer(mixed(), ask("reencode", members));
        assert_eq!(answer["ok"]["hex"].as_str(), hex, "{message} {answer}");
    }
}

#[test]
fn samples_of_bytes_are_those_of_the_version() {
    for (version, samples) in [(2, json!([])), (3, json!([{ "name": "one", "hex": "01" }]))] {
        let members = json!({ "message": "Whole", "version": version });
        assert_eq!(answer(mixed(), ask("samples", members))["ok"]["samples"], samples);
    }
}
