//! Writes the JSON form.

use serde_json::{Map, Number, Value};

use super::BYTES_HEX;
use crate::codec::tree::{Form, Sink, Unfit};

/// A [`Sink`] that makes JSON.
#[derive(Debug, Default)]
pub struct JsonSink {
    /// Lists and objects that have not ended, outermost first.
    open: Vec<Open>,
    root: Value,
    refused: Option<Unfit>,
}

#[derive(Debug)]
enum Open {
    List(Vec<Value>),
    /// The members so far, and the key of the next one.
    Map(Map<String, Value>, String),
}

impl JsonSink {
    /// A sink without a value.
    pub fn new() -> Self {
        Self::default()
    }

    /// The value that was written.
    ///
    /// # Errors
    ///
    /// What a type reported as impossible to express.
    pub fn finish(self) -> Result<Value, Unfit> {
        match self.refused {
            Some(unfit) => Err(unfit),
            None => Ok(self.root),
        }
    }

    fn push(&mut self, value: Value) {
        match self.open.last_mut() {
            Some(Open::List(elements)) => elements.push(value),
            Some(Open::Map(members, key)) => {
                members.insert(std::mem::take(key), value);
            }
            None => self.root = value,
        }
    }

    fn push_bytes(&mut self, value: &[u8]) {
        let hex = Value::String(super::hex_of(value));
        self.push(Value::Object(Map::from_iter([(BYTES_HEX.to_owned(), hex)])));
    }

    fn end(&mut self) {
        match self.open.pop() {
            Some(Open::List(elements)) => self.push(Value::Array(elements)),
            Some(Open::Map(members, _)) => self.push(Value::Object(members)),
            None => debug_assert!(false, "nothing has begun"),
        }
    }
}

impl Sink for JsonSink {
    const FORM: Form = Form::Json;
    type Mark = ();

    fn null(&mut self) {
        self.push(Value::Null);
    }

    fn bool(&mut self, value: bool) {
        self.push(Value::Bool(value));
    }

    fn uint(&mut self, value: u64) {
        self.push(Value::from(value));
    }

    fn int(&mut self, value: i64) {
        self.push(Value::from(value));
    }

    fn float(&mut self, value: f64) {
        match Number::from_f64(value) {
            Some(number) => self.push(Value::Number(number)),
            None => self.refuse(Unfit::new("JSON", "a number that is not finite")),
        }
    }

    fn text(&mut self, value: &str) {
        self.push(Value::from(value));
    }

    fn blob(&mut self, value: &[u8]) {
        self.push_bytes(value);
    }

    fn octets(&mut self, value: &[u8]) {
        self.push_bytes(value);
    }

    fn begin_list(&mut self, len: usize) {
        self.open.push(Open::List(Vec::with_capacity(len)));
    }

    fn end_list(&mut self, (): ()) {
        self.end();
    }

    fn begin_map(&mut self) {
        self.open.push(Open::Map(Map::new(), String::new()));
    }

    fn key(&mut self, key: &str) {
        match self.open.last_mut() {
            Some(Open::Map(_, next)) => key.clone_into(next),
            _ => debug_assert!(false, "a key outside of a map"),
        }
    }

    fn end_map(&mut self, (): ()) {
        self.end();
    }

    fn refuse(&mut self, unfit: Unfit) {
        self.refused.get_or_insert(unfit);
    }
}
