//! A test for each message.

fn main() -> std::process::ExitCode {
    skewproof_harness::command::tests::<skewproof_mqtt::Mqtt>()
}
