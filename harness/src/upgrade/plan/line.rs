//! A plan in one line, to be pasted: `seed(7) n1:1.3 n2:1.3 n1=1.4 break(n1,n2) wait(500) n2=1.4`.
//!
//! First the nodes as `name:release`; the seed may stand before them. Then the steps:
//! `n1=1.4`, `n1+n2=1.4`, `join(n4:1.4)`, `restart(n1)`, `crash(n1)`, `crash(n1,3)` at the third frame,
//! `partition(n1,n2)`, `heal()`, `slow(n1,n2,250)`, `break(n1,n2)`, `tell(n1,rule)`, `wait(500)`. Names of
//! nodes, and what they are told, have letters, digits and hyphens.

use std::fmt::{self, Display};
use std::str::FromStr;

use super::{Plan, Step};

/// The longest that a step may wait or slow down, in milliseconds: an hour.
const MS_MAX: u64 = 3_600_000;

/// Why a line is no plan. Words are counted from 1 on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// Not a node, a seed or a step.
    #[error(
        "word {at}, `{word}`: neither `name:release`, `name=release` nor a step as `wait(500)`"
    )]
    UnknownWord {
        /// Which word.
        at: usize,
        /// What it says.
        word: String,
    },
    /// A step with other arguments than it takes.
    #[error("word {at}, `{word}`: it takes {wanted}")]
    WrongArguments {
        /// Which word.
        at: usize,
        /// What it says.
        word: String,
        /// What it should say.
        wanted: &'static str,
    },
    /// A node that is not there at this step.
    #[error("word {at}: there is no node `{name}`")]
    UnknownNode {
        /// Which word.
        at: usize,
        /// What is said to be its name.
        name: String,
    },
    /// A name that could not be read again, or does not go into a command as it is.
    #[error("word {at}: `{name}` is no name of a node; it takes letters, digits and hyphens")]
    BadName {
        /// Which word.
        at: usize,
        /// The name.
        name: String,
    },
    /// Something that could not be read again, or does not go into a command as it is.
    #[error("word {at}: `{text}` is nothing to tell a node; it takes letters, digits and hyphens")]
    BadWord {
        /// Which word.
        at: usize,
        /// What is to be told.
        text: String,
    },
    /// A node that a step names more than once.
    #[error("word {at}, `{word}`: each node once")]
    SameNode {
        /// Which word.
        at: usize,
        /// What it says.
        word: String,
    },
    /// Frames are counted from 1 on.
    #[error("word {at}, `{word}`: the first frame is 1")]
    NoFrame {
        /// Which word.
        at: usize,
        /// What it says.
        word: String,
    },
    /// More milliseconds than a step may take.
    #[error("word {at}: {ms} ms; up to {MS_MAX} can be simulated")]
    TooLong {
        /// Which word.
        at: usize,
        /// How many.
        ms: u64,
    },
    /// A name that two nodes would have.
    #[error("word {at}: there is a node `{name}` already")]
    NodeTwice {
        /// Which word.
        at: usize,
        /// The name.
        name: String,
    },
    /// A release that nobody knows.
    #[error("word {at}: there is no release `{name}`")]
    UnknownRelease {
        /// Which word.
        at: usize,
        /// What is said to be its name.
        name: String,
    },
    /// A number that is none, or is too large.
    #[error("word {at}: `{text}` is not a number that fits")]
    NotANumber {
        /// Which word.
        at: usize,
        /// What stands there.
        text: String,
    },
    /// A node of the beginning behind the first step.
    #[error("word {at}: `{name}` comes after the first step; it can only join")]
    TooLate {
        /// Which word.
        at: usize,
        /// Which node.
        name: String,
    },
    /// No nodes at all.
    #[error("a plan begins with its nodes, as `n1:1.3 n2:1.3`")]
    NoNodes,
}

impl<R: Clone + PartialEq + Display> Plan<R> {
    /// Reads a plan; `release` finds one by its name.
    ///
    /// # Errors
    ///
    /// If it is not one, with the first word that is wrong.
    pub fn parse(text: &str, release: impl Fn(&str) -> Option<R>) -> Result<Self, ParseError> {
        let plan = Self { nodes: Vec::new(), steps: Vec::new(), seed: 0 };
        let reader = Reader { names: Vec::new(), plan, at: 0, release };
        let plan = reader.read(text)?;
        if plan.nodes.is_empty() { Err(ParseError::NoNodes) } else { Ok(plan) }
    }
}

struct Reader<R, F> {
    /// Of all nodes so far.
    names: Vec<String>,
    plan: Plan<R>,
    /// The word that is read.
    at: usize,
    release: F,
}

impl<R, F: Fn(&str) -> Option<R>> Reader<R, F> {
    fn read(mut self, text: &str) -> Result<Plan<R>, ParseError> {
        for (index, word) in text.split_whitespace().enumerate() {
            self.at = index + 1;
            self.word(word)?;
        }
        Ok(self.plan)
    }

    fn word(&mut self, word: &str) -> Result<(), ParseError> {
        if let Some((name, arguments)) = word.strip_suffix(')').and_then(|w| w.split_once('(')) {
            let arguments: Vec<&str> =
                if arguments.is_empty() { Vec::new() } else { arguments.split(',').collect() };
            if name == "seed" {
                let [seed] = arguments[..] else { return Err(self.wrong(word, "a number")) };
                self.plan.seed = self.number(seed)?;
                return Ok(());
            }
            let step = self.step(word, name, &arguments)?;
            self.plan.steps.push(step);
        } else if let Some((names, release)) = word.split_once('=') {
            let step = self.moves(word, names, release)?;
            self.plan.steps.push(step);
        } else if let Some((name, release)) = word.split_once(':') {
            if !self.plan.steps.is_empty() {
                return Err(ParseError::TooLate { at: self.at, name: name.to_owned() });
            }
            let node = self.new_node(name, release)?;
            self.plan.nodes.push(node);
        } else {
            return Err(ParseError::UnknownWord { at: self.at, word: word.to_owned() });
        }
        Ok(())
    }

    fn moves(&self, word: &str, names: &str, release: &str) -> Result<Step<R>, ParseError> {
        let to = self.release(release)?;
        let nodes: Vec<usize> =
            names.split('+').map(|name| self.node(name)).collect::<Result<_, _>>()?;
        let is_again =
            |(index, node): (usize, &usize)| nodes.iter().take(index).any(|it| it == node);
        if nodes.iter().enumerate().any(is_again) {
            return Err(ParseError::SameNode { at: self.at, word: word.to_owned() });
        }
        Ok(match nodes[..] {
            [node] => Step::Upgrade { node, to },
            _ => Step::Together { nodes, to },
        })
    }

    fn step(&mut self, word: &str, name: &str, given: &[&str]) -> Result<Step<R>, ParseError> {
        Ok(match (name, given) {
            ("join", [node]) => {
                let (name, release) = node
                    .split_once(':')
                    .ok_or_else(|| self.wrong(word, "a node, as `join(n4:1.4)`"))?;
                let (name, release) = self.new_node(name, release)?;
                Step::Join { name, release }
            }
            ("restart", [node]) => Step::Restart { node: self.node(node)? },
            ("crash", [node]) => Step::Crash { node: self.node(node)? },
            ("crash", [node, frame]) => {
                Step::CrashAtFrame { node: self.node(node)?, frame: self.frame(word, frame)? }
            }
            ("partition", [from, to]) => {
                let (from, to) = self.two(word, from, to)?;
                Step::Partition { from, to }
            }
            ("heal", []) => Step::Heal,
            ("slow", [from, to, ms]) => {
                let (from, to) = self.two(word, from, to)?;
                Step::Slow { from, to, by_ms: self.ms(ms)? }
            }
            ("break", [a, b]) => {
                let (a, b) = self.two(word, a, b)?;
                Step::Break { a, b }
            }
            ("tell", [node, text]) => {
                let node = self.node(node)?;
                if !is_plain(text) {
                    return Err(ParseError::BadWord { at: self.at, text: (*text).to_owned() });
                }
                Step::Tell { node, word: (*text).to_owned() }
            }
            ("wait", [ms]) => Step::Wait { ms: self.ms(ms)? },
            ("join", _) => return Err(self.wrong(word, "a node, as `join(n4:1.4)`")),
            ("restart", _) => return Err(self.wrong(word, "one node")),
            ("crash", _) => return Err(self.wrong(word, "a node, and a frame if it is at one")),
            ("partition" | "break", _) => return Err(self.wrong(word, "two nodes")),
            ("heal", _) => return Err(self.wrong(word, "nothing")),
            ("slow", _) => return Err(self.wrong(word, "two nodes and milliseconds")),
            ("tell", _) => return Err(self.wrong(word, "a node and a word")),
            ("wait", _) => return Err(self.wrong(word, "milliseconds")),
            _ => return Err(ParseError::UnknownWord { at: self.at, word: word.to_owned() }),
        })
    }

    fn wrong(&self, word: &str, wanted: &'static str) -> ParseError {
        ParseError::WrongArguments { at: self.at, word: word.to_owned(), wanted }
    }

    fn new_node(&mut self, name: &str, release: &str) -> Result<(String, R), ParseError> {
        if !is_plain(name) {
            return Err(ParseError::BadName { at: self.at, name: name.to_owned() });
        }
        if self.names.iter().any(|known| known == name) {
            return Err(ParseError::NodeTwice { at: self.at, name: name.to_owned() });
        }
        let release = self.release(release)?;
        self.names.push(name.to_owned());
        Ok((name.to_owned(), release))
    }

    fn node(&self, name: &str) -> Result<usize, ParseError> {
        let unknown = || ParseError::UnknownNode { at: self.at, name: name.to_owned() };
        self.names.iter().position(|known| known == name).ok_or_else(unknown)
    }

    /// Two nodes that are not the same one.
    fn two(&self, word: &str, a: &str, b: &str) -> Result<(usize, usize), ParseError> {
        let (a, b) = (self.node(a)?, self.node(b)?);
        let same = || ParseError::SameNode { at: self.at, word: word.to_owned() };
        (a != b).then_some((a, b)).ok_or_else(same)
    }

    fn frame(&self, word: &str, text: &str) -> Result<u32, ParseError> {
        let none = || ParseError::NoFrame { at: self.at, word: word.to_owned() };
        Some(self.number(text)?).filter(|frame| *frame > 0).ok_or_else(none)
    }

    fn ms(&self, text: &str) -> Result<u64, ParseError> {
        let ms = self.number(text)?;
        if ms <= MS_MAX { Ok(ms) } else { Err(ParseError::TooLong { at: self.at, ms }) }
    }

    fn release(&self, name: &str) -> Result<R, ParseError> {
        let unknown = || ParseError::UnknownRelease { at: self.at, name: name.to_owned() };
        (self.release)(name).ok_or_else(unknown)
    }

    fn number<N: FromStr>(&self, text: &str) -> Result<N, ParseError> {
        let not = |_| ParseError::NotANumber { at: self.at, text: text.to_owned() };
        text.parse().map_err(not)
    }
}

/// Letters, digits and hyphens, at least one.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

/// The one-line form.
impl<R: Clone + PartialEq + Display> Display for Plan<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.names();
        let name = |node: &usize| names.get(*node).map_or("?", String::as_str);
        write!(f, "seed({})", self.seed)?;
        for (name, release) in &self.nodes {
            write!(f, " {name}:{release}")?;
        }
        for step in &self.steps {
            match step {
                Step::Upgrade { node, to } => write!(f, " {}={to}", name(node))?,
                Step::Together { nodes, to } => {
                    let nodes: Vec<&str> = nodes.iter().map(name).collect();
                    write!(f, " {}={to}", nodes.join("+"))?;
                }
                Step::Join { name, release } => write!(f, " join({name}:{release})")?,
                Step::Restart { node } => write!(f, " restart({})", name(node))?,
                Step::Crash { node } => write!(f, " crash({})", name(node))?,
                Step::CrashAtFrame { node, frame } => write!(f, " crash({},{frame})", name(node))?,
                Step::Partition { from, to } => {
                    write!(f, " partition({},{})", name(from), name(to))?;
                }
                Step::Heal => f.write_str(" heal()")?,
                Step::Slow { from, to, by_ms } => {
                    write!(f, " slow({},{},{by_ms})", name(from), name(to))?;
                }
                Step::Break { a, b } => write!(f, " break({},{})", name(a), name(b))?,
                Step::Tell { node, word } => write!(f, " tell({},{word})", name(node))?,
                Step::Wait { ms } => write!(f, " wait({ms})")?,
            }
        }
        Ok(())
    }
}
