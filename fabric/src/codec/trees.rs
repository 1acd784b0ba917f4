//! The tree form of numbers, text, bytes and what the standard library composes of them.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use bytes::Bytes;

use super::describe::prelude::*;
use super::shape::DualShape;

macro_rules! unsigned {
    ($($int:ident)*) => {$(
        impl Tree for $int {
            const SHAPE: Shape = Shape::Uint($int::BITS);

            #[inline]
            fn write<S: Sink>(&self, sink: &mut S, _: Context) {
                sink.uint(u64::from(*self));
            }

            #[inline]
            fn read<'a, N: Node<'a>>(node: N, _: Context) -> Result<Self, Fault> {
                $int::try_from(node.uint()?)
                    .map_err(|_| node.fault(FaultKind::OutOfRange { what: stringify!($int) }))
            }

            fn fit(&mut self, _: Context) -> Result<(), Unfit> {
                Ok(())
            }
        }
    )*};
}

unsigned!(u8 u16 u32 u64);

impl Tree for i32 {
    const SHAPE: Shape = Shape::Int(i32::BITS);

    fn write<S: Sink>(&self, sink: &mut S, _: Context) {
        sink.int(i64::from(*self));
    }

    fn read<'a, N: Node<'a>>(node: N, _: Context) -> Result<Self, Fault> {
        i32::try_from(node.int()?).map_err(|_| node.fault(FaultKind::OutOfRange { what: "i32" }))
    }

    fn fit(&mut self, _: Context) -> Result<(), Unfit> {
        Ok(())
    }
}

/// Decimal text in JSON; flexbuffers has no number of 128 bits, and no message with one has a
/// flexbuffers form.
impl Tree for u128 {
    const SHAPE: Shape = Shape::Uint(u128::BITS);

    fn write<S: Sink>(&self, sink: &mut S, _: Context) {
        sink.text(&self.to_string());
    }

    fn read<'a, N: Node<'a>>(node: N, _: Context) -> Result<Self, Fault> {
        let text = node.text()?;
        text.parse().map_err(|_| {
            let expected = "a number of 128 bits in decimal digits";
            node.fault(FaultKind::Malformed { expected, found: FaultKind::excerpt(text) })
        })
    }

    fn fit(&mut self, _: Context) -> Result<(), Unfit> {
        Ok(())
    }
}

impl Tree for bool {
    const SHAPE: Shape = Shape::Bool;

    #[inline]
    fn write<S: Sink>(&self, sink: &mut S, _: Context) {
        sink.bool(*self);
    }

    #[inline]
    fn read<'a, N: Node<'a>>(node: N, _: Context) -> Result<Self, Fault> {
        node.bool()
    }

    fn fit(&mut self, _: Context) -> Result<(), Unfit> {
        Ok(())
    }
}

impl Tree for String {
    const SHAPE: Shape = Shape::Text("text");

    #[inline]
    fn write<S: Sink>(&self, sink: &mut S, _: Context) {
        sink.text(self);
    }

    #[inline]
    fn read<'a, N: Node<'a>>(node: N, _: Context) -> Result<Self, Fault> {
        node.text().map(str::to_owned)
    }

    fn fit(&mut self, _: Context) -> Result<(), Unfit> {
        Ok(())
    }
}

impl Tree for Bytes {
    const SHAPE: Shape = Shape::Blob;

    #[inline]
    fn write<S: Sink>(&self, sink: &mut S, _: Context) {
        sink.blob(self);
    }

    #[inline]
    fn read<'a, N: Node<'a>>(node: N, _: Context) -> Result<Self, Fault> {
        node.blob()
    }

    fn fit(&mut self, _: Context) -> Result<(), Unfit> {
        Ok(())
    }
}

record_tree! {
    /// A duration in parts.
    pub struct SecsNanos [closed()] {
        secs: u64 = untagged,
        nanos: u32 = untagged,
    }
}

impl Tree for Duration {
    const SHAPE: Shape = {
        const PARTS: Shape = Shape::Bare(&[("secs", u64::SHAPE), ("nanos", u32::SHAPE)]);
        Shape::Dual(&DualShape { tree: SecsNanos::SHAPE, v2: PARTS, v3: PARTS })
    };

    fn write<S: Sink>(&self, sink: &mut S, cx: Context) {
        SecsNanos { secs: self.as_secs(), nanos: self.subsec_nanos() }.write(sink, cx);
    }

    /// In flexbuffers nanoseconds that are seconds are carried (07 §4).
    fn read<'a, N: Node<'a>>(node: N, cx: Context) -> Result<Self, Fault> {
        let out_of_range = |what| node.fault(FaultKind::OutOfRange { what });
        match SecsNanos::read(node, cx)? {
            SecsNanos { secs, nanos: nanos @ 0..1_000_000_000 } => Ok(Self::new(secs, nanos)),
            SecsNanos { secs, nanos } if N::FORM == Form::Flexbuffers => Self::from_secs(secs)
                .checked_add(Self::from_nanos(nanos.into()))
                .ok_or_else(|| out_of_range("seconds").in_field("secs")),
            SecsNanos { .. } => Err(out_of_range("nanoseconds").in_field("nanos")),
        }
    }

    fn fit(&mut self, _: Context) -> Result<(), Unfit> {
        Ok(())
    }
}

impl<T: Tree> Tree for Option<T> {
    const SHAPE: Shape = Shape::Optional(&T::SHAPE);

    #[inline]
    fn write<S: Sink>(&self, sink: &mut S, cx: Context) {
        match self {
            Some(value) => value.write(sink, cx),
            None => sink.null(),
        }
    }

    #[inline]
    fn read<'a, N: Node<'a>>(node: N, cx: Context) -> Result<Self, Fault> {
        if node.is_null() { Ok(None) } else { T::read(node, cx).map(Some) }
    }

    fn absent(_: Context) -> Option<Self> {
        Some(None)
    }

    fn fit(&mut self, cx: Context) -> Result<(), Unfit> {
        self.as_mut().map_or(Ok(()), |value| value.fit(cx))
    }
}

impl<T: Tree> Tree for Vec<T> {
    const SHAPE: Shape = Shape::List(&T::SHAPE);

    fn write<S: Sink>(&self, sink: &mut S, cx: Context) {
        let list = sink.begin_list(self.len());
        for element in self {
            element.write(sink, cx);
        }
        sink.end_list(list);
    }

    fn read<'a, N: Node<'a>>(node: N, cx: Context) -> Result<Self, Fault> {
        let nodes = node.list()?;
        node.charge(nodes.len().saturating_mul(size_of::<T>()))?;
        let mut list = Self::with_capacity(nodes.len());
        for (index, element) in nodes.enumerate() {
            list.push(T::read(element, cx).map_err(|fault| fault.in_element(index))?);
        }
        Ok(list)
    }

    fn fit(&mut self, cx: Context) -> Result<(), Unfit> {
        self.iter_mut().try_for_each(|element| element.fit(cx))
    }
}

/// Reads a list of `N` elements. In flexbuffers more may follow, which nobody reads (07 §4).
pub fn read_tuple<'a, N: Node<'a>, const LEN: usize>(node: N) -> Result<[N; LEN], Fault> {
    let mut nodes = node.list()?;
    let found = nodes.len();
    let wrong = || node.fault(FaultKind::WrongLength { expected: LEN, found });
    if found < LEN || (found > LEN && N::FORM == Form::Json) {
        return Err(wrong());
    }
    let mut tuple = [node; LEN];
    for slot in &mut tuple {
        *slot = nodes.next().ok_or_else(wrong)?;
    }
    Ok(tuple)
}

/// What a decoder does with a key it does not know: flexbuffers ignores it, unless the struct is
/// closed, because a newer release may have sent it; in JSON somebody mistyped it.
#[inline]
pub fn unknown_field<'a, N: Node<'a>>(
    node: N,
    key: impl Name<'a>,
    rules: RecordRules,
) -> Result<(), Fault> {
    if N::FORM == Form::Flexbuffers && !rules.is_closed {
        return Ok(());
    }
    Err(node.fault(FaultKind::UnknownField { found: FaultKind::excerpt(key.text()) }))
}

/// The values of a struct that is a list instead of a map, as flexbuffers may have it: fields in the
/// order of their declaration, those that the release has not left out (07 §4). `fault` is why there
/// is no map.
#[cold]
pub fn by_position<'a, N: Node<'a>>(
    node: N,
    rules: RecordRules,
    fault: Fault,
) -> Result<N::List, Fault> {
    if N::FORM == Form::Json || rules.is_variant {
        return Err(fault);
    }
    node.list().map_err(|_| fault)
}

/// The next field of a struct that is a list. At its end those with a default may be missing; a
/// value that may be null has none for that.
pub fn next_field<'a, N: Node<'a>, T: Tree + Default>(
    list: &mut N::List,
    node: N,
    rules: &Field,
    cx: Context,
) -> Result<T, Fault> {
    if !rules.gate.is_open(cx.release) {
        return missing_field(node, rules, cx);
    }
    match list.next() {
        Some(value) => T::read(value, cx).map_err(|fault| fault.in_field(rules.name)),
        None if rules.may_be_missing_for(cx.release) => missing_field(node, rules, cx),
        None => Err(node.fault(FaultKind::Missing).in_field(rules.name)),
    }
}

/// The name of a variant and its value. In flexbuffers the first entry of a map counts, and nobody
/// reads the others (07 §4).
pub fn first_entry<'a, N: Node<'a>>(node: N) -> Result<(&'a str, N), Fault> {
    let mut entries = node.map()?;
    let Some(entry) = entries.next() else {
        return Err(node.fault(FaultKind::WrongLength { expected: 1, found: 0 }));
    };
    if N::FORM == Form::Json && entries.next().is_some() {
        return Err(node.fault(FaultKind::Conflicting));
    }
    Ok(entry)
}

/// The value of a field that is missing: its type's own, or its default where the field has one.
/// JSON is typed by people, who may leave out whatever has its default value.
pub fn missing_field<'a, N: Node<'a>, T: Tree + Default>(
    node: N,
    rules: &Field,
    cx: Context,
) -> Result<T, Fault> {
    let is_unknown = !rules.gate.is_open(cx.release);
    match T::absent(cx) {
        Some(value) => Ok(value),
        None if is_unknown || N::FORM == Form::Json => Ok(T::default()),
        None if rules.may_be_missing_for(cx.release) => Ok(T::default()),
        None => Err(node.fault(FaultKind::Missing).in_field(rules.name)),
    }
}

/// What a struct that was read from a tree means as a whole: itself, unless the type says otherwise
/// with a method of the same name.
pub trait Settle: Sized {
    /// The value that is meant, or why it is none.
    fn settled<'a, N: Node<'a>>(self, _node: N, _cx: Context) -> Result<Self, Fault> {
        Ok(self)
    }
}

impl<T> Settle for T {}

/// The fault of a variant name that the release does not know.
#[cold]
pub fn unknown_variant<'a, N: Node<'a>>(node: N, name: &'static str, found: &str) -> Fault {
    node.fault(FaultKind::UnknownVariant { name, found: FaultKind::excerpt(found) })
}

impl<A: Tree, B: Tree> Tree for (A, B) {
    const SHAPE: Shape = Shape::Tuple(&[A::SHAPE, B::SHAPE]);

    fn write<S: Sink>(&self, sink: &mut S, cx: Context) {
        let list = sink.begin_list(2);
        self.0.write(sink, cx);
        self.1.write(sink, cx);
        sink.end_list(list);
    }

    fn read<'a, N: Node<'a>>(node: N, cx: Context) -> Result<Self, Fault> {
        let [first, second] = read_tuple(node)?;
        Ok((
            A::read(first, cx).map_err(|fault| fault.in_element(0))?,
            B::read(second, cx).map_err(|fault| fault.in_element(1))?,
        ))
    }

    fn fit(&mut self, cx: Context) -> Result<(), Unfit> {
        self.0.fit(cx)?;
        self.1.fit(cx)
    }
}

/// A map with text for keys: a map in the tree forms too. The released servers write its entries in
/// no fixed order; here they are sorted. The last of several with one key counts (07 §4).
impl<V: Tree> Tree for BTreeMap<String, V> {
    const SHAPE: Shape = Shape::Map(&String::SHAPE, &V::SHAPE);

    fn write<S: Sink>(&self, sink: &mut S, cx: Context) {
        let map = sink.begin_map();
        for (key, value) in self {
            sink.key(key);
            value.write(sink, cx);
        }
        sink.end_map(map);
    }

    fn read<'a, N: Node<'a>>(node: N, cx: Context) -> Result<Self, Fault> {
        let mut map = Self::new();
        for (index, (key, child)) in node.map()?.enumerate() {
            node.charge(size_of::<(String, V)>())?;
            let value = V::read(child, cx).map_err(|fault| fault.in_element(index))?;
            map.insert(key.to_owned(), value);
        }
        Ok(map)
    }

    fn fit(&mut self, cx: Context) -> Result<(), Unfit> {
        self.values_mut().try_for_each(|value| value.fit(cx))
    }
}

/// A map with keys that are not text. Flexbuffers has no such maps, so the tree forms have a list
/// of pairs, of which the last with a key counts (07 §4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairMap<K, V>(pub BTreeMap<K, V>);

impl<K, V> Default for PairMap<K, V> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Ord, V, const N: usize> From<[(K, V); N]> for PairMap<K, V> {
    fn from(pairs: [(K, V); N]) -> Self {
        Self(BTreeMap::from(pairs))
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for PairMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

impl<K, V> Deref for PairMap<K, V> {
    type Target = BTreeMap<K, V>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<K, V> DerefMut for PairMap<K, V> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl<K: Tree + Ord, V: Tree> Tree for PairMap<K, V> {
    const SHAPE: Shape = Shape::Map(&K::SHAPE, &V::SHAPE);

    fn write<S: Sink>(&self, sink: &mut S, cx: Context) {
        let list = sink.begin_list(self.len());
        for (key, value) in &self.0 {
            let pair = sink.begin_list(2);
            key.write(sink, cx);
            value.write(sink, cx);
            sink.end_list(pair);
        }
        sink.end_list(list);
    }

    fn read<'a, N: Node<'a>>(node: N, cx: Context) -> Result<Self, Fault> {
        let mut map = BTreeMap::new();
        for (index, pair) in node.list()?.enumerate() {
            node.charge(size_of::<(K, V)>())?;
            let (key, value) = <(K, V)>::read(pair, cx).map_err(|fault| fault.in_element(index))?;
            if map.insert(key, value).is_some() && N::FORM == Form::Json {
                return Err(pair.fault(FaultKind::Repeated).in_element(index));
            }
        }
        Ok(Self(map))
    }

    fn fit(&mut self, cx: Context) -> Result<(), Unfit> {
        self.values_mut().try_for_each(|value| value.fit(cx))
    }
}

/// One field with all keys and values in turn, keys ascending.
impl<K: Bilrost + Ord, V: Bilrost> Bilrost for PairMap<K, V> {
    const WIRE: WireType = WireType::LengthDelimited;

    fn is_absent(&self) -> bool {
        self.is_empty()
    }

    fn put<'v>(&'v self, writer: &mut Writer<'v>, cx: Context) {
        writer.delimited(|writer| {
            for (key, value) in self.iter().rev() {
                value.put(writer, cx);
                key.put(writer, cx);
            }
        });
    }

    fn get(&mut self, reader: &mut Reader<'_>, cx: Context) -> Result<(), Fault> {
        reader.delimited(|reader| {
            while !reader.is_at_end() {
                let index = self.len();
                reader.charge(size_of::<(K, V)>())?;
                let (mut key, mut value) = (K::default(), V::default());
                key.get(reader, cx).map_err(|fault| fault.in_element(index))?;
                value.get(reader, cx).map_err(|fault| fault.in_element(index))?;
                if self.insert(key, value).is_some() {
                    return Err(reader.fault(FaultKind::Repeated).in_element(index));
                }
            }
            Ok(())
        })
    }
}
