//! One question: its members, each of its type or a fault that says which is not.

use std::ops::RangeInclusive;

use serde_json::{Map, Value as Json};

use crate::hex;
use crate::testee::{At, Change, Deed, Input, No, Opening, Payload, Role};

/// What can happen to a session.
const INPUTS: [&str; 5] = ["frame", "close", "break", "headers", "refused"];

/// A question.
#[derive(Debug)]
pub struct Question {
    /// What its answer is told by.
    pub id: Json,
    members: Map<String, Json>,
}

impl Question {
    /// What was read from a line; or why that is no question.
    pub fn new(read: Json) -> Result<Self, String> {
        let Json::Object(mut members) = read else {
            return Err("a question is an object".to_owned());
        };
        let id = members.remove("id").ok_or("a question has an `id`")?;
        Ok(Self { id, members })
    }

    /// What is asked.
    pub fn verb(&self) -> Result<&str, No> {
        self.text("verb")
    }

    /// The message and the version that it is about.
    pub fn at(&self) -> Result<At<'_>, No> {
        let version = self.has("version").then(|| self.number("version")).transpose()?;
        Ok(At { message: self.text("message")?, version })
    }

    /// The bytes of `hex`.
    pub fn bytes(&self) -> Result<Vec<u8>, No> {
        self.bytes_of("hex")
    }

    /// The `value`.
    pub fn value(&self) -> Result<&Json, No> {
        self.member("value")
    }

    /// The questions of a batch.
    pub fn take_asks(&mut self) -> Result<Vec<Json>, No> {
        match self.members.remove("asks") {
            Some(Json::Array(asks)) => Ok(asks),
            _ => Err(wrong("asks", "is not an array")),
        }
    }

    /// The number of the session.
    pub fn session(&self) -> Result<u64, No> {
        self.count("session")
    }

    /// How a session begins.
    pub fn opening(&self) -> Result<Opening, No> {
        let role = match self.text("role")? {
            "initiator" => Role::Initiator,
            "acceptor" => Role::Acceptor,
            _ => return Err(wrong("role", "is neither initiator nor acceptor")),
        };
        let lane = self.has("lane").then(|| self.text("lane").map(str::to_owned)).transpose()?;
        let offer = self.has("offer").then(|| self.offer()).transpose()?;
        Ok(Opening { role, lane, offer, config: self.config() })
    }

    /// What a node is told of itself and its cluster.
    pub fn config(&self) -> Json {
        self.members.get("config").cloned().unwrap_or_else(|| Map::new().into())
    }

    fn offer(&self) -> Result<RangeInclusive<i32>, No> {
        let offer = self.inner("offer")?;
        Ok(offer.number("min")?..=offer.number("max")?)
    }

    /// What happens to a session.
    pub fn input(&self) -> Result<Input, No> {
        let given: Vec<&str> = INPUTS.into_iter().filter(|name| self.has(name)).collect();
        match given.as_slice() {
            ["frame"] => self.bytes_of("frame").map(Input::Frame),
            ["close"] => Ok(Input::Close),
            ["break"] => Ok(Input::Break),
            ["headers"] => Ok(Input::Headers),
            ["refused"] => {
                let refused = self.inner("refused")?;
                let words = refused.text("words")?.to_owned();
                Ok(Input::Refused { status: refused.number("status")?, words })
            }
            _ => Err(No::Fault(format!("one of `{}` is needed", INPUTS.join("`, `")))),
        }
    }

    /// What the owner of a session does.
    pub fn deed(&self) -> Result<Deed, No> {
        Ok(match self.text("do")? {
            "call" => {
                Deed::Call { message: self.payload()?, patience_ms: self.count("patience_ms")? }
            }
            "tell" => Deed::Tell(self.payload()?),
            "reply" => Deed::Reply { request: self.count("request")?, message: self.payload()? },
            "fail" => {
                let status = self.text("status")?.to_owned();
                Deed::Fail { request: self.count("request")?, status }
            }
            "drain" => Deed::Drain { is_shutdown: self.has("shutdown") },
            other => return Err(wrong("do", &format!("is {other:?}, which nobody does"))),
        })
    }

    /// The number of a service, and how it changes.
    pub fn change(&self) -> Result<(i32, Change), No> {
        let change = if self.has("lacks") {
            Change::Lacks(self.count("lacks")?)
        } else {
            Change::Is(self.text("is")?.to_owned())
        };
        Ok((self.number("service")?, change))
    }

    fn payload(&self) -> Result<Payload, No> {
        let message = self.text("message")?.to_owned();
        Ok(Payload { message, version: self.number("version")?, bytes: self.bytes()? })
    }

    /// A number from 0 on.
    pub fn count(&self, name: &str) -> Result<u64, No> {
        self.member(name)?.as_u64().ok_or_else(|| wrong(name, "is not a number from 0 on"))
    }

    /// Whether the member is there. One that is null is not.
    fn has(&self, name: &str) -> bool {
        self.members.get(name).is_some_and(|member| !member.is_null())
    }

    fn member(&self, name: &str) -> Result<&Json, No> {
        self.members.get(name).ok_or_else(|| wrong(name, "is missing"))
    }

    fn text(&self, name: &str) -> Result<&str, No> {
        self.member(name)?.as_str().ok_or_else(|| wrong(name, "is not text"))
    }

    fn number(&self, name: &str) -> Result<i32, No> {
        let number = self.member(name)?.as_i64().and_then(|number| i32::try_from(number).ok());
        number.ok_or_else(|| wrong(name, "is not a number of 32 bits"))
    }

    fn bytes_of(&self, name: &str) -> Result<Vec<u8>, No> {
        hex::read(self.text(name)?).map_err(|what| wrong(name, &what))
    }

    /// An object inside, with the same rules.
    fn inner(&self, name: &str) -> Result<Self, No> {
        match self.member(name)? {
            Json::Object(members) => Ok(Self { id: Json::Null, members: members.clone() }),
            _ => Err(wrong(name, "is not an object")),
        }
    }
}

fn wrong(name: &str, what: &str) -> No {
    No::Fault(format!("`{name}` {what}"))
}
