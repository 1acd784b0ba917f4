//! Which inputs of many are kept: those that together reach all that any of them reaches.
//!
//! One after the other that input is taken which reaches the most that none of those before it has
//! reached: a set cover, as good as one can be had in time.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};

/// What an input reaches, each thing as a number.
pub type Reached = Vec<u32>;

/// An input that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chosen {
    /// Which, by its index.
    pub index: usize,
    /// How much it reaches that none before it has reached.
    pub adds: usize,
}

/// Chooses among inputs with their lengths, beside what is known; the most useful first.
pub fn choose(inputs: &[(Reached, usize)], mut known: HashSet<u32>) -> Vec<Chosen> {
    let new = |index: usize, known: &HashSet<u32>| {
        let reached = inputs.get(index).map(|(reached, _)| reached.as_slice()).unwrap_or_default();
        reached.iter().filter(|it| !known.contains(it)).copied().collect::<HashSet<u32>>()
    };
    let entry = |index: usize, adds: usize| {
        let len = inputs.get(index).map(|(_, len)| *len);
        (adds, Reverse(len), Reverse(index))
    };
    let mut heap: BinaryHeap<_> = inputs
        .iter()
        .enumerate()
        .map(|(index, (reached, _))| entry(index, reached.len()))
        .collect();
    let mut chosen = Vec::new();
    while let Some((adds, _, Reverse(index))) = heap.pop() {
        let new = new(index, &known);
        // What it adds can only have become less: if it has not, nothing adds more.
        if new.len() == adds && adds > 0 {
            known.extend(new);
            chosen.push(Chosen { index, adds });
        } else if !new.is_empty() {
            heap.push(entry(index, new.len()));
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn indexes(inputs: &[(Reached, usize)], known: &[u32]) -> Vec<usize> {
        let chosen = choose(inputs, known.iter().copied().collect());
        chosen.into_iter().map(|it| it.index).collect()
    }

    #[test]
    fn what_reaches_the_most_is_taken_and_what_reaches_nothing_is_not() {
        let inputs = [(vec![1, 2], 1), (vec![2, 3], 1), (vec![1, 2, 3, 4], 9), (vec![5], 1)];
        assert_eq!(indexes(&inputs, &[]), [2, 3]);
        assert_eq!(indexes(&inputs, &[4, 5]), [2]);
        assert_eq!(indexes(&inputs, &[1, 2, 3, 4, 5]), [0; 0]);
        let chosen = choose(&inputs, HashSet::new());
        assert_eq!(chosen.iter().map(|it| it.adds).collect::<Vec<_>>(), [4, 1]);
    }

    #[test]
    fn of_those_that_are_alike_the_shortest_is_taken() {
        let inputs = [(vec![1, 1, 2], 7), (vec![1, 2], 3), (vec![2, 1], 3)];
        assert_eq!(indexes(&inputs, &[]), [1]);
    }

    #[test]
    fn nothing_that_is_reached_is_lost() {
        let inputs: Vec<(Reached, usize)> = (0..300_u32)
            .map(|at| ((0..at % 17).map(|it| it * at % 211).collect(), (at % 7) as usize))
            .collect();
        let all: HashSet<u32> = inputs.iter().flat_map(|(reached, _)| reached).copied().collect();
        let chosen = choose(&inputs, HashSet::new());
        let kept =
            chosen.iter().flat_map(|it| &inputs[it.index].0).copied().collect::<HashSet<_>>();
        assert_eq!(kept, all);
        assert_eq!(chosen.iter().map(|it| it.adds).sum::<usize>(), all.len());
        assert!(chosen.len() < 60, "{}", chosen.len());
    }
}
