//! A protocol of one's own in the matrix: two releases of a node that greets. The second one can be
//! loud, which the first does not know. `docs/own-protocol.md` goes through it.

use bytes::Bytes;
use serde_json::{Value as Json, json};
use skewproof::harness::skew::matrix::Cell;
use skewproof::harness::skew::peer::{Accepted, Offer, Refusal};
use skewproof::harness::skew::{Allowance, Layer, Peer, Selection, Skew, Topic};

/// A value can hold what any release knows.
#[derive(Debug, Clone, PartialEq)]
struct Greeting {
    word: String,
    loudness: u8,
}

/// A node of one release. Its highest version has the same number.
struct Greeter {
    name: &'static str,
    release: u8,
}

impl Peer for Greeter {
    type Value = Greeting;

    fn name(&self) -> &str {
        self.name
    }

    fn layers(&self) -> Vec<Layer> {
        (1..=i32::from(self.release)).map(Layer::Version).collect()
    }

    fn lanes(&self) -> Vec<&'static str> {
        vec!["all"]
    }

    fn lane_of(&self, _: &Greeting) -> &'static str {
        "all"
    }

    /// The first byte of a connection is the highest version that the dialler speaks.
    fn dial(&self, offer: Offer) -> Result<Bytes, String> {
        let highest = offer.pinned.unwrap_or(self.release.into());
        Ok(vec![u8::try_from(highest).map_err(|error| error.to_string())?].into())
    }

    /// The answer is the version of the connection.
    fn accept(&self, hello: &Bytes) -> Result<Accepted, Refusal> {
        let nothing = || Refusal { status: 1, text: "no version".to_owned() };
        let version = self.release.min(*hello.first().ok_or_else(nothing)?);
        Ok(Accepted { version: version.into(), lane: "all", answer: vec![version].into() })
    }

    fn conclude(&self, answer: Result<&Bytes, &Refusal>) -> Result<i32, String> {
        let answer = answer.map_err(|refusal| refusal.text.clone())?;
        answer.first().map(|version| i32::from(*version)).ok_or_else(|| "no answer".to_owned())
    }

    fn hold(&self, _: Layer, value: &Greeting) -> Option<Greeting> {
        let loudness = if self.release >= 2 { value.loudness } else { 0 };
        Some(Greeting { loudness, ..value.clone() })
    }

    /// What is louder than 8 has no form at version 1.
    fn is_carried(&self, layer: Layer, value: &Greeting) -> bool {
        layer != Layer::Version(1) || value.loudness <= 8
    }

    fn encode(&self, layer: Layer, value: &Greeting) -> Result<Bytes, String> {
        if !self.is_carried(layer, value) {
            return Err("so loud only from version 2 on".to_owned());
        }
        Ok([&[value.loudness], value.word.as_bytes()].concat().into())
    }

    fn decode(&self, _: Layer, _: &Greeting, bytes: &Bytes) -> Result<Greeting, String> {
        let (loudness, word) = bytes.split_first().ok_or("byte 0: nothing")?;
        let word = str::from_utf8(word).map_err(|error| error.to_string())?.to_owned();
        let loudness = if self.release >= 2 { *loudness } else { 0 };
        Ok(Greeting { word, loudness })
    }

    fn panics_by(&self, _: Layer, _: &Greeting) -> Option<String> {
        None
    }

    fn understood(&self, layer: Layer, sent: &Greeting, _: &Self) -> Option<Greeting> {
        self.hold(layer, sent)
    }

    fn show(&self, _: Layer, value: &Greeting) -> Json {
        json!({ "word": value.word, "loudness": value.loudness })
    }

    fn explain(&self, _: Layer, _: &Greeting, bytes: &Bytes) -> String {
        format!("{bytes:?}")
    }
}

/// The only loss that may happen.
const ALLOWED: &[Allowance] = &[Allowance {
    message: "Greeting",
    field: "loudness",
    is_rewritten: false,
    reason: "came with the second release",
}];

/// What comes of every value between every two nodes, a line each.
pub fn lines() -> Vec<String> {
    let greeting = |loudness| Greeting { word: "hi".to_owned(), loudness };
    let samples = [("plain", greeting(0)), ("loud", greeting(3)), ("shout", greeting(9))];
    let samples = samples.map(|(name, value)| (name.to_owned(), value)).to_vec();
    let topics = vec![Topic { name: "Greeting", is_envelope: false, samples }];
    let nodes = vec![Greeter { name: "1.0", release: 1 }, Greeter { name: "2.0", release: 2 }];
    let matrix = Skew::new(nodes, topics, ALLOWED).run(&Selection::default(), &|| {});
    let line = |cell: Cell<'_>| {
        let line = format!("{}  {}", cell.address().as_str(), cell.outcome.class().meaning());
        match cell.outcome.to_string() {
            reason if reason.is_empty() => line,
            reason => format!("{line}: {reason}"),
        }
    };
    matrix.cells().map(line).collect()
}

fn main() {
    lines().iter().for_each(|line| println!("{line}"));
}
