//! Whether a step's inputs changed since it last succeeded: a hash of their contents, kept in a small file.
//!
//! Always holds: a stamp is written only after the step succeeded, so an interrupted step is done again.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Folders that are made, not written by people.
const MADE_FOLDERS: [&str; 4] = ["node_modules", "build", ".svelte-kit", "out"];

/// A hash of inputs, compared with the one in `file`.
pub(crate) struct Stamp {
    file: PathBuf,
    hash: String,
}

impl Stamp {
    pub(crate) fn new(file: PathBuf, inputs: Hash) -> Stamp {
        Stamp { file, hash: format!("{:016x}", inputs.0) }
    }

    pub(crate) fn is_current(&self) -> bool {
        fs::read_to_string(&self.file).is_ok_and(|text| text.trim() == self.hash)
    }

    pub(crate) fn write(&self) -> Result<()> {
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder).map_err(Error::file(folder))?;
        }
        fs::write(&self.file, &self.hash).map_err(Error::file(&self.file))
    }
}

/// FNV-1a of 64 bits: the same with every compiler, and nobody attacks a stamp.
pub(crate) struct Hash(u64);

impl Hash {
    pub(crate) fn new() -> Hash {
        Hash(0xcbf2_9ce4_8422_2325)
    }

    pub(crate) fn bytes(mut self, bytes: &[u8]) -> Hash {
        // The length keeps "ab", "c" apart from "a", "bc".
        for byte in (bytes.len() as u64).to_le_bytes().iter().chain(bytes) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        self
    }

    pub(crate) fn file(self, path: &Path) -> Result<Hash> {
        let content = fs::read(path).map_err(Error::file(path))?;
        Ok(self.bytes(&content))
    }

    /// Every file below `folder` by name and content, except below folders that are made.
    pub(crate) fn folder(mut self, folder: &Path) -> Result<Hash> {
        let mut entries =
            fs::read_dir(folder).and_then(Iterator::collect::<std::io::Result<Vec<_>>>).map_err(Error::file(folder))?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let (name, path) = (entry.file_name(), entry.path());
            if MADE_FOLDERS.iter().any(|made| name == *made) {
                continue;
            }
            self = self.bytes(name.as_encoded_bytes());
            let kind = entry.file_type().map_err(Error::file(&path))?;
            if kind.is_dir() {
                self = self.folder(&path)?;
            } else if kind.is_file() {
                self = self.file(&path)?;
            }
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("webreports-stamp-{}-{name}", std::process::id()));
        fs::create_dir_all(folder.join("src")).expect("the temporary folder is writable");
        fs::write(folder.join("src/page.svelte"), "one").expect("it is writable");
        folder
    }

    fn hash(folder: &Path) -> u64 {
        Hash::new().folder(folder).expect("it is readable").0
    }

    #[test]
    fn a_changed_file_changes_the_hash_and_what_is_made_does_not() {
        let folder = folder("change");
        let before = hash(&folder);
        fs::create_dir_all(folder.join("node_modules/svelte")).expect("it is writable");
        fs::write(folder.join("node_modules/svelte/index.js"), "made").expect("it is writable");
        assert_eq!(hash(&folder), before);
        fs::write(folder.join("src/page.svelte"), "two").expect("it is writable");
        assert_ne!(hash(&folder), before);
        fs::remove_dir_all(folder).expect("it is ours");
    }

    #[test]
    fn a_stamp_is_current_only_once_written_and_for_the_same_inputs() {
        let folder = folder("write");
        let stamp = |text: &str| Stamp::new(folder.join("made/stamp"), Hash::new().bytes(text.as_bytes()));
        assert!(!stamp("a").is_current());
        stamp("a").write().expect("it is writable");
        assert!(stamp("a").is_current());
        assert!(!stamp("b").is_current());
        fs::remove_dir_all(folder).expect("it is ours");
    }

    #[test]
    fn parts_are_kept_apart() {
        assert_ne!(Hash::new().bytes(b"ab").bytes(b"c").0, Hash::new().bytes(b"a").bytes(b"bc").0);
    }
}
