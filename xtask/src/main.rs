//! The project's own commands: `cargo xtask demo`, `test`, `check`, `bench`, `setup`.
//!
//! Always holds: nothing but the standard library is used, so that the first `cargo xtask` on a fresh machine
//! answers within seconds and everything else is installed and built under its eyes.

mod bench;
mod check;
mod clients;
mod coverage;
mod demo;
mod error;
mod machine;
mod operations;
mod place;
mod progress;
mod rust;
mod stamp;
mod steps;
mod test;
mod web;

use std::process::ExitCode;

use error::{Error, Result};
use place::Place;
use progress::Progress;

const HELP: &str = "\
The project's own commands. Each installs and builds what it needs first.

  cargo xtask demo [--blank] [--data DIR] [...]   build, then start the portal and the built-in org on this machine;
                                                  --blank starts them unseeded, --data says where their data lies
                                                  (demo-data); other flags go to `webreports demo` as they are
  cargo xtask test                                every test: web, Rust, browser
  cargo xtask check                               format, lints, licences and bans of dependencies, types of the web
  cargo xtask ci                                  check, then test: what must pass before a change is merged
  cargo xtask bench [JOB ...]                     measure a release build against yardsticks
  cargo xtask operations FOLDER                   write the org's tables of operations and schemas from the files of a
                                                  published API description; only for a new release of it
  cargo xtask setup                               only install what the commands above need

CARGO_TARGET_DIR says where Rust builds; XDG_CACHE_HOME (or ~/.cache) keeps the tools and clients of the tests.
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let progress = Progress::begin();
    match run(&progress, &arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            progress.failed(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(progress: &Progress, arguments: &[String]) -> Result<()> {
    let (command, rest) = match arguments.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("help", &[][..]),
    };
    let takes_arguments = matches!(command, "demo" | "bench" | "operations" | "help" | "--help" | "-h");
    if !takes_arguments && let Some(unexpected) = rest.first() {
        return Err(Error::Usage(format!("`cargo xtask {command}` takes no argument `{unexpected}`")));
    }
    if matches!(command, "help" | "--help" | "-h") {
        print!("{HELP}");
        return Ok(());
    }

    let place = Place::find()?;
    match command {
        "demo" => demo::run(progress, &place, rest),
        "test" => test::run(progress, &place),
        "check" => check::run(progress, &place),
        "ci" => test::run_after_checks(progress, &place),
        "bench" => bench::run(progress, &place, rest),
        "operations" => operations::run(progress, &place, rest),
        "setup" => setup(progress, &place),
        other => Err(Error::Usage(format!("there is no command `{other}`; `cargo xtask help` lists them"))),
    }
}

fn setup(progress: &Progress, place: &Place) -> Result<()> {
    machine::prepare(progress, machine::FOR_TESTS)?;
    web::install(progress, place)?;
    clients::install(progress, place)?;
    check::install(progress, place)?;
    progress.step("Everything is in place");
    Ok(())
}
