//! `webreports doctor`: checks what an installation needs, one line each, with the fix for what is wrong.

use std::process::ExitCode;

use portal::{Lamp, Portal};
use world::World;

use crate::{config::Config, serve::portal_config};

/// What one check found.
struct Finding {
    what: &'static str,
    /// None: it is well.
    wrong: Option<Wrong>,
    found: String,
}

struct Wrong {
    why: String,
    fix: String,
}

pub async fn run(config: &Config) -> ExitCode {
    let mut findings = vec![folders(config), pages()];
    match Portal::open_beside(portal_config(config, config.addresses.clone()), World::real()).await {
        Ok(portal) => {
            findings.push(well("database, key, migrations", describe(&config.database)));
            findings.extend(bridge(&portal).await);
            portal.shut_down(std::time::Duration::ZERO).await;
        }
        Err(error) => {
            let why = chain(&error);
            let fix = match &error {
                portal::Error::Vault(_) => {
                    "put the master key back where it was, or restore database and key from one backup"
                }
                portal::Error::Store(_) => "check `database` in the configuration and that the server runs",
                _ => "read the cause; `webreports help` lists the configuration keys",
            };
            findings.push(ill("database, key, migrations", why, fix));
        }
    }
    let mut ill = 0;
    for finding in &findings {
        match &finding.wrong {
            None => println!("ok    {}: {}", finding.what, finding.found),
            Some(wrong) => {
                ill += 1;
                println!("WRONG {}: {}\n      {}", finding.what, wrong.why, wrong.fix);
            }
        }
    }
    println!("{} checks, {ill} wrong", findings.len());
    if ill == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn folders(config: &Config) -> Finding {
    const WHAT: &str = "folders";
    for folder in [config.data_folder(), config.keys_folder()] {
        let probe = folder.join(".doctor");
        let tried = world::Files::private_folder(&folder)
            .and_then(|()| world::Files::write(&probe, b"ok", world::files::Readers::OwnerOnly))
            .and_then(|()| std::fs::remove_file(&probe));
        if let Err(error) = tried {
            return ill(
                WHAT,
                format!("{}: {error}", folder.display()),
                "give the account that runs WebReports the right to write there",
            );
        }
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        for entry in std::fs::read_dir(config.keys_folder()).into_iter().flatten().flatten() {
            let open =
                entry.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o077 != 0);
            if open {
                return ill(WHAT, format!("{} can be read by others", entry.path().display()), "close it: chmod 600");
            }
        }
    }
    well(
        WHAT,
        format!(
            "{} and {} can be written, keys are closed to others",
            config.data_folder().display(),
            config.keys_folder().display()
        ),
    )
}

fn pages() -> Finding {
    if crate::http::files::Page::load().is_built() {
        well("pages", "built into this program".to_owned())
    } else {
        ill(
            "pages",
            "this program was built without its pages".to_owned(),
            "run `cargo xtask demo`, or build `web` and then the server",
        )
    }
}

async fn bridge(portal: &Portal) -> Vec<Finding> {
    let bridge = match portal.bridge_as_operator().await {
        Ok(bridge) => bridge,
        Err(error) => {
            return vec![ill("bridge", chain(&error), "read the cause; Management > Sign-in shows the bridge")];
        }
    };
    if !bridge.enabled {
        return vec![well("bridge", "sign-in through an Okta org is not turned on yet".to_owned())];
    }
    // What nobody reads is not in step, and that is no fault: the running portal reads it.
    let is_at_work = portal.is_at_work().unwrap_or(true);
    let sync = match bridge.sync.state {
        Lamp::Warning | Lamp::Failed if !is_at_work => {
            (Lamp::None, "the portal is not running, so people and groups are not read".to_owned())
        }
        state => (state, bridge.sync.message),
    };
    let lamps = [
        (
            "API token",
            bridge.token.state,
            bridge.token.message,
            "rotate it on Management > Sign-in, or with `webreports setup`",
        ),
        (
            "client secret",
            bridge.client_secret.state,
            bridge.client_secret.message,
            "make a new one at the org and enter it on Management > Sign-in",
        ),
        ("reading of people and groups", sync.0, sync.1, "check that the org can be reached from here"),
    ];
    lamps
        .into_iter()
        .map(|(what, lamp, message, fix)| match lamp {
            Lamp::Ok | Lamp::None => well(what, message),
            Lamp::Warning | Lamp::Failed => ill(what, message, fix),
        })
        .collect()
}

fn describe(address: &db::Address) -> String {
    match address {
        db::Address::Sqlite(path) => format!("SQLite, {}", path.display()),
        db::Address::Postgres(_) => "PostgreSQL".to_owned(),
    }
}

fn well(what: &'static str, found: String) -> Finding {
    Finding { what, wrong: None, found }
}

fn ill(what: &'static str, why: String, fix: &str) -> Finding {
    Finding { what, wrong: Some(Wrong { why, fix: fix.to_owned() }), found: String::new() }
}

/// The error and its causes in one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.ends_with(&said) {
            text = format!("{text}: {said}");
        }
        cause = error.source();
    }
    text
}
