//! `cargo xtask test`: every test there is, browser tests included.
//!
//! Only what needs the server's binary is not started without it.

use std::process::Command;

use crate::error::Result;
use crate::place::Place;
use crate::progress::{self, Progress, answer};
use crate::rust::cargo;
use crate::steps::Steps;
use crate::{check, clients, coverage, machine, rust, web};

/// `cargo xtask test`.
pub(crate) fn run(progress: &Progress, place: &Place) -> Result<()> {
    let mut steps = Steps::new(progress);
    tests(progress, place, &mut steps)?;
    steps.finish()
}

/// `cargo xtask ci`: the checks of Rust first, since the tests' step already holds those of the web.
pub(crate) fn run_after_checks(progress: &Progress, place: &Place) -> Result<()> {
    machine::prepare(progress, machine::FOR_TESTS)?;
    let mut steps = Steps::new(progress);
    check::rust(progress, place, &mut steps);
    tests(progress, place, &mut steps)?;
    steps.finish()
}

fn tests(progress: &Progress, place: &Place, steps: &mut Steps<'_>) -> Result<()> {
    machine::prepare(progress, machine::FOR_TESTS)?;
    web::build(progress, place)?;
    clients::install(progress, place)?;

    steps.run("Web: format and types", || check::run_web(place));
    steps.run("Web: unit tests", || progress::run(&mut web::npm(place, &["run", "test"])));
    steps.run("Web: size of the shell", || progress::run(&mut web::npm(place, &["run", "size"])));

    let built = steps.run("Rust: build", || rust::build(progress, place));
    let tested = "Rust: tests";
    let covered = "Org: operations that tests saw succeed";
    let browsed = "Browser tests";
    if built {
        let seen = coverage::folder(place)?;
        steps.run(tested, || progress::run(rust_tests(place).env(coverage::VARIABLE, &seen)));
        steps.run(covered, || coverage::report(place));
        steps.run(browsed, || progress::run(&mut browser_tests(place)));
    } else {
        steps.leave_out(tested);
        steps.leave_out(covered);
        steps.leave_out(browsed);
    }
    Ok(())
}

/// With nextest where it is installed, since it ends a test that hangs; there are no tests in documentation.
fn rust_tests(place: &Place) -> Command {
    let has_nextest = answer(&mut cargo(place, &["nextest", "--version"])).is_some();
    let mut tests = if has_nextest {
        cargo(place, &["nextest", "run", "--workspace", "--no-fail-fast"])
    } else {
        cargo(place, &["test", "--workspace", "--no-fail-fast", "--lib", "--bins", "--tests"])
    };
    tests.env("WEBREPORTS_TEST_PYTHON", clients::python(place)).env("WEBREPORTS_TEST_CLIENTS", place.clients());
    tests
}

fn browser_tests(place: &Place) -> Command {
    let mut tests = web::npm(place, &["run", "test", "--workspace", "e2e"]);
    tests.env("WEBREPORTS_BINARY", place.binary("debug"));
    if let Some(chromium) = machine::chromium() {
        tests.env("WEBREPORTS_TEST_CHROMIUM", chromium);
    }
    tests
}
