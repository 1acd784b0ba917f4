//! How a run stands to its requirements, in words.

use crate::requirement::{Census, Standing, Tested};

/// A number with commas between thousands.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// As `1 case` or `1,200 cases`.
pub fn counted(number: impl TryInto<u64>, word: &str) -> String {
    let number = number.try_into().unwrap_or(u64::MAX);
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {word}{plural}", grouped(number))
}

/// What was tested, in a sentence; nothing if the cases are of no requirements.
pub fn sentence(tested: &[Tested]) -> Option<String> {
    let census = Census::of(tested);
    if tested.is_empty() {
        return None;
    }
    let cases: u64 = tested.iter().map(|it| it.tally.passed + it.tally.failed).sum();
    let hold = match census {
        Census { failed: 0, passed: 1, .. } => "it holds".to_owned(),
        Census { failed: 0, .. } => "all hold".to_owned(),
        Census { failed: 1, passed: 0, .. } => "it does not hold".to_owned(),
        Census { passed: 0, .. } => "none holds".to_owned(),
        Census { failed, passed: 1, .. } => format!("1 holds, {failed} not"),
        Census { failed, passed, .. } => format!("{passed} hold, {failed} not"),
    };
    let mut text = format!(
        "{} tested in {}: {hold}",
        counted(census.tested(), "requirement"),
        counted(cases, "case"),
    );
    for (number, what) in [(census.untested, "untested"), (census.excluded, "excluded")] {
        if number > 0 {
            text.push_str(&format!("; {number} {what}"));
        }
    }
    Some(text)
}

/// What was not tested, and why: a row for each reason with the requirements.
pub fn left_out(tested: &[Tested]) -> Vec<(String, Vec<String>)> {
    let mut reasons: Vec<(String, Vec<String>)> = Vec::new();
    for Tested { requirement, standing, .. } in tested {
        let reason = match standing {
            Standing::Excluded(reason) => reason.as_str(),
            Standing::Untested => "no case is about it",
            Standing::Passed | Standing::Failed => continue,
        };
        let name = requirement.to_string();
        match reasons.iter_mut().find(|(known, _)| known == reason) {
            Some((_, names)) => names.push(name),
            None => reasons.push((reason.to_owned(), vec![name])),
        }
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Report;
    use crate::requirement::{Level, Requirement};
    use crate::verdict::Verdict;

    static HERE: Requirement = Requirement {
        part: "test",
        name: "here",
        level: Level::Must,
        sentence: "It holds.",
        place: "",
        elsewhere: None,
    };
    static THERE: Requirement =
        Requirement { name: "there", elsewhere: Some("another run"), ..HERE };

    #[test]
    fn numbers_can_be_read() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_000), "1,000");
        assert_eq!(grouped(1_234_567), "1,234,567");
        let said = (counted(1u64, "case"), counted(1_200usize, "case"));
        assert_eq!(said, ("1 case".into(), "1,200 cases".into()));
    }

    #[test]
    fn a_run_says_what_it_tested_and_what_not() {
        let mut report = Report::new("run").requiring([&HERE, &THERE]);
        assert_eq!(sentence(&[]), None);
        report.grid("g").record("a", "x", &HERE.case(["1"]), Verdict::Pass);
        let tested = report.requirements();
        let said = sentence(&tested).unwrap();
        assert_eq!(said, "1 requirement tested in 1 case: it holds; 1 excluded");
        let left_out = left_out(&tested);
        assert_eq!(left_out, [("tested by `another run`".into(), vec!["test/there".into()])]);
    }
}
