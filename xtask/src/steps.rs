//! Several steps of which one that fails does not stop the others, so that one run shows all that is wrong.

use crate::error::{Error, Result};
use crate::progress::{Progress, clock};

/// The steps so far, with those that failed.
pub(crate) struct Steps<'a> {
    progress: &'a Progress,
    done: usize,
    failed: Vec<String>,
}

impl<'a> Steps<'a> {
    pub(crate) fn new(progress: &'a Progress) -> Steps<'a> {
        Steps { progress, done: 0, failed: Vec::new() }
    }

    /// Runs one step; `true` when it succeeded.
    pub(crate) fn run(&mut self, name: &str, step: impl FnOnce() -> Result<()>) -> bool {
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

    pub(crate) fn leave_out(&mut self, name: &str) {
        self.done += 1;
        self.failed.push(format!("{name} (not started)"));
    }

    /// The last line of the whole command.
    pub(crate) fn finish(self) -> Result<()> {
        let succeeded = self.done - self.failed.len();
        let took = clock(self.progress.elapsed());
        self.progress.step(&format!("{succeeded} of {} steps succeeded in {} min", self.done, took.trim_start()));
        if self.failed.is_empty() { Ok(()) } else { Err(Error::Steps { failed: self.failed }) }
    }
}

#[cfg(test)]
mod tests {
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
