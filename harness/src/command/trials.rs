//! A protocol in the test run of its users: a test for each message.

use std::path::Path;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

use crate::border::{Protocol, golden, guard, guarded, targets::targets};
use crate::program::{self, Program};
use crate::report::Report;
use crate::selection::Selection;

/// Runs a test for each message, `matrix::NAME`, and `check` for all that the command of this name judges,
/// handshakes, lists and fixtures too: what `fn main` of a file in `tests/` calls whose target says
/// `harness = false`.
pub fn tests<P: Protocol>() -> ExitCode {
    if let Some(code) = guard::served::<P>() {
        return code;
    }
    // It ends the process if it is asked for help: here, where nobody takes that for the end of a release.
    let arguments = Arguments::from_args();
    guarded::<P>(|| trials::<P>(arguments))
}

fn trials<P: Protocol>(mut arguments: Arguments) -> ExitCode {
    if guard::is_alone() {
        arguments.test_threads = Some(1);
    }
    let border = P::border();
    program::set(Program::new(border.protocol.name(), targets::<P>));
    let of_messages = border.messages().iter().map(|topic| {
        let name = topic.name;
        Trial::test(format!("matrix::{name}"), move || {
            let part =
                border.check_message(name).map_err(|error| Failed::from(error.to_string()))?;
            judged(&part)
        })
    });
    let whole = Trial::test("check", move || {
        let store = golden::stored(Path::new(golden::FOLDER)).map_err(|it| it.to_string())?;
        let report = border.run(&Selection::All, store.as_ref(), &|| {});
        judged(&report.map_err(|error| error.to_string())?)
    });
    let trials = of_messages.chain([whole]).collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn judged(report: &Report) -> Result<(), Failed> {
    let words: Vec<String> = report
        .findings()
        .map(|it| {
            let again = it.repro.as_deref().unwrap_or_default();
            format!("{}: {}: {}\n  {again}", it.case, it.requirement, it.actual)
        })
        .collect();
    if words.is_empty() && report.tally().passed == 0 {
        return Err("nothing was verified".into());
    }
    if words.is_empty() { Ok(()) } else { Err(words.join("\n").into()) }
}
