//! A protocol in the test run of its users: a test for each message.

use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

use crate::border::{Protocol, targets::targets};
use crate::expected;
use crate::program::{self, Program};
use crate::report::Report;

/// Runs a test for each message, `matrix::NAME`, and one for each list: what `fn main` of a file in `tests/`
/// calls whose target says `harness = false`.
pub fn tests<P: Protocol>() -> ExitCode {
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
    let lists = Trial::test("lists", move || {
        expected::read(border.protocol.expected())
            .map(|_| ())
            .map_err(|error| error.to_string().into())
    });
    let trials = of_messages.chain([lists]).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn judged(report: &Report) -> Result<(), Failed> {
    let words: Vec<String> = report
        .findings()
        .map(|it| {
            let again = it.repro.as_deref().unwrap_or_default();
            format!("{}: {}: {}\n  {again}", it.case, it.requirement, it.actual)
        })
        .collect();
    if words.is_empty() { Ok(()) } else { Err(words.join("\n").into()) }
}
