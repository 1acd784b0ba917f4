//! What is added is read again, and nothing is lost.

use super::*;

#[test]
fn names_say_what_an_input_is() {
    let file = Origin::Seed("Gossip, typical/2".to_owned()).file("0123abcd");
    assert_eq!(file, "seed-gossip-typical-2-0123abcd");
    let read = |file| Origin::read(file).map(|it| it.0);
    assert_eq!(read(&file), Some(Origin::Seed("gossip-typical-2".to_owned())));
    assert_eq!(read("found-0123abcd"), Some(Origin::Found));
    assert_eq!(read("regress-a-b-0123abcd0123"), Some(Origin::Regress("a-b".to_owned())));
    for stranger in ["found-0123", "found", "found-a-0123abcd", "README.md", "seed-0123abcd"] {
        assert_eq!(read(stranger), None, "{stranger}");
    }
}

#[test]
fn what_is_added_is_read_again_and_never_overwritten() {
    let scratch = tempfile::tempdir().unwrap();
    let corpus = &scratch.path().join("corpus");
    let mut folder = Folder::open(corpus, "t").unwrap();
    let found = folder.add(Origin::Found, b"abc").unwrap().unwrap();
    assert_eq!(found, "found-ba7816bf");
    assert_eq!(folder.add(Origin::Seed("x".into()), b"abc").unwrap(), None);
    let regress = folder.add(Origin::Regress("panic".into()), b"def").unwrap().unwrap();
    assert_eq!(Folder::open(corpus, "t").unwrap().without_note, [regress.as_str()]);
    folder.write_note(&regress, "why").unwrap();
    let mut again = Folder::open(corpus, "t").unwrap();
    assert_eq!((again.entries.len(), again.size()), (2, 6));
    assert!(again.strangers.is_empty() && again.damaged.is_empty());
    assert!(again.without_note.is_empty());
    // Somebody else's content under the name that ours would have.
    again.remove(&[found.clone()].into()).unwrap();
    fs::write(again.path(&found), "other").unwrap();
    assert_eq!(again.add(Origin::Found, b"abc").unwrap().unwrap(), "found-ba7816bf8f01cfea");
    assert_eq!(fs::read(again.path(&found)).unwrap(), b"other");
    again.remove(&[regress].into()).unwrap();
    let last = Folder::open(corpus, "t").unwrap();
    assert_eq!(last.damaged, [found]);
    assert!(last.strangers.is_empty(), "the note has gone with its input");
    assert_eq!(folders(corpus).unwrap(), ["t"]);
}

#[test]
fn an_input_that_shows_a_bug_is_one_and_nothing_else() {
    let scratch = tempfile::tempdir().unwrap();
    let mut folder = Folder::open(scratch.path(), "t").unwrap();
    folder.add(Origin::Found, b"abc").unwrap();
    let regress = folder.add(Origin::Regress("panic".into()), b"abc").unwrap().unwrap();
    assert_eq!(regress, "regress-panic-ba7816bf");
    assert_eq!(folder.add(Origin::Regress("hang".into()), b"abc").unwrap(), None);
    assert_eq!(folder.add(Origin::Found, b"abc").unwrap(), None);
    let files = |folder: &Folder| -> Vec<String> {
        folder.entries.iter().map(|entry| entry.file.clone()).collect()
    };
    assert_eq!(folder.find(b"abc"), Some(regress.as_str()));
    let again = Folder::open(scratch.path(), "t").unwrap();
    assert_eq!((files(&folder), files(&again)), (vec![regress.clone()], vec![regress]));
}

#[test]
fn what_was_not_finished_is_no_stranger_and_goes_after_a_while() {
    let scratch = tempfile::tempdir().unwrap();
    let write = |name: &str| {
        fs::create_dir_all(scratch.path().join("t")).unwrap();
        fs::File::create(scratch.path().join("t").join(name)).unwrap()
    };
    let (old, new) = ("found-0123abcd.x.unfinished", "found-4567cdef.y.unfinished");
    write(old).set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    write(new);
    let mut folder = Folder::open(scratch.path(), "t").unwrap();
    assert!(folder.strangers.is_empty() && folder.entries.is_empty());
    folder.remove_abandoned().unwrap();
    assert!(!folder.path(old).exists() && folder.path(new).exists());
}

#[test]
fn strangers_are_named_and_left_alone() {
    let scratch = tempfile::tempdir().unwrap();
    let corpus = &scratch.path().join("corpus");
    assert!(matches!(folders(corpus), Err(CorpusError::NoFolder(_))));
    fs::create_dir_all(corpus.join("t/found-0123abcd")).unwrap();
    for file in ["t/.gitkeep", "t/regress-x-0123abcd.md"] {
        fs::write(corpus.join(file), "x").unwrap();
    }
    let folder = Folder::open(corpus, "t").unwrap();
    assert_eq!(folder.strangers, [".gitkeep", "found-0123abcd", "regress-x-0123abcd.md"]);
    assert!(folder.entries.is_empty());
}

#[test]
fn what_cannot_be_read_or_written_is_named() {
    let scratch = tempfile::tempdir().unwrap();
    let corpus = &scratch.path().join("corpus");
    fs::create_dir_all(corpus).unwrap();
    fs::write(corpus.join("t"), "a file").unwrap();
    let error = Folder::open(corpus, "t").unwrap_err().to_string();
    assert!(error.starts_with("cannot read ") && error.contains("/t: "), "{error}");
    let mut folder = Folder::open(&corpus.join("none"), "t").unwrap();
    fs::write(corpus.join("none"), "a file").unwrap();
    let error = folder.add(Origin::Found, b"abc").unwrap_err().to_string();
    assert!(error.starts_with("cannot write ") && error.contains("found-ba7816bf"), "{error}");
}
