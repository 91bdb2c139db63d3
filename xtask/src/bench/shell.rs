//! `shell`: the script that a browser must have before the heaviest page shows, compressed as it is sent. The web's own
//! script measures it, and fails the tests when it is over the bar.

use crate::error::{Error, Result};
use crate::web;

use super::Bench;
use super::line::{Figure, Line};

const APPLICATIONS: [&str; 2] = ["portal", "console"];
const BAR_KB: f64 = 60.0;

pub(crate) fn measure(bench: &Bench<'_>) -> Result<Vec<Line>> {
    // Over the bar the script fails, and its lines are still what was measured.
    let output = web::npm(bench.place, &["run", "--silent", "size"])
        .output()
        .map_err(|cause| Error::NotStarted { command: "npm run size".into(), cause })?;
    let printed = String::from_utf8_lossy(&output.stdout);
    APPLICATIONS
        .iter()
        .map(|application| {
            let heaviest = heaviest_kb(&printed, application)
                .ok_or_else(|| Error::Bench(format!("no size of {application} was printed")))?;
            let job = format!("shell: {application}");
            Ok(Line::measured(&job, Figure::Kilobytes(heaviest), "<= 60 kB", heaviest <= BAR_KB))
        })
        .collect()
}

/// Of lines like `ok     41.2 kB in 23 files  portal /reports/available`, the largest of one application.
fn heaviest_kb(printed: &str, application: &str) -> Option<f64> {
    let of_line = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let at = words.iter().position(|word| *word == "kB")?;
        words.contains(&application).then(|| words.get(at.checked_sub(1)?)?.parse::<f64>().ok())?
    };
    printed.lines().filter_map(of_line).max_by(f64::total_cmp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heaviest_page_of_an_application_counts() {
        let printed = "\
OVER   61.5 kB in 30 files  portal /reports/available
ok     41.2 kB in 23 files  portal /sign-in
ok      9.9 kB in 7 files  console /
";
        assert_eq!(heaviest_kb(printed, "portal"), Some(61.5));
        assert_eq!(heaviest_kb(printed, "console"), Some(9.9));
        assert_eq!(heaviest_kb(printed, "ui"), None);
    }
}
