//! What is said of a world when its nodes have settled.

use super::super::judge::Judge;
use super::super::outlook::Outlook;
use super::super::process::Process;
use super::World;
use super::node::Node;
use super::streams::{Side, Stream};

impl<P: Process> World<P> {
    /// All that its future depends on, with what a judge remembers; nothing if something is on its way,
    /// a way is not as usual, or a process or the judge does not say.
    ///
    /// Steps count what nodes do anew, and the seed is one for all worlds of a walk.
    pub(crate) fn outlook(&self, judge: &impl Judge<P>) -> Option<String> {
        if !self.queue.is_empty() || self.network.is_disturbed() {
            return None;
        }
        let mut outlook = Outlook::new(self.streams.iter().map(|stream| stream.id));
        outlook.say((self.clock, self.step, self.disturbed_at, self.is_stuck, &self.violations));
        for node in &self.nodes {
            let Node { name: _, load: _, process, wake, .. } = node;
            let Node { is_running, has_crashed, generation, crash_at_frame, .. } = node;
            outlook.say((is_running, has_crashed, generation, wake, crash_at_frame));
            if !process.outlook(self, &mut outlook) {
                return None;
            }
        }
        for stream in self.streams.iter() {
            // No parcel is on its way that another one could overtake, and none is held back.
            let Stream { id: _, last_arrival: _, held: _, closed, has_ended, is_deaf, .. } = stream;
            let nodes = (stream.node(Side::Dialler), stream.node(Side::Acceptor));
            outlook.say((nodes, stream.is_accepted, closed, has_ended, is_deaf));
        }
        judge.outlook(self, &mut outlook).then(|| outlook.into_words())
    }
}
