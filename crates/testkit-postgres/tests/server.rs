//! The server that tests get: private, empty, and gone with the process.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use testkit_postgres::Postgres;

/// Set for the copy of this test program that is killed by `a_killed_process_leaves_no_server`.
const VICTIM: &str = "WEBREPORTS_TEST_POSTGRES_VICTIM";

fn database_of(url: &str) -> &str {
    url.rsplit('/').next().expect("the URL names a database")
}

fn is_listening(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}

#[test]
fn each_database_is_empty_and_its_own() {
    let postgres = Postgres::shared();
    let (first, second) = (postgres.fresh_database(), postgres.fresh_database());
    assert_ne!(first, second);
    postgres.execute(database_of(&first), "create table region (name text); insert into region values ('North')");
    assert_eq!(postgres.execute(database_of(&first), "select name from region"), "North");
    assert_eq!(
        postgres.execute(database_of(&second), "select count(*) from pg_tables where schemaname = 'public'"),
        "0"
    );
}

#[test]
fn every_call_in_a_process_gets_the_same_server() {
    assert_eq!(Postgres::shared().port(), Postgres::shared().port());
}

#[test]
fn the_server_does_not_run_as_root() {
    let postgres = Postgres::shared();
    let owner = postgres.execute("postgres", "select pg_read_file('/proc/self/status') !~ E'\\nUid:\\t0\\t'");
    assert_eq!(owner, "t");
}

#[test]
fn a_role_with_a_password_cannot_enter_without_it() {
    let postgres = Postgres::shared();
    let role = postgres.fresh_role_with_password("it's secret");
    let enter = |password: &str| {
        Command::new("psql")
            .env("PGPASSWORD", password)
            .args(["--no-psqlrc", "--tuples-only", "--no-align", "--host", "127.0.0.1", "--dbname", "postgres"])
            .args(["--port", &postgres.port().to_string(), "--username", &role, "--command", "select 1"])
            .output()
            .expect("psql is installed")
    };
    assert!(enter("it's secret").status.success());
    let refused = enter("wrong");
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("password authentication failed"));
}

#[test]
#[should_panic(expected = "psql refused `select * from nowhere`")]
fn a_refused_statement_is_a_panic_with_psqls_words() {
    Postgres::shared().execute("postgres", "select * from nowhere");
}

#[test]
fn a_dropped_server_is_down() {
    let postgres = Postgres::start();
    let port = postgres.port();
    assert!(is_listening(port));
    drop(postgres);
    assert!(!is_listening(port));
}

#[test]
fn a_killed_process_leaves_no_server() {
    if std::env::var_os(VICTIM).is_some() {
        println!("\nport {}", Postgres::shared().port());
        loop {
            thread::park();
        }
    }
    let mut victim = Command::new(std::env::current_exe().expect("this program has a path"))
        .args(["--exact", "a_killed_process_leaves_no_server", "--nocapture"])
        .env(VICTIM, "1")
        .stdout(Stdio::piped())
        .spawn()
        .expect("this program can be started again");
    let lines = BufReader::new(victim.stdout.take().expect("it was piped")).lines();
    let port: u16 = lines
        .map_while(Result::ok)
        .find_map(|line| line.strip_prefix("port ").map(|port| port.parse().expect("a port")))
        .expect("the other process says its port");
    assert!(is_listening(port));

    victim.kill().expect("it is ours");
    victim.wait().expect("it was killed");
    // Nothing tells us when a server of a dead process is down, so the port is watched.
    let is_down = (0..1_000).any(|_| {
        thread::sleep(Duration::from_millis(10));
        !is_listening(port)
    });
    assert!(is_down, "the server outlived the process that started it");
}
