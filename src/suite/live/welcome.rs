//! The cases of a Welcome, as they are said to a server that dials a peer of ours.

use bytes::Bytes;

use super::calls::finding;
use super::framed;
use crate::fabric::envelope::GenerationalNodeId;
use crate::fabric::release::Release;
use crate::harness::verdict::{CaseId, Verdict};
use crate::suite::handshake::{self, Says, Scene, WelcomeScene};

/// A case of a Welcome.
pub struct Welcomed {
    /// Its address.
    pub id: CaseId,
    scene: WelcomeScene,
}

/// What is said to a server that dials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// The call ends with a status; 0 is all well.
    Status(u8),
    /// A frame, with its prefix.
    Frame(Bytes),
}

/// What is seen of a server then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaction {
    /// It talks on the stream.
    Talks,
    /// It ends the stream, or it cannot but see that it is over.
    Ends,
}

/// Every case for a server of a release that dials: each alone.
pub fn welcomes(release: Release) -> Vec<Welcomed> {
    let twists = WelcomeScene::twists();
    let cases = handshake::cases(&twists).into_iter().filter(|twists| twists.len() < 2);
    let welcomed = cases.map(|twists| Welcomed {
        id: handshake::address::<WelcomeScene>(release, &twists),
        scene: handshake::scene(release, &twists),
    });
    welcomed.collect()
}

impl Welcomed {
    /// What a peer says.
    ///
    /// # Errors
    ///
    /// Why it is not said.
    pub fn reply(&self, peer: GenerationalNodeId) -> Result<Reply, &'static str> {
        let (says, _) = self.scene.on_wire(peer)?;
        Ok(match says {
            Says::TheEnd => Reply::Status(0),
            Says::Status(code) => Reply::Status(code.number()),
            Says::Frame(frame) => Reply::Frame(framed(&frame)),
        })
    }

    /// What follows from what was seen.
    pub fn judge(&self, peer: GenerationalNodeId, seen: Reaction) -> Verdict {
        let due = match self.scene.on_wire(peer) {
            Ok((_, true)) => Reaction::Talks,
            Ok((_, false)) => Reaction::Ends,
            Err(why) => return Verdict::Skip(why.to_owned()),
        };
        if seen == due {
            return Verdict::Pass;
        }
        finding(self.id.clone(), due.in_words().to_owned(), seen.in_words().to_owned())
    }
}

impl Reaction {
    const fn in_words(self) -> &'static str {
        match self {
            Self::Talks => "it takes the connection, and talks on it",
            Self::Ends => "it does not take the connection",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_takes_what_its_release_takes_and_is_held_to_that() {
        let peer = GenerationalNodeId::new(4, 9);
        let cases = welcomes("1.6".parse().unwrap());
        let case = |name: &str| {
            let is_it = |it: &&Welcomed| it.id.as_str().ends_with(&format!("/{name}"));
            cases.iter().find(is_it).unwrap()
        };
        assert_eq!(case("plain").judge(peer, Reaction::Talks), Verdict::Pass);
        assert!(matches!(case("plain").judge(peer, Reaction::Ends), Verdict::Fail(_)));
        for refused in ["version:9", "other-id", "other-generation", "no-header", "stream-ends"] {
            assert_eq!(case(refused).judge(peer, Reaction::Ends), Verdict::Pass, "{refused}");
            assert!(matches!(case(refused).judge(peer, Reaction::Talks), Verdict::Fail(_)));
        }
        assert!(case("silence").reply(peer).is_err());
        assert!(matches!(case("other-id").reply(peer), Ok(Reply::Frame(_))));
    }
}
