//! A testee as the party that a script is played to: it says what it sends, how it stands, and what its
//! owner is told.
//!
//! In which order it does those, and what it lets fall, it does not say: scripts are compared without
//! that.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value as Json, json};

use super::party::{END, Happens, Party, Seen};
use super::sheet::{PATIENCE, Setting, Sheet};
use super::stage::{self, CLUSTER, NODE};
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::envelope::{GenerationalNodeId, RpcStatus};
use crate::fabric::negotiation::StatusCode;
use crate::fabric::session::{DrainReason, ServiceState};
use crate::harness::boundary::{Breach, Panicked};
use crate::harness::testee::No;
use crate::suite::compare::Difference;
use crate::suite::testee::{Behind, Done, Stands, Talk, status_named};

/// The lane of the connections of scripts.
const LANE: &str = "GOSSIP";
/// Why what services do is not tried.
const NO_SERVICES: &str = "its services cannot be changed: its hello does not have `service`";
/// A panic that the process outlives, as lines are compared.
const PANICS: &str = "(panics)";
/// What begins the lines of which a testee says nothing that can be compared.
const UNSAID: [&str; 4] = ["(dropped: ", "(metadata ", "(peer ", "(no agreement: "];

/// Plays the steps to sessions of a testee.
///
/// # Errors
///
/// What it broke, or why it was not tried; inside of that, the first time that something else is seen than
/// is expected.
pub fn play(
    sheet: Sheet,
    testee: &Behind,
    requirement: &'static str,
) -> Result<Result<(), Difference>, No> {
    let setting = sheet.setting;
    testee.talk(|talk| {
        let mut piped = Piped {
            setting,
            has_services: testee.has_services(),
            talk,
            lines: Vec::new(),
            asked: BTreeSet::new(),
            requests: Vec::new(),
            broke: None,
        };
        let played = stage::play(sheet, &mut piped, requirement);
        piped.broke.map_or(Ok(played), Err)
    })
}

/// A session, as far as it was told of.
#[derive(Default)]
struct Line {
    stands: Stands,
    seen: VecDeque<Seen>,
}

struct Piped<'a, 't> {
    setting: Setting,
    has_services: bool,
    talk: &'a mut Talk<'t>,
    lines: Vec<Line>,
    /// The sessions that were asked since all had settled.
    asked: BTreeSet<usize>,
    /// The session in which each request was made, and the number that it has there.
    requests: Vec<(usize, u64)>,
    broke: Option<No>,
}

impl Piped<'_, '_> {
    /// Asks something about a session, and takes down what it does. A refusal comes back.
    fn ask(
        &mut self,
        index: usize,
        ask: impl FnOnce(&mut Talk<'_>) -> Result<Done, No>,
    ) -> Result<(), String> {
        if self.broke.is_some() {
            return Ok(());
        }
        self.asked.insert(index);
        match ask(self.talk) {
            Ok(done) => self.note(index, done),
            Err(No::Refused(words)) => return Err(words),
            Err(No::Broke(Breach::Panicked(Panicked { .. }))) => self.says(index, PANICS),
            Err(broke) => self.broke = Some(broke),
        }
        Ok(())
    }

    /// The same of what nobody refuses.
    fn tell_of(&mut self, index: usize, ask: impl FnOnce(&mut Talk<'_>) -> Result<Done, No>) {
        if let Err(words) = self.ask(index, ask) {
            self.says(index, &format!("error: {words}"));
        }
    }

    fn says(&mut self, index: usize, line: &str) {
        self.sees(index, Seen::Line(line.to_owned()));
    }

    fn sees(&mut self, index: usize, seen: Seen) {
        if let Some(line) = self.lines.get_mut(index) {
            line.seen.push_back(seen);
        }
    }

    fn note(&mut self, index: usize, done: Done) {
        let Done { frames, stands, told, .. } = done;
        frames.into_iter().for_each(|frame| self.sees(index, Seen::Frame(frame)));
        let before = self.lines.get(index).map(|line| line.stands).unwrap_or_default();
        if stands != before {
            let line = match stands {
                Stands::Waiting => String::new(),
                Stands::Agreed(number) => format!("(open at V{number})"),
                Stands::Refused(Some(status)) => {
                    let code = u8::try_from(status).ok().and_then(StatusCode::from_number);
                    code.map_or_else(
                        || format!("refused: {status}"),
                        |code| format!("refused: {code:?}"),
                    )
                }
                Stands::Refused(None) | Stands::Ended => END.to_owned(),
            };
            self.says(index, &line);
        }
        for told in &told {
            self.owner(index, told);
        }
        self.lines.iter_mut().skip(index).take(1).for_each(|line| line.stands = stands);
    }

    /// What the owner is told. What is not known is for people.
    fn owner(&mut self, index: usize, told: &Json) {
        let text = |member: &str| told.get(member).and_then(Json::as_str).unwrap_or_default();
        let number = |member: &str| told.get(member).and_then(Json::as_u64).unwrap_or_default();
        let message = || MessageType::all().find(|of| of.row().word() == text("message"));
        let named = || message().map_or_else(|| text("message").to_owned(), |of| of.to_string());
        let line = match text("is") {
            "asked" => {
                let Some(message) = message() else { return };
                self.requests.push((index, number("request")));
                return self.sees(index, Seen::Asked(self.requests.len() as u64, message));
            }
            "told" => format!("(told {})", named()),
            "answered" => format!("(call {}: {})", number("call"), named()),
            "failed" => {
                let words = text("words");
                let status = status_named(words).map(|status| format!("{status:?}"));
                format!("(call {}: {})", number("call"), status.as_deref().unwrap_or(words))
            }
            "panicked" => PANICS.to_owned(),
            _ => return,
        };
        self.says(index, &line);
    }

    /// The session of a request, and its number there.
    fn request(&self, number: u64) -> Result<(usize, u64), String> {
        let index = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
        let request = index.and_then(|index| self.requests.get(index));
        request.copied().ok_or_else(|| format!("there is no request {number}"))
    }

    fn open(&mut self, role: &str, lane: Option<&str>, peer: GenerationalNodeId) -> usize {
        let index = self.lines.len();
        self.lines.push(Line::default());
        let config =
            json!({ "cluster": CLUSTER, "node": NODE.to_string(), "peer": peer.to_string() });
        self.tell_of(index, |talk| talk.open(index, role, lane, &config));
        index
    }
}

fn ms(now: Duration) -> u64 {
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}

impl Party for Piped<'_, '_> {
    fn connections(&self) -> usize {
        self.lines.len()
    }

    fn dial(&mut self, _: Duration, peer: GenerationalNodeId) -> usize {
        self.open("initiator", Some(LANE), peer)
    }

    fn incoming(&mut self, _: Duration, peer: GenerationalNodeId) -> usize {
        self.open("acceptor", None, peer)
    }

    fn arrives(&mut self, index: usize, _: Duration, bytes: Bytes) {
        self.tell_of(index, |talk| talk.feed(index, ("frame", hex::encode(bytes).into())));
    }

    fn happens(&mut self, index: usize, now: Duration, what: Happens) {
        self.tell_of(index, |talk| match what {
            Happens::Ends => talk.feed(index, ("close", true.into())),
            Happens::Breaks => talk.feed(index, ("break", true.into())),
            Happens::Headers => talk.feed(index, ("headers", true.into())),
            Happens::Time => talk.wake(index, ms(now)),
        });
    }

    fn call(&mut self, index: usize, _: Duration, message: &Message) -> Result<(), String> {
        let (version, patience) = (self.setting.version, ms(PATIENCE).into());
        let more = Some(("patience_ms", patience));
        self.ask(index, |talk| talk.send(index, "call", message, version, more))
    }

    fn tell(&mut self, index: usize, _: Duration, message: &Message) -> Result<(), String> {
        let version = self.setting.version;
        self.ask(index, |talk| talk.send(index, "tell", message, version, None))
    }

    fn reply(&mut self, request: u64, _: Duration, message: &Message) -> Result<(), String> {
        let (index, request) = self.request(request)?;
        let (version, more) = (self.setting.version, Some(("request", request.into())));
        self.ask(index, |talk| talk.send(index, "reply", message, version, more))
    }

    fn fail(&mut self, request: u64, _: Duration, status: RpcStatus) -> Result<(), String> {
        let (index, request) = self.request(request)?;
        self.ask(index, |talk| talk.fail(index, request, status))
    }

    fn drain(&mut self, index: usize, _: Duration, reason: DrainReason) {
        self.tell_of(index, |talk| talk.drain(index, reason));
    }

    fn service(&mut self, service: i32, state: Option<ServiceState>) {
        if self.has_services {
            self.tell_of(0, |talk| talk.service(0, service, state));
        } else {
            self.broke = Some(No::Broke(Breach::NotTried(NO_SERVICES.to_owned())));
        }
    }

    fn lacks(&mut self, service: i32, code: u64) {
        if self.has_services {
            self.tell_of(0, |talk| talk.lacks(0, service, code));
        } else {
            self.broke = Some(No::Broke(Breach::NotTried(NO_SERVICES.to_owned())));
        }
    }

    fn remembered(&self, _: usize) -> Option<usize> {
        None
    }

    /// What a connection does because of another one it says when it is asked.
    fn settle(&mut self, now: Duration) {
        let asked = std::mem::take(&mut self.asked);
        if asked.is_empty() {
            return;
        }
        let others = (0..self.lines.len()).filter(|index| !asked.contains(index));
        for index in others.collect::<Vec<_>>() {
            self.tell_of(index, |talk| talk.wake(index, ms(now)));
        }
        self.asked.clear();
    }

    fn poll(&mut self, index: usize) -> Option<Seen> {
        self.lines.get_mut(index)?.seen.pop_front()
    }

    /// Frames and ends first, then what the owner is told.
    fn as_seen(&self, lines: Vec<String>) -> Vec<String> {
        let is_said = |line: &String| {
            let line = stage::without_where(line);
            !UNSAID.iter().any(|unsaid| line.starts_with(unsaid))
        };
        let plain = |line: String| match stage::without_where(&line) {
            panics if panics.starts_with("(panics") => PANICS.to_owned(),
            error if error.starts_with("error: ") => "error".to_owned(),
            _ => line,
        };
        let lines = lines.into_iter().filter(is_said).map(plain);
        let (told, sent): (Vec<_>, Vec<_>) =
            lines.partition(|line| stage::without_where(line).starts_with('('));
        sent.into_iter().chain(told).collect()
    }

    fn is_gone(&self) -> bool {
        self.broke.is_some()
    }
}
