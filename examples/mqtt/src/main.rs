//! Whether clients of MQTT 3.1.1 and 5 can talk: `cargo run`.

fn main() -> std::process::ExitCode {
    skewproof_harness::command::main::<skewproof_mqtt::Mqtt>()
}
