//! The seven bytes that end the process of the newest release, as a value in the matrix: they cost the cells
//! of that release, and no other. This file is the program too, which the test asks.

use std::process::{Command, ExitCode};
use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value as Json;
use skewproof_harness::border::{Message, Node, Protocol};
use skewproof_harness::command;
use skewproof_kafka::{Kafka, Value};

/// A ProduceResponse at version 5.
const BYTES: Bytes = Bytes::from_static(&[0x2f, 0x09, 0x01, 0xd7, 0x01, 0x00, 0x01]);

/// Kafka, with one message alone.
struct Hostile;

impl Protocol for Hostile {
    type Value = Value;

    skewproof_harness::border!(Hostile);

    fn name(&self) -> &'static str {
        "hostile"
    }

    fn version(number: i32) -> String {
        Kafka::version(number)
    }

    fn nodes(&self) -> Vec<Arc<dyn Node<Value>>> {
        Kafka.nodes()
    }

    fn messages(&self) -> Vec<Message<Value>> {
        let mut messages = Kafka.messages();
        messages.retain(|message| message.name == "ProduceResponse");
        for message in &mut messages {
            let value = Value { version: 5, bytes: BYTES, shown: Json::Null };
            message.samples.push(("hostile".to_owned(), value));
        }
        messages
    }
}

fn main() -> ExitCode {
    if std::env::args().len() > 1 && std::env::var_os("HOSTILE").is_some() {
        return command::main::<Hostile>();
    }
    let program = std::env::current_exe().expect("this file");
    let output = Command::new(program).arg("check").env("HOSTILE", "1").output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout);
    let found: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("✗ matrix/")).collect();
    assert!(!found.is_empty() && found.iter().all(|it| it.ends_with("/hostile")), "{said}");
    assert!(said.contains("died: signal: 6 (SIGABRT): memory allocation of"), "{said}");
    assert_eq!(output.status.code(), Some(1), "{said}");
    println!("test what_ends_the_process_costs_its_own_cells ... ok");
    ExitCode::SUCCESS
}
