//! What the portal is told when it starts. Every limit that is not here is a constant beside what it bounds.

use std::{path::PathBuf, time::Duration};

use url::Url;
use vault::KeySource;

#[derive(Clone, Debug)]
pub struct PortalConfig {
    /// The folder of results; the SQLite database lies in it too, unless `database` says otherwise.
    pub data_folder: PathBuf,
    pub database: db::Address,
    pub master_key: KeySource,
    /// Public addresses, never empty: the first is used in what is mailed.
    pub public_addresses: Vec<Url>,
    /// How long rights last after their last reading from where they are owned.
    pub rights_max_age: Duration,
    pub session_idle: Duration,
    pub session_absolute: Duration,
    /// How long the data of a finished run is kept.
    pub results_keep: Duration,
    /// A certificate authority to believe for the Okta domain, beside the usual ones.
    pub okta_ca_pem: Option<Vec<u8>>,
}

impl PortalConfig {
    pub fn results_folder(&self) -> PathBuf {
        self.data_folder.join("results")
    }
}
