//! What a node can say beyond what it has to: what its bytes are, how they can grow; and values that are
//! drawn.

use super::*;

/// A release of texts: a length, the text, and behind it what another release may say.
struct Texts {
    name: &'static str,
    wrong: Wrong,
}

/// What is wrong with the newest release, or with the other one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrong {
    Nothing,
    /// It takes what is behind the text for a part of it.
    Swallows,
    /// It refuses what is behind the text.
    Refuses,
    /// It panics on what is behind the text.
    Panics,
    /// It panics where it should say what may come.
    Stuck,
    /// The other one reads nothing.
    Deaf,
    /// It writes texts of more than four bytes as they are not.
    Cuts,
}

impl Texts {
    fn is(&self, wrong: Wrong) -> bool {
        (self.name == "2.0") != (wrong == Wrong::Deaf) && self.wrong == wrong
    }
}

impl Node<String> for Texts {
    fn name(&self) -> &str {
        self.name
    }

    fn versions(&self, _: &str) -> Vec<i32> {
        vec![1]
    }

    fn encode(&self, _: At<'_>, text: &String) -> Result<Bytes, String> {
        let text = if self.is(Wrong::Cuts) && text.len() > 4 { "cut" } else { text };
        let len = u8::try_from(text.len()).map_err(|error| error.to_string())?;
        Ok([len].into_iter().chain(text.bytes()).collect())
    }

    fn decode(&self, _: At<'_>, bytes: &Bytes) -> Result<String, String> {
        let read = bytes.split_first().filter(|_| !self.is(Wrong::Deaf));
        let (len, text) = read.ok_or("byte 0: nothing")?;
        let text = match text.split_at_checked(usize::from(*len)) {
            Some((text, [])) => text,
            Some(_) if self.is(Wrong::Panics) => std::panic::panic_any("behind the text"),
            Some(_) if self.is(Wrong::Refuses) => return Err("more than a text".to_owned()),
            Some(_) if self.is(Wrong::Swallows) => text,
            Some((text, _)) => text,
            None => return Err(format!("{} bytes of {len}", text.len())),
        };
        String::from_utf8(text.to_vec()).map_err(|error| error.to_string())
    }

    fn describe(&self) -> Option<&dyn Describe> {
        Some(self)
    }

    fn evolve(&self) -> Option<&dyn Evolve> {
        (self.name == "2.0").then_some(self)
    }
}

impl Describe for Texts {
    fn describe(&self, _: At<'_>, spans: &mut Spans<'_>) -> Option<()> {
        let len = *spans.take(1, "", "length of the text")?.first()?;
        spans.take(len.into(), "text", "")?;
        Some(())
    }
}

impl Evolve for Texts {
    fn evolve(&self, _: At<'_>, bytes: &Bytes) -> Vec<Tomorrow> {
        if self.is(Wrong::Stuck) {
            std::panic::panic_any("no idea");
        }
        let behind = |more: &[u8]| [bytes, more].concat().into();
        vec![
            Tomorrow::new("a byte behind it", behind(b"!")).skipped(),
            Tomorrow::new("two bytes behind it", behind(b"!!")),
        ]
    }
}

macro_rules! texts {
    ($name:ident, $wrong:expr) => {
        texts!($name, $wrong, "");
    };
    ($name:ident, $wrong:expr, $expected:expr) => {
        struct $name;

        impl Protocol for $name {
            type Value = String;

            crate::border!($name);

            fn name(&self) -> &'static str {
                "texts"
            }

            fn nodes(&self) -> Vec<Arc<dyn Node<String>>> {
                let node = |name| Arc::new(Texts { name, wrong: $wrong });
                vec![node("1.0"), node("2.0")]
            }

            fn messages(&self) -> Vec<Message<String>> {
                vec![Message::new("Text", [("short", "hi".to_owned())])]
            }

            fn arbitrary(&self, _: &str, from: &mut Unstructured<'_>) -> Option<String> {
                from.arbitrary().ok().filter(|text: &String| !text.is_empty())
            }

            fn expected(&self) -> &'static str {
                $expected
            }
        }
    };
}

texts!(Plain, Wrong::Nothing);
texts!(Swallowing, Wrong::Swallows);
texts!(Refusal, Wrong::Refuses);
texts!(NoIdea, Wrong::Stuck);
texts!(NoReader, Wrong::Deaf);
texts!(Panic, Wrong::Panics);
texts!(Cutting, Wrong::Cuts);
texts!(
    Awaited,
    Wrong::Swallows,
    "[[expected]]\naddress = \"future/2.0/*\"\nsays = \"changes\"\nreason = \"a test\"\n"
);
texts!(Unknown, Wrong::Stuck, "[[expected]]\naddress = \"future/1.0/*\"\nreason = \"a test\"\n");
texts!(Bare, Wrong::Nothing, "[[expected]]\naddress = \"future/*\"\nreason = \"a test\"\n");

fn explain<P: Protocol>(bytes: &'static [u8], hints: &Hints) -> Explanation {
    P::border().explain(&Bytes::from_static(bytes), hints, None).unwrap()
}

#[test]
fn bytes_are_explained_by_who_reads_them_and_part_by_part() {
    let text = explain::<Plain>(b"\x02hi", &Hints::default()).to_text();
    let first = "✓ 3 bytes: Text; written so by 1.0 at 1; 2.0 at 1\n";
    assert!(text.starts_with(first), "{text}");
    assert!(text.contains("\n0000  02                        length of the text\n"), "{text}");
    assert!(text.ends_with("\n0001  68 69                     text\n"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");

    // Who reads something else of it comes behind those who agree.
    let behind = explain::<Swallowing>(b"\x02hi!", &Hints::default());
    let values: Vec<&Json> = behind.readings.iter().map(|it| &it.value).collect();
    assert_eq!(values, [&json!("hi"), &json!("hi!")]);
    assert!(behind.is_ok() && behind.readings.iter().all(|it| !it.is_exact));
    let text = behind.to_text();
    assert!(text.starts_with("~ 4 bytes: Text, or another that fits as well;"), "{text}");
    assert!(text.contains("not described\n"), "{text}");

    let none = explain::<Plain>(b"\x09hi", &Hints::default());
    assert!(!none.is_ok() && none.readings.is_empty());
    let text = none.to_text();
    let words = "✗ 3 bytes: no release reads them\n  Text, 2 times: 2 bytes of 9\n";
    assert_eq!(text, words);
    let broken = explain::<Panic>(b"\x02hi!", &Hints::default());
    assert!(!broken.is_ok() && broken.readings.len() == 1);
    assert!(broken.to_text().contains("✗ Text at 1: 2.0 panicked: behind the text"));
    let json: Json = serde_json::from_str(&broken.to_json()).unwrap();
    assert_eq!(json["broken"][0]["release"], "2.0");
    assert_eq!(json["readings"][0]["by"], json!({ "1.0": ["1"] }));
}

#[test]
fn what_is_asked_for_has_to_be_there() {
    let asked = |message: &str, version: &str, release: &str| {
        let named = |name: &str| (!name.is_empty()).then(|| name.to_owned());
        let hints =
            Hints { message: named(message), version: named(version), release: named(release) };
        Sound::border().explain(&Bytes::from_static(b"\x07"), &hints, None)
    };
    let wrong =
        |message, version, release| asked(message, version, release).unwrap_err().to_string();
    let no_message = "there is no message \"Numbre\": the messages are Number";
    assert_eq!(wrong("Numbre", "", ""), no_message);
    let no_version = "there is no version \"3\": the versions are V1, V2";
    assert_eq!(wrong("", "3", ""), no_version);
    assert_eq!(wrong("", "", "3"), "there is no release \"3\": the releases are 1.0, 2.0");
    assert_eq!(wrong("", "V2", "1.0"), "no release has that message at that version");
    let found = asked("Number", "V1", "2.0").unwrap();
    assert_eq!(found.readings[0].by, [("2.0".to_owned(), vec!["V1".to_owned()])]);
    // Nobody describes them: they are shown as they are.
    assert_eq!(found.readings[0].dump, "0000  07\n");
}

#[test]
fn fixtures_differ_in_parts() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = &scratch.path().join("golden");
    golden::bless(Plain::border(), folder).unwrap();
    let file = folder.join("2.0/1/Text.snap");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("02 68 69", "03 68 69 21")).unwrap();
    let store = Store::open(folder).unwrap();
    let table = golden::difference(Plain::border(), &store, ["1.0", "2.0"]).unwrap();
    let told: Vec<&str> = table.rows.iter().map(|row| row[2].as_str()).collect();
    let expected = [
        "3 bytes are 4, and part at byte 0",
        "byte 0, length of the text: 02 is 03",
        "byte 1, text: 68 69 is 68 69 21",
    ];
    assert_eq!(told, expected);
}

fn future<P: Protocol>() -> Report {
    P::border().future(None, None).unwrap()
}

#[test]
fn what_a_release_to_come_sends_is_skipped_or_refused() {
    let report = future::<Plain>();
    assert_eq!(said(&report), [""; 0]);
    assert_eq!(report.tally().passed, 4, "two releases, two changes");
    let table = &report.tables()[0];
    assert_eq!(table.rows[0], ["a byte behind it", "skipped", "skipped 1", "skipped 1"]);
    // Refused is well where nothing has to be skipped.
    let deaf = future::<NoReader>();
    assert_eq!((said(&deaf), deaf.tally().passed, deaf.not_tried()), (Vec::new(), 2, 2));
    let refusal = said(&future::<Refusal>());
    let words = "future/2.0/1/Text/short/a-byte-behind-it: refused: more than a text";
    assert_eq!(refusal, [words]);
}

#[test]
fn what_is_known_stays_as_it_was() {
    let said = said(&future::<Swallowing>());
    assert_eq!(said.len(), 2, "{said:?}");
    let words =
        "future/2.0/1/Text/short/a-byte-behind-it: what it knows is another: changes the value";
    assert_eq!(said[0], words);
    let stuck = super::said(&future::<NoIdea>());
    assert_eq!(stuck, ["future/2.0/1/Text/short/what-may-come: panicked: no idea"]);
    // Of others that needs nothing.
    assert_eq!(super::said(&future::<Unknown>()), stuck);
    let panics = super::said(&future::<Panic>());
    assert_eq!(panics.len(), 2, "{panics:?}");
    assert!(panics[0].ends_with("panicked: behind the text"), "{panics:?}");
}

#[test]
fn what_is_expected_of_the_future_is_no_finding_until_it_is_gone() {
    assert_eq!(said(&future::<Awaited>()), [""; 0]);
    assert_eq!(said(&future::<Bare>()).len(), 1);
    assert!(Bare::border().check(&|| {}).unwrap().is_ok(), "that is for another command to say");
    // Of one message nobody knows what others need.
    assert!(Bare::border().future(Some("Text"), None).unwrap().is_ok());
}

#[test]
fn where_nobody_knows_the_future_nothing_is_said() {
    let error = Sound::border().future(None, None).unwrap_err().to_string();
    assert_eq!(error, "no release says what the next one may send of any message");
    let error = Plain::border().future(Some("Txet"), None).unwrap_err().to_string();
    assert_eq!(error, "there is no message \"Txet\": the messages are Text");
}

/// A length, and letters: what `Unstructured` draws a text of.
const LETTERS: [u8; 12] = *b"\0\x81\0\0letters\x07";

#[test]
fn values_are_drawn_beside_those_that_are_read() {
    let [_, roundtrip, cross] = targets::targets::<Plain>().try_into().ok().unwrap();
    for target in [&roundtrip, &cross] {
        assert_eq!(found(target, &LETTERS), None, "{}", target.name);
    }
    let text = (cross.describe)("cross", &LETTERS);
    assert!(text.contains("drawn: \"letters\"") && text.contains("from 1.0 to 2.0"), "{text}");
    // A longer text than any that is read of the seeds.
    let of_new = [&[1, 0x80], &LETTERS[2..]].concat();
    let [_, roundtrip, cross] = targets::targets::<Cutting>().try_into().ok().unwrap();
    assert_eq!(found(&cross, &of_new), Some("violation"));
    // What it makes of it is stable: the round trip has no word against it.
    assert_eq!(found(&roundtrip, &of_new), None);
    // A seed of each release draws one.
    let names: Vec<String> = (cross.seeds)().into_iter().map(|seed| seed.name).collect();
    assert_eq!(names.iter().filter(|name| *name == "text-drawn").count(), 2, "{names:?}");
}

#[test]
fn where_nothing_is_drawn_the_bytes_are_read() {
    let [_, roundtrip, cross] = targets::targets::<Sound>().try_into().ok().unwrap();
    for target in [&roundtrip, &cross] {
        assert_eq!(found(target, &[1, 0x80, 0, 0, 7]), None);
    }
    let text = (cross.describe)("cross", &[1, 0x80, 0, 0, 7]);
    assert!(!text.contains("drawn"), "{text}");
    let [_, roundtrip, _] = targets::targets::<Adding>().try_into().ok().unwrap();
    assert_eq!(found(&roundtrip, &[1, 0x80, 0, 0, 7]), Some("read-otherwise"));
}
