//! The track record: the bugs that releases really had (04 A, 09 §8), and the command that shows each.
//!
//! What the list of [known faults](super::faults) has is shown as it says there. All other bugs stand in
//! `expected/trophies.json`, an array with an object for each:
//!
//! ```text
//! { "number": string,   its number in 04 A
//!   "what": string,     what was wrong, in a sentence
//!   "shown": [string],  the command that shows it, without the program
//!   "says": string,     what the command says of it, up to white space
//!   "objects": bool,    whether it ends with 1, as what objects does; left out if it ends with 0
//!   "why": string }     instead of these: why none shows it, or what shows it elsewhere
//! ```
//!
//! Where the command plants the bug, it is run without it as well, and must not say the same.

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
        /// Whether it ends as what objects does; either will do if there is none.
        objects: Option<bool>,
    },
    /// By none, for a reason.
    Not(String),
}

/// What the commands of a bug came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Runs {
    /// That which shows it.
    pub with: Ran,
    /// The same without the bug, if it plants one.
    pub without: Option<Ran>,
}

/// What a command came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// All that it said.
    pub said: String,
    /// The code that it ended with, if nothing killed it.
    pub exit: Option<i32>,
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
    // What the list shows in another way is shown so.
    let is_listed = |fault: &&Fault| all.iter().any(|it| it.number == fault.number);
    let others: Vec<Trophy> =
        faults::known().iter().filter(|it| !is_listed(it)).map(Trophy::of_fault).collect();
    all.extend(others);
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
        let members = Members::of(json, &["number", "what", "shown", "says", "objects", "why"])?;
        let (number, what) = (members.text("number")?, members.text("what")?);
        let shown = match members.optional("why")? {
            Some(_) if ["shown", "says", "objects"].iter().any(|it| json.get(it).is_some()) => {
                return Err(format!("{number} is shown, and has a \"why\""));
            }
            Some(why) => Shown::Not(why),
            // What is behind it would be left out with it.
            None if members
                .texts("shown")?
                .iter()
                .any(|it| it.contains('+') && it.contains(' ')) =>
            {
                return Err(format!("{number} plants a bug in the middle of a word"));
            }
            None => Shown::By {
                arguments: members.texts("shown")?,
                says: members.text("says")?,
                objects: Some(members.flag("objects")?),
            },
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
        // A plan ends well where all that it meets is known and passes.
        let objects = fault.upgrades.is_none().then_some(true);
        let shown = Shown::By { arguments, says, objects };
        Self { what: fault.note.clone(), shown, number }
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

    /// What is made of what its commands came to; a bug without one is skipped.
    fn verdict(&self, case: &CaseId, ran: Option<&Runs>) -> Verdict {
        let (Shown::By { says, objects, .. }, Some(ran)) = (&self.shown, ran) else {
            return Verdict::Skip(self.line());
        };
        let ends = objects.map_or(vec![0, 1], |objects| vec![i32::from(objects)]);
        let is_end = |exit: Option<i32>| exit.is_some_and(|it| ends.contains(&it));
        let is_said = |ran: &Ran| bare(&ran.said).contains(&bare(says));
        let wrong = match (&ran.with, &ran.without) {
            (with, _) if !is_end(with.exit) || !is_said(with) => {
                format!("it {}", with.in_words())
            }
            (_, Some(without)) if is_said(without) => "it says so without the bug, too".to_owned(),
            (_, Some(without)) if !matches!(without.exit, Some(0 | 1)) => {
                format!("without the bug it {}", without.in_words())
            }
            _ => return Verdict::Pass,
        };
        Verdict::from(Finding {
            case: case.clone(),
            requirement: requirements::TROPHY.sentence.to_owned(),
            expected: format!("it ends with {} and says {says:?}", either(&ends)),
            actual: wrong,
            place: None,
            repro: Some(self.line()),
        })
    }
}

/// Codes of exit, in words.
fn either(ends: &[i32]) -> String {
    ends.iter().map(i32::to_string).collect::<Vec<_>>().join(" or ")
}

/// A text without white space: how lines are broken does not count.
fn bare(text: &str) -> String {
    text.split_whitespace().collect()
}

impl Shown {
    /// The command without the bug that it plants, if it plants one.
    pub fn without_the_bug(&self) -> Option<Vec<String>> {
        let Self::By { arguments, .. } = self else { return None };
        let repaired = |word| str::split_once(word, '+').map_or(word, |(it, _)| it);
        let mut words: Vec<&str> = arguments.iter().map(String::as_str).map(repaired).collect();
        if let Some(at) = words.iter().position(|it| *it == "--quirk") {
            words.drain(at..words.len().min(at + 2));
        }
        (words != *arguments).then(|| words.into_iter().map(str::to_owned).collect())
    }
}

impl Ran {
    fn in_words(&self) -> String {
        let exit = self.exit.map_or_else(|| "is killed".to_owned(), |it| format!("ends with {it}"));
        let last = self.said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
        format!("{exit}; the last that it says is {last:?}")
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
pub fn judged(ran: &[(&Trophy, Option<Runs>)]) -> Report {
    let mut grid = Grid::new(GRID);
    for (trophy, ran) in ran {
        let case = requirements::TROPHY.case([trophy.number.as_str()]);
        let row = match &trophy.shown {
            Shown::By { arguments, .. } => arguments.first().map_or("no verb", String::as_str),
            Shown::Not(_) => "not shown",
        };
        grid.record(row, "bugs", &case, trophy.verdict(&case, ran.as_ref()));
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
        let ran = |said: &str, exit| Ran { said: said.to_owned(), exit: Some(exit) };
        let tally = |with, without| judged(&[(trophy, Some(Runs { with, without }))]).tally();
        let shown = || ran("result.Ok:\n  expected a map, found text", 0);
        assert_eq!(tally(shown(), None).passed, 1);
        assert_eq!(tally(shown(), Some(ran("all is well", 0))).passed, 1);
        assert_eq!(tally(shown(), Some(shown())).failed, 1);
        let said = ran("result.Ok: expected a map, found text", 1);
        assert_eq!(tally(shown(), Some(said)).failed, 1);
        assert_eq!(tally(shown(), Some(ran("no such mutant", 2))).failed, 1);
        assert_eq!(tally(ran("result.Ok: expected a map, found text", 1), None).failed, 1);
        assert_eq!(tally(ran("all is well", 0), None).failed, 1);
        assert_eq!(judged(&[(trophy, None)]).tally().skipped, 1);
    }

    #[test]
    fn a_bug_that_is_planted_can_be_left_out() {
        let without = |words: &[&str]| {
            let arguments = words.iter().map(|it| (*it).to_owned()).collect();
            Shown::By { arguments, says: String::new(), objects: None }.without_the_bug()
        };
        let words = |text: &str| Some(text.split(' ').map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(without(&["fuzz", "decode+M03", "--runs", "9"]), words("fuzz decode --runs 9"));
        assert_eq!(without(&["fuzz", "cross+LR1"]), words("fuzz cross"));
        assert_eq!(without(&["session", "a", "--quirk", "R9"]), words("session a"));
        assert_eq!(without(&["session", "a"]), None);
    }

    #[test]
    fn a_list_with_a_bug_twice_is_none() {
        let one = r#"{ "number": "R1", "what": "this", "why": "that" }"#;
        assert!(read(&format!("[{one}]")).is_ok());
        assert_eq!(read(&format!("[{one}, {one}]")).unwrap_err(), "R1 is there twice");
        assert!(read(r#"[{ "number": "R1", "what": "this" }]"#).is_err());
        let both = r#"[{ "number": "R1", "what": "this", "why": "that", "shown": ["check"] }]"#;
        assert_eq!(read(both).unwrap_err(), "R1 is shown, and has a \"why\"");
        let said = r#"[{ "number": "R1", "what": "this", "why": "that", "says": "it" }]"#;
        assert!(read(said).is_err());
        let plan =
            r#"[{ "number": "R1", "what": "this", "says": "it", "shown": ["n1:1.6+M1 n2:1.7"] }]"#;
        assert_eq!(read(plan).unwrap_err(), "R1 plants a bug in the middle of a word");
    }
}
