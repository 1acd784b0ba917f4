//! Where a message can be changed. One walk both finds the sites and, when it is told which, makes
//! the change at one of them: what is counted and what is done cannot differ.

use std::fmt::Write;

use super::rules::Change;

/// A place of a message, and a change that can be made there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The place, with indices.
    pub place: String,
    /// The change.
    pub change: Change,
    /// The variant that a reader takes if it finds none that it knows.
    pub empty_variant: Option<&'static str>,
}

/// The field with flags in it, and a bit that no release has there.
pub const FLAGS: (&str, u64) = ("flags", 1 << 20);

/// The sites that a walk has come by.
#[derive(Debug, Default)]
pub struct Sites {
    /// In the order of the walk; none where one of them is the target.
    pub found: Vec<Site>,
    /// How many there were.
    passed: usize,
    /// The index of the one where the change is to be made.
    target: Option<usize>,
    place: String,
}

impl Sites {
    /// Sites with a change at one of them.
    pub fn with_target(target: usize) -> Self {
        Self { target: Some(target), ..Self::default() }
    }

    /// Notes a site here; true if the change is to be made.
    pub fn offer(&mut self, change: Change) -> bool {
        self.offer_variant(change, None)
    }

    /// As [`Self::offer`], for a change of an enum with or without an empty variant.
    pub fn offer_variant(&mut self, change: Change, empty_variant: Option<&'static str>) -> bool {
        let index = self.passed;
        self.passed += 1;
        if self.target.is_none() {
            self.found.push(Site { place: self.place.clone(), change, empty_variant });
        }
        self.target == Some(index)
    }

    /// Whether the place is a field with this name.
    pub fn is_at(&self, name: &str) -> bool {
        self.place.rsplit('.').next() == Some(name)
    }

    /// Goes down into a field or variant, and comes back.
    pub fn enter<T>(&mut self, name: &str, visit: impl FnOnce(&mut Self) -> T) -> T {
        let len = self.place.len();
        if len > 0 {
            self.place.push('.');
        }
        self.place.push_str(name);
        let result = visit(self);
        self.place.truncate(len);
        result
    }

    /// Goes down into an element, and comes back.
    pub fn element<T>(&mut self, index: usize, visit: impl FnOnce(&mut Self) -> T) -> T {
        let len = self.place.len();
        // A text takes whatever is written.
        let _ = write!(self.place, "[{index}]");
        let result = visit(self);
        self.place.truncate(len);
        result
    }
}
