//! One node dials another: with all that it offers on each of its lanes, and with every single
//! version.

use std::sync::Arc;

use super::matrix::{Agreement, Handshake, Parting};
use super::peer::{Offer, Peer};
use crate::boundary::{Breach, Limits, supervise};

/// What comes of the lanes, and of the versions.
type Results = (Vec<Handshake>, Vec<(i32, Result<Agreement, Parting>)>);

/// Runs every handshake of an ordered pair.
pub fn run<P: Peer>(
    dialer: &Arc<P>,
    acceptor: &Arc<P>,
    versions: Vec<i32>,
    limits: Limits,
) -> Results {
    let lanes = dialer.lanes();
    let full = (0..lanes.len()).map(|lane| Offer { pinned: None, lane });
    let pinned = versions.iter().map(|version| Offer { pinned: Some(*version), lane: 0 });
    let offers: Vec<Offer> = full.chain(pinned).collect();
    let (one, other, count) = (Arc::clone(dialer), Arc::clone(acceptor), offers.len());
    let call = move |index: usize| offers.get(index).map(|offer| shake(&*one, &*other, *offer));
    let mut results = supervise(count, limits, Arc::new(call)).into_iter().map(|outcome| {
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

fn shake<P: Peer>(dialer: &P, acceptor: &P, offer: Offer) -> Result<Agreement, Parting> {
    let hello = dialer.dial(offer).map_err(Parting::Refused)?;
    let accepted = match acceptor.accept(&hello) {
        Ok(accepted) => accepted,
        Err(refusal) => {
            return Err(match dialer.conclude(Err(&refusal)) {
                Err(_) => Parting::Refused(refusal.text),
                Ok(version) => {
                    let words = format!("the dialer speaks V{version}, the acceptor refused");
                    Parting::Violation(words)
                }
            });
        }
    };
    let version = dialer.conclude(Ok(&accepted.answer)).map_err(Parting::Refused)?;
    if version == accepted.version {
        Ok(Agreement { version, lane: accepted.lane })
    } else {
        let theirs = accepted.version;
        Err(Parting::Violation(format!(
            "the dialer speaks V{version}, the acceptor V{theirs}, on one connection"
        )))
    }
}
