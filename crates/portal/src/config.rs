//! What the portal is told when it starts. Every limit that is not here is a constant beside what it bounds.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

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
    /// Files and folders that are never a source: the data folder, the metadata with what lies beside it under its name, the
    /// folder of keys.
    pub(crate) fn own_places(&self) -> Vec<PathBuf> {
        let mut places = vec![self.data_folder.clone()];
        if let db::Address::Sqlite(file) = &self.database {
            places.push(file.clone());
            places.extend(["-wal", "-shm", "-journal"].map(|suffix| {
                let mut name = file.as_os_str().to_owned();
                name.push(suffix);
                PathBuf::from(name)
            }));
        }
        if let KeySource::File(file) | KeySource::Credential(file) = &self.master_key {
            places.extend(file.parent().map(Path::to_owned));
        }
        places
    }

    pub fn results_folder(&self) -> PathBuf {
        self.data_folder.join("results")
    }
}
