//! What the machine must have: a C compiler, Node, a browser, a database server. On Debian what is missing is
//! installed; elsewhere, or without the right to, the message says what to install.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::{Error, Result};
use crate::progress::{Progress, answer, run, shown};

/// Something that must be there: any of `programs`, or a check of its own, else Debian's `package`.
pub(crate) struct Need {
    what: &'static str,
    is_there: fn() -> bool,
    package: &'static str,
}

/// `cargo xtask demo`.
pub(crate) const FOR_DEMO: &[Need] = &[C_COMPILER];

/// `cargo xtask test`.
pub(crate) const FOR_TESTS: &[Need] = &[C_COMPILER, CHROMIUM, POSTGRESQL, PYTHON_VENV];

const C_COMPILER: Need =
    Need { what: "a C compiler (cc)", is_there: || program("cc").is_some(), package: "build-essential" };
const CHROMIUM: Need = Need { what: "the browser Chromium", is_there: || chromium().is_some(), package: "chromium" };
const POSTGRESQL: Need =
    Need { what: "a PostgreSQL server (initdb, postgres, psql)", is_there: has_postgresql, package: "postgresql" };
const PYTHON_VENV: Need = Need {
    what: "Python 3 with venv",
    is_there: || answer(Command::new("python3").args(["-c", "import venv, ensurepip"])).is_some(),
    package: "python3-venv",
};

/// Node releases on which the web's tools run: (major, least minor); later even majors are taken as well.
const NODE_RELEASES: [(u32, u32); 2] = [(20, 19), (22, 12)];
const NODE_MAJOR_OPEN_END: u32 = 24;
const NODE_WANTED: &str = "Node 20.19, 22.12, or 24 and later, with npm 10 or later";
const NPM_MAJOR_MIN: u32 = 10;

/// Checks Node and installs what of `needs` is missing.
pub(crate) fn prepare(progress: &Progress, needs: &[Need]) -> Result<()> {
    check_node()?;
    let missing: Vec<&Need> = needs.iter().filter(|need| !(need.is_there)()).collect();
    if missing.is_empty() {
        return Ok(());
    }

    let what = missing.iter().map(|need| need.what).collect::<Vec<_>>().join(", ");
    let packages: Vec<&str> = missing.iter().map(|need| need.package).collect();
    let fix = format!("apt-get update && apt-get install --yes {}", packages.join(" "));
    if !Path::new("/etc/debian_version").exists() || program("apt-get").is_none() {
        return Err(Error::Missing {
            what: format!("not installed: {what}"),
            fix: format!("install these with this system's package manager (on Debian: {fix})"),
        });
    }
    let Some(prefix) = right_to_install() else {
        return Err(Error::Missing { what: format!("not installed: {what}"), fix: format!("sudo sh -c '{fix}'") });
    };

    progress.step(&format!("Installing {what} ({})", packages.join(", ")));
    run(&mut apt_get(prefix, &["update", "--quiet"]))?;
    let mut install = apt_get(prefix, &["install", "--yes", "--quiet", "--no-install-recommends"]);
    run(install.args(&packages))?;
    match missing.iter().find(|need| !(need.is_there)()) {
        None => Ok(()),
        Some(need) => Err(Error::Missing {
            what: format!("{} is still not found", need.what),
            fix: format!("look at what `{}` printed", shown(&install)),
        }),
    }
}

/// The browser of the browser tests: the one that is set, or the first on PATH.
pub(crate) fn chromium() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("WEBREPORTS_TEST_CHROMIUM") {
        return Some(PathBuf::from(path)).filter(|path| path.is_file());
    }
    ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"].iter().find_map(|name| program(name))
}

/// Where a program is on PATH.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file())
}

fn check_node() -> Result<()> {
    let missing = |what: String| Error::Missing { what, fix: format!("install {NODE_WANTED}, and put it on PATH") };
    let node = answer(Command::new("node").arg("--version")).ok_or_else(|| missing("Node is not installed".into()))?;
    let npm = answer(Command::new("npm").arg("--version")).ok_or_else(|| missing("npm is not installed".into()))?;
    if !is_node_wanted(&node) {
        return Err(missing(format!("Node {node} is not one that the web is built with")));
    }
    if numbers(&npm).is_none_or(|(major, _)| major < NPM_MAJOR_MIN) {
        return Err(missing(format!("npm {npm} is too old")));
    }
    Ok(())
}

fn is_node_wanted(version: &str) -> bool {
    let Some((major, minor)) = numbers(version.trim_start_matches('v')) else {
        return false;
    };
    major >= NODE_MAJOR_OPEN_END
        || NODE_RELEASES.iter().any(|(wanted, minor_min)| major == *wanted && minor >= *minor_min)
}

fn numbers(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

fn has_postgresql() -> bool {
    let in_version_folder = std::fs::read_dir("/usr/lib/postgresql")
        .is_ok_and(|versions| versions.flatten().any(|version| version.path().join("bin/initdb").is_file()));
    (in_version_folder || (program("initdb").is_some() && program("postgres").is_some())) && program("psql").is_some()
}

/// What goes before `apt-get`: nothing for root, `sudo -n` where that asks for no password.
fn right_to_install() -> Option<&'static [&'static str]> {
    if answer(Command::new("id").arg("-u")).as_deref() == Some("0") {
        return Some(&[]);
    }
    answer(Command::new("sudo").args(["-n", "true"])).map(|_| &["sudo", "-n"][..])
}

fn apt_get(prefix: &[&str], arguments: &[&str]) -> Command {
    let words = prefix.iter().chain(&["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]).chain(arguments);
    let mut words = words.copied();
    let mut command = Command::new(words.next().unwrap_or("apt-get"));
    command.args(words);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_releases_are_told_apart() {
        for wanted in ["v20.19.0", "v20.20.2", "v22.12.1", "v24.0.0", "v26.1.0"] {
            assert!(is_node_wanted(wanted), "{wanted}");
        }
        for unwanted in ["v18.20.0", "v20.18.9", "v21.7.0", "v22.11.0", "v23.1.0", "nightly"] {
            assert!(!is_node_wanted(unwanted), "{unwanted}");
        }
    }

    #[test]
    fn apt_is_called_through_sudo_where_needed() {
        assert_eq!(shown(&apt_get(&[], &["update"])), "env DEBIAN_FRONTEND=noninteractive apt-get update");
        assert_eq!(
            shown(&apt_get(&["sudo", "-n"], &["update"])),
            "sudo -n env DEBIAN_FRONTEND=noninteractive apt-get update"
        );
    }
}
