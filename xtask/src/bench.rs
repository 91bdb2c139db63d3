//! `cargo xtask bench [JOB ...]`: a release build measured beside a yardstick, in one run on one machine.
//!
//! Always holds: a line says "held" only when the job and its yardstick were both measured now. What could not be
//! measured says why, and is not counted as held.

mod execute;
mod http;
mod line;
mod people;
mod shell;
mod sign_in;
mod site;
mod start;
mod yardsticks;

use crate::error::{Error, Result};
use crate::place::Place;
use crate::progress::Progress;
use crate::{machine, rust, web};

use line::Line;
use site::Site;

/// Each measurement is repeated this often, alternating with its yardstick; the median counts.
const ROUNDS: usize = 5;

/// A job, what it measures, and how.
struct Job {
    name: &'static str,
    measures: &'static str,
    run: fn(&Bench<'_>) -> Result<Vec<Line>>,
}

const JOBS: &[Job] = &[
    Job { name: "start", measures: "data folder in place to /readyz; memory when idle", run: start::measure },
    Job { name: "shell", measures: "bytes of script before a page shows, compressed", run: shell::measure },
    Job { name: "signin", measures: "CPU of a sign-in, portal and org together", run: sign_in::measure },
    Job { name: "execute", measures: "Execute to the first rows, on SQLite", run: execute::measure },
];

/// What the jobs share.
struct Bench<'a> {
    progress: &'a Progress,
    place: &'a Place,
}

impl Bench<'_> {
    /// A started demo, seeded the first time.
    fn site(&self) -> Result<Site> {
        Site::start(self.progress, self.place)
    }
}

pub(crate) fn run(progress: &Progress, place: &Place, names: &[String]) -> Result<()> {
    let jobs = chosen(names)?;
    machine::prepare(progress, machine::FOR_DEMO)?;
    web::build(progress, place)?;
    rust::build_release(progress, place)?;

    let bench = Bench { progress, place };
    let mut lines = Vec::new();
    for job in jobs {
        progress.step(&format!("Measuring {}: {}", job.name, job.measures));
        match (job.run)(&bench) {
            Ok(measured) => lines.extend(measured),
            Err(error) => lines.push(Line::not_measured(job.name, error.to_string())),
        }
    }
    progress.step("Measured");
    print!("{}", line::table(&lines));
    Ok(())
}

fn chosen(names: &[String]) -> Result<Vec<&'static Job>> {
    if names.is_empty() {
        return Ok(JOBS.iter().collect());
    }
    let known = || JOBS.iter().map(|job| job.name).collect::<Vec<_>>().join(", ");
    names
        .iter()
        .map(|name| {
            let job = JOBS.iter().find(|job| job.name == name);
            job.ok_or_else(|| Error::Usage(format!("there is no job `{name}`; the jobs are {}", known())))
        })
        .collect()
}

/// The middle one of an odd number of measurements.
fn median(mut measured: Vec<f64>) -> f64 {
    measured.sort_by(f64::total_cmp);
    measured[measured.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_job_is_refused_with_those_that_there_are() {
        let error = chosen(&["strat".to_owned()]).err().expect("it is unknown");
        assert_eq!(error.to_string(), "there is no job `strat`; the jobs are start, shell, signin, execute");
        assert_eq!(chosen(&[]).expect("all").len(), JOBS.len());
    }

    #[test]
    fn the_median_is_not_moved_by_one_slow_round() {
        assert!((median(vec![3.0, 900.0, 1.0, 2.0, 4.0]) - 3.0).abs() < f64::EPSILON);
    }
}
