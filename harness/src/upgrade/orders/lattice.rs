//! How large the space is, by formulas.

/// The states of `nodes` nodes, each at one of `lines` releases, and the moves between them: one node
/// by one release, up or back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lattice {
    /// How many nodes there are.
    pub nodes: usize,
    /// How many releases there are on the path.
    pub lines: usize,
}

impl Lattice {
    /// How often each node moves on the whole way.
    pub const fn moves_per_node(&self) -> usize {
        self.lines.saturating_sub(1)
    }

    /// How many states there are: `lines ^ nodes`.
    pub fn states(&self) -> u64 {
        power(self.lines, self.nodes)
    }

    /// How many moves up there are from one state to another, and as many back:
    /// `nodes × (lines − 1) × lines ^ (nodes − 1)`.
    pub fn edges(&self) -> u64 {
        if self.nodes == 0 {
            return 0;
        }
        to_u64(self.nodes)
            .saturating_mul(to_u64(self.moves_per_node()))
            .saturating_mul(power(self.lines, self.nodes - 1))
    }

    /// How many orders there are from the first state to the last, a multinomial coefficient:
    /// `(nodes × (lines − 1))! / ((lines − 1)!) ^ nodes`.
    pub fn orders(&self) -> u64 {
        paths(&vec![self.moves_per_node(); self.nodes])
    }

    /// How many beginnings of orders there are, the empty one not counted: so many moves are
    /// simulated when beginnings are shared. The sum, over all states but the first, of the ways
    /// that lead there.
    pub fn beginnings(&self) -> u64 {
        let mut sum = 0_u64;
        let mut state = vec![0; self.nodes];
        while self.next(&mut state) {
            sum = sum.saturating_add(paths(&state));
        }
        sum
    }

    /// The next state in the order of counting; false behind the last one.
    fn next(&self, state: &mut [usize]) -> bool {
        for place in state.iter_mut() {
            if *place < self.moves_per_node() {
                *place += 1;
                return true;
            }
            *place = 0;
        }
        false
    }
}

/// In how many orders so many moves of each node can be made.
fn paths(moves: &[usize]) -> u64 {
    let mut made = 0_u64;
    let mut product = 1_u64;
    for node in moves {
        for of_node in 1..=to_u64(*node) {
            made += 1;
            // A product of binomial coefficients, each step of which is a whole number.
            product = product.saturating_mul(made) / of_node;
        }
    }
    product
}

fn power(base: usize, exponent: usize) -> u64 {
    (0..exponent).fold(1, |power: u64, _| power.saturating_mul(to_u64(base)))
}

fn to_u64(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_nodes_on_four_lines() {
        let lattice = Lattice { nodes: 3, lines: 4 };
        assert_eq!((lattice.states(), lattice.edges(), lattice.orders()), (64, 144, 1_680));
        assert_eq!(lattice.beginnings(), 5_247);
    }

    #[test]
    fn small_ones_are_as_counted_by_hand() {
        let lattice = Lattice { nodes: 2, lines: 2 };
        assert_eq!((lattice.states(), lattice.edges(), lattice.orders()), (4, 4, 2));
        assert_eq!(lattice.beginnings(), 4);
        let lattice = Lattice { nodes: 1, lines: 3 };
        assert_eq!((lattice.states(), lattice.edges(), lattice.orders()), (3, 2, 1));
        let nothing = Lattice { nodes: 0, lines: 4 };
        assert_eq!((nothing.states(), nothing.edges(), nothing.orders()), (1, 0, 1));
    }
}
