//! `webreports setup`: the wizard's work without a browser. The same tests line by line, then the switch.
//!
//! Secrets come from files or the environment, never from the command line, where other people of the machine could read them.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use portal::{CheckName, CheckState, NewBridge, Portal};
use vault::Secret;
use world::World;

use crate::{cli::Error, config::Config, serve::portal_config};

#[derive(Args)]
pub struct Options {
    /// The Okta domain, such as https://example.okta.com.
    #[arg(long, env = "WEBREPORTS_OKTA_DOMAIN")]
    pub domain: String,
    #[arg(long, env = "WEBREPORTS_OKTA_CLIENT_ID")]
    pub client_id: String,
    /// File with the client secret; or set WEBREPORTS_OKTA_CLIENT_SECRET.
    #[arg(long, value_name = "FILE")]
    pub client_secret_file: Option<PathBuf>,
    /// File with the API token; or set WEBREPORTS_OKTA_API_TOKEN.
    #[arg(long, value_name = "FILE")]
    pub api_token_file: Option<PathBuf>,
    /// Accept a plain http issuer on this machine: for the built-in org and for trying things.
    #[arg(long)]
    pub allow_loopback_http: bool,
    /// Only run the checks; leave the switch as it is.
    #[arg(long)]
    pub check_only: bool,
}

pub async fn run(config: &Config, options: &Options) -> Result<ExitCode, Error> {
    let client_secret =
        secret(options.client_secret_file.as_ref(), "WEBREPORTS_OKTA_CLIENT_SECRET", "--client-secret-file")?;
    let api_token = secret(options.api_token_file.as_ref(), "WEBREPORTS_OKTA_API_TOKEN", "--api-token-file")?;
    let portal = Portal::open_beside(portal_config(config, config.addresses.clone()), World::real()).await?;
    let bridge = NewBridge {
        domain: options.domain.clone(),
        client_id: options.client_id.clone(),
        client_secret: Some(client_secret),
        api_token: Some(api_token),
        allow_loopback_http: options.allow_loopback_http,
    };
    portal.connect_as_operator(bridge).await?;
    let mut failed = 0;
    for name in CheckName::ALL {
        let check = portal.check_as_operator(*name).await?;
        let mark = match check.state {
            CheckState::Passed => "ok     ",
            CheckState::Failed => "FAILED ",
            CheckState::Unknown => "unknown",
            CheckState::Waiting => "waiting",
        };
        println!("{mark} {}: {}", check.title, check.found.or(check.why).unwrap_or_default());
        for detail in &check.details {
            println!("          {detail}");
        }
        if check.state == CheckState::Failed {
            failed += 1;
            println!("          {}", check.fix.unwrap_or_default());
        }
    }
    if failed > 0 {
        println!("{failed} checks failed; sign-in through the org is as it was");
    } else if options.check_only {
        println!("every check passed");
    } else {
        portal.enable_as_operator().await?;
        println!("every check passed; people can sign in through {}", options.domain);
    }
    portal.shut_down(std::time::Duration::ZERO).await;
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn secret(file: Option<&PathBuf>, environment: &str, flag: &str) -> Result<Secret, Error> {
    let text = match file {
        Some(path) => {
            std::fs::read_to_string(path).map_err(|error| Error::Failed(format!("{}: {error}", path.display())))?
        }
        None => {
            std::env::var(environment).map_err(|_| Error::Failed(format!("give {flag} FILE or set {environment}")))?
        }
    };
    Ok(Secret::new(text.trim().to_owned()))
}
