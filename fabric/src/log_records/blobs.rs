//! What 1.7 keeps in bilrost inside the blobs of its commands, and reads when it applies them
//! (09 §3.3).

use bytes::Bytes;
use serde_json::Value as Json;

use super::command::Command;
use crate::codec::describe::prelude::*;
use crate::codec::json;
use crate::messages::ids::MillisSinceEpoch;
use crate::messages::rpc::Blob;
use crate::messages::text_ids::InvocationId;

record! {
    /// The rules by which invocations are limited, as a command brings them.
    pub struct RuleBookCommand {
        rule_book: RuleBook = 1,
    }
}

record! {
    /// The rules by which invocations are limited.
    pub struct RuleBook {
        version: u32 = 1,
        /// By the pattern of what they are about.
        rules: PairMap<String, Rule> = 2,
    }
}

record! {
    /// One rule.
    pub struct Rule {
        version: u32 = 1,
        /// A message that is kept as it is.
        limits: Bytes = 3,
        description: Option<String> = 4,
        disabled: bool = 5,
        last_modified: MillisSinceEpoch = 6,
    }
}

record! {
    /// Pauses an invocation.
    pub struct PauseInvocation {
        invocation_id: String = 1,
        request_id: Option<RequestId> = 2,
    }
}

record! {
    /// The request of an operator.
    pub struct RequestId {
        id: u128 = 0,
    }
}

record! {
    /// Queues that are paused, or that go on.
    pub struct Queues {
        queues: Vec<QueueId> = 1,
    }
}

record! {
    /// The id of a queue.
    pub struct QueueId {
        bytes: Bytes = 0,
    }
}

/// Bytes of the id of a queue.
const QUEUE_ID_LEN: usize = 25;

record! {
    /// What the scheduler decided for each queue. The decisions are kept as they are.
    pub struct SchedulerDecisions {
        decisions: Vec<Bytes> = 1,
    }
}

/// What a command has in its blob.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// The rules by which invocations are limited.
    RuleBook(RuleBookCommand),
    /// Who is paused.
    Pause(PauseInvocation),
    /// Queues that are paused, or that go on.
    Queues(Queues),
    /// What the scheduler decided.
    Decisions(SchedulerDecisions),
}

/// The blob of a command, if it has one.
pub fn blob(command: &mut Command) -> Option<&mut Blob> {
    match command {
        Command::UpsertRuleBook(it) => Some(&mut it.command),
        Command::PauseInvocation(blob)
        | Command::VQueuesPause(blob)
        | Command::VQueuesResume(blob)
        | Command::VQSchedulerDecisions(blob) => Some(blob),
        _ => None,
    }
}

impl Content {
    /// Reads what a command has in a blob, if it has one, as the processor does when it applies it.
    ///
    /// # Errors
    ///
    /// What is wrong with the bytes in the blob.
    pub fn of(command: &Command, cx: Context) -> Result<Option<Self>, Fault> {
        let content = match command {
            Command::UpsertRuleBook(it) => Self::RuleBook(bilrost::decode(&it.command.0, cx)?),
            Command::PauseInvocation(blob) => {
                let pause: PauseInvocation = bilrost::decode(&blob.0, cx)?;
                pause.verify()?;
                Self::Pause(pause)
            }
            Command::VQueuesPause(blob) | Command::VQueuesResume(blob) => {
                let queues: Queues = bilrost::decode(&blob.0, cx)?;
                queues.verify()?;
                Self::Queues(queues)
            }
            Command::VQSchedulerDecisions(blob) => Self::Decisions(bilrost::decode(&blob.0, cx)?),
            _ => return Ok(None),
        };
        Ok(Some(content))
    }

    /// What is in it.
    pub fn shape(&self) -> Shape {
        match self {
            Self::RuleBook(_) => RuleBookCommand::SHAPE,
            Self::Pause(_) => PauseInvocation::SHAPE,
            Self::Queues(_) => Queues::SHAPE,
            Self::Decisions(_) => SchedulerDecisions::SHAPE,
        }
    }

    /// Its JSON form, as a release has it.
    ///
    /// # Errors
    ///
    /// What the release cannot express.
    pub fn to_json(&self, cx: Context) -> Result<Json, Unfit> {
        match self {
            Self::RuleBook(it) => json::to_json(it, cx),
            Self::Pause(it) => json::to_json(it, cx),
            Self::Queues(it) => json::to_json(it, cx),
            Self::Decisions(it) => json::to_json(it, cx),
        }
    }
}

impl PauseInvocation {
    fn verify(&self) -> Result<(), Fault> {
        let id = &self.invocation_id;
        InvocationId::parse(id).map(drop).ok_or_else(|| {
            let found = FaultKind::excerpt(id);
            let kind = FaultKind::Malformed { expected: "an invocation id", found };
            Fault::new(kind).in_field("invocation_id")
        })
    }
}

impl Queues {
    fn verify(&self) -> Result<(), Fault> {
        match self.queues.iter().position(|id| id.bytes.len() != QUEUE_ID_LEN) {
            Some(index) => {
                let kind = FaultKind::OutOfRange { what: "the id of a queue" };
                Err(Fault::new(kind).in_element(index).in_field("queues"))
            }
            None => Ok(()),
        }
    }
}
