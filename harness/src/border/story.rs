//! A case of the matrix again, by its address.

use super::node::Protocol;
use super::spoken::Border;
use crate::skew::Peer;
use crate::skew::matrix::{ROOT, address};
use crate::story::Story;

impl<P: Protocol> Border<P> {
    /// What happens to one value, from end to end; none if there is no such cell of the matrix.
    pub fn story(&self, cell: &str) -> Option<Story> {
        let mut segments = cell.strip_prefix(ROOT)?.strip_prefix('/')?.splitn(5, '/');
        let mut next = || segments.next();
        let (sender, receiver) = (next()?, next()?);
        let (layer, message, sample) = (next()?, next()?, next()?);
        let skew = self.skew();
        let [from, to] = [sender, receiver].map(|name| skew.peer_named(name));
        let (from, to) = (from?, to?);
        let mut layers = skew.peers().nth(from)?.layers().into_iter();
        let layer = layers.find(|it| it.to_string() == layer)?;
        let topic = skew.topics().iter().position(|topic| topic.name == message)?;
        let samples = skew.topics().get(topic).map(|topic| topic.samples.iter());
        let index = samples?.into_iter().position(|(name, _)| name == sample)?;
        let traced = skew.trace((from, to, layer), topic, index)?;
        let peer = |index: usize| skew.peers().nth(index);
        let agreed = match skew.pair(from, to).negotiated() {
            Ok(version) => version.to_string(),
            Err(parting) => format!("no version: {}", parting.words()),
        };
        let agreed = format!("{agreed}, when {sender} dials {receiver}; this is sent at {layer}");
        let cell = address(sender, receiver, layer, message, sample).to_string();
        let chapters = vec![("cell", cell), ("agreed", agreed)];
        let story = Story { chapters, is_foreseen: true };
        Some(story.with_trace((peer(from)?, peer(to)?), layer, traced))
    }
}
