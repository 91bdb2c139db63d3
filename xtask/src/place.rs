//! Where things lie: the repository, cargo's target folder, and a cache folder for tools that are not the
//! repository's own.

use std::env;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

pub(crate) struct Place {
    root: PathBuf,
    target: PathBuf,
    cache: PathBuf,
}

impl Place {
    pub(crate) fn find() -> Result<Place> {
        // Cargo sets the variable for what it runs; the constant serves a binary started by hand.
        let manifest_folder =
            env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest_folder.parent().map(Path::to_path_buf).unwrap_or(manifest_folder);

        let target = match env::var_os("CARGO_TARGET_DIR") {
            Some(folder) => env::current_dir().map_err(Error::file("."))?.join(folder),
            None => root.join("target"),
        };
        let cache = match (env::var_os("XDG_CACHE_HOME"), env::var_os("HOME")) {
            (Some(folder), _) if Path::new(&folder).is_absolute() => PathBuf::from(folder),
            (_, Some(home)) => PathBuf::from(home).join(".cache"),
            _ => target.join("cache"),
        };
        Ok(Place { root, target, cache: cache.join("webreports") })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    pub(crate) fn web(&self) -> PathBuf {
        self.root.join("web")
    }

    /// The unmodified clients that call the built-in org in the tests.
    pub(crate) fn clients(&self) -> PathBuf {
        self.root.join("crates/server/tests/clients")
    }

    /// Tools that are installed for this project and outlive one clone of it.
    pub(crate) fn tools(&self) -> PathBuf {
        self.cache.join("tools")
    }

    /// The Python clients and what they bring.
    pub(crate) fn venv(&self) -> PathBuf {
        self.cache.join("venv")
    }

    /// What `bench` measures us beside.
    pub(crate) fn yardsticks(&self) -> PathBuf {
        self.cache.join("yardsticks")
    }

    /// The server's binary; `profile` is cargo's folder name, `debug` or `release`.
    pub(crate) fn binary(&self, profile: &str) -> PathBuf {
        self.target.join(profile).join("webreports")
    }
}
