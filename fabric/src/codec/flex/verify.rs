//! Verifies that bytes are a flexbuffer before anything else looks at them (06).
//!
//! Every offset, length, width and type byte is checked, and what a reader may visit is bounded by
//! budgets: values can be shared, so a few bytes can describe exponentially many of them.
//! Nothing is allocated; the recursion is as deep as [`Budgets::depth`] allows.

use super::layout::{Packed, VectorForm, Width, code, follow, length_before, read_uint, scan_key};
use crate::codec::fault::{Fault, FaultKind};
use crate::limits::{
    FLEX_BUDGET_FLOOR, FLEX_DEPTH_MAX, FLEX_KEYS_PER_BYTE, FLEX_NODES_PER_BYTE, FLEX_TEXT_PER_BYTE,
    INPUT_LEN_MAX,
};

/// How much a verified buffer may make a reader visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budgets {
    /// Containers inside each other.
    pub depth: u32,
    /// Values, each counted as often as it is referred to.
    pub nodes: usize,
    /// Bytes of strings and blobs, counted likewise.
    pub text: usize,
    /// Bytes of map keys, counted likewise.
    pub keys: usize,
}

impl Budgets {
    /// The budgets of [`crate::limits`] for an input of `len` bytes.
    pub const fn of_len(len: usize) -> Self {
        const fn linear(len: usize, per_byte: usize) -> usize {
            len.saturating_mul(per_byte).saturating_add(FLEX_BUDGET_FLOOR)
        }
        Self {
            depth: FLEX_DEPTH_MAX,
            nodes: linear(len, FLEX_NODES_PER_BYTE),
            text: linear(len, FLEX_TEXT_PER_BYTE),
            keys: linear(len, FLEX_KEYS_PER_BYTE),
        }
    }
}

/// Where a buffer's root value is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Root {
    pub(super) at: usize,
    pub(super) slot: Width,
    pub(super) packed: Packed,
}

impl Root {
    /// The root that the end of the buffer describes.
    #[inline]
    pub(super) fn find(buf: &[u8]) -> Result<Self, Fault> {
        let Some((rest, [packed, width])) = buf.split_last_chunk() else {
            return Err(broken("the buffer is shorter than its smallest value", 0));
        };
        let Some(slot) = Width::from_bytes(u64::from(*width)) else {
            return Err(broken("the width of the root is not 1, 2, 4 or 8", buf.len() - 1));
        };
        let Some(at) = rest.len().checked_sub(slot.bytes()) else {
            return Err(broken("the root is wider than the buffer", buf.len() - 1));
        };
        Ok(Self { at, slot, packed: Packed(*packed) })
    }
}

/// Verifies a buffer.
///
/// # Errors
///
/// [`FaultKind::NotFlexbuffers`], [`FaultKind::NotUtf8`] or [`FaultKind::TooMuch`], at the offset
/// of what is wrong.
// Inlined, and the budgets are taken apart, because copying structures that were just written
// costs as much as verifying a small message.
#[inline]
pub fn verify(buf: &[u8], budgets: Budgets) -> Result<(), Fault> {
    if buf.len() > INPUT_LEN_MAX {
        return Err(Fault::new(FaultKind::TooMuch { what: "bytes", limit: INPUT_LEN_MAX }));
    }
    let Root { at, slot, packed } = Root::find(buf)?;
    let Budgets { depth, nodes, text, keys } = budgets;
    let mut verifier = Verifier { buf, budgets: &budgets, nodes, text, keys };
    verifier.spend_nodes(1, at)?;
    verifier.value(at, slot, packed, depth)
}

struct Verifier<'a> {
    buf: &'a [u8],
    budgets: &'a Budgets,
    /// What is left of the budgets.
    nodes: usize,
    text: usize,
    keys: usize,
}

#[cold]
fn broken(what: &'static str, at: usize) -> Fault {
    Fault::at(FaultKind::NotFlexbuffers { what }, at)
}

#[cold]
fn outside(at: usize) -> Fault {
    broken(FaultKind::OUTSIDE, at)
}

impl Verifier<'_> {
    /// Verifies the value in the slot at `at`, known to be in range; `depth` containers may still
    /// be entered.
    fn value(&mut self, at: usize, slot: Width, packed: Packed, depth: u32) -> Result<(), Fault> {
        let code = packed.code();
        if matches!(code, code::NULL | code::INT | code::UINT | code::FLOAT | code::BOOL) {
            // Whoever believes the packed width, as the library does for truth values, must not
            // read beyond the slot.
            if packed.width() > slot {
                return Err(broken("a value is wider than its slot", at));
            }
            return if code == code::FLOAT { float_width(packed.width(), at) } else { Ok(()) };
        }
        let Some(target) = follow(self.buf, at, slot) else {
            return Err(broken("an offset points before the buffer", at));
        };
        let width = packed.width();
        match code {
            code::KEY => self.key(target),
            code::STRING => self.string(target, width),
            code::INDIRECT_INT | code::INDIRECT_UINT | code::INDIRECT_FLOAT => {
                if code == code::INDIRECT_FLOAT {
                    float_width(width, target)?;
                }
                read_uint(self.buf, target, width).map(drop).ok_or_else(|| outside(target))
            }
            code::BLOB => self.run(target, width).map(drop),
            _ => {
                let Some(depth) = depth.checked_sub(1) else {
                    let (what, limit) = ("levels of nesting", self.budgets.depth as usize);
                    return Err(Fault::at(FaultKind::TooMuch { what, limit }, at));
                };
                match VectorForm::from_code(code) {
                    Some(form) => self.vector(target, width, form, depth),
                    None if code == code::MAP => self.map(target, width, depth),
                    None => Err(broken("an unknown type", at)),
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
    ) -> Result<(), Fault> {
        let len = match form {
            VectorForm::Fixed(_, len) => len,
            _ => self.length(at, width)?,
        };
        let end = self.slots_end(at, width, len)?;
        self.spend_nodes(len, at)?;
        match form {
            VectorForm::Untyped => self.elements(at, width, end, len, depth),
            VectorForm::Typed(code::KEY) => self.keys(at, width, len),
            VectorForm::Typed(code::FLOAT) | VectorForm::Fixed(code::FLOAT, _) => {
                float_width(width, at)
            }
            VectorForm::Typed(_) | VectorForm::Fixed(..) => Ok(()),
        }
    }

    fn map(&mut self, at: usize, width: Width, depth: u32) -> Result<(), Fault> {
        let len = self.length(at, width)?;
        let end = self.slots_end(at, width, len)?;
        self.spend_nodes(len, at)?;
        // The slots in front: offset and width of the key vector, length.
        let Some(keys_slot) = at.checked_sub(3 * width.bytes()) else {
            return Err(outside(at));
        };
        let Some(keys_at) = follow(self.buf, keys_slot, width) else {
            return Err(broken("an offset points before the buffer", keys_slot));
        };
        let keys_width = read_uint(self.buf, keys_slot + width.bytes(), width);
        let Some(keys_width) = keys_width.and_then(Width::from_bytes) else {
            let at = keys_slot + width.bytes();
            return Err(broken("the width of a map's keys is not 1, 2, 4 or 8", at));
        };
        if self.length(keys_at, keys_width)? != len {
            return Err(broken("a map has not as many keys as values", at));
        }
        self.slots_end(keys_at, keys_width, len)?;
        self.keys(keys_at, keys_width, len)?;
        self.elements(at, width, end, len, depth)
    }

    /// Verifies elements whose packed types are at `types_at`, behind the slots.
    #[inline]
    fn elements(
        &mut self,
        at: usize,
        width: Width,
        types_at: usize,
        len: usize,
        depth: u32,
    ) -> Result<(), Fault> {
        let types = self.buf.get(types_at..).and_then(|rest| rest.get(..len));
        let Some(types) = types else { return Err(outside(at)) };
        let mut slot_at = at;
        for &packed in types {
            // Most values are in their slots, which are known to be in range.
            if !is_inline_integer(Packed(packed), width) {
                self.value(slot_at, width, Packed(packed), depth)?;
            }
            slot_at += width.bytes();
        }
        Ok(())
    }

    /// Verifies keys that the slots at `at`, known to be in range, refer to.
    #[inline]
    fn keys(&mut self, at: usize, width: Width, len: usize) -> Result<(), Fault> {
        let mut slot_at = at;
        for _ in 0..len {
            let Some(key_at) = follow(self.buf, slot_at, width) else {
                return Err(broken("an offset points before the buffer", slot_at));
            };
            self.key(key_at)?;
            slot_at += width.bytes();
        }
        Ok(())
    }

    #[inline(always)]
    fn key(&mut self, at: usize) -> Result<(), Fault> {
        let rest = self.buf.get(at..).unwrap_or_default();
        let Some(key) = scan_key(rest) else {
            return Err(broken("a key has no end", at));
        };
        if !key.is_ascii && str::from_utf8(rest.get(..key.len).unwrap_or_default()).is_err() {
            return Err(Fault::at(FaultKind::NotUtf8, at));
        }
        // With its NUL, so that empty keys are not free.
        match self.keys.checked_sub(key.len + 1) {
            Some(left) => self.keys = left,
            None => return Err(too_much("bytes of map keys", self.budgets.keys, at)),
        }
        Ok(())
    }

    fn string(&mut self, at: usize, width: Width) -> Result<(), Fault> {
        let text = self.run(at, width)?;
        let (is_utf8, end) = (str::from_utf8(text).is_ok(), at + text.len());
        if !is_utf8 {
            return Err(Fault::at(FaultKind::NotUtf8, at));
        }
        match self.buf.get(end) {
            Some(0) => Ok(()),
            _ => Err(broken("a string has no end", end)),
        }
    }

    /// The bytes of a string or blob.
    #[inline]
    fn run(&mut self, at: usize, width: Width) -> Result<&[u8], Fault> {
        let len = self.length(at, width)?;
        let Some(run) = self.buf.get(at..).and_then(|rest| rest.get(..len)) else {
            return Err(outside(at));
        };
        match self.text.checked_sub(len) {
            Some(left) => self.text = left,
            None => return Err(too_much("bytes of text", self.budgets.text, at)),
        }
        Ok(run)
    }

    #[inline]
    fn length(&self, at: usize, width: Width) -> Result<usize, Fault> {
        length_before(self.buf, at, width).ok_or_else(|| outside(at))
    }

    /// The end of `len` slots that begin at `at`, if they are in range.
    #[inline]
    fn slots_end(&self, at: usize, width: Width, len: usize) -> Result<usize, Fault> {
        let end = len.checked_mul(width.bytes()).and_then(|size| at.checked_add(size));
        end.filter(|&end| end <= self.buf.len()).ok_or_else(|| outside(at))
    }

    #[inline]
    fn spend_nodes(&mut self, count: usize, at: usize) -> Result<(), Fault> {
        match self.nodes.checked_sub(count) {
            Some(left) => self.nodes = left,
            None => return Err(too_much("values", self.budgets.nodes, at)),
        }
        Ok(())
    }
}

/// Whether the slot holds the value itself, nothing that could be wrong with it.
#[inline]
fn is_inline_integer(packed: Packed, slot: Width) -> bool {
    const CODES: u64 = 1 << code::NULL | 1 << code::INT | 1 << code::UINT | 1 << code::BOOL;
    CODES >> packed.code() & 1 == 1 && packed.width() <= slot
}

#[inline]
fn float_width(width: Width, at: usize) -> Result<(), Fault> {
    if width < Width::FOUR {
        return Err(broken("a floating-point number of less than four bytes", at));
    }
    Ok(())
}

#[cold]
fn too_much(what: &'static str, limit: usize, at: usize) -> Fault {
    Fault::at(FaultKind::TooMuch { what, limit }, at)
}
