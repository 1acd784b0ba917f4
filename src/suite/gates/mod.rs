//! The audit of gates.

mod finding;
mod observe;

pub use self::finding::{Change, GateFinding, Outcome, Pair};
pub use self::observe::observe;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::subject::Fabric;

    #[test]
    fn look() {
        let start = std::time::Instant::now();
        let all = observe(&Fabric);
        println!("{:?} {}", start.elapsed(), all.len());
        for f in all {
            println!("{} | {} | {} | {} | {}", f.address(), f.change, f.pairs_in_words(), f.outcome, f.reason);
        }
    }
}
