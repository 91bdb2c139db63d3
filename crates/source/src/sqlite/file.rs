//! Which files may be opened: the one that the connection names, and never one of the portal's own.
//!
//! Invariant: what counts is the file and not its spelling. Links are followed first, and a second name of a forbidden file (a
//! hard link) is recognised by what it names.

use std::{
    fs::{self, Metadata},
    path::{Path, PathBuf},
};

use crate::{Error, Result};

/// Files that belong to a database beside its main one; a name that ends so is as forbidden as the database.
const COMPANIONS: [&str; 3] = ["-wal", "-shm", "-journal"];

pub(crate) struct Forbidden(Vec<PathBuf>);

impl Forbidden {
    pub(crate) fn new(paths: Vec<PathBuf>) -> Forbidden {
        Forbidden(paths)
    }

    /// The one spelling under which the file is opened, when it may be.
    pub(crate) fn admit(&self, path: &Path) -> Result<PathBuf> {
        let refused = |why: &str| Error::File { path: path.display().to_string(), why: why.to_owned() };
        if !path.is_absolute() {
            return Err(refused("it must be a full path"));
        }
        let real = path.canonicalize().map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => refused("there is no such file"),
            _ => refused(&error.to_string()),
        })?;
        let metadata = fs::metadata(&real).map_err(|error| refused(&error.to_string()))?;
        if !metadata.is_file() {
            return Err(refused("it is not a file"));
        }
        if self.0.iter().any(|own| is_or_holds(own, &real, &metadata)) {
            return Err(refused("it belongs to the portal itself"));
        }
        Ok(real)
    }
}

fn is_or_holds(own: &Path, real: &Path, metadata: &Metadata) -> bool {
    let own = canonical(own);
    if real.starts_with(&own) {
        return true;
    }
    let mut names = vec![own.clone()];
    names.extend(COMPANIONS.iter().map(|ending| {
        let mut name = own.clone().into_os_string();
        name.push(ending);
        PathBuf::from(name)
    }));
    names.iter().any(|name| name == real || fs::metadata(name).is_ok_and(|own| same_file(&own, metadata)))
}

/// The path with links followed, as far as it exists.
fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) if parent != Path::new("") => canonical(parent).join(name),
        _ => path.to_owned(),
    })
}

#[cfg(unix)]
fn same_file(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    one.is_file() && (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(not(unix))]
fn same_file(_: &Metadata, _: &Metadata) -> bool {
    false
}
