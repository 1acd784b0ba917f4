//! The second layer of a recording: the log records in what is stored and appended.

use bytes::Bytes;

use super::recording::{Frame, Recording};
use crate::fabric::catalogue::Message;
use crate::fabric::release::Release;
use crate::suite::compare::Difference;
use crate::suite::log_records::{bodies, title};
use crate::suite::subject::Subject;

/// What came of one body: the row in which it is counted, and the verdict.
pub(super) type Counted = (String, Result<(), Difference>);

/// The releases of the nodes in a recording, as far as it tells.
pub(super) fn releases(recording: &Recording) -> Vec<Release> {
    let of = |frame: &Frame| {
        let sides = [frame.side, frame.side.other()].map(|side| recording.release(frame, side));
        sides.into_iter().flatten().chain([frame.acceptor]).collect::<Vec<_>>()
    };
    let mut releases: Vec<Release> = recording.frames.iter().flat_map(of).collect();
    releases.sort_by_key(|release| release.number());
    releases.dedup();
    releases
}

/// Every body in a message decodes, and encodes to the same bytes. Who sends a record need not be
/// who wrote it, so that it is looked for among all nodes: first the sender, then the newest.
pub(super) fn verify(
    message: &Message,
    sender: Release,
    others: &[Release],
    subject: &dyn Subject,
) -> Vec<Counted> {
    let writers: Vec<Release> =
        std::iter::once(sender).chain(others.iter().rev().copied()).collect();
    bodies(message).into_iter().map(|(_, body)| verify_body(&body, &writers, subject)).collect()
}

fn verify_body(body: &Bytes, writers: &[Release], subject: &dyn Subject) -> Counted {
    let writes = |writer: &Release| {
        let record = subject.decode_record(body, *writer).ok()?;
        let again = subject.encode_record(&record, *writer).ok()?;
        (again == *body).then_some((record, *writer))
    };
    if let Some((record, writer)) = writers.iter().find_map(writes) {
        return (format!("{} of {}", title(&record.command), writer.exact_name()), Ok(()));
    }
    let requirement = "every log record decodes, and encodes to the same bytes again";
    let said = writers.first().map(|writer| subject.decode_record(body, *writer));
    let actual = match said {
        Some(Err(error)) => error.to_string(),
        _ => "other bytes".to_owned(),
    };
    ("record".to_owned(), Err(Difference::new(requirement, hex::encode(body), actual)))
}
