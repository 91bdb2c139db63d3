//! `cargo xtask check`: what needs no test to be found wrong.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use crate::error::{Error, Result};
use crate::place::Place;
use crate::progress::{self, Progress, answer, shown};
use crate::rust::cargo;
use crate::steps::Steps;
use crate::{machine, web};

/// Licences, banned and doubled dependencies. The list of known holes needs a network that a build must not, so
/// `advisories` is left to whoever publishes.
const CARGO_DENY_VERSION: &str = "0.20.2";
const CARGO_DENY_CHECKS: [&str; 3] = ["bans", "licenses", "sources"];

pub(crate) fn run(progress: &Progress, place: &Place) -> Result<()> {
    machine::prepare(progress, machine::FOR_DEMO)?;
    let mut steps = Steps::new(progress);
    rust(progress, place, &mut steps);
    steps.run("Web: format and types", || {
        web::install(progress, place)?;
        run_web(place)
    });
    steps.finish()
}

/// What `cargo xtask ci` does before the tests, which check the web themselves.
pub(crate) fn rust(progress: &Progress, place: &Place, steps: &mut Steps<'_>) {
    steps.run("Rust: format", || progress::run(&mut cargo(place, &["fmt", "--all", "--check"])));
    steps.run("Rust: licences and bans of dependencies", || {
        install(progress, place)?;
        let mut deny = Command::new(cargo_deny(place));
        deny.args(["--locked", "check", "--hide-inclusion-graph"]).args(CARGO_DENY_CHECKS);
        progress::run(deny.current_dir(place.root()))
    });
    steps.run("Rust: demo and tests compile the same", || one_feature_set(place));
    steps.run("Rust: lints", || {
        progress::run(&mut cargo(place, &["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"]))
    });
}

/// Fails when tests ask a dependency for features that the server does not: `cargo build` would then compile it, and
/// all that stands on it, a second time.
fn one_feature_set(place: &Place) -> Result<()> {
    let of_the_server = units(place, "normal,build")?;
    let with_tests = units(place, "normal,build,dev")?;
    let doubled: Vec<&str> = of_the_server.difference(&with_tests).map(String::as_str).collect();
    if doubled.is_empty() {
        return Ok(());
    }
    Err(Error::Missing {
        what: format!("compiled once for the demo and once more for the tests: {}", doubled.join(", ")),
        fix: "give crates/testkit a dependency that asks for what `cargo tree -e features -i NAME` shows".into(),
    })
}

/// Each package with its version and features, as `cargo tree` resolves them along these edges.
fn units(place: &Place, edges: &str) -> Result<BTreeSet<String>> {
    let mut tree = cargo(place, &["tree", "--locked", "--workspace", "--prefix", "none", "--format", "{p} [{f}]"]);
    tree.args(["--edges", edges]);
    let printed = answer(&mut tree).ok_or_else(|| Error::Failed { command: shown(&tree), code: None })?;
    Ok(printed.lines().map(|line| line.trim_end_matches(" (*)").to_owned()).filter(|line| !line.is_empty()).collect())
}

pub(crate) fn run_web(place: &Place) -> Result<()> {
    progress::run(&mut web::npm(place, &["run", "check"]))
}

/// Installs cargo-deny into the cache, unless this version is there.
pub(crate) fn install(progress: &Progress, place: &Place) -> Result<()> {
    let installed = answer(Command::new(cargo_deny(place)).arg("--version")).unwrap_or_default();
    if installed.split_whitespace().last() == Some(CARGO_DENY_VERSION) {
        return Ok(());
    }
    progress.step(&format!("Installing cargo-deny {CARGO_DENY_VERSION}"));
    // Unoptimised: it runs for a second, and compiling it is what takes time.
    progress::run(
        cargo(place, &["install", "--locked", "--debug", "--force", "--quiet", "--root"])
            .arg(place.tools())
            .arg("--target-dir")
            .arg(place.target().join("cargo-deny"))
            .arg(format!("cargo-deny@{CARGO_DENY_VERSION}")),
    )?;
    std::fs::remove_dir_all(place.target().join("cargo-deny")).map_err(Error::file(place.target().join("cargo-deny")))
}

fn cargo_deny(place: &Place) -> PathBuf {
    place.tools().join("bin/cargo-deny")
}
