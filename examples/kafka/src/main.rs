//! Whether releases of a codec for Kafka can talk: `cargo run -- check`, `cargo run -- fuzz decode`.

fn main() -> std::process::ExitCode {
    skewproof_harness::command::main::<skewproof_kafka::Kafka>()
}
