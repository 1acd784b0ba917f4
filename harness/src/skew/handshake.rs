//! One node dials another: with all that it offers on each of its lanes, and with every single
//! version.

use std::sync::Arc;

use super::matrix::{Agreement, Handshake, Parting};
use super::peer::{Offer, Peer};
use crate::boundary::{Breach, Limits, supervise};
use crate::version::Version;

/// What comes of the lanes, and of the versions.
type Results = (Vec<Handshake>, Vec<(Version, Result<Agreement, Parting>)>);

/// Runs every handshake of an ordered pair, but for those of which it is `known` that they come to no
/// end.
pub fn run<P: Peer>(
    (dialer, acceptor): (&Arc<P>, &Arc<P>),
    versions: Vec<Version>,
    limits: Limits,
    known: &dyn Fn(usize) -> Option<Breach>,
) -> Results {
    let lanes = dialer.lanes();
    let offers = offers(lanes.len(), &versions);
    let known: Vec<Option<Breach>> = (0..offers.len()).map(known).collect();
    let open =
        offers.into_iter().zip(&known).filter_map(|(offer, it)| it.is_none().then_some(offer));
    let open: Vec<Offer> = open.collect();
    let (one, other, count) = (Arc::clone(dialer), Arc::clone(acceptor), open.len());
    let call = move |index: usize| open.get(index).map(|offer| shake(&*one, &*other, *offer));
    let mut tried = supervise(count, limits, Arc::new(call)).into_iter();
    let mut results = known.into_iter().map(|known| {
        let outcome = known.map(Err).or_else(|| tried.next())?;
        outcome.unwrap_or_else(|breach| {
            Some(Err(match breach {
                Breach::NotTried(_) => Parting::NotTried,
                breach => Parting::Violation(breach.to_string()),
            }))
        })
    });
    let handshakes = lanes
        .into_iter()
        .zip(results.by_ref())
        .filter_map(|(lane, result)| result.map(|result| Handshake { lane, result }));
    let handshakes = handshakes.collect();
    let pinned = versions.into_iter().zip(results).filter_map(|(v, result)| Some((v, result?)));
    (handshakes, pinned.collect())
}

/// Runs one of them, by the index of its offer; what comes of it is for [`run`] to say.
pub fn one<P: Peer>(dialer: &P, acceptor: &P, versions: &[Version], offer: usize) {
    if let Some(offer) = offers(dialer.lanes().len(), versions).get(offer) {
        let _ = shake(dialer, acceptor, *offer);
    }
}

/// All that a node offers: each of its lanes, then each single version.
fn offers(lanes: usize, versions: &[Version]) -> Vec<Offer> {
    let full = (0..lanes).map(|lane| Offer { pinned: None, lane });
    let pinned = versions.iter().map(|it| Offer { pinned: Some(it.number()), lane: 0 });
    full.chain(pinned).collect()
}

fn shake<P: Peer>(dialer: &P, acceptor: &P, offer: Offer) -> Result<Agreement, Parting> {
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
