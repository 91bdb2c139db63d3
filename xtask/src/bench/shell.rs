//! `shell`: the script that a browser must have before a page shows, compressed.

use std::process::Command;

use crate::error::{Error, Result};
use crate::progress::{answer, shown};

use super::Bench;
use super::line::{Figure, Line};

const BAR_KB: f64 = 60.0;

pub(crate) fn measure(bench: &Bench<'_>) -> Result<Vec<Line>> {
    ["portal", "console"]
        .iter()
        .map(|package| {
            let mut script = Command::new("node");
            script
                .arg(bench.place.root().join("xtask/bench/shell.mjs"))
                .arg(bench.place.web().join(package).join("build"));
            let bytes: f64 = answer(&mut script)
                .and_then(|printed| printed.parse().ok())
                .ok_or_else(|| Error::Failed {
                    command: shown(&script),
                    code: None,
                })?;
            let kilobytes = bytes / 1_000.0;
            let job = format!("shell: {package}");
            Ok(Line::measured(
                &job,
                Figure::Kilobytes(kilobytes),
                "<= 60 kB",
                kilobytes <= BAR_KB,
            ))
        })
        .collect()
}
