//! One node dials another: with all that it offers on each of its lanes, and with every single
//! version. Where they agree, both are asked at which version they send each message.

use std::ops::Range;
use std::sync::Arc;

use super::matrix::{Agreement, Handshake, Pair, Parting};
use super::peer::{Layer, Offer, Peer, Topic};
use super::run::Skew;
use crate::boundary::Breach;
use crate::version::Version;

/// What a pair is asked before anything is sent: each handshake, and of each message both nodes at which
/// version they send it. The questions have numbers, in this order.
pub struct Questions {
    offers: Vec<Offer>,
    topics: usize,
}

impl Questions {
    /// How many handshakes there are.
    pub fn handshakes(&self) -> usize {
        self.offers.len()
    }

    /// How many questions there are.
    pub fn count(&self) -> usize {
        self.offers.len() + WAYS.len() * self.topics
    }
}

impl<P: Peer> Skew<P> {
    /// What a pair is asked before anything is sent.
    pub fn questions(&self, dialer: usize, acceptor: usize) -> Questions {
        let lanes = self.peers.get(dialer).map(|peer| peer.lanes().len()).unwrap_or_default();
        let offers = offers(lanes, &self.versions(dialer, acceptor));
        Questions { offers, topics: self.topics.len() }
    }

    /// Asks a pair one of its questions, for whatever comes of it; what is agreed on is asked first.
    pub fn question(&self, dialer: usize, acceptor: usize, index: usize) -> Option<()> {
        let ends = self.ends(dialer, acceptor)?;
        let Questions { offers, .. } = self.questions(dialer, acceptor);
        let agreed = shake(&ends, *offers.get(index).or(offers.first())?);
        if let (Some(index), Ok(agreed)) = (index.checked_sub(offers.len()), agreed) {
            spoken(&ends, &self.topics, agreed.version, index);
        }
        Some(())
    }

    /// The versions that both nodes have.
    fn versions(&self, one: usize, other: usize) -> Vec<Version> {
        let versions = self.shared(one, other).into_iter().filter_map(|layer| match layer {
            Layer::Version(version) => Some(version),
            Layer::Envelope | Layer::Rewritten(_) => None,
        });
        versions.collect()
    }

    /// What comes of it when one node dials another.
    pub fn pair(&self, dialer: usize, acceptor: usize) -> Pair {
        let Some(ends) = self.ends(dialer, acceptor) else { return Pair::default() };
        let (lanes, versions) = (ends[0].lanes(), self.versions(dialer, acceptor));
        let offers = offers(lanes.len(), &versions);
        let (count, dialled) = (offers.len(), ends.clone());
        let shaken = self.asked((dialer, acceptor), 0..count, move |index| {
            offers.get(index).map(|offer| shake(&dialled, *offer))
        });
        let result = |outcome: Result<_, Breach>| outcome.unwrap_or_else(|it| Some(Err(it.into())));
        let mut results = shaken.into_iter().filter_map(result);
        let handshakes = lanes.into_iter().zip(results.by_ref());
        let handshakes = handshakes.map(|(lane, result)| Handshake { lane, result }).collect();
        let pinned = versions.into_iter().zip(results).collect();
        let mut pair = Pair { dialer, acceptor, handshakes, pinned, ..Pair::default() };
        self.ask_versions(&mut pair, ends, count);
        pair
    }

    fn ends(&self, dialer: usize, acceptor: usize) -> Option<[Arc<P>; 2]> {
        Some([self.peers.get(dialer)?.clone(), self.peers.get(acceptor)?.clone()])
    }

    /// Asks both nodes of a pair that has agreed on a version at which one they send each message; the first
    /// of these questions has this number.
    fn ask_versions(&self, pair: &mut Pair, ends: [Arc<P>; 2], first: usize) {
        let Ok(agreed) = pair.negotiated() else { return };
        let topics = Arc::clone(&self.topics);
        let questions = first..first + WAYS.len() * topics.len();
        let said = self.asked((pair.dialer, pair.acceptor), questions, move |index| {
            spoken(&ends, &topics, agreed, index - first)
        });
        let mut said = said.into_iter();
        for (row, topic) in self.topics.iter().enumerate() {
            let versions = WAYS.map(|sender| match said.next() {
                Some(Ok(version)) => version,
                Some(Err(breach)) => {
                    let who = format!("the version of {}, asked of the {sender}", topic.name);
                    pair.unsaid.push((who, breach.into()));
                    None
                }
                None => None,
            });
            if versions != [Some(agreed); 2] {
                pair.spoken.insert(row, versions);
            }
        }
    }

    /// Asks questions of a pair, of these numbers; what hangs is remembered.
    fn asked<T: Send + 'static>(
        &self,
        (dialer, acceptor): (usize, usize),
        questions: Range<usize>,
        ask: impl Fn(usize) -> T + Send + Sync + 'static,
    ) -> Vec<Result<T, Breach>> {
        let known = |index| self.fates().of_handshake((dialer, acceptor, index));
        let open = questions.clone().map(|index| known(index).map_or(Ok(index), Err)).collect();
        let outcomes = self.supervised(open, move |index| ask(*index));
        for (index, outcome) in questions.zip(&outcomes) {
            if let Err(breach @ Breach::Hung(_)) = outcome {
                self.fates().note_handshake((dialer, acceptor, index), breach.clone());
            }
        }
        outcomes
    }
}

/// Who is asked at which version it sends a message.
const WAYS: [&str; 2] = ["dialer", "acceptor"];

/// The version at which a node sends a message to another one; the question by its number: of each message
/// first the one that dials is asked, then the one that is dialled.
fn spoken<P: Peer>(
    [one, other]: &[Arc<P>; 2],
    topics: &[Topic<P::Value>],
    agreed: Version,
    index: usize,
) -> Option<Version> {
    let (row, way) = (index / WAYS.len(), index % WAYS.len());
    let (from, to) = if way == 0 { (one, other) } else { (other, one) };
    let number = from.speaks(topics.get(row)?.name, to, agreed.number())?;
    Some(from.version(number))
}

/// All that a node offers: each of its lanes, then each single version.
fn offers(lanes: usize, versions: &[Version]) -> Vec<Offer> {
    let full = (0..lanes).map(|lane| Offer { pinned: None, lane });
    let pinned = versions.iter().map(|it| Offer { pinned: Some(it.number()), lane: 0 });
    full.chain(pinned).collect()
}

fn shake<P: Peer>([dialer, acceptor]: &[Arc<P>; 2], offer: Offer) -> Result<Agreement, Parting> {
    let hello = dialer.dial(offer).map_err(Parting::Refused)?;
    let accepted = match acceptor.accept(&hello) {
        Ok(accepted) => accepted,
        Err(refusal) => {
            return Err(match dialer.conclude(Err(&refusal)) {
                Err(_) => Parting::Refused(refusal.text),
                Ok(version) => {
                    let version = dialer.version(version);
                    let words = format!("the dialer speaks {version}, the acceptor refused");
                    Parting::Violation(words)
                }
            });
        }
    };
    let version = dialer.conclude(Ok(&accepted.answer)).map_err(Parting::Refused)?;
    let [ours, theirs] = [version, accepted.version].map(|number| dialer.version(number));
    if ours == theirs {
        Ok(Agreement { version: ours, lane: accepted.lane })
    } else {
        Err(Parting::Violation(format!(
            "the dialer speaks {ours}, the acceptor {theirs}, on one connection"
        )))
    }
}
