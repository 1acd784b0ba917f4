//! What has shipped is as it was: no frozen fixture was changed, removed or renamed, and none that
//! should be frozen is not.

use super::{FROZEN, Objection, Verifier};
use crate::suite::golden::frozen;

/// Verifies every entry of the manifest, and that it has all it should.
pub fn verify(verifier: &mut Verifier<'_>) {
    let store = verifier.store;
    for (name, frozen) in &store.manifest.frozen {
        if !verifier.scope.includes(name) {
            continue;
        }
        let was = format!("SHA-256 {} up to {}", frozen.digest, frozen.scope);
        let requirement = "a frozen fixture is never changed, removed or renamed";
        let result = match store.entries.get(name) {
            None => Err(Objection::new(requirement, was, "it is gone")),
            Some(entry) if frozen::holds(frozen, &entry.file) => Ok(()),
            Some(_) => Err(Objection::new(requirement, was, "its content changed")),
        };
        verifier.record(FROZEN, name, None, result);
    }
    let is_missing = |name: &&String| {
        frozen::is_frozen(name) && !store.manifest.frozen.contains_key(name.as_str())
    };
    for name in store.entries.keys().filter(is_missing) {
        if verifier.scope.includes(name) {
            let requirement = "a fixture of what has shipped is in the manifest";
            let hint = "not there: `skewproof golden bless --accept` adds it";
            let result = Err(Objection::new(requirement, store.manifest_name(), hint));
            verifier.record(FROZEN, name, None, result);
        }
    }
}
