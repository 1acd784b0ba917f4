//! What a release says of its kind is looked at: cells of another one would be shown for it.

use super::*;

/// A release that says of its kind whether it knows names, whatever is wrong with it.
struct Said(Numbers);

impl Node<Numbered> for Said {
    fn name(&self) -> &str {
        self.0.name
    }

    fn versions(&self, message: &str) -> Vec<i32> {
        self.0.versions(message)
    }

    fn kind(&self, _: &str) -> Option<Vec<bool>> {
        Some(vec![self.0.knows_names])
    }

    fn encode(&self, at: At<'_>, value: &Numbered) -> Result<Bytes, String> {
        self.0.encode(at, value)
    }

    fn decode(&self, at: At<'_>, bytes: &Bytes) -> Result<Numbered, String> {
        self.0.decode(at, bytes)
    }

    fn show(&self, at: At<'_>, value: &Numbered) -> Json {
        self.0.show(at, value)
    }
}

/// A release without names, one with them, and one that says it is like that one and has a bug.
fn three(bug: Bug) -> Vec<Arc<dyn Node<Numbered>>> {
    let releases = [("1.0", false, Bug::None), ("2.0", true, Bug::None), ("2.1", true, bug)];
    let said = |(name, knows_names, bug)| -> Arc<dyn Node<Numbered>> {
        Arc::new(Said(Numbers { name, knows_names, bug }))
    };
    releases.map(said).into()
}

protocol!(Alike, three, Bug::None, &[NAME], "");
protocol!(Refuses, three, Bug::Refuses, &[NAME], "");
protocol!(Adds, three, Bug::Adds, &[NAME], "");
protocol!(Hides, three, Bug::Hides, &[NAME], "");
protocol!(Lost, three, Bug::Gone, &[NAME], "");

#[test]
fn releases_of_one_kind_are_looked_at() {
    let report = check::<Alike>();
    assert_eq!(said(&report), [""; 0]);
    let requirements = report.requirements();
    let kinds = requirements.iter().find(|it| it.requirement.name == "kinds").unwrap();
    assert_eq!(kinds.tally.passed, 1, "2.1 is of the kind of 2.0");
}

#[test]
fn a_kind_that_is_none_is_a_finding() {
    for (report, words) in [
        (check::<Refuses>(), "of seven from 2.0 to 2.1 at V1: byte 0: seven"),
        (check::<Adds>(), "of seven from 2.1 to 2.0 at V1: lost, and on no list: changes number"),
        (check::<Hides>(), "of nine from 2.1 to 2.0 at V1: "),
    ] {
        let said = said(&report);
        let begin = "matrix/kinds/2.1/Number: kind says alike, but ";
        assert!(said.len() == 1 && said[0].starts_with(&format!("{begin}{words}")), "{said:?}");
    }
}

#[test]
fn nothing_is_said_of_what_was_not_tried() {
    assert_eq!(said(&check::<Lost>()), [""; 0]);
}
