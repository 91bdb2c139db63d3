//! What the reader sees while a command works: each step with the time since the start, then the output of
//! the programs themselves.

use std::io::IsTerminal;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};

pub(crate) struct Progress {
    begun: Instant,
    /// Escape sequences are for people, not for log files.
    bold: bool,
}

impl Progress {
    pub(crate) fn begin() -> Progress {
        Progress { begun: Instant::now(), bold: std::io::stderr().is_terminal() }
    }

    pub(crate) fn step(&self, text: &str) {
        let clock = clock(self.begun.elapsed());
        if self.bold {
            eprintln!("\x1b[1m[{clock}] {text}\x1b[0m");
        } else {
            eprintln!("[{clock}] {text}");
        }
    }

    pub(crate) fn failed(&self, error: &Error) {
        let clock = clock(self.begun.elapsed());
        if self.bold {
            eprintln!("\x1b[1;31m[{clock}] {error}\x1b[0m");
        } else {
            eprintln!("[{clock}] {error}");
        }
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }
}

/// Runs a program with its output passed through.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let shown = shown(command);
    let status = command.status().map_err(|cause| Error::NotStarted { command: shown.clone(), cause })?;
    if status.success() { Ok(()) } else { Err(Error::Failed { command: shown, code: status.code() }) }
}

/// What a program prints, trimmed; `None` when it is missing or fails.
pub(crate) fn answer(command: &mut Command) -> Option<String> {
    let output = command.output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// A command as one would type it: the program without its folder.
pub(crate) fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(command.get_program());
    let words = std::iter::once(name).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// `12:05`, minutes and seconds.
pub(crate) fn clock(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    format!("{:>2}:{:02}", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_counts_minutes_past_the_hour() {
        assert_eq!(clock(Duration::from_secs(5)), " 0:05");
        assert_eq!(clock(Duration::from_secs(3_725)), "62:05");
    }

    #[test]
    fn a_failing_program_is_an_error_with_its_code() {
        let error = run(Command::new("sh").args(["-c", "exit 3"])).expect_err("it fails");
        assert_eq!(error.to_string(), "`sh -c exit 3` failed with exit code 3");
    }

    #[test]
    fn a_missing_program_has_no_answer() {
        assert_eq!(answer(&mut Command::new("no-such-program-of-ours")), None);
        assert_eq!(answer(Command::new("sh").args(["-c", "echo ' yes '"])).as_deref(), Some("yes"));
    }
}
