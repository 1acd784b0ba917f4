//! The reference data beside the project: bytes and conversations of released servers. It is not
//! part of the project, and tests that want it do without where it is absent, and say so.

use std::path::{Path, PathBuf};

/// The folder `../shared/NAME`, if it is there.
pub fn folder(name: &str) -> Option<PathBuf> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    folder_beside(project, name)
}

fn folder_beside(project: &Path, name: &str) -> Option<PathBuf> {
    let folder = project.join("../shared").join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: no reference {name} beside the project");
    None
}

/// The files of a folder with this extension, by name, with what is in them.
pub fn files(folder: &Path, extension: &str) -> Vec<(String, String)> {
    let mut paths: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|found| found == extension));
    paths.sort();
    let read = |path: PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        (name, std::fs::read_to_string(&path).unwrap())
    };
    paths.into_iter().map(read).collect()
}

#[test]
fn a_reference_folder_that_is_there_is_not_empty() {
    for name in ["vectors", "captures"] {
        let Some(folder) = folder(name) else { continue };
        let mut files = folder.read_dir().unwrap().map(|entry| entry.unwrap().path());
        assert!(files.any(|path| path.extension().is_some_and(|it| it == "jsonl")), "{folder:?}");
    }
}

#[test]
fn absence_is_not_an_error() {
    assert_eq!(folder_beside(Path::new("no/such/project"), "vectors"), None);
}
