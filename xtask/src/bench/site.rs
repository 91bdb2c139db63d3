//! A demo of the release build, started on ports and a data folder of its own, and stopped at the end.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::place::Place;
use crate::progress::Progress;

use super::http;

/// The first start makes the data; the later ones are what is measured.
const SEEDING_MAX: Duration = Duration::from_secs(900);
pub(crate) const START_MAX: Duration = Duration::from_secs(60);
/// The demo's last words once everything is made.
const LAST_LINE: &str = "Press Ctrl-C";
/// What runs is given 30 s by the server itself.
const STOP_MAX: Duration = Duration::from_secs(40);
const POLL_INTERVAL: Duration = Duration::from_millis(2);

/// Kernel ticks a second in `/proc/PID/stat`; fixed for programs on Linux.
const TICKS_PER_SECOND: f64 = 100.0;

pub(crate) struct Site {
    ports: Ports,
    folder: PathBuf,
    server: Child,
    /// From the start of the program to the first 200 of `/readyz`.
    pub(crate) ready_after: Duration,
}

/// The portal's, the org's, and the org's with TLS. They stay with the data, since the portal knows the org by its
/// address.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Ports([u16; 3]);

impl Site {
    pub(crate) fn start(progress: &Progress, place: &Place) -> Result<Site> {
        let folder = place.target().join("bench");
        fs::create_dir_all(&folder).map_err(Error::file(&folder))?;
        let remembered = folder.join("ports");
        if let Some(ports) = fs::read_to_string(&remembered).ok().and_then(|text| Ports::parse(&text)) {
            return Site::spawn(place, &folder, ports, START_MAX);
        }

        progress.step("Making the data that is measured on");
        let ports = Ports::free()?;
        // Of an earlier try that did not come to its end.
        match fs::remove_dir_all(folder.join("site")) {
            Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::File { path: folder.join("site"), cause });
            }
            _ => {}
        }
        // It answers before everything is made, so that what it says last counts.
        Site::spawn(place, &folder, ports, SEEDING_MAX)?.announced(SEEDING_MAX)?;
        fs::write(&remembered, ports.text()).map_err(Error::file(&remembered))?;
        Site::spawn(place, &folder, ports, START_MAX)
    }

    pub(crate) fn portal(&self) -> String {
        format!("http://localhost:{}", self.ports.0[0])
    }

    pub(crate) fn data(&self) -> PathBuf {
        data_of(&self.folder)
    }

    /// What the server printed from its start to the line that comes last.
    pub(crate) fn announced(&self, within: Duration) -> Result<String> {
        let begun = Instant::now();
        loop {
            let output = fs::read_to_string(self.folder.join("output")).unwrap_or_default();
            if output.lines().any(|line| line.starts_with(LAST_LINE)) {
                return Ok(output);
            }
            if begun.elapsed() > within {
                return Err(Error::Bench(format!("the demo had not said `{LAST_LINE}` after {} s", within.as_secs())));
            }
            thread::sleep(POLL_INTERVAL);
        }
    }

    pub(crate) fn memory_mib(&self) -> Result<f64> {
        memory_mib(self.server.id(), "VmRSS:")
    }

    pub(crate) fn peak_mib(&self) -> Result<f64> {
        memory_mib(self.server.id(), "VmHWM:")
    }

    /// CPU of the process so far, user and system.
    pub(crate) fn cpu_ms(&self) -> Result<f64> {
        let path = PathBuf::from(format!("/proc/{}/stat", self.server.id()));
        let text = fs::read_to_string(&path).map_err(Error::file(path))?;
        ticks_of(&text)
            .map(|ticks| ticks * 1_000.0 / TICKS_PER_SECOND)
            .ok_or_else(|| Error::Bench("the process's CPU could not be read".into()))
    }

    fn spawn(place: &Place, folder: &Path, ports: Ports, ready_max: Duration) -> Result<Site> {
        let output_path = folder.join("output");
        // It will hold the demo people's passwords.
        let output = File::options()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&output_path)
            .map_err(Error::file(&output_path))?;
        let errors = output.try_clone().map_err(Error::file(&output_path))?;
        let [portal, org, org_tls] = ports.0.map(|port| port.to_string());
        let mut command = Command::new(place.binary("release"));
        command
            .arg("demo")
            .arg("--data")
            .arg(data_of(folder))
            .args(["--portal-port", &portal, "--org-port", &org, "--org-tls-port", &org_tls])
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors);
        let (server, ready_after) = ready(&mut command, ports.0[0], "/readyz", ready_max)?;
        Ok(Site { ports, folder: folder.to_owned(), server, ready_after })
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        stop(&mut self.server);
    }
}

/// Starts a program and waits until `path` answers 200; says how long that took.
pub(crate) fn ready(command: &mut Command, port: u16, path: &str, ready_max: Duration) -> Result<(Child, Duration)> {
    let shown = crate::progress::shown(command);
    let begun = Instant::now();
    let mut child = command.spawn().map_err(|cause| Error::NotStarted { command: shown.clone(), cause })?;
    loop {
        if http::status(port, path) == Some(200) {
            return Ok((child, begun.elapsed()));
        }
        if let Ok(Some(status)) = child.try_wait() {
            return Err(Error::Failed { command: shown, code: status.code() });
        }
        if begun.elapsed() > ready_max {
            stop(&mut child);
            return Err(Error::Bench(format!("`{shown}` was not ready after {} s", ready_max.as_secs())));
        }
        thread::sleep(POLL_INTERVAL);
    }
}

/// Asks a program to end, and ends it when it does not.
pub(crate) fn stop(child: &mut Child) {
    let _ = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
    let begun = Instant::now();
    while begun.elapsed() < STOP_MAX {
        if !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        thread::sleep(POLL_INTERVAL);
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// The data has a folder of its own around it, since the keys lie beside it.
fn data_of(folder: &Path) -> PathBuf {
    folder.join("site/data")
}

fn memory_mib(pid: u32, field: &str) -> Result<f64> {
    let path = PathBuf::from(format!("/proc/{pid}/status"));
    let text = fs::read_to_string(&path).map_err(Error::file(path))?;
    kibibytes_of(&text, field)
        .map(|kibibytes| kibibytes / 1_024.0)
        .ok_or_else(|| Error::Bench(format!("the process's {field} could not be read")))
}

fn kibibytes_of(status: &str, field: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}

/// User and system ticks: fields 14 and 15, counted behind the name in brackets, which may hold spaces.
fn ticks_of(stat: &str) -> Option<f64> {
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

pub(crate) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
    listener.map(|address| address.port()).map_err(|cause| Error::Bench(format!("no free port: {cause}")))
}

impl Ports {
    fn free() -> Result<Ports> {
        Ok(Ports([free_port()?, free_port()?, free_port()?]))
    }

    fn parse(text: &str) -> Option<Ports> {
        let ports: Vec<u16> = text.split_whitespace().map_while(|port| port.parse().ok()).collect();
        ports.try_into().ok().map(Ports)
    }

    fn text(self) -> String {
        self.0.map(|port| port.to_string()).join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_read_as_they_were_written() {
        let ports = Ports([8080, 8081, 8443]);
        assert_eq!(Ports::parse(&ports.text()), Some(ports));
        assert_eq!(Ports::parse("8080 8081"), None);
    }

    #[test]
    fn the_kernels_figures_are_read() {
        assert_eq!(kibibytes_of("VmPeak:\t 9 kB\nVmRSS:\t   2048 kB\n", "VmRSS:"), Some(2048.0));
        let stat = "7 (web (reports) x) S 1 7 7 0 -1 4 1 0 0 0 250 50 0 0 20 0 9 0";
        assert_eq!(ticks_of(stat), Some(300.0));
    }
}
