//! Ground floor: sealing, keyed hashes, password hashing and the [`Secret`] type.
//!
//! Invariant: what must be read again is sealed under a master key that lives outside the database; what need only
//! be compared is a keyed hash or argon2id. A secret in memory has no `Debug`, no `Serialize`, and is wiped on drop.

pub mod imported;
pub mod master_key;
pub mod password;
pub mod secret;

pub use imported::Imported;
pub use master_key::{KeySource, MasterKey};
pub use password::Passwords;
pub use secret::Secret;

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    constant_time, hkdf, hmac,
};
use std::sync::Arc;
use world::Random;
use zeroize::Zeroizing;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the master key at {place} could not be read")]
    KeyUnreadable { place: String, source: std::io::Error },
    #[error("the master key at {place} is not 32 bytes of base64")]
    KeyMalformed { place: String },
    #[error("the master key at {place} is too simple to protect anything")]
    KeyWeak { place: String },
    #[error("there is a database but no master key at {place}")]
    KeyMissing { place: String },
    #[error("the master key could not be written to {place}")]
    KeyUnwritable { place: String, source: std::io::Error },
    #[error("the master key is not the one that sealed `{identity}`, or the sealed value was altered")]
    NotOpened { identity: String },
    #[error("the password could not be hashed")]
    PasswordHash,
    #[error("too many passwords are being checked at this moment")]
    PasswordsBusy,
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

const VERSION: u8 = 1;
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;
const KEY_BYTES: usize = 32;
const WRAPPED_BYTES: usize = NONCE_BYTES + KEY_BYTES + TAG_BYTES;

/// Seals and opens secrets. Cheap to clone.
#[derive(Clone)]
pub struct Vault {
    keys: Arc<Keys>,
    random: Arc<dyn Random>,
}

struct Keys {
    wrapping: LessSafeKey,
    hashing: Secret,
}

impl Vault {
    pub fn new(master: &MasterKey, random: Arc<dyn Random>) -> Vault {
        let wrapping = derive(master, b"webreports vault wrapping");
        let hashing = derive(master, b"webreports vault keyed hash");
        Vault {
            keys: Arc::new(Keys { wrapping: aead_key(&wrapping), hashing: Secret::from_bytes(hashing.to_vec()) }),
            random,
        }
    }

    /// Seals `secret` for the row named by `identity` (for example `setting/api_token`): nothing but that row opens it.
    ///
    /// Layout: version, nonce and wrapped data key, nonce and sealed content. AES-256-GCM twice, with a data key of
    /// its own for each value, so that a new master key re-wraps 32 bytes a row.
    pub fn seal(&self, identity: &str, secret: &Secret) -> Vec<u8> {
        let data_key: Zeroizing<[u8; KEY_BYTES]> = Zeroizing::new(self.random.bytes());
        let mut sealed = vec![VERSION];
        sealed.extend(self.encrypt(&self.keys.wrapping, identity, data_key.as_slice()));
        sealed.extend(self.encrypt(&aead_key(&data_key), identity, secret.expose_bytes()));
        sealed
    }

    /// Opens what [`Vault::seal`] made for the same `identity`.
    pub fn open(&self, identity: &str, sealed: &[u8]) -> Result<Secret> {
        let not_opened = || Error::NotOpened { identity: identity.to_owned() };
        let (version, rest) = sealed.split_first().ok_or_else(not_opened)?;
        if *version != VERSION || rest.len() < WRAPPED_BYTES + NONCE_BYTES + TAG_BYTES {
            return Err(not_opened());
        }
        let (wrapped, content) = rest.split_at(WRAPPED_BYTES);
        let unwrapped = decrypt(&self.keys.wrapping, identity, wrapped).ok_or_else(not_opened)?;
        let mut data_key = Zeroizing::new([0; KEY_BYTES]);
        if unwrapped.len() != KEY_BYTES {
            return Err(not_opened());
        }
        data_key.copy_from_slice(unwrapped.expose_bytes());
        decrypt(&aead_key(&data_key), identity, content).ok_or_else(not_opened)
    }

    /// A keyed hash (HMAC-SHA-256, hexadecimal) of a value that need only be found again. `purpose` keeps the hashes of
    /// one kind of value from matching another kind's.
    pub fn keyed_hash(&self, purpose: &str, value: &[u8]) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.keys.hashing.expose_bytes());
        let mut context = hmac::Context::with_key(&key);
        context.update(purpose.as_bytes());
        context.update(&[0]);
        context.update(value);
        context.sign().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn encrypt(&self, key: &LessSafeKey, identity: &str, content: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE_BYTES] = self.random.bytes();
        let mut sealed = content.to_vec();
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(identity.as_bytes()), &mut sealed)
            .expect("AES-256-GCM seals anything under 64 GiB");
        [nonce.as_slice(), &sealed].concat()
    }
}

fn decrypt(key: &LessSafeKey, identity: &str, sealed: &[u8]) -> Option<Secret> {
    let (nonce, content) = sealed.split_at_checked(NONCE_BYTES)?;
    let mut content = content.to_vec();
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let len = key.open_in_place(nonce, Aad::from(identity.as_bytes()), &mut content).ok()?.len();
    content.truncate(len);
    Some(Secret::from_bytes(content))
}

/// Compares without telling by time where two values differ.
pub fn same(one: &[u8], other: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(one, other).is_ok()
}

fn aead_key(bytes: &[u8; KEY_BYTES]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, bytes).expect("an AES-256 key has 32 bytes"))
}

fn derive(master: &MasterKey, purpose: &[u8]) -> Zeroizing<[u8; KEY_BYTES]> {
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    hkdf::Salt::new(hkdf::HKDF_SHA256, b"webreports")
        .extract(master.expose())
        .expand(&[purpose], hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(key.as_mut_slice()))
        .expect("HKDF-SHA-256 gives 32 bytes");
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use world::OsRandom;

    fn vault() -> Vault {
        Vault::new(&MasterKey::generate(&OsRandom), Arc::new(OsRandom))
    }

    #[test]
    fn a_sealed_secret_opens_for_its_own_row_alone() {
        let vault = vault();
        let sealed = vault.seal("setting/api_token", &Secret::new("00abc"));
        assert!(!sealed.windows(5).any(|window| window == b"00abc"));
        assert_eq!(vault.open("setting/api_token", &sealed).unwrap().expose(), "00abc");
        assert!(vault.open("setting/client_secret", &sealed).is_err());
    }

    #[test]
    fn an_altered_or_cut_value_is_refused() {
        let vault = vault();
        let sealed = vault.seal("row", &Secret::new("value"));
        for position in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[position] ^= 1;
            assert!(vault.open("row", &altered).is_err(), "byte {position}");
            assert!(vault.open("row", &sealed[..position]).is_err(), "cut at {position}");
        }
    }

    #[test]
    fn another_master_key_opens_nothing_and_hashes_differently() {
        let (one, other) = (vault(), vault());
        let sealed = one.seal("row", &Secret::new("value"));
        assert!(other.open("row", &sealed).is_err());
        assert_ne!(one.keyed_hash("session", b"x"), other.keyed_hash("session", b"x"));
        assert_ne!(one.keyed_hash("session", b"x"), one.keyed_hash("token", b"x"));
    }
}
