//! Where PostgreSQL's programs are: Debian keeps the server's outside PATH, in a folder a version.

use std::path::{Path, PathBuf};
use std::{env, fs};

/// Folders that packages use, with one sub-folder a version.
const VERSIONED_FOLDERS: [&str; 1] = ["/usr/lib/postgresql"];

pub(crate) struct Programs {
    folder: PathBuf,
    psql: PathBuf,
}

impl Programs {
    /// Finds the newest installed server. Panics, with what to install, when there is none.
    pub(crate) fn find() -> Programs {
        let folder = versioned_folders()
            .into_iter()
            .chain(folders_of_path())
            .find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
            .unwrap_or_else(|| {
                panic!(
                    "no PostgreSQL server is installed, and this test needs one: `apt-get install postgresql` \
                     (Debian, Ubuntu), or put a folder with initdb, postgres and psql on PATH"
                )
            });
        let psql = std::iter::once(folder.clone())
            .chain(folders_of_path())
            .map(|folder| folder.join("psql"))
            .find(|psql| psql.is_file())
            .unwrap_or_else(|| {
                panic!("psql is not installed, and this test needs it: `apt-get install postgresql-client`")
            });
        Programs { folder, psql }
    }

    pub(crate) fn initdb(&self) -> PathBuf {
        self.folder.join("initdb")
    }

    pub(crate) fn postgres(&self) -> PathBuf {
        self.folder.join("postgres")
    }

    pub(crate) fn psql(&self) -> &Path {
        &self.psql
    }
}

/// `/usr/lib/postgresql/<version>/bin`, newest version first.
fn versioned_folders() -> Vec<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = VERSIONED_FOLDERS
        .iter()
        .filter_map(|parent| fs::read_dir(parent).ok())
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    found.sort_by(|left, right| right.cmp(left));
    found.into_iter().map(|(_, folder)| folder).collect()
}

/// The folders of PATH, each replaced by where its `initdb` really is: initdb looks for `postgres` beside itself.
fn folders_of_path() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .map(|folder| {
            let real = folder.join("initdb").canonicalize().ok();
            real.and_then(|initdb| initdb.parent().map(Path::to_path_buf)).unwrap_or(folder)
        })
        .collect()
}
