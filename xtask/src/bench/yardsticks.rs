//! Yardsticks from the registries, in a folder of their own, and the scripts that measure.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::error::{Error, Result};
use crate::progress::{run, shown};
use crate::stamp::{Hash, Stamp};

use super::Bench;

/// argon2-cffi is the reference implementation behind a thin binding.
const PACKAGES: [&str; 1] = ["argon2-cffi==25.1.0"];

/// The Python that has the yardsticks, installed when it is not there yet.
pub(crate) fn python(bench: &Bench<'_>) -> Result<PathBuf> {
    let folder = bench.place.yardsticks();
    let python = folder.join("bin/python");
    let stamp = Stamp::new(folder.join("webreports-installed"), Hash::new().bytes(PACKAGES.concat().as_bytes()));
    if stamp.is_current() && python.exists() {
        return Ok(python);
    }
    bench.progress.step("Installing the yardsticks");
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    let mut install = Command::new(&python);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(PACKAGES);
    run(&mut install)?;
    stamp.write()?;
    Ok(python)
}

/// Runs a script that prints `name number` lines, with `input` on its standard input.
pub(crate) fn figures(command: &mut Command, input: &str) -> Result<Figures> {
    let shown = shown(command);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|cause| Error::NotStarted { command: shown.clone(), cause })?;
    if let Some(mut stdin) = child.stdin.take() {
        // A script that does not read its input is no failure of ours.
        let _ = stdin.write_all(input.as_bytes());
    }
    let output = child.wait_with_output().map_err(|cause| Error::NotStarted { command: shown.clone(), cause })?;
    if !output.status.success() {
        return Err(Error::Failed { command: shown, code: output.status.code() });
    }
    Ok(Figures(String::from_utf8_lossy(&output.stdout).into_owned()))
}

pub(crate) struct Figures(String);

impl Figures {
    pub(crate) fn get(&self, name: &str) -> Result<f64> {
        self.0
            .lines()
            .filter_map(|line| line.split_once(' '))
            .find(|(key, _)| *key == name)
            .and_then(|(_, value)| value.trim().parse().ok())
            .ok_or_else(|| Error::Bench(format!("the script printed no `{name}`")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_answers_with_named_figures() {
        let mut script = Command::new("sh");
        script.args(["-c", "read word; echo \"$word 2.5\"; echo other 7"]);
        let figures = figures(&mut script, "rounds\n").expect("it runs");
        assert!((figures.get("rounds").expect("it was printed") - 2.5).abs() < f64::EPSILON);
        assert_eq!(
            figures.get("missing").map_err(|error| error.to_string()),
            Err("the script printed no `missing`".to_owned())
        );
    }
}
