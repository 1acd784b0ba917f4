//! What each side of a handshake must answer, and the cases in which it is asked (02 §1 to §3, 05
//! §2 and §4).
//!
//! A case is a plain handshake of one release with nothing, one thing or two things otherwise: its
//! twists. Its address names them, as `check/hello/1.7/no-id+other-cluster`, so that any case can be
//! asked again ([`story`]). What should come out is said by [`order`] and [`words`], apart from the
//! two state machines of the fabric.
//!
//! ```
//! use skewproof::suite::handshake;
//!
//! let story = handshake::story("check/hello/1.7/no-id+other-cluster")?;
//! assert!(story.is_foreseen);
//! let planted = handshake::story("check/hello/1.7+M74/id-0")?;
//! assert!(!planted.is_foreseen);
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

mod hello;
pub mod order;
#[cfg(test)]
mod tests;
mod welcome;
mod wire;
pub mod words;

pub use self::hello::{HelloScene, OFFERS, welcome_in_words};
pub use self::welcome::{VERSIONS, WelcomeScene};
pub use self::wire::{Earlier, Moved, OnStream, OnWire, Says};
use super::skew::node_named;
use super::speaker::SpeakError;
use super::subject::Subject;
use crate::fabric::release::Release;
use crate::harness::requirement::Requirement;
use crate::harness::story::Story;
use crate::harness::verdict::CaseId;

/// One thing that is otherwise than in a plain handshake. It may be a fault, or be all right.
pub struct Twist<S> {
    /// Its name in addresses.
    pub name: String,
    /// What it changes. Two twists of one part exclude each other.
    part: &'static str,
    change: Box<dyn Fn(&mut S)>,
}

impl<S> Twist<S> {
    fn new(name: impl Into<String>, part: &'static str, change: impl Fn(&mut S) + 'static) -> Self {
        Self { name: name.into(), part, change: Box::new(change) }
    }
}

/// One side of a handshake, what it knows, and what it hears.
pub trait Scene: Sized {
    /// What it hears, as in addresses.
    const NAME: &'static str;
    /// What must hold.
    const REQUIREMENT: &'static Requirement;

    /// A healthy handshake with a node of the same release.
    fn plain(release: Release) -> Self;

    /// Everything that may be otherwise.
    fn twists() -> Vec<Twist<Self>>;

    /// Asks a subject.
    fn play(&self, subject: &dyn Subject) -> Played;

    /// The side and what it hears, under headings.
    fn show(&self) -> [(&'static str, String); 2];
}

/// What came of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Played {
    /// What should be answered.
    pub expected: String,
    /// What is answered.
    pub actual: String,
    /// Whether the two are the same in all that can be observed.
    pub is_right: bool,
}

/// The twists of each case: none, each, and every pair that does not exclude itself.
pub fn cases<S: Scene>(twists: &[Twist<S>]) -> Vec<Vec<&Twist<S>>> {
    let mut cases = vec![Vec::new()];
    cases.extend(twists.iter().map(|twist| vec![twist]));
    for (index, one) in twists.iter().enumerate() {
        let others = twists.iter().skip(index + 1).filter(|other| other.part != one.part);
        cases.extend(others.map(|other| vec![one, other]));
    }
    cases
}

/// The scene of a case.
pub fn scene<S: Scene>(release: Release, twists: &[&Twist<S>]) -> S {
    let mut scene = S::plain(release);
    twists.iter().for_each(|twist| (twist.change)(&mut scene));
    scene
}

/// A handshake without any twist.
const PLAIN: &str = "plain";

/// The address of a case.
pub fn address<S: Scene>(release: Release, twists: &[&Twist<S>]) -> CaseId {
    let names: Vec<&str> = twists.iter().map(|twist| twist.name.as_str()).collect();
    let names = if names.is_empty() { PLAIN.to_owned() } else { names.join("+") };
    S::REQUIREMENT.case([release.name(), &names])
}

/// Tells the story of the case with an address. The release may have a bug planted in it, as
/// `1.7+M74`.
///
/// # Errors
///
/// If there is no such case.
pub fn story(address: &str) -> Result<Story, SpeakError> {
    let parts: Vec<&str> = address.split('/').collect();
    match parts[..] {
        ["check", HelloScene::NAME, node, twists] => story_of::<HelloScene>(address, node, twists),
        ["check", WelcomeScene::NAME, node, twists] => {
            story_of::<WelcomeScene>(address, node, twists)
        }
        _ => Err(misasked(
            format!("{address:?} is no address of a handshake"),
            "check/hello/1.7/no-id+other-cluster".to_owned(),
        )),
    }
}

fn story_of<S: Scene>(address: &str, node: &str, names: &str) -> Result<Story, SpeakError> {
    let node = node_named(node)?;
    let all = S::twists();
    let mut twists = Vec::new();
    for name in names.split('+').filter(|name| *name != PLAIN) {
        let twist = all.iter().find(|twist| twist.name == name).ok_or_else(|| {
            let known: Vec<&str> = all.iter().map(|twist| twist.name.as_str()).collect();
            misasked(format!("unknown twist {name:?}"), known.join(", "))
        })?;
        twists.push(twist);
    }
    let scene: S = scene(node.release(), &twists);
    let played = scene.play(node.subject());
    let verdict = if played.is_right { "as it should be" } else { "otherwise than it should be" };
    let mut chapters = vec![("case", address.to_owned())];
    chapters.extend(scene.show());
    chapters.push(("should say", played.expected));
    chapters.push(("says", played.actual));
    chapters.push(("verdict", verdict.to_owned()));
    Ok(Story { chapters, is_foreseen: played.is_right })
}

fn misasked(problem: String, hint: String) -> SpeakError {
    SpeakError::Misasked { problem, hint }
}
