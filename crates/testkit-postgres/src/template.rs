//! An initialised data folder that is made once and copied for each server: copying is much quicker than initdb.
//!
//! Always holds: a template under its final name is complete. Several processes may make it at once; the
//! first to rename wins, and the others use that one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::account::Account;
use crate::programs::Programs;
use crate::{PASSWORD_GROUP, SUPERUSER};

/// Part of the name; raised whenever what is made below changes.
const TEMPLATE_VERSION: u32 = 1;

/// Who may connect: loopback only, and members of the password group only with their password.
const HOST_BASED_AUTHENTICATION: &str = "127.0.0.1/32";

/// Durability is switched off: the data is thrown away with the test.
const SETTINGS: &str = "
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
shared_buffers = '32MB'
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
";

/// The template of the installed version, made when it is not there yet.
pub(crate) fn prepared(programs: &Programs, account: &Account) -> PathBuf {
    let version = version_of(programs);
    let folder = account.folder();
    let template = folder.join(format!("template-{TEMPLATE_VERSION}-{version}"));
    if template.is_dir() {
        return template;
    }

    let unfinished =
        tempfile::Builder::new().prefix("unfinished-").tempdir_in(&folder).expect("the folder is writable");
    account.take(unfinished.path());
    let data = unfinished.path().join("data");
    initialise(programs, account, &data);

    #[allow(clippy::disallowed_methods, reason = "a data folder of a test, not a file of the product")]
    let renamed = fs::rename(&data, &template);
    if let Err(error) = renamed {
        assert!(template.is_dir(), "the template could not be renamed: {error}");
    }
    template
}

/// Copies the template to `data`, owned by the account.
pub(crate) fn copy(account: &Account, template: &Path, data: &Path) {
    let status = account
        .command("cp".as_ref())
        .args(["-a", "--reflink=auto"])
        .args([template, data])
        .status()
        .expect("`cp` is part of every system");
    assert!(status.success(), "the template at {} could not be copied", template.display());
}

fn initialise(programs: &Programs, account: &Account, data: &Path) {
    let output = account
        .command(programs.initdb().as_os_str())
        .arg("--pgdata")
        .arg(data)
        .args(["--username", SUPERUSER, "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8"])
        .args(["--no-sync", "--wal-segsize", "1"])
        .current_dir("/")
        .output()
        .unwrap_or_else(|error| panic!("initdb could not be started: {error}"));
    assert!(output.status.success(), "initdb failed: {}", String::from_utf8_lossy(&output.stderr));

    append(&data.join("postgresql.conf"), SETTINGS);
    let rules = format!(
        "host all +{PASSWORD_GROUP} {HOST_BASED_AUTHENTICATION} scram-sha-256\n\
         host all all {HOST_BASED_AUTHENTICATION} trust\n"
    );
    fs::write(data.join("pg_hba.conf"), rules).expect("the data folder is writable");
    make_password_group(programs, account, data);
}

/// Runs the server on its own data without any network, as initdb itself does.
fn make_password_group(programs: &Programs, account: &Account, data: &Path) {
    use std::io::Write;

    let mut single = account
        .command(programs.postgres().as_os_str())
        .args(["--single", "-D"])
        .arg(data)
        .arg("postgres")
        .current_dir("/")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("postgres is installed beside initdb");
    let mut statements = single.stdin.take().expect("it was piped");
    writeln!(statements, "create role {PASSWORD_GROUP}").expect("postgres reads its statements");
    drop(statements);
    let output = single.wait_with_output().expect("postgres ends with its input");
    assert!(output.status.success(), "postgres --single failed: {}", String::from_utf8_lossy(&output.stderr));
}

fn append(path: &Path, text: &str) {
    let before = fs::read_to_string(path).expect("initdb wrote it");
    fs::write(path, before + text).expect("the data folder is writable");
}

/// `15.20`, of `postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)`.
fn version_of(programs: &Programs) -> String {
    let output = Command::new(programs.postgres()).arg("--version").output().expect("postgres is installed");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.split_whitespace().nth(2).unwrap_or_else(|| panic!("unexpected version: {text}")).to_owned()
}
