//! Which records a release writes by itself, and which only when it is told to (09 §3, §4).

use std::fmt;

use crate::fabric::gates::rule;
use crate::fabric::log_records::LogRecord;
use crate::fabric::log_records::apply::Feature;
use crate::fabric::log_records::command::Command;
use crate::fabric::log_records::effect::{EffectKind, EventType, ServiceProtocolVersion};
use crate::fabric::log_records::header::{Destination, ProducerId, Source};
use crate::fabric::log_records::invocation::{InvocationSource, ServiceInvocation};
use crate::fabric::log_records::journal::EntryHeader;
use crate::fabric::log_records::journal_v2::{CommandMetadata, RawEntry};
use crate::fabric::log_records::timer::TimerValue;
use crate::fabric::messages::rpc::span::ServiceInvocationSpanContext;
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
    if !is_signed(&record.header.source, release) {
        return Writing::Never;
    }
    let Destination::Processor(dest) = &record.header.dest;
    let producer = match dest.dedup.as_ref().map(|dedup| &dedup.producer_id) {
        Some(ProducerId::Producer(_)) => {
            default_if(rule!("writes.Producer", release), Writing::Switch)
        }
        _ => Writing::Default,
    };
    // Nobody knows whether a client can place one (09 §8, L20).
    let is_odd = |span: &ServiceInvocationSpanContext| span.span_context.trace_state.is_odd();
    let span = match span(&record.command) {
        Some(span) if is_odd(span) => Writing::Action,
        _ => Writing::Default,
    };
    of_command(&record.command, release).max(producer).max(span)
}

/// Whether a record says of who wrote it what the release always says.
fn is_signed(source: &Source, release: Release) -> bool {
    match source {
        Source::Processor(it) => {
            let is_named = it.partition_id.0.is_some() && it.node_id.0.is_some();
            is_named || !rule!("SourceProcessor.node_id", release)
        }
        Source::Ingress(it) => {
            let is_named = it.node_id.0.is_some() && it.nodes_config_version.0.is_some();
            is_named || !rule!("SourceIngress.node_id", release)
        }
        Source::ControlPlane(_) => true,
    }
}

/// The invocation that a command brings.
fn invocation(command: &Command) -> Option<&ServiceInvocation> {
    match command {
        Command::Invoke(it) | Command::ProxyThrough(it) => Some(it),
        Command::Timer(timer) | Command::ScheduleTimer(timer) => match &timer.value {
            TimerValue::Invoke(it) => Some(it),
            _ => None,
        },
        _ => None,
    }
}

/// The span that a record brings: that of an invocation, or of a call in a journal of either kind.
fn span(command: &Command) -> Option<&ServiceInvocationSpanContext> {
    match command {
        Command::InvokerEffect(effect) => match &effect.kind {
            EffectKind::JournalEntry(it) => match &it.entry.header {
                EntryHeader::Call(call) => Some(&call.enrichment_result.as_ref()?.span_context),
                EntryHeader::OneWayCall(call) => Some(&call.enrichment_result.span_context),
                _ => None,
            },
            EffectKind::JournalEntryV2(it) => {
                let entry = it.entry.0.as_ref().map(|entry| &entry.inner);
                span_of_entry(entry.or(it.raw_entry.as_ref())?)
            }
            EffectKind::JournalEntryV2RawEntry(it) => span_of_entry(&it.raw_entry),
            _ => None,
        },
        other => invocation(other).map(|it| &it.span_context),
    }
}

fn span_of_entry(entry: &RawEntry) -> Option<&ServiceInvocationSpanContext> {
    let RawEntry::Command(command) = entry else { return None };
    match &command.command_specific_metadata {
        CommandMetadata::CallOrSend(call) => Some(&call.span_context),
        CommandMetadata::None => None,
    }
}

/// Default where a rule of the table is open.
fn default_if(is_open: bool, otherwise: Writing) -> Writing {
    if is_open { Writing::Default } else { otherwise }
}

fn of_command(command: &Command, release: Release) -> Writing {
    let brought = invocation(command);
    if brought.is_some_and(|it| matches!(it.source, InvocationSource::RestartAsNew(_))) {
        return Writing::Never;
    }
    match command {
        // Who leads says who it is, and of what.
        Command::AnnounceLeader(it)
            if it.node_id.0.is_none() || it.partition_key_range.0.is_none() =>
        {
            Writing::Never
        }
        Command::PurgeJournal(_) => {
            default_if(rule!("writes.PurgeJournal", release), Writing::Action)
        }
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
            // A key of its own was for an entry, and only ever null.
            None => Writing::Never,
            Some(_) if it.raw_entry.is_some() => Writing::Never,
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
        EffectKind::Paused(it) if it.paused_event.ty == EventType::Suspended => Writing::Never,
        EffectKind::Paused(_) => default_if(rule!("writes.Paused", release), Writing::Action),
        EffectKind::SuspendedV3(_) | EffectKind::Yield(_) => Writing::Switch,
        _ => Writing::Default,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fabric::log_records::control::AnnounceLeader;
    use crate::fabric::log_records::effect::JournalEntryV2RawEntry;
    use crate::fabric::log_records::journal_v2::{CallOrSend, RawCommand};
    use crate::suite::log_records::samples::sample;

    #[test]
    fn a_trace_state_that_is_no_list_takes_somebody_wherever_it_is() {
        let release: Release = "1.7.6".parse().unwrap();
        for case in ["invoke", "effect-raw-call"] {
            let mut record = sample(case).unwrap().written_by(release).unwrap();
            assert_eq!(writing(&record, release), Writing::Default, "{case}");
            let odd = |span: &mut ServiceInvocationSpanContext| {
                span.span_context.trace_state.0 = "no list".to_owned();
            };
            match &mut record.command {
                Command::Invoke(it) => odd(&mut it.span_context),
                Command::InvokerEffect(effect) => {
                    let mut call = CallOrSend::default();
                    odd(&mut call.span_context);
                    let command_specific_metadata = CommandMetadata::CallOrSend(call);
                    let command = RawCommand { command_specific_metadata, ..Default::default() };
                    effect.kind = EffectKind::JournalEntryV2RawEntry(JournalEntryV2RawEntry {
                        raw_entry: RawEntry::Command(command),
                        ..Default::default()
                    });
                }
                _ => {}
            }
            assert_eq!(writing(&record, release), Writing::Action, "{case}");
        }
    }

    /// A value can say less of who wrote it than any leader does.
    #[test]
    fn nobody_writes_what_its_release_always_says_more_of() {
        let release = |name: &str| name.parse::<Release>().unwrap();
        let record = |name: &str| {
            let release = release(name);
            (release, sample("invoke").unwrap().written_by(release).unwrap())
        };
        for (name, unsigned) in [("1.5.6", Writing::Never), ("1.6.2", Writing::Default)] {
            let (release, mut record) = record(name);
            assert_eq!(writing(&record, release), Writing::Default, "{name}");
            if let Source::Processor(it) = &mut record.header.source {
                it.node_id.0 = None;
            }
            assert_eq!(writing(&record, release), unsigned, "{name}");
        }
        let mut bare = AnnounceLeader::default();
        bare.node_id.0 = None;
        assert_eq!(of_command(&Command::AnnounceLeader(bare), release("1.4.4")), Writing::Never);
        // Whoever brings it: an invocation that says that it is another one again.
        let (release, record) = record("1.5.6");
        let Command::Invoke(mut invocation) = record.command.clone() else {
            panic!("no invocation")
        };
        invocation.source = InvocationSource::RestartAsNew(invocation.invocation_id);
        for command in [Command::Invoke(invocation.clone()), Command::ProxyThrough(invocation)] {
            assert_eq!(of_command(&command, release), Writing::Never);
        }
    }
}
