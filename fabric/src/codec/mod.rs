//! How values become bytes and JSON: the formats, and what every message type implements.

pub mod bilrost;
pub mod describe;
pub mod fault;
pub mod flex;
pub mod json;
pub mod shape;
pub mod tree;
pub mod trees;
