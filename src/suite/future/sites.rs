//! Where a message can be changed. One walk both finds the sites and, when it is told which, makes
//! the change at one of them: what is counted and what is done cannot differ.

use super::rules::Change;
use crate::suite::parting::join;

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
    /// In the order of the walk.
    pub found: Vec<Site>,
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
        let is_target = self.target == Some(self.found.len());
        self.found.push(Site { place: self.place.clone(), change, empty_variant });
        is_target
    }

    /// Whether the place is a field with this name.
    pub fn is_at(&self, name: &str) -> bool {
        self.place.rsplit('.').next() == Some(name)
    }

    /// Goes down into a field or variant, and comes back.
    pub fn enter<T>(&mut self, name: &str, visit: impl FnOnce(&mut Self) -> T) -> T {
        let len = self.place.len();
        self.place = join(&self.place, name);
        let result = visit(self);
        self.place.truncate(len);
        result
    }

    /// Goes down into an element, and comes back.
    pub fn element<T>(&mut self, index: usize, visit: impl FnOnce(&mut Self) -> T) -> T {
        let len = self.place.len();
        self.place.push_str(&format!("[{index}]"));
        let result = visit(self);
        self.place.truncate(len);
        result
    }
}
