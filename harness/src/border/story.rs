//! A case of the matrix again, by its address.

use super::node::Protocol;
use super::spoken::Border;
use crate::boundary::contain;
use crate::skew::matrix::{ROOT, address};
use crate::skew::peer::Offer;
use crate::skew::{Layer, Peer};
use crate::story::Story;

impl<P: Protocol> Border<P> {
    /// What happens to one value, from end to end; none if there is no such cell of the matrix.
    pub fn story(&self, cell: &str) -> Option<Story> {
        let mut segments = cell.strip_prefix(ROOT)?.strip_prefix('/')?.splitn(5, '/');
        let mut next = || segments.next();
        let (sender, receiver) = (next()?, next()?);
        let layer = Layer::Version(next()?.strip_prefix('V')?.parse().ok()?);
        let (message, sample) = (next()?, next()?);
        let skew = self.skew();
        let [from, to] = [sender, receiver].map(|name| skew.peer_named(name));
        let (from, to) = (from?, to?);
        let topic = skew.topics().iter().position(|topic| topic.name == message)?;
        let samples = skew.topics().get(topic).map(|topic| topic.samples.iter());
        let index = samples?.into_iter().position(|(name, _)| name == sample)?;
        let traced = skew.trace((from, to, layer), topic, index)?;
        let peer = |index: usize| skew.peers().nth(index);
        let shaken = contain(|| {
            let dialled = peer(from)?.dial(Offer { pinned: None, lane: 0 });
            Some(dialled.map(|hello| peer(to).map(|it| it.accept(&hello))))
        });
        let accepted = shaken.map_err(|panicked| panicked.to_string());
        let agreed = match accepted.and_then(|it| it.unwrap_or(Ok(None))) {
            Ok(Some(Ok(accepted))) => format!("V{}", accepted.version),
            Ok(Some(Err(refusal))) => format!("no version: {}", refusal.text),
            Ok(None) => "nothing".to_owned(),
            Err(words) => format!("no version: {words}"),
        };
        let agreed = format!("{agreed}, when {sender} dials {receiver}; this is sent at {layer}");
        let cell = address(sender, receiver, layer, message, sample).to_string();
        let chapters = vec![("cell", cell), ("agreed", agreed)];
        let story = Story { chapters, is_foreseen: true };
        Some(story.with_trace((peer(from)?, peer(to)?), layer, traced))
    }
}
