//! One cause, one finding: findings that share what they are about are one, the decisive one first.
//!
//! What a finding is about is told by who knows the cases ([`About`]); here they are put together.

use std::collections::HashMap;

/// What a finding is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// What it shares with others of the same cause: a fixture, a field. Findings that share one of
    /// them have one cause.
    pub handles: Vec<String>,
    /// The thing that shows it, as a message.
    pub subject: Option<String>,
    /// What must hold; findings without handles that have thing and rule in common are one.
    pub rule: String,
    /// Whether it says itself what the cause is. What does not belongs to the best cause of the same
    /// thing that is said.
    pub names_it: bool,
    /// What it has in common with others that nothing explains: with them it is one.
    pub kin: Option<String>,
    /// How much it says of the cause, 0 most.
    pub rank: u8,
    /// Whether it only follows from others, as a count does.
    pub follows: bool,
    /// The cause in a sentence, as far as this finding shows it.
    pub sentence: String,
}

/// Findings that have one cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// What it is, in a sentence.
    pub sentence: String,
    /// The positions of the findings, the decisive one first. Never empty.
    pub members: Vec<usize>,
}

/// Puts findings together; causes in the order of how much is known of them.
pub fn group(abouts: &[About]) -> Vec<Cause> {
    let mut sets = Sets::new(abouts.len());
    let mut first_of: HashMap<(u8, String), usize> = HashMap::new();
    let mut join = |sets: &mut Sets, key: (u8, String), at: usize| match first_of.get(&key) {
        Some(first) => sets.join(*first, at),
        None => {
            first_of.insert(key, at);
        }
    };
    for (at, about) in abouts.iter().enumerate() {
        for handle in &about.handles {
            join(&mut sets, (0, handle.clone()), at);
        }
        if about.follows {
            join(&mut sets, (1, String::new()), at);
        } else if about.handles.is_empty() {
            let subject = about.subject.as_deref().unwrap_or_default();
            join(&mut sets, (2, format!("{subject}\n{}", about.rule)), at);
        }
    }
    gather_weak(abouts, &mut sets);
    gather_followers(abouts, &mut sets);
    let mut causes: Vec<Vec<usize>> = sets.members();
    for members in &mut causes {
        members.sort_by_key(|at| (rank(abouts, *at), *at));
    }
    causes.sort_by_key(|members| members.first().map(|at| (rank(abouts, *at), *at)));
    let cause = |members: Vec<usize>| {
        let decisive = members.first().and_then(|at| abouts.get(*at));
        Cause { sentence: decisive.map(|it| it.sentence.clone()).unwrap_or_default(), members }
    };
    causes.into_iter().map(cause).collect()
}

fn rank(abouts: &[About], at: usize) -> (bool, u8) {
    abouts.get(at).map_or((true, u8::MAX), |about| (about.follows, about.rank))
}

/// Sets in which nothing says the cause go to the best of the same thing in which something does.
fn gather_weak(abouts: &[About], sets: &mut Sets) {
    let sets_now = sets.members();
    let about = |at: &usize| abouts.get(*at).filter(|about| !about.follows);
    let (named, weak): (Vec<_>, Vec<_>) = sets_now
        .into_iter()
        .partition(|set| set.iter().filter_map(about).any(|about| about.names_it));
    let (mut best, mut kin_of): (HashMap<&str, usize>, HashMap<&str, usize>) = Default::default();
    for at in named.iter().flatten() {
        if let Some(subject) = about(at).and_then(|about| about.subject.as_deref()) {
            let known = best.entry(subject).or_insert(*at);
            if rank(abouts, *at) < rank(abouts, *known) {
                *known = *at;
            }
        }
    }
    for at in weak.iter().flatten() {
        let subject = about(at).and_then(|about| about.subject.as_deref());
        match subject.and_then(|subject| best.get(subject)) {
            Some(strong) => sets.join(*strong, *at),
            None => {
                let kin = about(at).and_then(|about| about.kin.as_deref());
                let first = kin.map(|kin| *kin_of.entry(kin).or_insert(*at));
                first.into_iter().for_each(|first| sets.join(first, *at));
            }
        }
    }
}

/// What follows from others goes to the only cause there is; from which of several nobody knows.
fn gather_followers(abouts: &[About], sets: &mut Sets) {
    let mut causes =
        (0..abouts.len()).filter(|at| abouts.get(*at).is_some_and(|about| !about.follows));
    let Some(first) = causes.next() else { return };
    let root = sets.root(first);
    if causes.all(|at| sets.root(at) == root) {
        for at in (0..abouts.len()).filter(|at| abouts.get(*at).is_some_and(|it| it.follows)) {
            sets.join(first, at);
        }
    }
}

/// Sets that are joined, each known by its first member.
struct Sets(Vec<usize>);

impl Sets {
    fn new(len: usize) -> Self {
        Self((0..len).collect())
    }

    fn root(&self, mut at: usize) -> usize {
        while let Some(&above) = self.0.get(at).filter(|above| **above != at) {
            at = above;
        }
        at
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        if let Some(above) = self.0.get_mut(one.max(other)) {
            *above = one.min(other);
        }
    }

    fn members(&self) -> Vec<Vec<usize>> {
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); self.0.len()];
        for at in 0..self.0.len() {
            if let Some(set) = members.get_mut(self.root(at)) {
                set.push(at);
            }
        }
        members.retain(|set| !set.is_empty());
        members
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(handles: &[&str], subject: &str, rank: u8) -> About {
        About {
            handles: handles.iter().map(ToString::to_string).collect(),
            subject: Some(subject.to_owned()),
            rule: format!("rule {rank}"),
            names_it: rank < 5,
            kin: None,
            rank,
            follows: false,
            sentence: format!("{subject} {rank}"),
        }
    }

    fn members(abouts: &[About]) -> Vec<Vec<usize>> {
        group(abouts).into_iter().map(|cause| cause.members).collect()
    }

    #[test]
    fn what_shares_a_handle_is_one_and_the_decisive_comes_first() {
        let abouts = [
            about(&["f1"], "A", 3),
            about(&["f1", "x"], "A", 2),
            about(&["x"], "B", 1),
            about(&["y"], "C", 1),
        ];
        let causes = group(&abouts);
        assert_eq!(causes[0], Cause { sentence: "B 1".to_owned(), members: vec![2, 1, 0] });
        assert_eq!((causes.len(), &causes[1].members), (2, &vec![3]));
    }

    #[test]
    fn what_has_no_handle_goes_to_the_same_thing_or_the_same_rule() {
        let (weak, strong) = (about(&[], "A", 5), about(&["x"], "A", 1));
        assert_eq!(members(&[weak.clone(), strong.clone()]), [[1, 0]]);
        let other = about(&[], "B", 5);
        assert_eq!(
            members(&[weak.clone(), strong, other.clone(), other]),
            [vec![1, 0], vec![2, 3]]
        );
        assert_eq!(members(&[weak.clone(), about(&[], "A", 6), weak]), [vec![0, 2], vec![1]]);
    }

    #[test]
    fn what_nothing_explains_is_one_with_its_kin() {
        let of = |fixture: &str, kin: &str| About {
            kin: Some(kin.to_owned()),
            ..about(&[fixture], fixture, 5)
        };
        let abouts = [of("f1", "1.8"), of("f2", "1.8"), of("f3", "1.7"), about(&["f2"], "f2", 1)];
        assert_eq!(members(&abouts), [vec![3, 1], vec![0], vec![2]]);
        assert_eq!(members(&abouts[..3]), [vec![0, 1], vec![2]]);
    }

    #[test]
    fn what_follows_goes_to_the_only_cause() {
        let follows = About { follows: true, ..About::default() };
        let one = about(&["x"], "A", 1);
        assert_eq!(members(&[follows.clone(), one.clone(), follows.clone()]), [[1, 0, 2]]);
        let two = about(&["y"], "B", 1);
        assert_eq!(
            members(&[follows.clone(), one, two, follows.clone()]),
            [vec![1], vec![2], vec![0, 3]]
        );
        assert_eq!(members(&[follows.clone(), follows]), [[0, 1]]);
        assert!(group(&[]).is_empty());
    }
}
