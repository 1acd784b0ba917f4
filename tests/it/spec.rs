//! What users see names pages of the specification by their paths, and places that are there.

use skewproof::suite::marks::marks;

use crate::explain::run;
use crate::tidy::marks::objection;

/// Commands whose words have marks in them, and others that may come to have some.
const COMMANDS: [&str; 14] = [
    "gates",
    "gates --format json",
    "future",
    "list releases --patches",
    "list fields",
    "list strictness",
    "session --repaired",
    "upgrade --from 1.3 --to 1.4",
    "list bugs",
    "list quirks",
    "list quirks --format json",
    "matrix",
    "matrix --from 1.4 --to 1.3 --format json",
    "repro matrix/1.7/1.6/V3/RemoteQueryScannerOpen/client-scanner-id",
];
/// Verbs whose help is read.
const HELP: [&str; 10] =
    ["", "list", "gates", "future", "matrix", "check", "explain", "session", "upgrade", "captures"];

#[test]
fn every_mark_that_is_printed_has_its_page_and_leads_somewhere() {
    let help = HELP.iter().map(|verb| format!("{verb} --help"));
    let mut count = 0;
    let mut wrong = Vec::new();
    for command in help.chain(COMMANDS.map(str::to_owned)) {
        let args: Vec<&str> = command.split_whitespace().collect();
        let (_, text) = run(&args);
        assert!(!text.is_empty(), "{command} prints nothing");
        let words = text.replace(['\n', '│'], " ").split_whitespace().collect::<Vec<_>>().join(" ");
        for mark in marks(&words) {
            count += 1;
            if !mark.is_in_full {
                wrong.push(format!("{command}: {} {} has no path", mark.page, mark.place));
            }
            wrong.extend(objection(&mark).map(|what| format!("{command}: {what}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 50, "{count} marks were found in what is printed");
}
