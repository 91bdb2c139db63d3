//! One running server, watched by a shell that outlives us.
//!
//! Always holds: the server ends when this process does. The watching shell reads a pipe whose other end only we
//! hold; when we end, however we end, the pipe closes, the shell stops the server and removes its folder.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::account::Account;
use crate::programs::Programs;
use crate::template;

/// A port is free when we look and may be taken when the server binds it; then another one is tried.
const START_TRIES_MAX: u32 = 5;

/// How long a start may take on a busy machine before it counts as failed.
const START_POLLS_MAX: u32 = 12_000;
const START_POLL_INTERVAL: Duration = Duration::from_millis(5);

/// `$1` is the server's folder; the rest is the command that starts it. SIGQUIT is PostgreSQL's immediate
/// shutdown. The folder stays until the pipe closes, so that the log of a failed start can be read.
const WATCHER: &str = r#"
folder=$1; shift
exec 3<&0
"$@" </dev/null >"$folder/log" 2>&1 3<&- &
server=$!
{ cat <&3 >/dev/null; [ -e "$folder/exited" ] || kill -QUIT "$server"; } 2>/dev/null &
watcher=$!
wait "$server"; echo $? >"$folder/exited"
wait "$watcher"; rm -rf "$folder"
"#;

pub(crate) struct Server {
    port: u16,
    watcher: Child,
}

impl Server {
    pub(crate) fn start(programs: &Programs, account: &Account, template: &Path) -> Server {
        let mut log = String::new();
        for _ in 0..START_TRIES_MAX {
            match Server::try_start(programs, account, template) {
                Ok(server) => return server,
                Err(failed) => log = failed,
            }
        }
        panic!("PostgreSQL did not start; its log:\n{log}");
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The error is the server's log.
    fn try_start(programs: &Programs, account: &Account, template: &Path) -> Result<Server, String> {
        let folder = fresh_folder(account);
        let data = folder.join("data");
        template::copy(account, template, &data);
        let port = free_port();

        let mut server = account.command(programs.postgres().as_os_str());
        server.arg("-D").arg(&data).arg("-p").arg(port.to_string());
        let watcher = Command::new("sh")
            .args(["-c", WATCHER, "sh"])
            .arg(&folder)
            .arg(server.get_program())
            .args(server.get_args())
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C in the terminal must not end the shell before it has stopped the server.
            .process_group(0)
            .spawn()
            .expect("`sh` is part of every system");
        let server = Server { port, watcher };

        for _ in 0..START_POLLS_MAX {
            if folder.join("exited").exists() {
                break;
            }
            if is_ready(&data) {
                return Ok(server);
            }
            thread::sleep(START_POLL_INTERVAL);
        }
        Err(fs::read_to_string(folder.join("log")).unwrap_or_default())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.watcher.stdin.take());
        // The shell ends once the server is down; there is nobody to tell if it already has.
        let _ = self.watcher.wait();
    }
}

fn fresh_folder(account: &Account) -> PathBuf {
    let folder =
        tempfile::Builder::new().prefix("server-").tempdir_in(account.folder()).expect("the folder is writable").keep();
    account.take(&folder);
    folder
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
    listener.local_addr().expect("it is bound").port()
}

/// The server writes its state into the eighth line of `postmaster.pid`.
fn is_ready(data: &Path) -> bool {
    let text = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
    text.lines().nth(7).is_some_and(|state| state.trim() == "ready")
}
