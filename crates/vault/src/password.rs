//! Passwords: argon2id behind a bounded queue, so that sign-ins cannot take the machine from signed-in people.
//!
//! Parameters (OWASP's first recommendation): 19 MiB, 2 passes, 1 lane; written into each hash, so that a later change of
//! parameters is seen by [`Passwords::outdated`] and mended at the next sign-in.

use std::sync::Arc;

use argon2::{
    Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version,
    password_hash::phc::{PasswordHash, Salt},
};
use tokio::sync::Semaphore;
use world::Random;

use crate::{
    Error, Result, Secret,
    imported::{Imported, MARK, Recipe},
};

pub const MEMORY_KIB: u32 = 19 * 1024;
pub const PASSES: u32 = 2;
pub const LANES: u32 = 1;
/// Hashes computed at once; each takes one core and `MEMORY_KIB`.
pub const AT_ONCE_MAX: usize = 2;
/// Hashes waiting for a place; past that a sign-in is told to come again.
pub const WAITING_MAX: usize = 400;
/// Longer passwords are refused before any work is done on them.
pub const PASSWORD_BYTES_MAX: usize = 1_024;

/// Hashes and checks passwords. Cheap to clone.
#[derive(Clone)]
pub struct Passwords {
    running: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    random: Arc<dyn Random>,
    /// The hash of a password that nobody has: unknown names cost what known ones cost.
    decoy: Arc<str>,
}

impl Passwords {
    pub fn new(random: Arc<dyn Random>) -> Passwords {
        let decoy = hash_now(b"nobody has this password", random.bytes()).expect("argon2id hashes a short text");
        Passwords {
            running: Arc::new(Semaphore::new(AT_ONCE_MAX)),
            waiting: Arc::new(Semaphore::new(WAITING_MAX)),
            random,
            decoy: decoy.into(),
        }
    }

    /// The PHC string of a new hash.
    pub async fn hash(&self, password: &Secret) -> Result<String> {
        if password.len() > PASSWORD_BYTES_MAX {
            return Err(Error::PasswordHash);
        }
        let (password, salt) = (password.clone(), self.random.bytes());
        self.queued(move || hash_now(password.expose_bytes(), salt)).await?
    }

    /// What is kept of a password that another system hashed; [`Passwords::verify`] reads it as it reads our own.
    pub async fn import(&self, imported: &Imported) -> Result<String> {
        let over = self.hash(imported.value()).await?;
        Ok(format!("{MARK}{}{over}", imported.recipe()))
    }

    /// Whether `password` is the one that `hash` was made of. Without a hash, or with one that no password fits, the same work is
    /// done, and the answer is no. An imported hash costs its own digest beside.
    pub async fn verify(&self, password: &Secret, hash: Option<&str>) -> Result<bool> {
        if password.len() > PASSWORD_BYTES_MAX {
            return Ok(false);
        }
        let hash = hash.filter(|hash| PasswordHash::new(parts(hash).1).is_ok());
        let known = hash.is_some();
        let (password, hash) = (password.clone(), hash.unwrap_or(&self.decoy).to_owned());
        let matches = self
            .queued(move || {
                let (recipe, hash) = parts(&hash);
                let given = recipe.map_or(password.clone(), |recipe| recipe.digest(password.expose_bytes()));
                PasswordHash::new(hash).is_ok_and(|hash| argon2().verify_password(given.expose_bytes(), &hash).is_ok())
            })
            .await?;
        Ok(matches && known)
    }

    /// Whether a hash was made with other parameters than today's and should be renewed at this sign-in.
    pub fn outdated(hash: &str) -> bool {
        !hash.starts_with(&format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}$"))
    }

    async fn queued<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let place = self.waiting.clone().try_acquire_owned().map_err(|_| Error::PasswordsBusy)?;
        let turn = self.running.clone().acquire_owned().await.map_err(|_| Error::PasswordsBusy)?;
        // A thread is not stopped when whoever asked has gone, so the work itself holds its places until it is done.
        let held = move || {
            let done = work();
            drop((turn, place));
            done
        };
        tokio::task::spawn_blocking(held).await.map_err(|_| Error::PasswordHash)
    }
}

/// The recipe of a foreign digest, where there is one, and the argon2id hash behind it.
fn parts(hash: &str) -> (Option<Recipe>, &str) {
    let Some(rest) = hash.strip_prefix(MARK) else { return (None, hash) };
    let split = rest.find('$').unwrap_or(rest.len());
    match Recipe::parse(&rest[..split]) {
        Some(recipe) => (Some(recipe), &rest[split..]),
        // No password fits what cannot be read.
        None => (None, ""),
    }
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("the parameters are within argon2's limits");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash_now(password: &[u8], salt: [u8; 16]) -> Result<String> {
    let salt = Salt::new(&salt).map_err(|_| Error::PasswordHash)?;
    argon2().hash_password_with_salt(password, &salt).map(|hash| hash.to_string()).map_err(|_| Error::PasswordHash)
}

#[cfg(test)]
mod tests {
    use super::*;
    use world::OsRandom;

    #[tokio::test]
    async fn a_password_matches_its_own_hash_alone() {
        let passwords = Passwords::new(Arc::new(OsRandom));
        let hash = passwords.hash(&Secret::new("correct horse")).await.unwrap();
        assert!(passwords.verify(&Secret::new("correct horse"), Some(&hash)).await.unwrap());
        assert!(!passwords.verify(&Secret::new("battery staple"), Some(&hash)).await.unwrap());
        assert!(!passwords.verify(&Secret::new("nobody has this password"), None).await.unwrap());
        assert!(!Passwords::outdated(&hash));
    }

    #[tokio::test]
    async fn a_hash_whose_caller_has_gone_keeps_its_place_until_it_is_done() {
        let passwords = Passwords::new(Arc::new(OsRandom));
        let (began, has_begun) = std::sync::mpsc::channel();
        let (go_on, waits) = std::sync::mpsc::channel::<()>();
        let mut asked = Box::pin(passwords.queued(move || {
            let _ = began.send(());
            let _ = waits.recv();
        }));
        assert!(std::future::poll_fn(|cx| std::task::Poll::Ready(asked.as_mut().poll(cx).is_pending())).await);
        has_begun.recv().unwrap();
        drop(asked);
        assert_eq!(passwords.running.available_permits(), AT_ONCE_MAX - 1);
        assert_eq!(passwords.waiting.available_permits(), WAITING_MAX - 1);
        drop(go_on);
        let all = u32::try_from(AT_ONCE_MAX).unwrap();
        assert_eq!(passwords.running.acquire_many(all).await.unwrap().num_permits(), AT_ONCE_MAX);
    }
}
