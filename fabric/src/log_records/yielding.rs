//! An invocation that makes room for others (09 §4).

use std::num::NonZeroU64;

use super::effect::Event;
use crate::codec::describe::prelude::*;

record! {
    /// The invoker gave an invocation back before it was done.
    pub struct Yield [variant()] {
        reason: YieldReason,
        error_event: Option<Event> [omit_default()],
        /// When it goes on, in seconds.
        resume_at: Option<u32>,
    }
}

/// Why an invocation was given back: a map that says which reason it is under the key `reason`. Of
/// all names of this layer only these may be unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum YieldReason {
    /// A reason that the reader does not know.
    #[default]
    Unknown,
    /// The partition has another leader.
    PartitionLeaderChange,
    /// There is not enough memory.
    ExhaustedMemoryBudget {
        /// How many bytes it takes.
        needed_memory: NonZeroU64,
    },
    /// It failed and may be tried again.
    TransientError {
        /// How often it was tried.
        retry_attempts: u32,
        /// How often since the last command was stored.
        retry_count_since_last_stored_command: u32,
    },
    /// The invoker has too much to do.
    InvokerLoadShedding,
}

const MEMORY: &str = "needed_memory";
const ATTEMPTS: &str = "retry_attempts";
const SINCE_STORED: &str = "retry_count_since_last_stored_command";

record! {
    /// The members that a reason may have.
    pub struct YieldParts [variant()] {
        reason: String,
        needed_memory: Option<u64> [omit_default()],
        retry_attempts: Option<u32> [omit_default()],
        retry_count_since_last_stored_command: Option<u32> [omit_default()],
    }
}

impl YieldReason {
    const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "Unknown",
            Self::PartitionLeaderChange => "PartitionLeaderChange",
            Self::ExhaustedMemoryBudget { .. } => "ExhaustedMemoryBudget",
            Self::TransientError { .. } => "TransientError",
            Self::InvokerLoadShedding => "InvokerLoadShedding",
        }
    }

    /// The value of a member, which must be there.
    fn member<'a, N: Node<'a>, T: Tree>(
        node: N,
        name: &'static str,
        cx: Context,
    ) -> Result<T, Fault> {
        let mut members = node.map()?.filter(|(key, _)| *key == name);
        let Some((_, value)) = members.next() else {
            return Err(node.fault(FaultKind::Missing).in_field(name));
        };
        if members.next().is_some() {
            return Err(node.fault(FaultKind::Repeated).in_field(name));
        }
        T::read(value, cx).map_err(|fault| fault.in_field(name))
    }
}

impl Tree for YieldReason {
    const SHAPE: Shape = YieldParts::SHAPE;

    fn write<S: Sink>(&self, sink: &mut S, cx: Context) {
        let mut parts = YieldParts { reason: self.name().to_owned(), ..YieldParts::default() };
        match *self {
            Self::ExhaustedMemoryBudget { needed_memory } => {
                parts.needed_memory = Some(needed_memory.get());
            }
            Self::TransientError { retry_attempts, retry_count_since_last_stored_command } => {
                parts.retry_attempts = Some(retry_attempts);
                parts.retry_count_since_last_stored_command =
                    Some(retry_count_since_last_stored_command);
            }
            _ => {}
        }
        parts.write(sink, cx);
    }

    fn read<'a, N: Node<'a>>(node: N, cx: Context) -> Result<Self, Fault> {
        let name: String = Self::member(node, "reason", cx)?;
        Ok(match name.as_str() {
            "PartitionLeaderChange" => Self::PartitionLeaderChange,
            "ExhaustedMemoryBudget" => {
                let bytes = Self::member::<N, u64>(node, MEMORY, cx)?;
                let needed_memory = NonZeroU64::new(bytes).ok_or_else(|| {
                    node.fault(FaultKind::OutOfRange { what: "a number from 1 on" })
                        .in_field(MEMORY)
                })?;
                Self::ExhaustedMemoryBudget { needed_memory }
            }
            "TransientError" => Self::TransientError {
                retry_attempts: Self::member(node, ATTEMPTS, cx)?,
                retry_count_since_last_stored_command: Self::member(node, SINCE_STORED, cx)?,
            },
            "InvokerLoadShedding" => Self::InvokerLoadShedding,
            _ => Self::Unknown,
        })
    }

    fn fit(&mut self, _: Context) -> Result<(), Unfit> {
        Ok(())
    }
}
