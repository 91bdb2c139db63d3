//! `webreports demo`: the portal and the built-in org, seeded through the same doors as a person's.

pub mod browser;
pub mod passwords;
pub mod people;
pub mod sample_data;
pub mod seed;
pub mod views;

use std::path::PathBuf;

use clap::Args;
use world::World;

use crate::{
    cli::Error,
    config::Config,
    serve::{announce_org, announce_portal, org_config, signal, start_portal},
};

#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Folder of the demo: `data` and `keys` lie in it.
    #[arg(long, default_value = "demo-data", value_name = "DIR")]
    pub data: PathBuf,
    /// Starts with nothing in it, for walking the path by hand.
    #[arg(long)]
    pub blank: bool,
    #[arg(long, default_value_t = 8080)]
    pub portal_port: u16,
    #[arg(long, default_value_t = 8081)]
    pub org_port: u16,
    /// Port of the org's https; 0 for none.
    #[arg(long, default_value_t = 8443)]
    pub org_tls_port: u16,
}

impl Options {
    /// The demo is the usual configuration with these keys set: loopback alone, and its own folder.
    pub fn flags(&self) -> Vec<(&'static str, String)> {
        let https = self.org_tls_port != 0;
        let org = format!("http://localhost:{}", self.org_port);
        vec![
            ("home", self.data.display().to_string()),
            ("listen", format!("127.0.0.1:{}", self.portal_port)),
            ("addresses", format!("http://localhost:{0},http://127.0.0.1:{0}", self.portal_port)),
            ("org-listen", format!("127.0.0.1:{}", self.org_port)),
            ("org-tls-listen", if https { format!("127.0.0.1:{}", self.org_tls_port) } else { String::new() }),
            (
                "org-addresses",
                if https {
                    format!("{org},http://127.0.0.1:{},https://localhost:{}", self.org_port, self.org_tls_port)
                } else {
                    format!("{org},http://127.0.0.1:{}", self.org_port)
                },
            ),
            ("org-name", "WebReports Demo".to_owned()),
            ("log-level", "warn".to_owned()),
        ]
    }
}

pub async fn run(config: &Config, options: &Options) -> Result<(), Error> {
    if !options.blank {
        seed::prepare(config)?;
    }
    let org = org::start(org_config(config), World::real()).await?;
    let portal = start_portal(config, World::real()).await?;
    let seeded = match options.blank {
        true => None,
        false => seed::run(config, &org, &portal, &|step| println!("  {step}")).await?,
    };
    if seeded.is_none() && !options.blank {
        println!(
            "This demo was begun blank, so the demo's people are not in it. For them, start it in another folder (--data)."
        );
    }
    announce_portal(&portal, config).await?;
    // The seed has used the one-time link.
    announce_org(&org, seeded.is_none());
    if let Some(seeded) = seeded {
        seeded.print();
    }
    println!("\nPress Ctrl-C to stop.");
    signal().await;
    println!("stopping");
    portal.stop().await;
    org.stop().await;
    Ok(())
}
