//! `skewproof completions`: what a shell completes, as a script for it.

use clap::Args;
use clap_complete::Shell;

use super::outcome::{CannotRun, Outcome};
use super::output::Output;
use super::public_command;

const AFTER_HELP: &str = "\
Examples:
  skewproof completions bash > ~/.local/share/bash-completion/completions/skewproof
  skewproof completions zsh > ~/.zfunc/_skewproof
  skewproof completions fish > ~/.config/fish/completions/skewproof.fish";

/// Print the script with which a shell completes commands and options
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: Shell,
}

/// Prints the script.
///
/// # Errors
///
/// If stdout cannot be written.
pub fn run(args: &CompletionsArgs, output: &Output) -> Result<Outcome, CannotRun> {
    let mut command = public_command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, name, &mut script);
    output.bytes(&script).map(|()| Outcome::Good)
}
