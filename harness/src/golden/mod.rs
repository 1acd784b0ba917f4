//! The golden store: a folder of documents that pin something, each a snapshot file of insta, and a
//! manifest of those that must never change.
//!
//! What is pinned, and what a document says about it, is the suite's business. Here is how
//! documents are read, how changes wait beside them until somebody accepts them, and how a frozen
//! one is recognised. Nothing is overwritten without being asked; every file is written beside
//! itself first and then renamed.
//!
//! | file | what |
//! |---|---|
//! | `NAME.snap` | a document: a head between `---` lines, then its content |
//! | `NAME.snap.new` | what the document should become, until it is accepted |
//! | `frozen.txt` | the [`Manifest`]: the digest of every frozen document |
//! | `captured/` | none of the store's: what its documents are compared with |
//!
//! ```
//! use skewproof_harness::golden::{Snapshot, Store};
//!
//! let folder = tempfile::tempdir()?;
//! let mut store = Store::empty(folder.path());
//! store.accept("1.0/Length", Snapshot::write("an example", "0000  07\n"))?;
//! let again = Store::open(folder.path())?;
//! let entry = again.entries.get("1.0/Length").ok_or("it is gone")?;
//! assert_eq!(Snapshot::read(&entry.file)?.content, "0000  07\n");
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

mod digest;
mod document;
mod manifest;
mod store;

pub use digest::{Digest, NotADigest};
pub use document::{Document, Field, Paragraph, Snapshot, SnapshotError, SnapshotProblem};
pub use manifest::{Amendment, Frozen, Manifest, ManifestError, ManifestProblem};
pub use store::{ASIDE, Entry, Store, StoreError, count};
