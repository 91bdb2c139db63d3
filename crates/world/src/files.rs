//! Files: temporary name, sync, rename, sync of the folder, in one place.
//!
//! Invariant: a file under its final name is whole. A sync that fails is never tried again, since the system may
//! already have dropped the pages: the error is returned and the caller gives the file up.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// Who may read a file that is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Readers {
    /// The process's usual permissions.
    Usual,
    /// The owner alone (mode 0600), for keys and passwords.
    OwnerOnly,
}

/// The local file system.
pub struct Files;

impl Files {
    /// Writes a whole file: whoever opens `path` finds the old content or all of the new one.
    pub fn write(path: &Path, content: &[u8], readers: Readers) -> io::Result<()> {
        let mut draft = Draft::create(path, readers)?;
        draft.file_mut().write_all(content)?;
        draft.publish()
    }

    /// Makes a folder and those above it; the folder itself is closed to others where the system can.
    pub fn private_folder(path: &Path) -> io::Result<()> {
        fs::create_dir_all(path)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
        }
        Ok(())
    }
}

/// A file that does not have its final name yet. Dropped without [`Draft::publish`] it is removed.
pub struct Draft {
    file: Option<File>,
    temporary: PathBuf,
    target: PathBuf,
}

impl Draft {
    /// Opens `<target>.part` for writing, replacing what an earlier process left under that name.
    pub fn create(target: &Path, readers: Readers) -> io::Result<Draft> {
        let mut name = target.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_owned();
        name.push(".part");
        let temporary = target.with_file_name(name);
        let _ = fs::remove_file(&temporary);
        let mut options = OpenOptions::new();
        options.write(true).read(true).create_new(true);
        #[cfg(unix)]
        if readers == Readers::OwnerOnly {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        let file = options.open(&temporary)?;
        Ok(Draft { file: Some(file), temporary, target: target.to_owned() })
    }

    pub fn temporary(&self) -> &Path {
        &self.temporary
    }

    pub fn file_mut(&mut self) -> &mut File {
        self.file.as_mut().expect("a draft has its file until it is published")
    }

    /// A second handle on the same file, for a writer that wants to own one.
    pub fn handle(&mut self) -> io::Result<File> {
        self.file_mut().try_clone()
    }

    /// Syncs the file, gives it its final name and syncs the folder.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that renames a file into place")]
    pub fn publish(mut self) -> io::Result<()> {
        let file = self.file.take().expect("a draft is published once");
        let done = (|| {
            file.sync_all()?;
            drop(file);
            fs::rename(&self.temporary, &self.target)?;
            let folder = self.target.parent().filter(|parent| !parent.as_os_str().is_empty());
            File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
        })();
        if done.is_err() {
            let _ = fs::remove_file(&self.temporary);
        }
        done
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_that_is_given_up_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("result.parquet");
        let mut draft = Draft::create(&target, Readers::Usual).unwrap();
        draft.file_mut().write_all(b"half").unwrap();
        drop(draft);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_written_file_is_whole_and_can_be_closed_to_others() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("master.key");
        Files::write(&target, b"first", Readers::OwnerOnly).unwrap();
        Files::write(&target, b"second", Readers::OwnerOnly).unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"second");
        assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
