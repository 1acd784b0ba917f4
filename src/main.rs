//! The `skewproof` command.

fn main() -> std::process::ExitCode {
    skewproof::cli::run()
}
