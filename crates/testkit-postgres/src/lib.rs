//! A private PostgreSQL server for tests, made from the programs that are installed.
//!
//! Always holds: the server listens on 127.0.0.1 alone, its data lies in a temporary folder, it never runs as
//! root, and it ends with the process that started it, also when that process is killed. Missing programs are
//! a panic that names the package to install, never a skipped test.

mod account;
mod programs;
mod server;
mod template;

use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use account::Account;
use programs::Programs;
use server::Server;

/// The superuser that `initdb` makes. Connections from loopback need no password, except for the roles of
/// [`Postgres::fresh_role_with_password`].
const SUPERUSER: &str = "postgres";

/// Members of this role must show their password; `pg_hba.conf` names it before it trusts everybody else.
const PASSWORD_GROUP: &str = "password_required";

/// A running server of our own.
pub struct Postgres {
    programs: Programs,
    server: Server,
    /// Numbers the databases and roles made here, so that no two tests share one.
    made: AtomicU64,
}

impl Postgres {
    /// The server of this process, started at the first call.
    pub fn shared() -> &'static Postgres {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        SHARED.get_or_init(Postgres::start)
    }

    /// A server for one test alone, for a test that stops or disturbs it. It ends when the value is dropped.
    pub fn start() -> Postgres {
        let programs = Programs::find();
        let account = Account::find();
        let template = template::prepared(&programs, &account);
        let server = Server::start(&programs, &account, &template);
        Postgres { programs, server, made: AtomicU64::new(0) }
    }

    /// Makes an empty database and returns its URL.
    pub fn fresh_database(&self) -> String {
        let name = self.fresh_name("test");
        self.execute("postgres", &format!("create database {name}"));
        self.url(&name)
    }

    /// Makes a role that can sign in with this password only, and returns the role's name.
    pub fn fresh_role_with_password(&self, password: &str) -> String {
        let name = self.fresh_name("role");
        let quoted = password.replace('\'', "''");
        self.execute("postgres", &format!("create role {name} login password '{quoted}' in role {PASSWORD_GROUP}"));
        name
    }

    /// The URL of a database of this server, for the superuser.
    pub fn url(&self, database: &str) -> String {
        format!("postgresql://{SUPERUSER}@127.0.0.1:{}/{database}", self.port())
    }

    /// The TCP port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.server.port()
    }

    /// Runs SQL through `psql` and returns what it printed: a line per row, columns divided by `|`.
    ///
    /// Panics with psql's own words when the server refuses a statement.
    pub fn execute(&self, database: &str, sql: &str) -> String {
        let output = Command::new(self.programs.psql())
            .args(["--no-psqlrc", "--quiet", "--no-align", "--tuples-only"])
            .args(["--set", "ON_ERROR_STOP=1", "--dbname", &self.url(database), "--command", sql])
            .output()
            .unwrap_or_else(|error| panic!("psql could not be started: {error}"));
        assert!(output.status.success(), "psql refused `{sql}`: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    fn fresh_name(&self, kind: &str) -> String {
        format!("{kind}_{}", self.made.fetch_add(1, Ordering::Relaxed) + 1)
    }
}
