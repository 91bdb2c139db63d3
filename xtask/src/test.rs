//! `cargo xtask test`: every test there is, browser tests included.
//!
//! A step that fails does not stop the others, so that one run shows all that is wrong; only what needs the server's
//! binary is not started without it.

use std::process::Command;

use crate::error::{Error, Result};
use crate::place::Place;
use crate::progress::{self, Progress, answer, clock};
use crate::rust::cargo;
use crate::{check, clients, machine, rust, web};

/// The steps so far, with those that failed.
struct Steps<'a> {
    progress: &'a Progress,
    done: usize,
    failed: Vec<String>,
}

impl<'a> Steps<'a> {
    fn new(progress: &'a Progress) -> Steps<'a> {
        Steps {
            progress,
            done: 0,
            failed: Vec::new(),
        }
    }

    /// Runs one step; `true` when it succeeded.
    fn run(&mut self, name: &str, step: impl FnOnce() -> Result<()>) -> bool {
        self.progress.step(name);
        self.done += 1;
        match step() {
            Ok(()) => true,
            Err(error) => {
                self.progress.failed(&error);
                self.failed.push(name.to_owned());
                false
            }
        }
    }

    fn leave_out(&mut self, name: &str) {
        self.done += 1;
        self.failed.push(format!("{name} (not started)"));
    }

    /// The last line of the whole command.
    fn finish(self) -> Result<()> {
        let succeeded = self.done - self.failed.len();
        let took = clock(self.progress.elapsed());
        self.progress.step(&format!(
            "{succeeded} of {} steps succeeded in {} min",
            self.done,
            took.trim_start()
        ));
        if self.failed.is_empty() {
            Ok(())
        } else {
            Err(Error::Steps {
                failed: self.failed,
            })
        }
    }
}

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
    steps.run("Format, dependencies, lints", || {
        check::rust(progress, place)
    });
    tests(progress, place, &mut steps)?;
    steps.finish()
}

fn tests(progress: &Progress, place: &Place, steps: &mut Steps<'_>) -> Result<()> {
    machine::prepare(progress, machine::FOR_TESTS)?;
    web::build(progress, place)?;
    clients::install(progress, place)?;

    steps.run("Web: format and types", || check::run_web(place));
    steps.run("Web: unit tests", || {
        progress::run(&mut web::npm(place, &["run", "test"]))
    });
    steps.run("Web: size of the shell", || {
        progress::run(&mut web::npm(place, &["run", "size"]))
    });

    let built = steps.run("Rust: build", || rust::build(progress, place));
    let tested = "Rust: tests";
    let browsed = "Browser tests";
    if built {
        steps.run(tested, || progress::run(&mut rust_tests(place)));
        steps.run(browsed, || progress::run(&mut browser_tests(place)));
    } else {
        steps.leave_out(tested);
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
        cargo(
            place,
            &[
                "test",
                "--workspace",
                "--no-fail-fast",
                "--lib",
                "--bins",
                "--tests",
            ],
        )
    };
    tests
        .env("WEBREPORTS_TEST_PYTHON", clients::python(place))
        .env("WEBREPORTS_TEST_CLIENTS", place.clients());
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

#[cfg(test)]
mod tests_of_steps {
    use super::*;

    #[test]
    fn one_failed_step_fails_the_whole_and_is_named() {
        let progress = Progress::begin();
        let mut steps = Steps::new(&progress);
        assert!(steps.run("good", || Ok(())));
        assert!(!steps.run("bad", || Err(Error::Usage("no".into()))));
        steps.leave_out("late");
        let error = steps.finish().expect_err("a step failed");
        assert_eq!(error.to_string(), "failed: bad, late (not started)");
    }
}
