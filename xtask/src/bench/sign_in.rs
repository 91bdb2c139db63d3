//! `signin`: the CPU that one sign-in costs, from the portal's button to the portal's first answer, both sides together.
//! Most of it must be the password's hash.

use std::process::Command;

use crate::error::Result;

use super::line::{Figure, Line};
use super::yardsticks::{self, figures};
use super::{Bench, people};

/// argon2id with 19 MiB and two passes is the limit; the rest of the flow may cost this much.
const REST_BAR_MS: f64 = 2.0;
const HASH_SHARE_BAR: f64 = 0.9;

const BAR: &str = "<= hash / 0.9 + 2 ms";

pub(crate) fn measure(bench: &Bench<'_>) -> Result<Vec<Line>> {
    let site = bench.site()?;
    let people = people::lines(&site)?;
    let folder = bench.place.root().join("xtask/bench");
    let sign_in = || {
        let mut script = Command::new("node");
        script.arg(folder.join("sign-in.mjs")).arg(site.portal());
        script
    };

    // The first round fills caches and pays for what happens once.
    figures(&mut sign_in(), &people)?;
    let before = site.cpu_ms()?;
    let signed_in = figures(&mut sign_in(), &people)?.get("sign_ins")?;
    let ours = (site.cpu_ms()? - before) / signed_in;
    let peak = site.peak_mib()?;

    let hashed = yardsticks::python(bench)
        .and_then(|python| figures(Command::new(python).arg(folder.join("argon2id.py")), ""))
        .and_then(|figures| figures.get("hash_ms"));
    let line = match hashed {
        Ok(hash) => {
            let is_held = ours <= hash / HASH_SHARE_BAR + REST_BAR_MS;
            Line::measured("signin", Figure::Milliseconds(ours), BAR, is_held)
                .beside(Figure::Milliseconds(hash), "argon2id alone")
        }
        Err(error) => Line::without_yardstick("signin", Figure::Milliseconds(ours), BAR, error.to_string()),
    };
    Ok(vec![line.with_peak(peak)])
}
