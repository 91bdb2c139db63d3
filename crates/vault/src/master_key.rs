//! The master key: 32 random bytes that live outside the database.
//!
//! It comes from a file of mode 0600, from an environment variable, or from a systemd credential. It is made only together
//! with a new database; a database without its key refuses to start, since a new key could open nothing in it.

use std::{
    io,
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use world::{Files, Random, files::Readers};
use zeroize::Zeroizing;

use crate::{Error, Result};

const KEY_BYTES: usize = 32;
/// A key with fewer different bytes than this was typed, not drawn: 32 random bytes have under 20 once in 10^11 times.
const DISTINCT_BYTES_MIN: usize = 16;

/// Where the key is found. The first that is given wins: environment, credential, file.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// base64 text, already taken from the environment.
    Environment { name: &'static str, value: crate::Secret },
    /// A file that systemd (LoadCredential) or an administrator provides: read, never made.
    Credential(PathBuf),
    /// A file of ours, made with a new database.
    File(PathBuf),
}

pub struct MasterKey(Zeroizing<[u8; KEY_BYTES]>);

impl MasterKey {
    pub fn generate(random: &dyn Random) -> MasterKey {
        MasterKey(Zeroizing::new(random.bytes()))
    }

    /// Reads the key. Makes a new one only when `database_is_new` and the source is a file of ours.
    pub fn load(source: &KeySource, database_is_new: bool, random: &dyn Random) -> Result<MasterKey> {
        match source {
            KeySource::Environment { name, value } => parse(value.expose(), name),
            KeySource::Credential(path) => read(path),
            KeySource::File(path) => match read(path) {
                Err(Error::KeyUnreadable { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                    if database_is_new {
                        make(path, random)
                    } else {
                        Err(Error::KeyMissing { place: path.display().to_string() })
                    }
                }
                other => other,
            },
        }
    }

    pub(crate) fn expose(&self) -> &[u8] {
        self.0.as_slice()
    }
}

fn make(path: &Path, random: &dyn Random) -> Result<MasterKey> {
    let place = path.display().to_string();
    let unwritable = |source| Error::KeyUnwritable { place: place.clone(), source };
    if let Some(folder) = path.parent() {
        Files::private_folder(folder).map_err(unwritable)?;
    }
    let key = MasterKey::generate(random);
    let text = Zeroizing::new(format!("{}\n", STANDARD.encode(key.expose())));
    Files::write(path, text.as_bytes(), Readers::OwnerOnly).map_err(unwritable)?;
    Ok(key)
}

fn read(path: &Path) -> Result<MasterKey> {
    let place = path.display().to_string();
    let text = std::fs::read_to_string(path).map(Zeroizing::new);
    let text = text.map_err(|source| Error::KeyUnreadable { place: place.clone(), source })?;
    parse(&text, &place)
}

fn parse(text: &str, place: &str) -> Result<MasterKey> {
    let malformed = || Error::KeyMalformed { place: place.to_owned() };
    let bytes = STANDARD.decode(text.trim()).map(Zeroizing::new).map_err(|_| malformed())?;
    let key: [u8; KEY_BYTES] = bytes.as_slice().try_into().map_err(|_| malformed())?;
    let mut distinct = key.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    if distinct.len() < DISTINCT_BYTES_MIN {
        return Err(Error::KeyWeak { place: place.to_owned() });
    }
    Ok(MasterKey(Zeroizing::new(key)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use world::OsRandom;

    #[test]
    fn a_key_is_made_only_with_a_new_database() {
        let folder = tempfile::tempdir().unwrap();
        let source = KeySource::File(folder.path().join("keys/master.key"));
        assert!(matches!(MasterKey::load(&source, false, &OsRandom), Err(Error::KeyMissing { .. })));
        let made = MasterKey::load(&source, true, &OsRandom).unwrap();
        let again = MasterKey::load(&source, false, &OsRandom).unwrap();
        assert_eq!(made.expose(), again.expose());
    }

    #[test]
    fn a_weak_or_malformed_key_is_refused() {
        let weak = STANDARD.encode([7_u8; 32]);
        assert!(matches!(parse(&weak, "test"), Err(Error::KeyWeak { .. })));
        assert!(matches!(parse("c2hvcnQ=", "test"), Err(Error::KeyMalformed { .. })));
        assert!(matches!(parse("not base64!", "test"), Err(Error::KeyMalformed { .. })));
    }
}
