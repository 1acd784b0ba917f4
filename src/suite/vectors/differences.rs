//! Values that releases encode differently at one version, with the releases by their bytes.

use bytes::Bytes;
use serde_json::Value as Json;

use super::line::{DamagedLine, Line};
use super::payload::{Index, Key};
use crate::suite::compare::{self, Difference};
use crate::suite::subject::Subject;

/// Verifies one release of one group: `None` if its value is nowhere in the folder.
fn verify_release(
    line: &Line,
    release: &str,
    expected: &Bytes,
    index: &Index,
    subject: &dyn Subject,
) -> Result<Option<Result<(), Difference>>, DamagedLine> {
    let key = Key {
        release: release.to_owned(),
        protocol: line.text("protocol")?.to_owned(),
        message: line.text("message")?.to_owned(),
        case: line.text("case")?.to_owned(),
    };
    let Some(vector) = index.get(&key) else { return Ok(None) };
    let is_free = line.flag("nondeterministic")?;
    let requirement = "the value encodes to the bytes of this release";
    let verdict = vector.message().and_then(|message| {
        let actual = subject
            .encode(&message, vector.cx.release, vector.number())
            .map_err(|e| Difference::new(requirement, hex::encode(expected), e.to_string()))?;
        if is_free || vector.is_nondeterministic {
            return vector.verify_decoding(message, expected, subject);
        }
        compare::payload_bytes(requirement, vector.message_type, vector.cx, expected, &actual)
    });
    Ok(Some(verdict))
}

/// A list with something in it.
fn some(list: &Json) -> Option<&Vec<Json>> {
    list.as_array().filter(|list| !list.is_empty())
}

/// A release, and what became of it; nothing if its value is nowhere in the folder.
pub type ReleaseVerdict = (String, Option<Result<(), Difference>>);

/// Verifies a line: what became of every release that it names.
pub fn verify(
    line: &Line,
    index: &Index,
    subject: &dyn Subject,
) -> Result<Vec<ReleaseVerdict>, DamagedLine> {
    let groups = line.member("groups")?;
    let groups = some(groups).ok_or_else(|| line.damaged("\"groups\" is no list of groups"))?;
    let mut verdicts = Vec::new();
    for group in groups {
        let bytes = group.get("hex").and_then(Json::as_str).and_then(|hex| hex::decode(hex).ok());
        let releases = group.get("releases").and_then(some);
        let (Some(bytes), Some(releases)) = (bytes, releases) else {
            return Err(line.damaged("a group lacks its bytes or its releases"));
        };
        let bytes = Bytes::from(bytes);
        for release in releases {
            let Some(release) = release.as_str() else {
                return Err(line.damaged(format!("no release: {release}")));
            };
            let verdict = verify_release(line, release, &bytes, index, subject)?;
            verdicts.push((release.to_owned(), verdict));
        }
    }
    Ok(verdicts)
}
