//! The demo's passwords: made at the first start, kept in the `keys` folder for the owner alone, one line a person.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use vault::Secret;
use world::{Files, Random, files::Readers};

/// Passwords by login.
pub struct DemoPasswords(BTreeMap<String, Secret>);

impl DemoPasswords {
    /// Reads the file. None: nobody was ever seeded here.
    pub fn load(keys: &Path) -> std::io::Result<Option<DemoPasswords>> {
        match std::fs::read_to_string(DemoPasswords::file(keys)) {
            Ok(text) => Ok(Some(DemoPasswords(text.lines().filter_map(line).collect()))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes the file, with a password for each login.
    pub fn make(keys: &Path, logins: &[&str], random: &dyn Random) -> std::io::Result<DemoPasswords> {
        let made: BTreeMap<_, _> = logins.iter().map(|login| ((*login).to_owned(), password(random))).collect();
        let text: String = made.iter().map(|(login, password)| format!("{login} {}\n", password.expose())).collect();
        Files::private_folder(keys)?;
        Files::write(&DemoPasswords::file(keys), text.as_bytes(), Readers::OwnerOnly)?;
        Ok(DemoPasswords(made))
    }

    pub fn file(keys: &Path) -> PathBuf {
        keys.join("demo-passwords.txt")
    }

    pub fn of(&self, login: &str) -> Option<&Secret> {
        self.0.get(login)
    }
}

fn line(text: &str) -> Option<(String, Secret)> {
    let (login, password) = text.split_once(' ')?;
    Some((login.to_owned(), Secret::new(password)))
}

/// Four groups of four, without letters that look alike: easy to type, 66 bits, and it fits the org's password policy.
fn password(random: &dyn Random) -> Secret {
    let group = |alphabet: &[u8]| random.text(alphabet, 4);
    const LOWER: &[u8] = b"abcdefghjkmnpqrstuvwxyz";
    const UPPER: &[u8] = b"ABCDEFGHJKMNPQRSTUVWXYZ";
    Secret::new(format!("{}-{}-{}-{}", group(UPPER), group(LOWER), group(b"23456789"), group(LOWER)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use world::OsRandom;

    #[test]
    fn passwords_are_made_once_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        assert!(DemoPasswords::load(folder.path()).unwrap().is_none());
        let made = DemoPasswords::make(folder.path(), &["pia@demo.example"], &OsRandom).unwrap();
        let again = DemoPasswords::load(folder.path()).unwrap().unwrap();
        assert_eq!(made.of("pia@demo.example").unwrap().expose(), again.of("pia@demo.example").unwrap().expose());
        assert!(made.of("pia@demo.example").unwrap().len() >= 19);
        assert!(made.of("nobody").is_none());
    }
}
