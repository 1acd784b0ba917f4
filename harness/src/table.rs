//! Tables of words: what a report has beside verdicts.

/// A named table of words: results that are no verdicts, such as what was agreed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// What it is about.
    pub name: String,
    /// The heads of the columns.
    pub columns: Vec<String>,
    /// The rows, each as long as the columns.
    pub rows: Vec<Vec<String>>,
    /// The grid whose cases it is about: a report that keeps none of them does not keep it.
    pub grid: Option<String>,
}

impl Table {
    /// An empty table.
    pub fn new<S: Into<String>>(
        name: impl Into<String>,
        columns: impl IntoIterator<Item = S>,
    ) -> Self {
        let columns = columns.into_iter().map(Into::into).collect();
        Self { name: name.into(), columns, rows: Vec::new(), grid: None }
    }

    /// The same, about the cases of a grid.
    #[must_use]
    pub fn of(self, grid: impl Into<String>) -> Self {
        Self { grid: Some(grid.into()), ..self }
    }
}
