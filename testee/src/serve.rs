//! Answers questions until there are no more.

use std::cell::RefCell;
use std::io::{self, BufRead, Write};
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::process::ExitCode;
use std::sync::Once;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value as Json, json};

use crate::hex;
use crate::question::Question;
use crate::testee::{Content, Hello, Moved, No, Sample, Span, State, Testee, Told};

/// The version of the testee protocol.
const TESTEE: i32 = 1;

/// Answers the questions of standard input on standard output, until its end or until told to stop.
/// The code that it gives is that of the process.
pub fn serve(testee: impl Testee) -> ExitCode {
    match serve_on(testee, io::stdin().lock(), io::stdout()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody may be there to read it.
            let _ = writeln!(io::stderr(), "the pipe broke: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The same on any streams, as for tests.
///
/// # Errors
///
/// If a stream breaks.
pub fn serve_on(
    mut testee: impl Testee,
    mut input: impl BufRead,
    mut output: impl Write,
) -> io::Result<()> {
    let (mut line, mut text) = (Vec::new(), Vec::new());
    loop {
        line.clear();
        text.clear();
        if input.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let answer = match serde_json::from_slice(&line) {
            Ok(read) => answer(&mut testee, read),
            Err(error) => Answer::nobody(format!("the line is not JSON: {error}")),
        };
        serde_json::to_writer(&mut text, &answer)?;
        text.push(b'\n');
        output.write_all(&text)?;
        output.flush()?;
        if matches!(answer.said, Said::Stop) {
            return Ok(());
        }
    }
}

/// The answer to one question.
struct Answer {
    id: Json,
    said: Said,
}

/// What an answer says.
enum Said {
    Ok(Json),
    /// To a batch.
    Answers(Vec<Answer>),
    /// It stops.
    Stop,
    No(No),
    Panicked(Panicked),
}

/// A panic that was caught.
struct Panicked {
    words: String,
    place: Option<String>,
}

impl Answer {
    /// The fault of a question of which not even the id is known.
    fn nobody(words: String) -> Self {
        Self { id: Json::Null, said: Said::No(No::Fault(words)) }
    }
}

impl Serialize for Answer {
    /// The id comes first, so that people see it.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("id", &self.id)?;
        match &self.said {
            Said::Ok(ok) => map.serialize_entry("ok", ok)?,
            Said::Answers(answers) => map.serialize_entry("ok", &Answers { answers })?,
            Said::Stop => map.serialize_entry("ok", &Map::new())?,
            Said::No(No::Refused { words, code, at }) => {
                let members = [("code", json!(code)), ("at", json!(at))];
                map.serialize_entry("refused", &with_words(words, members))?;
            }
            Said::No(No::Formless) => map.serialize_entry("ok", &Map::new())?,
            Said::No(No::Unsupported(words)) => {
                map.serialize_entry("unsupported", &with_words(words, []))?;
            }
            Said::No(No::Fault(words)) => map.serialize_entry("fault", &with_words(words, []))?,
            Said::Panicked(Panicked { words, place }) => {
                map.serialize_entry("panicked", &with_words(words, [("place", json!(place))]))?;
            }
        }
        map.end()
    }
}

struct Answers<'a> {
    answers: &'a [Answer],
}

impl Serialize for Answers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("answers", self.answers)?;
        map.end()
    }
}

/// Words, and what else there is to say.
fn with_words<const N: usize>(words: &str, members: [(&str, Json); N]) -> Json {
    object([("words", json!(words))].into_iter().chain(members))
}

/// An object without the members that are null.
fn object<'a>(members: impl IntoIterator<Item = (&'a str, Json)>) -> Json {
    let members = members.into_iter().filter(|(_, member)| !member.is_null());
    Json::Object(members.map(|(name, member)| (name.to_owned(), member)).collect())
}

/// Answers what was read from a line.
fn answer(testee: &mut impl Testee, read: Json) -> Answer {
    let mut question = match Question::new(read) {
        Ok(question) => question,
        Err(words) => return Answer::nobody(words),
    };
    let said = match question.verb() {
        Ok("stop") => Said::Stop,
        Ok("batch") => match question.take_asks() {
            Ok(asks) => {
                let answers = asks.into_iter().map(|ask| answer_inner(testee, ask));
                Said::Answers(answers.collect())
            }
            Err(no) => Said::No(no),
        },
        Ok(verb) => say(testee, verb, &question),
        Err(no) => Said::No(no),
    };
    Answer { id: question.id, said }
}

/// Answers a question of a batch.
fn answer_inner(testee: &mut impl Testee, read: Json) -> Answer {
    let question = match Question::new(read) {
        Ok(question) => question,
        Err(words) => return Answer::nobody(words),
    };
    let said = match question.verb() {
        Ok(verb @ ("stop" | "batch")) => {
            Said::No(No::Fault(format!("a batch has no `{verb}` in it")))
        }
        Ok(verb) => say(testee, verb, &question),
        Err(no) => Said::No(no),
    };
    Answer { id: question.id, said }
}

/// Asks the testee, and catches it if it falls.
fn say(testee: &mut impl Testee, verb: &str, question: &Question) -> Said {
    match caught(|| asked(testee, verb, question)) {
        Ok(Ok(ok)) => Said::Ok(ok),
        Ok(Err(no)) => Said::No(no),
        Err(panicked) => Said::Panicked(panicked),
    }
}

fn asked(testee: &mut impl Testee, verb: &str, question: &Question) -> Result<Json, No> {
    match verb {
        "hello" => Ok(hello(testee.hello())),
        "reencode" => testee.reencode(question.at()?, &question.bytes()?).map(|it| bytes(&it)),
        "decode" => {
            let value = testee.decode(question.at()?, &question.bytes()?)?;
            // Null is a value here.
            Ok(json!({ "value": value }))
        }
        "encode" => testee.encode(question.at()?, question.value()?).map(|it| bytes(&it)),
        "samples" => {
            let samples: Vec<Json> =
                testee.samples(question.at()?)?.into_iter().map(sample).collect();
            Ok(json!({ "samples": samples }))
        }
        "explain" => {
            let spans: Vec<Json> = testee
                .explain(question.at()?, &question.bytes()?)?
                .into_iter()
                .map(|Span { at, len, words }| json!({ "at": at, "len": len, "words": words }))
                .collect();
            Ok(json!({ "spans": spans }))
        }
        "open" => testee.open(question.session()?, question.opening()?).map(moved),
        "feed" => testee.feed(question.session()?, question.input()?).map(moved),
        "send" => testee.send(question.session()?, question.deed()?).map(moved),
        "wake" => testee.wake(question.session()?, question.count("ms")?).map(moved),
        "service" => {
            let (service, change) = question.change()?;
            testee.service(question.session()?, service, change).map(moved)
        }
        "inform" => testee.inform(question.session()?, question.config()).map(moved),
        "drop" => testee.drop_session(question.session()?).map(|()| Map::new().into()),
        other => Err(No::Unsupported(format!("there is no verb {other:?}"))),
    }
}

fn bytes(bytes: &[u8]) -> Json {
    json!({ "hex": hex::write(bytes) })
}

fn sample(Sample { name, content }: Sample) -> Json {
    match content {
        Content::Value(value) => json!({ "name": name, "value": value }),
        Content::Bytes(bytes) => json!({ "name": name, "hex": hex::write(&bytes) }),
    }
}

fn hello(hello: Hello) -> Json {
    let verbs = hello.verbs.iter().map(|verb| verb.name()).chain(["batch", "stop"]);
    let messages = hello.messages.into_iter().map(|message| {
        let versions = message.versions.as_ref();
        let (min, max) = (versions.map(|it| *it.start()), versions.map(|it| *it.end()));
        object([("name", json!(message.name)), ("min", json!(min)), ("max", json!(max))])
    });
    object([
        ("testee", json!(TESTEE)),
        ("protocol", json!(hello.protocol)),
        ("name", json!(hello.name)),
        ("release", json!(hello.release)),
        ("language", json!(hello.language)),
        ("issues", json!(hello.issues)),
        ("verbs", verbs.collect()),
        ("messages", messages.collect()),
        ("lanes", if hello.lanes.is_empty() { Json::Null } else { json!(hello.lanes) }),
        ("deterministic", json!(hello.is_deterministic)),
    ])
}

fn moved(moved: Moved) -> Json {
    let frames: Vec<String> = moved.frames.iter().map(|frame| hex::write(frame)).collect();
    let mut agreed_lane = None;
    let (is, version, status, words) = match moved.state {
        State::Waiting => ("waiting", None, None, None),
        State::Agreed { version, lane } => {
            agreed_lane = lane;
            ("agreed", Some(version), None, None)
        }
        State::Refused { status, words } => ("refused", None, status, Some(words)),
        State::Ended { words } => ("ended", None, None, words),
    };
    let state = object([
        ("is", json!(is)),
        ("lane", json!(agreed_lane)),
        ("version", json!(version)),
        ("status", json!(status)),
        ("words", json!(words)),
    ]);
    let told: Vec<Json> = moved.told.into_iter().map(told).collect();
    object([
        ("frames", json!(frames)),
        ("state", state),
        ("told", if told.is_empty() { Json::Null } else { told.into() }),
    ])
}

fn told(told: Told) -> Json {
    match told {
        Told::Asked { request, message } => {
            json!({ "is": "asked", "request": request, "message": message })
        }
        Told::Told(message) => json!({ "is": "told", "message": message }),
        Told::Answered { call, message } => {
            json!({ "is": "answered", "call": call, "message": message })
        }
        Told::Failed { call, words } => json!({ "is": "failed", "call": call, "words": words }),
        Told::Gone => json!({ "is": "gone" }),
        Told::Newer(metadata) => json!({ "is": "newer", "metadata": metadata }),
        Told::Misread(words) => json!({ "is": "misread", "words": words }),
        Told::Panicked(words) => json!({ "is": "panicked", "words": words }),
        Told::Words(words) => json!({ "is": "words", "words": words }),
    }
}

thread_local! {
    /// The panic of the call that runs on this thread; none where nothing is caught.
    static CAUGHT: RefCell<Option<Option<Panicked>>> = const { RefCell::new(None) };
}

/// Runs a call; its panic is a value, and is not printed.
fn caught<T>(call: impl FnOnce() -> T) -> Result<T, Panicked> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !is_kept(info) {
                before(info);
            }
        }));
    });
    CAUGHT.set(Some(None));
    // What the panic leaves of the testee is for the testee to answer for.
    let result = panic::catch_unwind(AssertUnwindSafe(call));
    let panicked = CAUGHT.take().flatten();
    result.map_err(|_| {
        panicked.unwrap_or_else(|| Panicked { words: "without a word".to_owned(), place: None })
    })
}

/// Keeps what a panic says, if it is one that is caught.
fn is_kept(info: &PanicHookInfo<'_>) -> bool {
    CAUGHT.with_borrow_mut(|caught| {
        let Some(caught) = caught else { return false };
        let words = info.payload_as_str().unwrap_or("without a word").to_owned();
        let place = info.location().map(|place| format!("{}:{}", place.file(), place.line()));
        *caught = Some(Panicked { words, place });
        true
    })
}
