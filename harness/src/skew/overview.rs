//! The pairs of a matrix in rows and columns, for those who draw them.

use super::matrix::{Matrix, Pair};

/// Pairs in rows and columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview<'a> {
    /// What the rows and columns are.
    pub title: &'static str,
    /// The heads of the columns.
    pub heads: Vec<String>,
    /// The name of each row, and its pairs; none where nothing was asked.
    pub rows: Vec<(&'a str, Vec<Option<&'a Pair>>)>,
}

impl Matrix {
    /// Its pairs, of nodes that are shown: a row for each that dials, a column for each that is dialled.
    /// If one node is in all of them, a row for each that it meets, and a column for each way.
    pub fn overview(&self, is_shown: impl Fn(&str) -> bool) -> Overview<'_> {
        let (dialers, acceptors) =
            (self.sorted(|pair| pair.dialer), self.sorted(|pair| pair.acceptor));
        // Of a whole side those that are shown; who asks for one node wants to see it.
        let shown = |mut indices: Vec<usize>| {
            if indices.len() > 1 {
                indices.retain(|index| is_shown(self.name(*index)));
            }
            indices
        };
        let pair = |dialer: usize, acceptor: usize| {
            self.pairs.iter().find(|pair| (pair.dialer, pair.acceptor) == (dialer, acceptor))
        };
        let is_wide = dialers.len() > 1 && acceptors.len() > 1;
        if let Some(centre) = self.centre().filter(|_| is_wide) {
            let row = |other| (self.name(other), vec![pair(other, centre), pair(centre, other)]);
            let name = self.name(centre);
            return Overview {
                title: "what comes of each pair: both send, whoever dials",
                heads: vec![format!("dials {name}"), format!("is dialled by {name}")],
                rows: shown(dialers).into_iter().map(row).collect(),
            };
        }
        let acceptors = shown(acceptors);
        let row = |dialer| {
            let pairs = acceptors.iter().map(|acceptor| pair(dialer, *acceptor));
            (self.name(dialer), pairs.collect())
        };
        Overview {
            title: "what comes of each pair: the row dials, the column accepts, both send",
            heads: acceptors.iter().map(|index| self.name(*index).to_owned()).collect(),
            rows: shown(dialers).into_iter().map(row).collect(),
        }
    }

    fn sorted(&self, index: fn(&Pair) -> usize) -> Vec<usize> {
        let mut indices: Vec<usize> = self.pairs.iter().map(index).collect();
        indices.sort_unstable();
        indices.dedup();
        indices
    }

    /// The node that is in all pairs.
    fn centre(&self) -> Option<usize> {
        let is_in = |node: &usize| {
            self.pairs.iter().all(|pair| pair.dialer == *node || pair.acceptor == *node)
        };
        (0..self.nodes.len()).find(is_in)
    }
}
