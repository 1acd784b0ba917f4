//! Names of rows and columns, each with its place.

use std::collections::HashMap;

/// Names in the order in which they were first seen, each with its index.
#[derive(Debug, Clone, Default)]
pub(super) struct Labels {
    pub names: Vec<String>,
    indices: HashMap<String, usize>,
}

impl Labels {
    pub fn index_of(&mut self, name: &str) -> usize {
        if let Some(&index) = self.indices.get(name) {
            return index;
        }
        let index = self.names.len();
        self.names.push(name.to_owned());
        self.indices.insert(name.to_owned(), index);
        index
    }
}
