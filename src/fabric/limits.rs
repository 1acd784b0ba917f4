//! The bounds that decoding keeps, whatever the bytes say (06).
//!
//! Budgets grow linearly with the input, so no short input can cost much time or memory.

/// Largest payload or frame that is looked at, in bytes: what the released servers accept (02 §7).
pub const INPUT_LEN_MAX: usize = 32 * 1024 * 1024;

/// Deepest nesting of flexbuffers values.
pub const FLEX_DEPTH_MAX: u32 = 64;

/// Flexbuffers values that may be visited, per byte of input. A writer that shares nothing but keys
/// makes less than one value per byte.
pub const FLEX_NODES_PER_BYTE: usize = 4;

/// Bytes of strings and blobs that may be visited, per byte of input. More than one only if values
/// are shared.
pub const FLEX_TEXT_PER_BYTE: usize = 4;

/// Bytes of map keys that may be visited, per byte of input. Keys are shared by every map of one
/// type, so a long list of small maps visits the same keys over and over.
pub const FLEX_KEYS_PER_BYTE: usize = 64;

/// What the flexbuffers budgets start from, so that small inputs are never short of one.
pub const FLEX_BUDGET_FLOOR: usize = 256;

/// Memory for list elements, in bytes per byte of input. Bilrost writes an all-default element in
/// two bytes, so without a bound a megabyte of them would become hundreds in memory.
pub const MEMORY_PER_BYTE: usize = 16;

/// What the memory budget starts from, in bytes.
pub const MEMORY_FLOOR: usize = 1024 * 1024;

/// Longest excerpt of foreign text that an error repeats, in bytes.
pub const EXCERPT_LEN_MAX: usize = 64;
