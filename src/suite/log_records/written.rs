//! Which records a release writes by itself, and which only when it is told to (09 §3, §4).

use std::fmt;

use crate::fabric::gates::rule;
use crate::fabric::log_records::LogRecord;
use crate::fabric::log_records::apply::Feature;
use crate::fabric::log_records::command::Command;
use crate::fabric::log_records::effect::{EffectKind, EventType, ServiceProtocolVersion};
use crate::fabric::log_records::header::{Destination, ProducerId};
use crate::fabric::log_records::invocation::InvocationSource;
use crate::fabric::log_records::journal_v2::RawEntry;
use crate::fabric::release::Release;

/// When a release writes a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Writing {
    /// Without any switch.
    Default,
    /// When an operator or a client does something.
    Action,
    /// Behind a switch.
    Switch,
    /// The value can be formed, and no code writes it.
    Never,
}

impl fmt::Display for Writing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Default => "default",
            Self::Action => "action",
            Self::Switch => "switch",
            Self::Never => "never",
        })
    }
}

/// When a release writes a record: the rarest of what is in it.
pub fn writing(record: &LogRecord, release: Release) -> Writing {
    let Destination::Processor(dest) = &record.header.dest;
    let producer = match dest.dedup.as_ref().map(|dedup| &dedup.producer_id) {
        Some(ProducerId::Producer(_)) => {
            default_if(rule!("writes.Producer", release), Writing::Switch)
        }
        _ => Writing::Default,
    };
    of_command(&record.command, release).max(producer)
}

/// Default where a rule of the table is open.
fn default_if(is_open: bool, otherwise: Writing) -> Writing {
    if is_open { Writing::Default } else { otherwise }
}

fn of_command(command: &Command, release: Release) -> Writing {
    match command {
        Command::PatchState(_)
        | Command::TerminateInvocation(_)
        | Command::ResumeInvocation(_)
        | Command::RestartAsNewInvocation(_)
        | Command::UpsertRuleBook(_) => Writing::Action,
        Command::ProxyThrough(_) => {
            default_if(rule!("writes.ProxyThrough", release), Writing::Never)
        }
        Command::ScheduleTimer(_) => {
            default_if(rule!("writes.ScheduleTimer", release), Writing::Never)
        }
        Command::VersionBarrier(barrier) => {
            let default = default_if(rule!("writes.VersionBarrier", release), Writing::Never);
            let of_feature = |number: &u16| match Feature::of(*number, release) {
                Some(Feature::JournalV2) => Writing::Default,
                Some(_) => Writing::Switch,
                None => Writing::Never,
            };
            barrier.feature_changes.iter().map(of_feature).fold(default, Writing::max)
        }
        Command::UpdatePartitionDurability(_) => {
            let switch =
                default_if(rule!("switch.UpdatePartitionDurability", release), Writing::Never);
            let otherwise = switch.max(Writing::Switch);
            default_if(rule!("writes.UpdatePartitionDurability", release), otherwise)
        }
        Command::UpsertSchema(_) => {
            default_if(rule!("writes.UpsertSchema", release), Writing::Never)
        }
        Command::VQWaitingToRunning(_)
        | Command::VQYieldRunning(_)
        | Command::PauseInvocation(_)
        | Command::VQSchedulerDecisions(_) => Writing::Switch,
        Command::NotifyGetInvocationOutputResponse(_)
        | Command::VQueuesPause(_)
        | Command::VQueuesResume(_) => Writing::Never,
        Command::Invoke(it) if matches!(it.source, InvocationSource::RestartAsNew(_)) => {
            Writing::Never
        }
        // Nobody knows whether a client can place one (09 §8, L20).
        Command::Invoke(it) if it.span_context.span_context.trace_state.is_odd() => Writing::Action,
        Command::InvokerEffect(effect) => of_effect(&effect.kind, release),
        _ => Writing::Default,
    }
}

fn of_effect(kind: &EffectKind, release: Release) -> Writing {
    match kind {
        EffectKind::PinnedDeployment(it) => match it.service_protocol_version {
            ServiceProtocolVersion::V6 => default_if(rule!("writes.V6", release), Writing::Switch),
            ServiceProtocolVersion::V7 => Writing::Switch,
            _ => Writing::Default,
        },
        EffectKind::JournalEntryV2(it) => match &it.entry.0 {
            Some(entry) if matches!(entry.inner, RawEntry::Event(_)) => {
                let switch = default_if(rule!("switch.RawEntry.Event", release), Writing::Never);
                switch.max(Writing::Switch)
            }
            _ => default_if(rule!("writes.JournalEntryV2", release), Writing::Never),
        },
        EffectKind::JournalEntryV2RawEntry(_) => {
            default_if(rule!("writes.JournalEntryV2RawEntry", release), Writing::Never)
        }
        EffectKind::JournalEvent(it) if it.event.ty == EventType::Suspended => Writing::Never,
        EffectKind::JournalEvent(_) => {
            default_if(rule!("writes.JournalEvent", release), Writing::Switch)
        }
        EffectKind::Paused(_) => default_if(rule!("writes.Paused", release), Writing::Action),
        EffectKind::SuspendedV3(_) | EffectKind::Yield(_) => Writing::Switch,
        _ => Writing::Default,
    }
}
