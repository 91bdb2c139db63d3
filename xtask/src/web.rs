//! The web: its packages, its build, its own checks and the browser tests.

use std::fs;
use std::process::Command;

use crate::error::{Error, Result};
use crate::place::Place;
use crate::progress::{Progress, run};
use crate::stamp::{Hash, Stamp};

/// What the server serves; each must exist for a build to count as done.
const BUILDS: [&str; 2] = ["portal/build/index.html", "console/build/index.html"];

/// Installs the packages of the lock file, when it changed.
pub(crate) fn install(progress: &Progress, place: &Place) -> Result<()> {
    install_packages(progress, &place.web(), "the web's packages")
}

/// Builds portal and console, when their sources changed.
pub(crate) fn build(progress: &Progress, place: &Place) -> Result<()> {
    install(progress, place)?;
    let web = place.web();
    let stamp = Stamp::new(web.join("node_modules/.webreports-built"), Hash::new().folder(&web)?);
    if stamp.is_current() && BUILDS.iter().all(|file| web.join(file).is_file()) {
        return Ok(());
    }
    progress.step("Building the web");
    run(&mut npm(place, &["run", "build"]))?;
    // Some tools write into the sources (generated types); the stamp is of what a later call will find.
    Stamp::new(web.join("node_modules/.webreports-built"), Hash::new().folder(&web)?).write()
}

/// `npm` in the web's folder.
pub(crate) fn npm(place: &Place, arguments: &[&str]) -> Command {
    let mut command = Command::new("npm");
    command.args(arguments).current_dir(place.web());
    command
}

/// `npm ci` in `folder`, unless its lock file is the one that was installed last.
pub(crate) fn install_packages(progress: &Progress, folder: &std::path::Path, what: &str) -> Result<()> {
    let lock = folder.join("package-lock.json");
    let inputs = Hash::new().file(&lock)?.file(&folder.join("package.json"))?;
    let stamp = Stamp::new(folder.join("node_modules/.webreports-installed"), inputs);
    if stamp.is_current() {
        return Ok(());
    }
    progress.step(&format!("Installing {what}"));
    run(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(folder))?;
    fs::metadata(folder.join("node_modules")).map_err(Error::file(folder.join("node_modules")))?;
    stamp.write()
}
