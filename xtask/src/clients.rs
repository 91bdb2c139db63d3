//! The unmodified clients from the registries that call the built-in org in the tests: Python in a folder of the
//! cache, Node beside the scripts that use them.

use std::path::PathBuf;
use std::process::Command;

use crate::error::Result;
use crate::place::Place;
use crate::progress::{Progress, answer, run};
use crate::stamp::{Hash, Stamp};
use crate::web;

pub(crate) fn install(progress: &Progress, place: &Place) -> Result<()> {
    web::install_packages(progress, &place.clients(), "the Node clients of the tests")?;
    install_python(progress, place)
}

/// The Python that has the clients.
pub(crate) fn python(place: &Place) -> PathBuf {
    place.venv().join("bin/python")
}

fn install_python(progress: &Progress, place: &Place) -> Result<()> {
    let requirements = place.clients().join("requirements.txt");
    let version = answer(Command::new("python3").arg("--version")).unwrap_or_default();
    let inputs = Hash::new().bytes(version.as_bytes()).file(&requirements)?;
    let stamp = Stamp::new(place.venv().join("webreports-installed"), inputs);
    if stamp.is_current() && python(place).exists() {
        return Ok(());
    }
    progress.step("Installing the Python clients of the tests");
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(place.venv()))?;
    run(Command::new(python(place))
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"])
        .arg(&requirements))?;
    stamp.write()
}
