//! The command line: `webreports serve`, `org`, `demo`, `setup`, `doctor`, `version`, `help`.

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};

use crate::{
    config::{self, Config, ConfigError},
    demo, doctor, serve, setup_command, telemetry,
};

/// WebReports: a self-hosted web reporting portal, and an org to sign in with.
#[derive(Parser)]
#[command(name = "webreports", version, after_help = config::help())]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    shared: Shared,
}

#[derive(Args)]
struct Shared {
    /// Configuration file (TOML).
    #[arg(long, global = true, env = "WEBREPORTS_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Set one configuration key, as in `--set listen=127.0.0.1:9000`; may be repeated.
    #[arg(long = "set", global = true, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the portal.
    Serve,
    /// Runs the built-in org alone.
    Org,
    /// Runs the portal and the built-in org with a sample database, sample reports and seven people.
    Demo(demo::Options),
    /// Connects the portal with an Okta org without a browser: the wizard's tests, line by line, then the switch.
    Setup(setup_command::Options),
    /// Checks configuration, keys, databases and the bridge, and says the fix for what is wrong.
    Doctor,
    /// Prints the version.
    Version,
}

/// Ends with the reason on standard error.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("`{0}` is not KEY=VALUE with a key that `webreports help` lists")]
    Flag(String),
    #[error("the portal could not start")]
    Portal(#[from] portal::Error),
    #[error("the built-in org could not start")]
    Org(#[from] org::Error),
    #[error("{what} could not be used: {address}")]
    Listen { what: &'static str, address: String, source: std::io::Error },
    #[error("the demo could not be seeded")]
    Seed(#[from] demo::seed::Error),
    #[error("the sample database could not be made")]
    SampleData(#[from] demo::sample_data::Error),
    #[error("a file could not be used")]
    File(#[from] std::io::Error),
    #[error("{0}")]
    Failed(String),
}

pub fn main() -> ExitCode {
    let cli = Cli::parse();
    // Two TLS libraries in one process must agree on who does the arithmetic.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("the system gives threads");
    match runtime.block_on(run(cli)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("webreports: {}", doctor::chain(&error));
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<ExitCode, Error> {
    let mut flags = Vec::new();
    for text in &cli.shared.set {
        let known = text.split_once('=').and_then(|(key, value)| {
            config::KEYS.iter().find(|known| known.name == key).map(|known| (known.name, value.to_owned()))
        });
        flags.push(known.ok_or_else(|| Error::Flag(text.clone()))?);
    }
    if let Command::Demo(options) = &cli.command {
        flags.splice(0..0, options.flags());
    }
    let config = Config::load(cli.shared.config.as_deref(), &|name| std::env::var(name).ok(), &flags)?;
    match cli.command {
        Command::Version => println!("webreports {}", env!("CARGO_PKG_VERSION")),
        Command::Serve => {
            telemetry::start_logs(&config.log_level, config.log_json);
            serve::portal_until_stopped(&config).await?;
        }
        Command::Org => {
            telemetry::start_logs(&config.log_level, config.log_json);
            serve::org_until_stopped(&config).await?;
        }
        Command::Demo(options) => {
            telemetry::start_logs(&config.log_level, config.log_json);
            demo::run(&config, &options).await?;
        }
        Command::Setup(options) => {
            telemetry::start_logs("warn", config.log_json);
            return setup_command::run(&config, &options).await;
        }
        Command::Doctor => {
            telemetry::start_logs("error", config.log_json);
            return Ok(doctor::run(&config).await);
        }
    }
    Ok(ExitCode::SUCCESS)
}
