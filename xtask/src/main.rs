//! Project tasks: `cargo xtask test | tidy | codegen [--check] | new-scenario NAME | soak`.
//!
//! Nothing here is part of the product. Standard library only, so that it builds in a second on a fresh machine.

mod browser;
mod codegen;
mod failover;
mod new_scenario;
mod postgres;
mod run;
mod soak;
mod test;
mod tidy;
mod tidy_arrows;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask COMMAND

  test [--only STEP]   run every check and test; installs or starts what they need, fails when a part is missing
                       steps: tools, format, lint, tidy, codegen, rust, postgres18, web, vectors, walk, breaks, browser
  soak [--only RIG]    break machines on purpose, for minutes; rigs: failover
  tidy                 check the rules of the house that a compiler does not
  codegen [--check]    write the generated documents (OpenAPI, scenario pages); --check only compares
  new-scenario NAME    write the file of a new scenario and its line in the catalogue
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["test"] => test::all(None),
        ["test", "--only", step] => test::all(Some(step)),
        ["soak"] => soak::all(None),
        ["soak", "--only", rig] => soak::all(Some(rig)),
        ["tidy"] => tidy::check(),
        ["codegen"] => codegen::run(false),
        ["codegen", "--check"] => codegen::run(true),
        ["new-scenario", name] => new_scenario::write(name),
        [] | ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            Ok(())
        }
        other => Err(format!("unknown command: {}\n\n{HELP}", other.join(" "))),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("\nxtask: {message}");
            ExitCode::FAILURE
        }
    }
}
