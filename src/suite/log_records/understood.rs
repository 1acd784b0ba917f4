//! What a reader makes of what another release wrote: said once more, apart from the codec.

use crate::fabric::gates::rule;
use crate::fabric::log_records::LogRecord;
use crate::fabric::log_records::command::Command;
use crate::fabric::log_records::control::{AnnounceLeader, UpsertRuleBook};
use crate::fabric::log_records::effect::EffectKind;
use crate::fabric::log_records::journal_v2::{CommandMetadata, JournalEntryV2, RawEntry};
use crate::fabric::log_records::optional::StoredEntry;
use crate::fabric::messages::ids::KeyRange;
use crate::fabric::release::Release;

/// The value that a reader has of a record as the writer has it; none if it has no form for it, or wants
/// more than there is.
pub fn understood(value: &LogRecord, writer: Release, reader: Release) -> Option<LogRecord> {
    value.clone().fitted(reader).ok().filter(|_| !is_unreadable(value, writer, reader))
}

/// The part of a command that the second form holds.
pub fn held_by_second_form(command: &Command) -> Command {
    match command {
        Command::AnnounceLeader(it) => Command::AnnounceLeader(AnnounceLeader {
            current_config: None,
            next_config: None,
            ..it.clone()
        }),
        Command::UpsertRuleBook(it) => Command::UpsertRuleBook(UpsertRuleBook {
            partition_key_range: KeyRange::default(),
            ..it.clone()
        }),
        other => other.clone(),
    }
}

/// Whether the reader wants what the writer knows nothing of: a retention in calls of journals of the
/// second kind, in 1.4.0 alone (09 §8, L1).
fn is_unreadable(value: &LogRecord, writer: Release, reader: Release) -> bool {
    let Command::InvokerEffect(effect) = &value.command else { return false };
    let EffectKind::JournalEntryV2(JournalEntryV2 { entry: StoredEntry(Some(entry)), .. }) =
        &effect.kind
    else {
        return false;
    };
    let RawEntry::Command(command) = &entry.inner else { return false };
    let is_call = matches!(command.command_specific_metadata, CommandMetadata::CallOrSend(_));
    is_call
        && rule!("call_metadata.needs_journal_retention", reader)
        && !rule!("CallOrSend.journal_retention_duration", writer)
}
