//! A plan as a numbered tree, to be read before it runs.

use std::fmt::Display;

use super::super::process::Process;
use super::{Plan, Step};

impl<R: Clone + PartialOrd + Display> Plan<R> {
    /// The plan as a tree: a line for each step with its number, and what it consists of below it.
    /// Ends with a line break.
    pub fn tree<P: Process<Release = R>>(&self) -> String {
        let count =
            |count: usize, what| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        let (nodes, steps) = (count(self.nodes.len(), "node"), count(self.steps.len(), "step"));
        let mut text = format!("{nodes}, {steps}, seed {}\n", self.seed);
        for step in 0..=self.steps.len() {
            let is_last = step == self.steps.len();
            let (branch, below) =
                if is_last { ("└── ", "    ") } else { ("├── ", "│   ") };
            text.push_str(&format!("{branch}{step}. {}\n", self.label::<P>(step)));
            let parts = self.parts::<P>(step);
            for (index, part) in parts.iter().enumerate() {
                let branch = if index + 1 == parts.len() { "└── " } else { "├── " };
                text.push_str(&format!("{below}{branch}{part}\n"));
            }
        }
        text
    }

    /// What is done in a step, in words; step 0 is the start.
    pub fn label<P: Process<Release = R>>(&self, step: usize) -> String {
        let Some(before) = step.checked_sub(1) else { return "start".to_owned() };
        let Some(it) = self.steps.get(before) else { return "the end".to_owned() };
        let nodes = self.nodes_after(before);
        let name = |node: &usize| nodes.get(*node).map_or("?", |(name, _)| name.as_str());
        match it {
            Step::Upgrade { node, to } => self.moves::<P>(before, *node, to),
            Step::Together { nodes, to } => {
                let names: Vec<&str> = nodes.iter().map(name).collect();
                format!("{} together to {to}", names.join(", "))
            }
            Step::Join { name, release } => format!("{name} joins with {release}"),
            Step::Restart { node } => format!("restart {}", name(node)),
            Step::Crash { node } => format!("crash {}", name(node)),
            Step::CrashAtFrame { node, frame } => {
                format!("crash {} at frame {frame} after its connections broke", name(node))
            }
            Step::Partition { from, to } => {
                format!("partition: nothing from {} reaches {}", name(from), name(to))
            }
            Step::Heal => "heal the network".to_owned(),
            Step::Slow { from, to, by_ms } => {
                format!("slow: {} to {} takes {by_ms} ms longer", name(from), name(to))
            }
            Step::Break { a, b } => {
                format!("break the connections between {} and {}", name(a), name(b))
            }
            Step::Tell { node, word } => format!("tell {}: {word}", name(node)),
            Step::Wait { ms } => format!("wait for {ms} ms"),
        }
    }

    /// What a step consists of, if of more than one thing.
    fn parts<P: Process<Release = R>>(&self, step: usize) -> Vec<String> {
        let Some(before) = step.checked_sub(1) else {
            let start = |(name, release): &(String, R)| format!("{name} with {release}");
            return self.nodes.iter().map(start).collect();
        };
        match self.steps.get(before) {
            Some(Step::Together { nodes, to }) => {
                nodes.iter().map(|node| self.moves::<P>(before, *node, to)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The move of a node to another release, after so many steps.
    fn moves<P: Process<Release = R>>(&self, before: usize, node: usize, to: &R) -> String {
        let release = |step| self.nodes_after(step).into_iter().nth(node);
        let Some((name, from)) = release(before) else { return format!("? to {to}") };
        if from == *to {
            return format!("restart {name} with {to}");
        }
        let left_out: Vec<String> =
            P::left_out(&from, to).iter().map(ToString::to_string).collect();
        let leaving_out = match left_out.as_slice() {
            [] => String::new(),
            some => format!(", leaving out {}", some.join(", ")),
        };
        if *to < from {
            return format!("take {name} back from {from} to {to}{leaving_out}");
        }
        format!("upgrade {name} from {from} to {to}{leaving_out}")
    }
}
