//! Flexbuffers from the root to every byte that it reaches (03 §3.2).
//!
//! Values refer backwards and may be shared, so spans are found in any order. The first one to
//! claim a byte owns it; what nobody claims is padding, or has no meaning.

use std::collections::HashSet;
use std::ops::Range;

use super::place::{PlaceId, Step};
use super::what::{self, Value, What};
use super::{Draft, Piece, Stop};
use crate::codec::fault::FaultKind;
use crate::codec::flex::layout::{
    Packed, VectorForm, Width, code, follow, key_len, length_before, read_uint,
};
use crate::codec::flex::{Budgets, verify};

/// Adds the spans of the flexbuffer that fills a range.
pub(super) fn annotate(draft: &mut Draft<'_>, range: Range<usize>, place: PlaceId) {
    let buf = draft.annotation.bytes.get(range.clone()).unwrap_or_default();
    let budgets = Budgets::of_len(buf.len());
    let mut walk = Walk {
        draft,
        place,
        base: range.start,
        buf,
        pieces: Vec::new(),
        owners: vec![0; buf.len()],
        budgets,
        left: budgets,
        walked: HashSet::new(),
    };
    let stop = walk.root().err();
    let is_whole = stop.is_none();
    walk.finish(stop);
    // Shared values are walked once here, but a reader visits them each time, even in circles.
    if is_whole && let Err(fault) = verify(buf, budgets) {
        let offset = range.start + fault.place().offset().unwrap_or_default();
        draft.blame(Stop { kind: fault.kind().clone(), offset, place });
    }
}

/// A claim of the bytes of a buffer. Offsets are those in the buffer, but in what is handed out.
struct Walk<'d, 'a> {
    draft: &'d mut Draft<'a>,
    /// The place of the root.
    place: PlaceId,
    /// Offset of the buffer in the annotated bytes.
    base: usize,
    buf: &'a [u8],
    pieces: Vec<Piece>,
    /// For each byte the number of its piece, counted from one.
    owners: Vec<u32>,
    budgets: Budgets,
    left: Budgets,
    /// Containers, by offset and type, that need no second walk.
    walked: HashSet<(usize, u8)>,
}

impl<'a> Walk<'_, 'a> {
    fn root(&mut self) -> Result<(), Stop> {
        let place = self.place;
        let Some((rest, [packed, width])) = self.buf.split_last_chunk() else {
            return Err(self.broken("the buffer is shorter than its smallest value", 0, place));
        };
        let end = self.buf.len();
        let Some(slot) = Width::from_bytes(u64::from(*width)) else {
            let what = "the width of the root is not 1, 2, 4 or 8";
            return Err(self.broken(what, end - 1, place));
        };
        self.claim(end - 1, 1, place, What::RootWidth(*width));
        self.claim(end - 2, 1, place, What::RootType(*packed));
        let Some(at) = rest.len().checked_sub(slot.bytes()) else {
            return Err(self.broken("the root is wider than the buffer", end - 1, place));
        };
        self.spend_nodes(1, at, place)?;
        self.value(at, slot, Packed(*packed), self.budgets.depth, place)
    }

    /// Claims a slot, which is in range, and what it refers to; `depth` containers may still be
    /// entered.
    fn value(
        &mut self,
        at: usize,
        slot: Width,
        packed: Packed,
        depth: u32,
        place: PlaceId,
    ) -> Result<(), Stop> {
        let code = packed.code();
        if matches!(code, code::NULL | code::INT | code::UINT | code::FLOAT | code::BOOL) {
            // The slot's width counts, whatever the type byte says; but a writer makes no float
            // whose type byte claims less than four bytes.
            if code == code::FLOAT && packed.width() < Width::FOUR {
                return Err(self.short_float(at, place));
            }
            let value = self.number(at, what::packed(code, slot), place)?;
            self.claim(at, slot.bytes(), place, What::Value { key: None, value });
            return Ok(());
        }
        let target = self.follow(at, slot, place)?;
        let to = self.base + target;
        self.claim(at, slot.bytes(), place, What::Reference { to, packed: packed.0 });
        let width = packed.width();
        match code {
            code::KEY => {
                let len = self.key_len(target, place)?;
                let value = Value::Text { at: to, len };
                self.claim(target, len + 1, place, What::Value { key: None, value });
                Ok(())
            }
            code::STRING => self.string(target, width, place),
            code::BLOB => {
                let len = self.run(target, width, place)?.len();
                let what = What::Value { key: None, value: Value::Bytes(len) };
                self.claim(target - width.bytes(), width.bytes() + len, place, what);
                Ok(())
            }
            code::INDIRECT_INT | code::INDIRECT_UINT | code::INDIRECT_FLOAT => {
                let direct = code - code::INDIRECT_INT + code::INT;
                let value = self.number(target, what::packed(direct, width), place)?;
                self.claim(target, width.bytes(), place, What::Value { key: None, value });
                Ok(())
            }
            _ => {
                let Some(depth) = depth.checked_sub(1) else {
                    let (what, limit) = ("levels of nesting", self.budgets.depth as usize);
                    return Err(self.stop(FaultKind::TooMuch { what, limit }, at, place));
                };
                let form = VectorForm::from_code(code);
                if form.is_none() && code != code::MAP {
                    return Err(self.broken("an unknown type", at, place));
                }
                if !self.walked.insert((target, packed.0)) {
                    return Ok(());
                }
                match form {
                    Some(form) => self.vector(target, width, form, depth, place),
                    None => self.map(target, width, depth, place),
                }
            }
        }
    }

    fn vector(
        &mut self,
        at: usize,
        width: Width,
        form: VectorForm,
        depth: u32,
        place: PlaceId,
    ) -> Result<(), Stop> {
        let (len, prefix) = match form {
            VectorForm::Fixed(_, len) => (len, 0),
            _ => (self.length(at, width, place)?, width.bytes()),
        };
        self.spend_nodes(len, at, place)?;
        let end = self.slots_end(at, width, len, place)?;
        if let Some(element) = what::scalars(form) {
            if element == code::FLOAT && width < Width::FOUR {
                return Err(self.short_float(at, place));
            }
            let packed = what::packed(element, width).0;
            let value = Value::Numbers { at: self.base + at, len, packed };
            let what = What::Value { key: None, value };
            self.claim(at - prefix, prefix + (end - at), place, what);
            return Ok(());
        }
        self.claim(at - prefix, prefix, place, What::Length(len as u64));
        let types = match form {
            VectorForm::Untyped => Some(self.types(end, len, place)?),
            _ => None,
        };
        for (index, slot_at) in (at..end).step_by(width.bytes()).enumerate() {
            let element = self.draft.step(place, Step::Index(index as u32));
            let packed = match types {
                Some(types) => Packed(types.get(index).copied().unwrap_or_default()),
                None => what::packed(code::KEY, Width::ONE),
            };
            self.value(slot_at, width, packed, depth, element)?;
            if types.is_some() {
                self.claim(end + index, 1, element, What::Type(packed.0));
            }
        }
        Ok(())
    }

    fn map(&mut self, at: usize, width: Width, depth: u32, place: PlaceId) -> Result<(), Stop> {
        let len = self.length(at, width, place)?;
        self.spend_nodes(len, at, place)?;
        let end = self.slots_end(at, width, len, place)?;
        let types = self.types(end, len, place)?;
        // The slots in front: offset and width of the keys, length.
        let size = width.bytes();
        let Some(front) = at.checked_sub(3 * size) else {
            return Err(self.outside(at, place));
        };
        let keys_at = self.follow(front, width, place)?;
        let raw_keys_width = read_uint(self.buf, front + size, width).unwrap_or_default();
        let Some(keys_width) = Width::from_bytes(raw_keys_width) else {
            let what = "the width of a map's keys is not 1, 2, 4 or 8";
            return Err(self.broken(what, front + size, place));
        };
        if self.length(keys_at, keys_width, place)? != len {
            return Err(self.broken("a map has not as many keys as values", at, place));
        }
        self.slots_end(keys_at, keys_width, len, place)?;
        self.claim(front, size, place, What::KeysReference { to: self.base + keys_at });
        self.claim(front + size, size, place, What::KeysWidth(raw_keys_width));
        self.claim(front + 2 * size, size, place, What::Length(len as u64));
        let keys_size = keys_width.bytes();
        self.claim(keys_at - keys_size, keys_size, place, What::Length(len as u64));
        for (index, slot_at) in (at..end).step_by(size).enumerate() {
            let entry = self.key(keys_at + index * keys_size, keys_width, place)?;
            let packed = types.get(index).copied().unwrap_or_default();
            self.value(slot_at, width, Packed(packed), depth, entry)?;
            self.claim(end + index, 1, entry, What::Type(packed));
        }
        Ok(())
    }

    /// Claims a key and the slot that refers to it; the place of its entry in the map.
    fn key(&mut self, slot_at: usize, width: Width, map: PlaceId) -> Result<PlaceId, Stop> {
        let at = self.follow(slot_at, width, map)?;
        let to = self.base + at;
        let len = self.key_len(at, map)?;
        // Inputs are shorter than 32 bits can say.
        let entry = self.draft.step(map, Step::Key { at: to as u32, len: len as u32 });
        self.claim(slot_at, width.bytes(), entry, What::KeyReference { to });
        if self.known_key(at).is_none() {
            // Every map of the buffer may use it, so it belongs to none of them.
            self.claim(at, len + 1, self.place, What::KeyText { at: to, len });
        }
        Ok(entry)
    }

    /// Length of a key, without its NUL.
    fn key_len(&mut self, at: usize, place: PlaceId) -> Result<usize, Stop> {
        if let Some(len) = self.known_key(at) {
            return Ok(len);
        }
        let rest = self.buf.get(at..).unwrap_or_default();
        // No more is looked at than may be spent.
        let Some(len) = key_len(rest.get(..self.left.keys).unwrap_or(rest)) else {
            if rest.len() > self.left.keys {
                return Err(self.too_much("bytes of map keys", self.budgets.keys, at, place));
            }
            return Err(self.broken("a key has no end", at, place));
        };
        self.left.keys = self.left.keys.saturating_sub(len + 1);
        if std::str::from_utf8(rest.get(..len).unwrap_or_default()).is_err() {
            return Err(self.stop(FaultKind::NotUtf8, at, place));
        }
        Ok(len)
    }

    /// Length of a key that has been claimed before.
    fn known_key(&self, at: usize) -> Option<usize> {
        let owner = (*self.owners.get(at)? as usize).checked_sub(1)?;
        match self.pieces.get(owner)? {
            Piece { start, what: What::KeyText { len, .. }, .. } if *start == at => Some(*len),
            _ => None,
        }
    }

    fn string(&mut self, at: usize, width: Width, place: PlaceId) -> Result<(), Stop> {
        let text = self.run(at, width, place)?;
        let (len, end) = (text.len(), at + text.len());
        if std::str::from_utf8(text).is_err() {
            return Err(self.stop(FaultKind::NotUtf8, at, place));
        }
        if self.buf.get(end) != Some(&0) {
            return Err(self.broken("a string has no end", end, place));
        }
        let value = Value::Text { at: self.base + at, len };
        let prefix = width.bytes();
        self.claim(at - prefix, prefix + len + 1, place, What::Value { key: None, value });
        Ok(())
    }

    /// The bytes of a string or blob, behind their length.
    fn run(&mut self, at: usize, width: Width, place: PlaceId) -> Result<&'a [u8], Stop> {
        let len = self.length(at, width, place)?;
        let Some(run) = self.buf.get(at..).and_then(|rest| rest.get(..len)) else {
            return Err(self.outside(at, place));
        };
        match self.left.text.checked_sub(len) {
            Some(left) => self.left.text = left,
            None => return Err(self.too_much("bytes of text", self.budgets.text, at, place)),
        }
        Ok(run)
    }

    fn number(&self, at: usize, packed: Packed, place: PlaceId) -> Result<Value, Stop> {
        if packed.code() == code::FLOAT && packed.width() < Width::FOUR {
            return Err(self.short_float(at, place));
        }
        what::inline(self.buf, at, packed).ok_or_else(|| self.outside(at, place))
    }

    fn follow(&self, at: usize, slot: Width, place: PlaceId) -> Result<usize, Stop> {
        follow(self.buf, at, slot)
            .ok_or_else(|| self.broken("an offset points before the buffer", at, place))
    }

    fn length(&self, at: usize, width: Width, place: PlaceId) -> Result<usize, Stop> {
        length_before(self.buf, at, width).ok_or_else(|| self.outside(at, place))
    }

    /// The end of `len` slots that begin at `at`, if they are in range.
    fn slots_end(
        &self,
        at: usize,
        width: Width,
        len: usize,
        place: PlaceId,
    ) -> Result<usize, Stop> {
        let end = len.checked_mul(width.bytes()).and_then(|size| at.checked_add(size));
        end.filter(|&end| end <= self.buf.len()).ok_or_else(|| self.outside(at, place))
    }

    /// The type bytes behind the slots of a vector or map.
    fn types(&self, at: usize, len: usize, place: PlaceId) -> Result<&'a [u8], Stop> {
        let types = self.buf.get(at..).and_then(|rest| rest.get(..len));
        types.ok_or_else(|| self.outside(at, place))
    }

    fn spend_nodes(&mut self, count: usize, at: usize, place: PlaceId) -> Result<(), Stop> {
        match self.left.nodes.checked_sub(count) {
            Some(left) => self.left.nodes = left,
            None => return Err(self.too_much("values", self.budgets.nodes, at, place)),
        }
        Ok(())
    }

    /// Takes the bytes that nobody has claimed yet; they are in range.
    fn claim(&mut self, start: usize, len: usize, place: PlaceId, what: What) {
        let number = self.pieces.len() as u32 + 1;
        let mut is_any_free = false;
        for owner in self.owners.iter_mut().skip(start).take(len).filter(|owner| **owner == 0) {
            *owner = number;
            is_any_free = true;
        }
        if is_any_free {
            self.pieces.push(Piece { start, len, place, what, is_foreign: false });
        }
    }

    /// Adds the claims to the draft, in the order of the bytes.
    fn finish(self, stop: Option<Stop>) {
        let root = self.place;
        let mut start = 0;
        for run in self.owners.chunk_by(|a, b| a == b) {
            let end = start + run.len();
            let owner = run.first().and_then(|&owner| (owner as usize).checked_sub(1));
            let (place, what) = match owner.and_then(|owner| self.pieces.get(owner)) {
                // Its first bytes belong to another claim.
                Some(piece) if piece.start != start => (piece.place, What::Continued),
                Some(piece) => (piece.place, piece.what),
                None if is_padding(self.buf, start..end) => (root, What::Padding),
                None if stop.is_some() => (root, What::Unread),
                None => (root, What::Unreferenced),
            };
            self.draft.add(self.base + end, place, what, false);
            start = end;
        }
        if let Some(stop) = stop {
            self.draft.blame(stop);
        }
    }

    fn stop(&self, kind: FaultKind, at: usize, place: PlaceId) -> Stop {
        Stop { kind, offset: self.base + at, place }
    }

    fn broken(&self, what: &'static str, at: usize, place: PlaceId) -> Stop {
        self.stop(FaultKind::NotFlexbuffers { what }, at, place)
    }

    fn outside(&self, at: usize, place: PlaceId) -> Stop {
        self.broken(FaultKind::OUTSIDE, at, place)
    }

    fn short_float(&self, at: usize, place: PlaceId) -> Stop {
        self.broken("a floating-point number of less than four bytes", at, place)
    }

    fn too_much(&self, what: &'static str, limit: usize, at: usize, place: PlaceId) -> Stop {
        self.stop(FaultKind::TooMuch { what, limit }, at, place)
    }
}

/// Whether bytes that nothing refers to are what a writer puts before an aligned slot.
fn is_padding(buf: &[u8], range: Range<usize>) -> bool {
    let len = range.len();
    let alignment = (len + 1).next_power_of_two();
    let is_zero = buf.get(range.clone()).is_some_and(|run| run.iter().all(|&byte| byte == 0));
    is_zero && alignment <= Width::EIGHT.bytes() && range.end.is_multiple_of(alignment)
}

#[cfg(test)]
mod tests {
    use crate::annotate::tests::hex;
    use crate::annotate::{What, flexbuffers};

    #[test]
    fn a_map_of_one() {
        let expected = "\
0000  4f 6b 00                  key \"Ok\"
0003  01                        length 1
0004  04                        Ok: -> 0000 key
0005  01                        -> 0004 keys
0006  01                        width of keys 1
0007  01                        length 1
0008  01                        Ok = 1
0009  08                        Ok: type UInt, width 1
0010  02                        -> 0008 Map
0011  24                        root type Map, width 1
0012  01                        root width 1
";
        assert_eq!(flexbuffers(&hex("4f6b0001040101010108022401")).to_string(), expected);
    }

    #[test]
    fn text_vectors_and_blobs_are_one_span_each() {
        let first = |bytes: &str| {
            let text = flexbuffers(&hex(bytes)).to_string();
            text.lines().next().and_then(|line| line.get(32..)).map(str::to_owned).unwrap()
        };
        assert_eq!(first("04556e697400051401"), "(root) = \"Unit\"");
        assert_eq!(first("0102024401"), "(root) = [1, 2]");
        assert_eq!(first("03616263036401"), "(root) = 3 bytes");
        assert_eq!(first("000001"), "(root) = null");
        assert_eq!(first("00002801"), "length 0");
    }

    #[test]
    fn zeros_before_an_aligned_slot_are_padding() {
        // Two texts, then a vector with slots of two bytes, as a text of 256 bytes is before it.
        let mut bytes = vec![1, b'x', 0, 0, 0, 1];
        bytes.extend([b'y'; 256]);
        bytes.extend([0, 0]);
        let [text, long] = [1u16, 6];
        let at = bytes.len() as u16 + 2;
        bytes.extend(2u16.to_le_bytes());
        bytes.extend((at - text).to_le_bytes());
        bytes.extend((at + 2 - long).to_le_bytes());
        bytes.extend([0x14, 0x15, 6, 0x29, 1]);
        let annotation = flexbuffers(&bytes);
        assert_eq!(annotation.damage(), None, "{annotation}");
        let whats: Vec<_> = annotation.spans().map(|span| span.what()).collect();
        assert_eq!(whats.iter().filter(|what| **what == What::Padding).count(), 2);
        assert!(!whats.contains(&What::Unreferenced), "{annotation}");
        // The same bytes with something in the gap.
        let mut odd = bytes.clone();
        odd[3] = 7;
        let annotation = flexbuffers(&odd);
        assert_eq!(annotation.span_at(3).unwrap().what(), What::Unreferenced, "{annotation}");
    }

    #[test]
    fn what_is_shared_belongs_to_its_first_owner() {
        // A vector of two references to one text, and of one to a key in the middle of it.
        let bytes = hex("0361626300 03 05 06 06 141410 06 2801");
        let annotation = flexbuffers(&bytes);
        assert_eq!(annotation.damage(), None, "{annotation}");
        assert_eq!(annotation.path_at(0).unwrap(), "[0]");
        assert_eq!(annotation.spans().filter(|span| span.start() < 5).count(), 1, "{annotation}");
    }

    #[test]
    fn circles_and_bombs_are_faults() {
        // A vector whose only element is the vector.
        let annotation = flexbuffers(&[1, 0, 0x28, 2, 0x28, 1]).to_string();
        assert!(annotation.contains("more than 64 levels of nesting"), "{annotation}");
        // 2^32 - 1 truth values.
        let bytes = hex("ffffffff 00000000 04 9201");
        let annotation = flexbuffers(&bytes).to_string();
        assert!(annotation.contains("! "), "{annotation}");
    }
}
