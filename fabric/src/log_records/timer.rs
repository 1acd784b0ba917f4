//! Timers (09 §3.1).

use super::invocation::ServiceInvocation;
use crate::codec::describe::prelude::*;
use crate::gates::rule;
use crate::messages::text_ids::{InvocationId, InvocationUuid};

record! {
    /// A timer that has fired, or that is set. Kind and value need not agree.
    pub struct TimerEntry {
        timer_key: TimerKey,
        value: TimerValue,
    }
}

record! {
    /// By what timers are ordered.
    pub struct TimerKey {
        /// In milliseconds since 1970.
        timestamp: u64,
        kind: TimerKeyKind,
    }
}

one_of! {
    /// What a timer is for.
    pub enum TimerKeyKind {
        Invoke(TimerOfInvocation),
        NeoInvoke(TimerOfInvocation),
        CompleteJournalEntry(TimerOfEntry),
        CleanInvocationStatus(TimerOfInvocation),
    }
}

record! {
    /// An invocation.
    pub struct TimerOfInvocation [variant()] {
        invocation_uuid: InvocationUuid,
    }
}

record! {
    /// An entry of the journal of an invocation.
    pub struct TimerOfEntry [variant()] {
        invocation_uuid: InvocationUuid,
        journal_index: u32,
    }
}

one_of! {
    /// What a timer does.
    #[allow(clippy::large_enum_variant, reason = "there are few of them at a time")]
    pub enum TimerValue {
        Invoke(ServiceInvocation),
        CompleteJournalEntry(CompletedEntry),
        CleanInvocationStatus(InvocationId),
        NeoInvoke(InvocationId),
    }
}

/// The entry that a timer completes: a list of the invocation and the index, and in some releases
/// the epoch of the invocation, which is left out when it is 0 and which nobody writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CompletedEntry {
    /// The invocation.
    pub invocation_id: InvocationId,
    /// The index of the entry in its journal.
    pub index: u32,
    /// The epoch of the invocation.
    pub epoch: u32,
}

impl CompletedEntry {
    fn has_epoch(cx: Context) -> bool {
        rule!("timer.has_epoch", cx.release)
    }
}

impl Tree for CompletedEntry {
    const SHAPE: Shape = <(InvocationId, u32) as Tree>::SHAPE;

    fn write<S: Sink>(&self, sink: &mut S, cx: Context) {
        let is_long = self.epoch != 0;
        if is_long && !Self::has_epoch(cx) {
            sink.refuse(Unfit::new("CompletedEntry", "epoch"));
        }
        let list = sink.begin_list(if is_long { 3 } else { 2 });
        self.invocation_id.write(sink, cx);
        self.index.write(sink, cx);
        if is_long {
            self.epoch.write(sink, cx);
        }
        sink.end_list(list);
    }

    fn read<'a, N: Node<'a>>(node: N, cx: Context) -> Result<Self, Fault> {
        let mut list = node.list()?;
        let found = list.len();
        let (Some(first), Some(second)) = (list.next(), list.next()) else {
            return Err(node.fault(FaultKind::WrongLength { expected: 2, found }));
        };
        Ok(Self {
            invocation_id: InvocationId::read(first, cx).map_err(|fault| fault.in_element(0))?,
            index: u32::read(second, cx).map_err(|fault| fault.in_element(1))?,
            epoch: match list.next() {
                Some(third) if Self::has_epoch(cx) => {
                    u32::read(third, cx).map_err(|fault| fault.in_element(2))?
                }
                _ => 0,
            },
        })
    }

    fn fit(&mut self, cx: Context) -> Result<(), Unfit> {
        if !Self::has_epoch(cx) {
            self.epoch = 0;
        }
        Ok(())
    }
}
