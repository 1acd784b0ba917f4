//! The keys that are in the buffer already. Equal keys share their first copy, wherever it is
//! (03 §3.2).
//!
//! A small open-addressed table with a cheap hash finds the few keys of message types. Keys that
//! crowd one place of it, by accident or by design, go to a map of the standard library, so that
//! no choice of keys makes a lookup slow.

use std::collections::HashMap;

use super::layout::key_len;

/// Places tried before a key goes to the map.
const PROBES_MAX: usize = 8;

/// Places of a new table.
const CELLS_MIN: usize = 64;

/// Where the keys are. Offsets are 32 bits: the writer refuses larger buffers.
#[derive(Debug)]
pub(super) struct KeyPool {
    /// Offset plus one; zero is free. A power of two in number.
    cells: Vec<u32>,
    used: usize,
    crowded: HashMap<Box<[u8]>, u32>,
}

impl KeyPool {
    pub(super) fn new() -> Self {
        Self { cells: vec![0; CELLS_MIN], used: 0, crowded: HashMap::new() }
    }

    /// The offset of `key` in `buf`, at whose end it is written if it is not there yet. None if
    /// the buffer is too long for offsets of 32 bits.
    #[inline]
    pub(super) fn place(&mut self, buf: &mut Vec<u8>, key: &[u8]) -> Option<u32> {
        let mask = self.cells.len() - 1;
        let hash = hash(key);
        for probe in 0..PROBES_MAX {
            let cell = &mut self.cells[(hash + probe) & mask];
            let Some(at) = cell.checked_sub(1) else {
                // It may have been crowded out of a smaller table.
                if let Some(&at) = self.crowded.get(key) {
                    return Some(at);
                }
                let at = append(buf, key)?;
                *cell = at + 1;
                self.used += 1;
                if self.used * 2 > self.cells.len() {
                    self.grow(buf);
                }
                return Some(at);
            };
            if is_at(buf, at, key) {
                return Some(at);
            }
        }
        self.place_crowded(buf, key)
    }

    #[cold]
    fn place_crowded(&mut self, buf: &mut Vec<u8>, key: &[u8]) -> Option<u32> {
        if let Some(&at) = self.crowded.get(key) {
            return Some(at);
        }
        let at = append(buf, key)?;
        self.crowded.insert(key.into(), at);
        Some(at)
    }

    /// Doubles the table.
    #[cold]
    fn grow(&mut self, buf: &[u8]) {
        let cells = vec![0; self.cells.len() * 2];
        let mask = cells.len() - 1;
        let old = std::mem::replace(&mut self.cells, cells);
        self.used = 0;
        for cell in old.into_iter().filter(|&cell| cell != 0) {
            let at = cell as usize - 1;
            let rest = &buf[at..];
            let key = &rest[..key_len(rest).unwrap_or_default()];
            let hash = hash(key);
            let free = (0..PROBES_MAX).map(|probe| (hash + probe) & mask);
            match free.into_iter().find(|&index| self.cells[index] == 0) {
                Some(index) => {
                    self.cells[index] = cell;
                    self.used += 1;
                }
                None => {
                    self.crowded.insert(key.into(), cell - 1);
                }
            }
        }
    }
}

/// Writes a key with its NUL.
#[inline]
fn append(buf: &mut Vec<u8>, key: &[u8]) -> Option<u32> {
    let at = u32::try_from(buf.len()).ok().filter(|&at| at < u32::MAX)?;
    buf.extend_from_slice(key);
    buf.push(0);
    Some(at)
}

/// Whether this very key is at `at`. It has no NUL inside, so the one behind it decides.
#[inline]
fn is_at(buf: &[u8], at: u32, key: &[u8]) -> bool {
    let rest = &buf[at as usize..];
    rest.len() > key.len() && rest[key.len()] == 0 && &rest[..key.len()] == key
}

/// A hash of the length, the first and the last eight bytes: enough to tell the keys of message
/// types apart.
#[inline]
fn hash(key: &[u8]) -> usize {
    let mixed = (prefix(key) ^ (key.len() as u64)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let tail = key.last_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
    let mixed = (mixed.rotate_left(29) ^ tail).wrapping_mul(0xd6e8_feb8_6659_fd93);
    (mixed >> 32) as usize
}

/// The first eight bytes, such that prefixes sort as the keys do.
#[inline]
pub(super) fn prefix(key: &[u8]) -> u64 {
    match key.first_chunk() {
        Some(bytes) => u64::from_be_bytes(*bytes),
        None => {
            let mut bytes = [0; 8];
            bytes[..key.len()].copy_from_slice(key);
            u64::from_be_bytes(bytes)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_keys_share_one_place_even_when_crowded() {
        // Equal length, start and end: all of these have one hash.
        let keys: Vec<String> = (0..2000).map(|i| format!("startstart{i:06}endendend")).collect();
        assert_eq!(hash(keys[0].as_bytes()), hash(keys[1999].as_bytes()));
        let (mut pool, mut buf) = (KeyPool::new(), Vec::new());
        let places: Vec<_> = keys.iter().map(|key| pool.place(&mut buf, key.as_bytes())).collect();
        assert!(pool.crowded.len() > 1900);
        let len = buf.len();
        for (key, place) in keys.iter().zip(&places) {
            assert_eq!(pool.place(&mut buf, key.as_bytes()), *place);
        }
        assert_eq!(buf.len(), len);
    }

    #[test]
    fn the_table_grows_and_forgets_nothing() {
        let keys: Vec<String> = (0..5000).map(|i| format!("{i}")).collect();
        let (mut pool, mut buf) = (KeyPool::new(), Vec::new());
        let places: Vec<_> = keys.iter().map(|key| pool.place(&mut buf, key.as_bytes())).collect();
        for (key, place) in keys.iter().zip(&places) {
            assert_eq!(pool.place(&mut buf, key.as_bytes()), *place);
        }
        assert!(pool.crowded.len() < 500, "{} crowded", pool.crowded.len());
    }

    #[test]
    fn a_key_is_not_found_inside_a_longer_one() {
        let (mut pool, mut buf) = (KeyPool::new(), Vec::new());
        assert_eq!(pool.place(&mut buf, b"abc"), Some(0));
        assert_eq!(pool.place(&mut buf, b"ab"), Some(4));
        assert_eq!(pool.place(&mut buf, b""), Some(7));
        assert_eq!(buf, b"abc\0ab\0\0");
    }
}
