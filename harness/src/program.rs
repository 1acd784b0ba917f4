//! The program that asks: its name, with which every line to repeat something begins, and what it knows
//! beyond the harness.

use std::borrow::Cow;
use std::sync::OnceLock;

use crate::causes::About;
use crate::fuzz::Target;
use crate::report::Report;
use crate::verdict::Finding;

/// What is the program's own.
#[derive(Clone, Copy)]
pub struct Program {
    /// Its name, as it is called.
    pub name: &'static str,
    /// Which release of it this is, if it has any.
    pub version: Option<&'static str>,
    /// Text as people are shown it, such as with marks spelled out.
    pub spell: fn(&str) -> Cow<'_, str>,
    /// What a finding is about.
    pub about: fn(&Finding) -> About,
    /// Its fuzz targets.
    pub targets: fn() -> Vec<Target>,
    /// Takes what is known out of the findings of a report on inputs.
    pub expect: fn(&mut Report),
    /// Targets that are run only if they are named, such as those with a bug planted in them.
    pub hidden: fn() -> Vec<Target>,
}

impl Program {
    /// A program that knows nothing beyond the harness, and has these targets.
    pub const fn new(name: &'static str, targets: fn() -> Vec<Target>) -> Self {
        Self {
            name,
            version: None,
            spell: |text| Cow::Borrowed(text),
            about: |_| About::default(),
            targets,
            expect: |_| {},
            hidden: Vec::new,
        }
    }
}

static PROGRAM: OnceLock<Program> = OnceLock::new();
/// What is asked where nobody has said who asks, as in tests.
const NOBODY: Program = Program::new("skewproof", Vec::new);

/// Says which program this is: once, before anything else is done.
pub fn set(program: Program) {
    let _ = PROGRAM.set(program);
}

fn get() -> Program {
    PROGRAM.get().copied().unwrap_or(NOBODY)
}

/// Its name.
pub fn name() -> &'static str {
    get().name
}

/// Which release of it this is.
pub fn version() -> Option<&'static str> {
    get().version
}

/// Text as people are shown it.
pub fn spell(text: &str) -> Cow<'_, str> {
    (get().spell)(text)
}

/// What a finding is about.
pub fn about(finding: &Finding) -> About {
    (get().about)(finding)
}

/// Takes what is known out of the findings of a report on inputs.
pub fn expect(report: &mut Report) {
    (get().expect)(report);
}

/// Its fuzz targets.
pub fn targets() -> Vec<Target> {
    (get().targets)()
}

/// The target with a name.
pub fn target(name: &str) -> Option<Target> {
    let find = |targets: Vec<Target>| targets.into_iter().find(|target| target.name == name);
    find(targets()).or_else(|| find((get().hidden)()))
}
