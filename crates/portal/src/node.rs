//! This node: one process at a time over one data folder.
//!
//! Invariant: whoever holds the folder is the only one that interrupts the node's runs and clears its results. A command that
//! works beside a running portal, such as `doctor`, never holds it.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    path::Path,
    sync::{Mutex, PoisonError},
};

use world::{Files, Random, files::Readers};

use crate::{Error, Result};

/// The lock of a data folder. The system gives it back when the process ends, however it ends.
pub(crate) struct Hold(Mutex<Option<File>>);

impl Hold {
    /// For a portal that works beside the one that holds the folder.
    pub(crate) fn none() -> Hold {
        Hold(Mutex::new(None))
    }

    /// Errors: `Conflict` when another process works in the folder.
    pub(crate) fn take(data_folder: &Path) -> Result<Hold> {
        match lock(data_folder)? {
            Some(file) => Ok(Hold(Mutex::new(Some(file)))),
            None => Err(Error::Conflict(format!("another WebReports works in {} already", data_folder.display()))),
        }
    }

    pub(crate) fn release(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// Whether a portal works in this folder now.
pub(crate) fn is_held(data_folder: &Path) -> Result<bool> {
    Ok(lock(data_folder)?.is_none())
}

/// None: somebody else holds it.
fn lock(data_folder: &Path) -> Result<Option<File>> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(data_folder.join("lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

/// The node's id, made together with its data folder: it tells this node's runs from those of others on the same database.
pub(crate) fn id(data_folder: &Path, random: &dyn Random) -> Result<String> {
    let path = data_folder.join("node");
    match std::fs::read_to_string(&path) {
        Ok(id) => Ok(id.trim().to_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let id = format!("node_{}", random.base62(20));
            Files::write(&path, id.as_bytes(), Readers::OwnerOnly)?;
            Ok(id)
        }
        Err(error) => Err(error.into()),
    }
}
