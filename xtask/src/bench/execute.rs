//! `execute`: from pressing Execute to the first hundred rows, beside the same statement read by a plain cursor.

use std::process::Command;

use crate::error::Result;

use super::line::{Figure, Line};
use super::yardsticks::figures;
use super::{Bench, people};

/// What we may take beyond the cursor.
const BEYOND_BAR_MS: f64 = 15.0;

pub(crate) fn measure(bench: &Bench<'_>) -> Result<Vec<Line>> {
    let site = bench.site()?;
    let mut script = Command::new("node");
    script.arg(bench.place.root().join("xtask/bench/execute.mjs")).arg(site.portal()).arg(site.data()).arg("python3");
    let measured = figures(&mut script, &people::lines(&site)?)?;
    let (ours, cursor) = (measured.get("ours_ms")?, measured.get("cursor_ms")?);
    let line =
        Line::measured("execute", Figure::Milliseconds(ours), "<= cursor + 15 ms", ours <= cursor + BEYOND_BAR_MS)
            .beside(Figure::Milliseconds(cursor), "SQLite cursor");
    Ok(vec![line.with_peak(site.peak_mib()?)])
}
