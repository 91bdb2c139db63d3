//! `start`: how soon a site with data in place is ready, and what it holds in memory when nobody asks for anything.

use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::error::Result;

use super::line::{Figure, Line};
use super::site::{Site, free_port, ready, stop};
use super::{Bench, ROUNDS, median};

const READY_BAR_MS: f64 = 500.0;
const IDLE_BAR_MIB: f64 = 100.0;

/// How long after the start a site counts as idle.
const SETTLING: Duration = Duration::from_secs(2);
const YARDSTICK_READY_MAX: Duration = Duration::from_secs(20);

/// A server that does nothing.
const BARE_NODE: &str = "require('http').createServer((_, answer) => answer.end('ok')).listen(+process.argv[1])";

pub(crate) fn measure(bench: &Bench<'_>) -> Result<Vec<Line>> {
    drop(bench.site()?);
    let (mut ours, mut bare_node) = (Vec::new(), Vec::new());
    let mut site: Option<Site> = None;
    for _ in 0..ROUNDS {
        drop(site.take());
        bare_node.push(bare_node_ms()?);
        let started = bench.site()?;
        ours.push(started.ready_after.as_secs_f64() * 1_000.0);
        site = Some(started);
    }
    let ours = median(ours);
    let mut lines = vec![
        Line::measured("start", Figure::Milliseconds(ours), "<= 500 ms", ours <= READY_BAR_MS)
            .beside(Figure::Milliseconds(median(bare_node)), "bare node"),
    ];
    if let Some(site) = site {
        thread::sleep(SETTLING);
        let idle = site.memory_mib()?;
        lines.push(
            Line::measured("start: idle", Figure::Mebibytes(idle), "<= 100 MiB, portal and org", idle <= IDLE_BAR_MIB)
                .with_peak(site.peak_mib()?),
        );
    }
    Ok(lines)
}

fn bare_node_ms() -> Result<f64> {
    let port = free_port()?;
    let mut command = Command::new("node");
    command.args(["-e", BARE_NODE, &port.to_string()]).stdin(Stdio::null()).stdout(Stdio::null());
    let (mut child, took) = ready(&mut command, port, "/", YARDSTICK_READY_MAX)?;
    stop(&mut child);
    Ok(took.as_secs_f64() * 1_000.0)
}
