//! Sides of connections that a testee has: handshakes, and whole sessions.

use std::collections::BTreeSet;

use bytes::Bytes;
use serde_json::{Value as Json, json};

use super::Behind;
use super::behind::{WAITING, or_raise};
use super::node::{service_name, status_name};
use crate::fabric::catalogue::Message;
use crate::fabric::envelope::RpcStatus;
use crate::fabric::session::{DrainReason, ServiceState};
use crate::fabric::version::ProtocolVersion;
use crate::harness::skew::peer::{Accepted, Offer, Refusal};
use crate::harness::testee::{Conversation, DROP, FEED, INFORM, No, OPEN, SEND, SERVICE, WAKE};
use crate::suite::skew::lanes;

/// Asks one question of a conversation.
type Ask<'a> = dyn FnMut(&str, &[(&str, Json)]) -> Result<Json, No> + 'a;

/// A conversation about sessions of one node: all of them are in one process.
pub struct Talk<'a> {
    testee: &'a Behind,
    ask: &'a mut Ask<'a>,
    opened: BTreeSet<usize>,
}

/// What a session does then.
#[derive(Debug, Clone, Default)]
pub struct Done {
    /// The frames that it sends.
    pub frames: Vec<Bytes>,
    /// How it stands.
    pub stands: Stands,
    /// What a connection is for that was agreed on, if it says so.
    pub lane: Option<String>,
    /// Why it stands so, if it says so.
    pub words: String,
    /// What its owner is told, as it was said.
    pub told: Vec<Json>,
}

/// How a session stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Stands {
    /// It waits for the other side.
    #[default]
    Waiting,
    /// The handshake is through, at a version.
    Agreed(i32),
    /// It refuses the other side, with the number of a status if it has one, or was refused.
    Refused(Option<i32>),
    /// It is over.
    Ended,
}

impl Talk<'_> {
    /// Opens a session; `role` and `config` as `docs/testee.md` has them.
    ///
    /// # Errors
    ///
    /// Those of every question: see [`No`].
    pub fn open(
        &mut self,
        session: usize,
        role: &str,
        lane: Option<&str>,
        config: &Json,
    ) -> Result<Done, No> {
        let mut members = vec![("role", role.into()), ("config", config.clone())];
        members.extend(lane.map(|lane| ("lane", lane.into())));
        self.opened.insert(session);
        self.asked(OPEN, session, members)
    }

    /// Something happens to a session: a member of `feed`, and its value.
    ///
    /// # Errors
    ///
    /// Those of every question.
    pub fn feed(&mut self, session: usize, what: (&'static str, Json)) -> Result<Done, No> {
        self.asked(FEED, session, vec![what])
    }

    /// The owner sends a message: what it does, and what else belongs to that.
    ///
    /// # Errors
    ///
    /// Those of every question; that the release has no bytes for the message is a refusal.
    pub fn send(
        &mut self,
        session: usize,
        what: &'static str,
        message: &Message,
        version: ProtocolVersion,
        more: Option<(&'static str, Json)>,
    ) -> Result<Done, No> {
        let release = self.testee.release();
        // What the connection cannot carry is sent in a form in which it can be said.
        let versions = [version, release.highest_version()].map(ProtocolVersion::number);
        let written = |number: i32| Some((number, message.encode(release, number).ok()?));
        let (number, bytes) = versions
            .into_iter()
            .find_map(written)
            .ok_or_else(|| No::Refused("no version has a form for it".to_owned()))?;
        let word = message.message_type().row().word();
        let mut members = vec![
            ("do", what.into()),
            ("message", word.into()),
            ("version", number.into()),
            ("hex", hex::encode(bytes).into()),
        ];
        members.extend(more);
        self.asked(SEND, session, members)
    }

    /// The owner answers a request with a status.
    ///
    /// # Errors
    ///
    /// Those of every question.
    pub fn fail(&mut self, session: usize, request: u64, status: RpcStatus) -> Result<Done, No> {
        let status = status_name(status).unwrap_or_default();
        let members =
            vec![("do", "fail".into()), ("request", request.into()), ("status", status.into())];
        self.asked(SEND, session, members)
    }

    /// The owner ends a connection in good order.
    ///
    /// # Errors
    ///
    /// Those of every question.
    pub fn drain(&mut self, session: usize, reason: DrainReason) -> Result<Done, No> {
        let mut members = vec![("do", "drain".into())];
        members.extend((reason == DrainReason::Shutdown).then(|| ("shutdown", true.into())));
        self.asked(SEND, session, members)
    }

    /// Time has passed.
    ///
    /// # Errors
    ///
    /// Those of every question.
    pub fn wake(&mut self, session: usize, ms: u64) -> Result<Done, No> {
        self.asked(WAKE, session, vec![("ms", ms.into())])
    }

    /// A service of the node is something else from now on.
    ///
    /// # Errors
    ///
    /// Those of every question.
    pub fn service(
        &mut self,
        session: usize,
        service: i32,
        state: Option<ServiceState>,
    ) -> Result<Done, No> {
        let members = vec![("service", service.into()), ("is", service_name(state).into())];
        self.asked(SERVICE, session, members)
    }

    /// A service of the node has nobody for a sort code.
    ///
    /// # Errors
    ///
    /// Those of every question.
    pub fn lacks(&mut self, session: usize, service: i32, code: u64) -> Result<Done, No> {
        self.asked(SERVICE, session, vec![("service", service.into()), ("lacks", code.into())])
    }

    /// Its node knows something else from now on.
    ///
    /// # Errors
    ///
    /// Those of every question.
    pub fn inform(&mut self, session: usize, config: Json) -> Result<Done, No> {
        self.asked(INFORM, session, vec![("config", config)])
    }

    fn asked(
        &mut self,
        verb: &str,
        session: usize,
        members: Vec<(&str, Json)>,
    ) -> Result<Done, No> {
        let session = ("session", Json::from(session));
        let members: Vec<_> = [session].into_iter().chain(members).collect();
        let answer = (self.ask)(verb, &members)?;
        done(&answer).ok_or_else(|| {
            let words = format!("its answer about a session is none: {answer}");
            No::Broke(self.testee.testee().misanswered(&words))
        })
    }

    /// Forgets all sessions.
    fn end(&mut self) -> Result<(), No> {
        for session in std::mem::take(&mut self.opened) {
            (self.ask)(DROP, &[("session", session.into())])?;
        }
        Ok(())
    }
}

/// What an answer says that a session does; none if it does not say it.
fn done(answer: &Json) -> Option<Done> {
    let frames = answer.get("frames")?.as_array()?.iter();
    let frames = frames.map(|frame| Some(Bytes::from(hex::decode(frame.as_str()?).ok()?)));
    let state = answer.get("state")?;
    let number = |member: &str| {
        let number = state.get(member).and_then(Json::as_i64);
        number.and_then(|number| i32::try_from(number).ok())
    };
    let stands = match state.get("is")?.as_str()? {
        "waiting" => Stands::Waiting,
        "agreed" => Stands::Agreed(number("version")?),
        "refused" => Stands::Refused(number("status")),
        "ended" => Stands::Ended,
        _ => return None,
    };
    let told = answer.get("told").and_then(Json::as_array).cloned().unwrap_or_default();
    let text = |member: &str| state.get(member).and_then(Json::as_str).map(str::to_owned);
    let (lane, words) = (text("lane"), text("words").unwrap_or_default());
    Some(Done { frames: frames.collect::<Option<_>>()?, stands, lane, words, told })
}

impl Behind {
    /// Whether it has both sides of a handshake.
    pub fn shakes_hands(&self) -> bool {
        self.can_all(&[OPEN, FEED, DROP])
    }

    /// Whether it has whole sessions, and their owners.
    pub fn has_sessions(&self) -> bool {
        self.shakes_hands() && self.can_all(&[SEND, WAKE])
    }

    /// Whether services of its nodes can change.
    pub fn has_services(&self) -> bool {
        self.can_all(&[SERVICE])
    }

    /// Whether its sessions can be those of a node that learns of others.
    pub fn has_informed_sessions(&self) -> bool {
        self.has_sessions() && self.can_all(&[INFORM])
    }

    fn can_all(&self, verbs: &[&str]) -> bool {
        verbs.iter().all(|verb| self.testee().hello().can(verb))
    }

    /// Talks to it about sessions, all of which are forgotten in the end.
    ///
    /// # Errors
    ///
    /// What kept it from its end: a refusal where none can be, or worse.
    pub fn talk<T>(&self, with: impl FnOnce(&mut Talk<'_>) -> Result<T, No>) -> Result<T, No> {
        self.testee().converse(|ask| {
            let mut talk = Talk { testee: self, ask, opened: BTreeSet::new() };
            let result = with(&mut talk);
            if !matches!(result, Err(No::Broke(_))) {
                talk.end()?;
            }
            result
        })
    }

    /// The same in a conversation that lasts: nothing is forgotten in the end.
    ///
    /// # Errors
    ///
    /// What kept it from its end.
    pub fn talk_in<T>(
        &self,
        conversation: &mut Conversation,
        with: impl FnOnce(&mut Talk<'_>) -> Result<T, No>,
    ) -> Result<T, No> {
        let mut ask = |verb: &str, members: &[(&str, Json)]| conversation.ask(verb, members);
        with(&mut Talk { testee: self, ask: &mut ask, opened: BTreeSet::new() })
    }

    /// The first bytes that it sends.
    ///
    /// # Errors
    ///
    /// If it has none for the offer.
    pub fn dial(&self, offer: Offer, config: &Json) -> Result<Bytes, String> {
        let opened = self.converse(|ask| ask(OPEN, &self.initiator(offer, config)))?;
        Ok(self.first_frame(&opened))
    }

    fn initiator(&self, offer: Offer, config: &Json) -> Vec<(&'static str, Json)> {
        let range = self.release().range();
        let [min, max] = offer.pinned.map_or([range.min, range.max], |pinned| [pinned, pinned]);
        let lane = lanes::of(self.release()).get(offer.lane).copied().unwrap_or(lanes::GENERAL);
        vec![
            ("session", 1.into()),
            ("role", "initiator".into()),
            ("lane", lane.into()),
            ("offer", json!({ "min": min, "max": max })),
            ("config", config.clone()),
        ]
    }

    /// What it makes of the first bytes of another node.
    ///
    /// # Errors
    ///
    /// The refusal.
    pub fn accept(&self, hello: &Bytes, config: &Json) -> Result<Accepted, Refusal> {
        let open = [("session", 1.into()), ("role", "acceptor".into()), ("config", config.clone())];
        let fed = self.converse(|ask| {
            ask(OPEN, &open)?;
            ask(FEED, &[("session", 1.into()), ("frame", hex::encode(hello).into())])
        });
        let fed = fed.map_err(|text| Refusal { status: 0, text })?;
        let state = self.state(&fed);
        match state {
            State::Agreed { version, lane } => {
                let lane = lane.map(|lane| self.lane(&lane)).unwrap_or(lanes::GENERAL);
                Ok(Accepted { version, lane, answer: self.first_frame(&fed) })
            }
            State::Parted { status, words } => Err(Refusal { status, text: words }),
        }
    }

    /// A lane of its release by its name.
    fn lane(&self, name: &str) -> &'static str {
        let lane = lanes::of(self.release()).into_iter().find(|lane| *lane == name);
        lane.unwrap_or_else(|| {
            self.misanswered(&format!("it agrees on a lane {name:?}, which its release has not"))
        })
    }

    /// The version that it takes from the answer to what it dialled with.
    ///
    /// # Errors
    ///
    /// Why it drops the connection.
    pub fn conclude(&self, answer: Result<&Bytes, &Refusal>, config: &Json) -> Result<i32, String> {
        let open = self.initiator(Offer { pinned: None, lane: 0 }, config);
        let fed = match answer {
            Ok(frame) => ("frame", hex::encode(frame).into()),
            Err(Refusal { status, text }) => {
                ("refused", json!({ "status": status, "words": text }))
            }
        };
        let fed = self.converse(|ask| {
            ask(OPEN, &open)?;
            ask(FEED, &[("session", 1.into()), fed])
        })?;
        let state = self.state(&fed);
        match state {
            State::Agreed { version, .. } => Ok(version),
            State::Parted { words, .. } => Err(words),
        }
    }

    fn converse(
        &self,
        with: impl FnOnce(&mut dyn FnMut(&str, &[(&str, Json)]) -> Result<Json, No>) -> Result<Json, No>,
    ) -> Result<Json, String> {
        or_raise(self.testee().converse(|ask| {
            let answer = with(ask);
            // Whatever came of it: the next conversation begins anew.
            if !matches!(answer, Err(No::Broke(_))) {
                ask(DROP, &[("session", 1.into())])?;
            }
            answer
        }))
    }

    fn first_frame(&self, answer: &Json) -> Bytes {
        self.bytes(answer.pointer("/frames/0"))
    }

    /// How a handshake stands that has heard everything.
    fn state(&self, answer: &Json) -> State {
        let state = answer.get("state").unwrap_or(&Json::Null);
        let text = |member: &str| state.get(member).and_then(Json::as_str).map(str::to_owned);
        let number = |member: &str| {
            let number = state.get(member).and_then(Json::as_i64);
            number.and_then(|number| i32::try_from(number).ok())
        };
        let words = || text("words").unwrap_or_default();
        match (text("is").as_deref(), number("version")) {
            (Some("agreed"), Some(version)) => State::Agreed { version, lane: text("lane") },
            (Some("refused" | "ended"), _) => {
                State::Parted { status: number("status").unwrap_or_default(), words: words() }
            }
            // It has heard all that there is to hear.
            (Some("waiting"), _) => State::Parted { status: 0, words: WAITING.to_owned() },
            _ => self.misanswered(&format!("its answer to a handshake has no such state: {state}")),
        }
    }
}

/// How one side of a handshake ends.
enum State {
    Agreed { version: i32, lane: Option<String> },
    Parted { status: i32, words: String },
}
