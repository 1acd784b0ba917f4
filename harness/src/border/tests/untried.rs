//! What could not be asked says nothing of anybody.

use super::*;

#[test]
fn what_was_not_tried_is_skipped_and_makes_nothing_stale() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = &scratch.path().join("golden");
    golden::bless(Sound::border(), folder).unwrap();
    let store = Store::open(folder).unwrap();
    let report = Gone::border().run(&Selection::All, Some(&store), &|| {}).unwrap();
    assert_eq!(said(&report), [""; 0]);
    let skips: Vec<(&str, usize)> = (report.grids().iter().flat_map(|grid| grid.skips()))
        .map(|group| (group.reason.as_str(), group.cases.len()))
        .collect();
    let expected = [
        // The cells in which it sends or receives: two at each of four places; and two fixtures.
        ("it is gone", 8),
        ("what may lose it was not tried", 1),
        ("it is gone", 2),
        ("a case that it is about was not tried", 1),
    ];
    assert_eq!(skips, expected);
    // Nor is anything stored of it, and nothing that is stored goes.
    let (table, is_left) = golden::bless(Gone::border(), folder).unwrap();
    assert!(is_left && table.rows.len() == 2, "{table:?}");
    assert!(table.rows.iter().all(|row| row[1].starts_with("not all of it was tried")));
    assert_eq!(Store::open(folder).unwrap().entries.len(), 3);
}

#[test]
fn of_a_message_that_nobody_could_be_asked_about_nobody_knows_whether_it_is_sent() {
    let report = check::<AllGone>();
    assert_eq!((said(&report), report.tally().passed), (Vec::new(), 4), "four handshakes");
    let is_it = |report: &Report| {
        let skips = report.grids().iter().flat_map(|grid| grid.skips()).flat_map(|it| &it.cases);
        skips.into_iter().any(|case| case.to_string() == "matrix/messages/Number")
    };
    assert_eq!((is_it(&report), is_it(&check::<Gone>())), (true, false));
}
