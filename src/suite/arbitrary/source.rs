//! What values are drawn from, and what those of one message have in common.

use std::cell::{Cell, RefCell};

use arbitrary::{Arbitrary, Unstructured};

use crate::fabric::release::Release;

/// Numbers at which something turns: widths of integers, lengths of varints, ends of types.
pub(super) const EDGES: [u64; 32] = [
    1,
    127,
    128,
    255,
    256,
    257,
    16_511,
    16_512,
    32_767,
    32_768,
    65_535,
    65_536,
    2_113_663,
    2_113_664,
    i32::MAX as u64,
    1 << 31,
    u32::MAX as u64,
    1 << 32,
    270_549_119,
    270_549_120,
    34_630_287_487,
    34_630_287_488,
    1 << 48,
    1 << 53,
    999_999_999,
    1_000_000_000,
    i64::MAX as u64,
    1 << 63,
    u64::MAX - 2,
    u64::MAX - 1,
    u64::MAX,
    0,
];

/// A range that must not overlap others has so many low bits for itself.
const RANGE_BITS: u32 = 32;
/// Where in them it has its middle.
const RANGE_MIDDLE: u64 = 1 << (RANGE_BITS - 1);

/// What values are drawn from.
pub(super) struct Source<'a> {
    bytes: RefCell<Unstructured<'a>>,
    /// The release that holds the value.
    pub(super) holder: Release,
    pub(super) is_status_unknown: Cell<bool>,
    /// Ranges that must not overlap: how many there were.
    ranges: Cell<u64>,
    /// Whether one of them is being drawn.
    is_in_range: Cell<bool>,
    /// What the drawing came by.
    pub(super) noted: RefCell<Vec<u64>>,
}

impl<'a> Source<'a> {
    pub(super) fn new(bytes: Unstructured<'a>, holder: Release) -> Self {
        Self {
            bytes: RefCell::new(bytes),
            holder,
            is_status_unknown: Cell::new(false),
            ranges: Cell::new(0),
            is_in_range: Cell::new(false),
            noted: RefCell::default(),
        }
    }

    #[inline]
    pub(super) fn byte(&self) -> u8 {
        u8::arbitrary(&mut self.bytes.borrow_mut()).unwrap_or_default()
    }

    pub(super) fn below(&self, count: usize) -> usize {
        usize::from(self.byte()) % count.max(1)
    }

    /// The next bytes, at most so many.
    pub(super) fn take(&self, count: usize) -> &'a [u8] {
        let mut bytes = self.bytes.borrow_mut();
        let count = count.min(bytes.len());
        bytes.bytes(count).unwrap_or_default()
    }

    /// A number: small, at an edge, or any.
    pub(super) fn number(&self) -> u64 {
        match self.byte() {
            byte @ ..0x80 => u64::from(byte),
            byte @ ..0xc0 => {
                self.note(u64::from(byte) << 8 | 1);
                EDGES.get(usize::from(byte & 0x1f)).copied().unwrap_or_default()
            }
            byte => {
                let raw = self.take(usize::from(byte & 7) + 1);
                raw.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
            }
        }
    }

    /// How many elements a list has: none or few, seldom many.
    pub(super) fn len(&self) -> usize {
        const FEW: [usize; 16] = [0, 1, 2, 1, 3, 1, 2, 0, 1, 4, 1, 2, 3, 1, 5, 8];
        match self.byte() {
            0xff => 48,
            byte => FEW.get(usize::from(byte & 0xf)).copied().unwrap_or_default(),
        }
    }

    /// Begins a range that must not overlap those before it: it lies behind them.
    pub(super) fn begin_range(&self) {
        self.ranges.set(self.ranges.get() + 1);
        self.is_in_range.set(true);
    }

    /// The first key of a range.
    pub(super) fn start(&self, number: u64) -> u64 {
        if self.is_in_range.get() {
            self.ranges.get() << RANGE_BITS | number & (RANGE_MIDDLE - 1)
        } else {
            number
        }
    }

    /// The last key of a range.
    pub(super) fn end(&self, number: u64) -> u64 {
        if self.is_in_range.replace(false) {
            self.ranges.get() << RANGE_BITS | RANGE_MIDDLE | number & (RANGE_MIDDLE - 1)
        } else {
            number
        }
    }

    pub(super) fn note(&self, feature: u64) {
        self.noted.borrow_mut().push(feature);
    }
}
