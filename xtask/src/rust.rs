//! Calls of cargo. Always holds: the whole workspace with one feature set and one profile, so that demo, tests and
//! checks share what they compile.

use std::process::Command;

use crate::error::Result;
use crate::place::Place;
use crate::progress::{Progress, run};

pub(crate) fn cargo(place: &Place, arguments: &[&str]) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.args(arguments).current_dir(place.root()).env("CARGO_TARGET_DIR", place.target());
    // Set by cargo for us, meant for us alone: build scripts of others would see them as changed.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            command.env_remove(name);
        }
    }
    command
}

pub(crate) fn build(progress: &Progress, place: &Place) -> Result<()> {
    progress.step("Building the server (the first time this compiles every dependency, and takes a while)");
    run(&mut cargo(place, &["build", "--workspace"]))
}

pub(crate) fn build_release(progress: &Progress, place: &Place) -> Result<()> {
    progress.step("Building the release (the first time this takes about twice as long as the demo's build)");
    run(&mut cargo(place, &["build", "--workspace", "--release"]))
}
