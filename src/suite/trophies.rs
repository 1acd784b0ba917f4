//! The track record: the bugs that releases really had (04 A, 09 §8), and the command that shows each.
//!
//! What the list of [known faults](super::faults) has is shown as it says there. All other bugs stand in
//! `expected/trophies.json`, an array with an object for each:
//!
//! ```text
//! { "number": string,   its number in 04 A
//!   "what": string,     what was wrong, in a sentence
//!   "shown": [string],  the command that shows it, without the program; left out if none does
//!   "says": string,     what the command says of it, up to white space
//!   "why": string }     why none shows it, or what shows it elsewhere
//! ```

use std::sync::LazyLock;

use serde_json::Value as Json;

use super::faults::{self, Fault};
use super::members::Members;
use super::requirements;
use crate::harness::json;
use crate::harness::render::quoted;
use crate::harness::report::{Grid, Report, Table};
use crate::harness::verdict::{CaseId, Finding, Verdict};

/// The list that the program was built with.
const LIST: &str = include_str!("../../expected/trophies.json");
/// The grid of what was shown.
const GRID: &str = "bugs that releases had, by what shows them";

/// One bug.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trophy {
    /// Its number.
    pub number: String,
    /// What was wrong.
    pub what: String,
    /// How it is seen.
    pub shown: Shown,
}

/// How a bug is seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// By a command.
    By {
        /// Its arguments.
        arguments: Vec<String>,
        /// What it says.
        says: String,
    },
    /// By none, for a reason.
    Not(String),
}

/// What a command came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// All that it said.
    pub said: String,
    /// Whether it could do what it was asked.
    pub is_done: bool,
}

static TROPHIES: LazyLock<Result<Vec<Trophy>, String>> = LazyLock::new(|| read(LIST));

/// All of them.
///
/// # Errors
///
/// What is wrong with the list.
pub fn all() -> Result<&'static [Trophy], &'static str> {
    TROPHIES.as_deref().map_err(String::as_str)
}

fn read(text: &str) -> Result<Vec<Trophy>, String> {
    let json = json::read(text).map_err(|error| error.to_string())?;
    let entries = json.as_array().ok_or("it is no array")?;
    let listed: Result<Vec<Trophy>, String> = entries.iter().map(Trophy::read).collect();
    let mut all = listed?;
    all.extend(faults::known().iter().map(Trophy::of_fault));
    all.sort_by_key(|it| {
        let (kind, number) = it.number.split_at(1.min(it.number.len()));
        (kind != "R", kind.to_owned(), number.parse::<u32>().unwrap_or(u32::MAX))
    });
    let twice = all.windows(2).find_map(|pair| match pair {
        [one, next] if one.number == next.number => Some(format!("{} is there twice", one.number)),
        _ => None,
    });
    twice.map_or(Ok(all), Err)
}

impl Trophy {
    fn read(json: &Json) -> Result<Self, String> {
        let members = Members::of(json, &["number", "what", "shown", "says", "why"])?;
        let (number, what) = (members.text("number")?, members.text("what")?);
        let shown = match members.optional("why")? {
            Some(why) => Shown::Not(why),
            None => Shown::By { arguments: members.texts("shown")?, says: members.text("says")? },
        };
        Ok(Self { number, what, shown })
    }

    fn of_fault(fault: &Fault) -> Self {
        let number = fault.number.clone();
        let (arguments, says) = match (&fault.upgrades, &fault.script) {
            (Some(upgrades), _) => (vec!["upgrade", "--plan", &upgrades.plan], number.clone()),
            (None, Some(script)) => (
                vec!["session", script, "--repaired", "--quirk", &number],
                format!("--quirk {number}"),
            ),
            (None, None) => (Vec::new(), String::new()),
        };
        let arguments = arguments.into_iter().map(str::to_owned).collect();
        Self { what: fault.note.clone(), shown: Shown::By { arguments, says }, number }
    }

    /// The line that repeats it, or why there is none.
    pub fn line(&self) -> String {
        match &self.shown {
            Shown::By { arguments, .. } => {
                let words: Vec<String> =
                    arguments.iter().map(|it| quoted(it).to_string()).collect();
                format!("skewproof {}", words.join(" "))
            }
            Shown::Not(why) => why.clone(),
        }
    }

    /// What is made of what its command came to; a bug without a command is skipped.
    fn verdict(&self, case: &CaseId, ran: Option<&Ran>) -> Verdict {
        let (Shown::By { says, .. }, Some(ran)) = (&self.shown, ran) else {
            return Verdict::Skip(self.line());
        };
        let bare = |text: &str| text.split_whitespace().collect::<String>();
        if ran.is_done && bare(&ran.said).contains(&bare(says)) {
            return Verdict::Pass;
        }
        let last = ran.said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
        Verdict::from(Finding {
            case: case.clone(),
            requirement: requirements::TROPHY.sentence.to_owned(),
            expected: format!("it says {says:?}"),
            actual: format!("it does not; the last that it says is {last:?}"),
            place: None,
            repro: Some(self.line()),
        })
    }
}

/// The bugs as a table.
pub fn table<'a>(trophies: impl IntoIterator<Item = &'a Trophy>) -> Table {
    let row = |it: &Trophy| {
        let (shown, why) = match &it.shown {
            Shown::By { .. } => (it.line(), String::new()),
            Shown::Not(why) => (String::new(), why.clone()),
        };
        vec![it.number.clone(), it.what.clone(), shown, why]
    };
    let columns = ["bug", "what was wrong", "shown by", "not shown, because"];
    let rows = trophies.into_iter().map(row).collect();
    Table { rows, ..Table::new("bugs that releases had", columns) }
}

/// What came of the commands.
pub fn judged(ran: &[(&Trophy, Option<Ran>)]) -> Report {
    let mut grid = Grid::new(GRID);
    for (trophy, ran) in ran {
        let case = requirements::TROPHY.case([trophy.number.as_str()]);
        grid.record(&trophy.number, "shown", &case, trophy.verdict(&case, ran.as_ref()));
    }
    let mut report = Report::new("skewproof trophies");
    report.add(grid);
    report
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_bug_of_the_specification_is_there_once() {
        let page = include_str!("../../docs/spec/04-bugs.md");
        let number = |line: &str| {
            let rest = line.strip_prefix("| R")?;
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            (!digits.is_empty()).then(|| format!("R{digits}"))
        };
        let listed: BTreeSet<String> = page.lines().filter_map(number).collect();
        let known: BTreeSet<String> = all().unwrap().iter().map(|it| it.number.clone()).collect();
        let missing: Vec<&String> = listed.difference(&known).collect();
        assert!(missing.is_empty(), "{missing:?}");
        assert_eq!(listed.len(), 66);
    }

    #[test]
    fn a_command_that_does_not_show_its_bug_fails() {
        let trophy = all().unwrap().iter().find(|it| it.number == "R60").unwrap();
        let tally = |said: &str, is_done| {
            let ran = Ran { said: said.to_owned(), is_done };
            judged(&[(trophy, Some(ran))]).tally()
        };
        assert_eq!(tally("result.Ok:\n  expected a map, found text", true).passed, 1);
        assert_eq!(tally("result.Ok: expected a map, found text", false).failed, 1);
        assert_eq!(tally("all is well", true).failed, 1);
        assert_eq!(judged(&[(trophy, None)]).tally().skipped, 1);
    }

    #[test]
    fn a_list_with_a_bug_twice_is_none() {
        let one = r#"{ "number": "R1", "what": "this", "why": "that" }"#;
        assert!(read(&format!("[{one}]")).is_ok());
        assert_eq!(read(&format!("[{one}, {one}]")).unwrap_err(), "R1 is there twice");
        assert!(read(r#"[{ "number": "R1", "what": "this" }]"#).is_err());
    }
}
