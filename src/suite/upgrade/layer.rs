//! What nodes of a simulated cluster write into the log, and what they make of it: by the writers and
//! readers of [`log_records`], each body once.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use crate::fabric::log_records::LogRecord;
use crate::fabric::log_records::apply::{self, Reaction};
use crate::fabric::log_records::command::Command;
use crate::fabric::messages::ids::GenerationalNodeId;
use crate::fabric::release::{Release, ReleaseNumber};
use crate::suite::log_records;
use crate::suite::subject::{Fabric, Subject};

/// A sample as the leader of a release writes it. Of leaders only what they announce differs.
type Writing = (ReleaseNumber, &'static str, u32, u32);

/// The layer inside records, as one subject has it.
pub(super) struct Layer {
    subject: Arc<dyn Subject>,
    plain: Mutex<BTreeMap<ReleaseNumber, Arc<[&'static str]>>>,
    written: Mutex<BTreeMap<Writing, Option<Bytes>>>,
    read: Mutex<HashMap<(Bytes, ReleaseNumber), Arc<Reading>>>,
}

/// What a release makes of a body.
#[derive(Debug)]
pub(super) struct Reading {
    /// What is in it, also if this release cannot tell.
    pub(super) title: String,
    /// Whom it announces as leader, also if this release cannot tell.
    pub(super) announces: Option<GenerationalNodeId>,
    /// Whether it is a barrier.
    pub(super) is_barrier: bool,
    /// What the processor does.
    pub(super) reaction: Reaction,
}

impl Layer {
    /// That of a subject; without one the right one, which all clusters share.
    pub(super) fn of(subject: Option<Arc<dyn Subject>>) -> Arc<Self> {
        static RIGHT: LazyLock<Arc<Layer>> =
            LazyLock::new(|| Arc::new(Layer::new(Arc::new(Fabric))));
        subject.map_or_else(|| RIGHT.clone(), |subject| Arc::new(Self::new(subject)))
    }

    fn new(subject: Arc<dyn Subject>) -> Self {
        let (plain, written) = (Mutex::default(), Mutex::default());
        Self { subject, plain, written, read: Mutex::default() }
    }

    /// The samples that every new leader of a release writes.
    pub(super) fn plain(&self, release: Release) -> Arc<[&'static str]> {
        let known = lock(&self.plain).get(&release.number()).cloned();
        known.unwrap_or_else(|| {
            let plain: Arc<[&str]> = log_records::plain(release).into();
            lock(&self.plain).insert(release.number(), plain.clone());
            plain
        })
    }

    /// The body of a sample as a leader of a release writes it; none if it has no form for it.
    pub(super) fn body(
        &self,
        case: &'static str,
        release: Release,
        leader: GenerationalNodeId,
    ) -> Option<Bytes> {
        let announced = if case == "announce" { leader } else { GenerationalNodeId::default() };
        let key = (release.number(), case, announced.id.0, announced.generation);
        let known = lock(&self.written).get(&key).cloned();
        known.unwrap_or_else(|| {
            let body = self.write(case, release, leader);
            lock(&self.written).insert(key, body.clone());
            body
        })
    }

    fn write(&self, case: &str, release: Release, leader: GenerationalNodeId) -> Option<Bytes> {
        let mut record = log_records::sample(case)?.written_by(release)?;
        if let Command::AnnounceLeader(announcement) = &mut record.command {
            announcement.node_id = leader.into();
        }
        self.subject.encode_record(&record, release).ok()
    }

    /// What a release makes of a body.
    pub(super) fn read(&self, body: &Bytes, release: Release) -> Arc<Reading> {
        let key = (body.clone(), release.number());
        let known = lock(&self.read).get(&key).cloned();
        known.unwrap_or_else(|| {
            let reading = Arc::new(self.reading(body, release));
            lock(&self.read).insert(key, reading.clone());
            reading
        })
    }

    fn reading(&self, body: &Bytes, release: Release) -> Reading {
        let own = self.subject.decode_record(body, release);
        let reaction = match (apply::react(body, release), &own) {
            (Reaction::Applied, Err(error)) => apply::refused(error),
            (reaction, _) => reaction,
        };
        let by = |other| self.subject.decode_record(body, other).ok();
        let record: Option<LogRecord> =
            own.ok().or_else(|| Release::stable_patches().filter_map(by).last());
        let announces = match record.as_ref().map(|record| &record.command) {
            Some(Command::AnnounceLeader(announcement)) => announcement.node_id.0,
            _ => None,
        };
        let command = record.as_ref().map(|record| &record.command);
        let is_barrier = matches!(command, Some(Command::VersionBarrier(_)));
        let title = command.map_or_else(|| "a record".to_owned(), log_records::title);
        Reading { title, announces, is_barrier, reaction }
    }
}

/// What is kept is right also if somebody panicked meanwhile.
fn lock<T>(kept: &Mutex<T>) -> MutexGuard<'_, T> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}
