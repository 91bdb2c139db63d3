//! `cargo xtask demo`: from a clone to the first page.

use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::error::{Error, Result};
use crate::machine;
use crate::place::Place;
use crate::progress::{Progress, shown};
use crate::{rust, web};

pub(crate) fn run(progress: &Progress, place: &Place, arguments: &[String]) -> Result<()> {
    machine::prepare(progress, machine::FOR_DEMO)?;
    web::build(progress, place)?;
    rust::build(progress, place)?;
    progress.step("Starting the portal and the built-in org");
    let mut demo = command(place, arguments);
    // The server takes our place, so that Ctrl-C and the exit code are its own.
    let cause = demo.exec();
    Err(Error::NotStarted { command: shown(&demo), cause })
}

/// The server's own `demo` does the seeding and says the addresses. Relative folders are relative to where one
/// typed the command.
fn command(place: &Place, arguments: &[String]) -> Command {
    let mut demo = Command::new(place.binary("debug"));
    demo.arg("demo").args(arguments);
    let says_data = arguments.iter().any(|argument| argument == "--data" || argument.starts_with("--data="));
    let asks_help = arguments.iter().any(|argument| argument == "--help" || argument == "-h");
    if !says_data && !asks_help {
        demo.arg("--data").arg(place.root().join("demo-data"));
    }
    demo
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments_of(given: &[&str]) -> String {
        let place = Place::find().expect("this is a repository");
        let given: Vec<String> = given.iter().map(|&word| word.to_owned()).collect();
        shown(&command(&place, &given))
            .split_once("webreports ")
            .map(|(_, rest)| rest.replace(&place.root().display().to_string(), "ROOT"))
            .expect("the server's name")
    }

    #[test]
    fn the_data_folder_is_the_repositorys_unless_one_is_given() {
        assert_eq!(arguments_of(&["--blank"]), "demo --blank --data ROOT/demo-data");
        assert_eq!(arguments_of(&["--data", "here"]), "demo --data here");
        assert_eq!(arguments_of(&["--data=here", "--portal-port", "9000"]), "demo --data=here --portal-port 9000");
    }
}
