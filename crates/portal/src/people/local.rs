//! Local accounts: the emergency administrator, who signs in when the org cannot be reached. A person from the org has no
//! password here, and a local account none there.

use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
    sync::Mutex,
    time::Duration,
};

use vault::{Passwords, Secret, password::PASSWORD_BYTES_MAX};
use world::Instant;

use super::{lock, log::By};
use crate::{Error, Portal, Result};

const PASSWORD_CHARS_MIN: usize = 12;
pub const NAME_CHARS_MAX: usize = 100;
/// Tries before the delay begins to grow.
const TRIES_FREE: u32 = 3;
const DELAY_MAX: Duration = Duration::from_secs(15 * 60);
/// Tries are forgotten after this long without one.
const TRIES_REMEMBERED: Duration = Duration::from_secs(60 * 60);
/// Pairs of login and address that are remembered; the oldest give way.
const PAIRS_MAX: usize = 10_000;

/// The emergency administrator to make.
#[derive(Clone, Debug)]
pub struct NewAdministrator {
    pub name: String,
    pub login: String,
    pub email: String,
    pub password: Secret,
}

impl NewAdministrator {
    pub(crate) fn checked(self) -> Result<NewAdministrator> {
        let mut errors = BTreeMap::new();
        let (name, login, email) =
            (self.name.trim().to_owned(), self.login.trim().to_owned(), self.email.trim().to_owned());
        let is_text = |text: &str| {
            !text.is_empty() && text.chars().count() <= NAME_CHARS_MAX && !text.chars().any(char::is_control)
        };
        if !is_text(&name) {
            errors.insert("name".to_owned(), format!("a name of 1 to {NAME_CHARS_MAX} characters"));
        }
        if !is_text(&login) || login.chars().any(char::is_whitespace) {
            errors
                .insert("login".to_owned(), format!("a user name of 1 to {NAME_CHARS_MAX} characters without spaces"));
        }
        let is_address =
            is_text(&email) && email.split_once('@').is_some_and(|(at, host)| !at.is_empty() && !host.is_empty());
        if !email.is_empty() && !is_address {
            errors.insert("email".to_owned(), "an e-mail address such as ann@example.com, or nothing".to_owned());
        }
        if let Some(message) = password_problem(&self.password, &login) {
            errors.insert("password".to_owned(), message);
        }
        if errors.is_empty() {
            Ok(NewAdministrator { name, login, email, password: self.password })
        } else {
            Err(Error::Invalid(errors))
        }
    }
}

fn password_problem(password: &Secret, login: &str) -> Option<String> {
    let text = password.expose();
    if text.chars().count() < PASSWORD_CHARS_MIN {
        return Some(format!("at least {PASSWORD_CHARS_MIN} characters"));
    }
    if password.len() > PASSWORD_BYTES_MAX {
        return Some(format!("at most {PASSWORD_BYTES_MAX} bytes"));
    }
    let mut different: Vec<char> = text.chars().collect();
    different.sort_unstable();
    different.dedup();
    let is_simple = different.len() < 5 || (!login.is_empty() && text.to_lowercase().contains(&login.to_lowercase()));
    is_simple.then(|| "this is too easy to guess: use more different characters, and not the user name".to_owned())
}

impl Portal {
    /// Signs a local account in. Unknown names cost what known ones cost, and wrong passwords bring a growing delay for this
    /// name from this address: nobody can lock the administrator out from elsewhere.
    pub async fn sign_in_locally(&self, login: &str, password: &Secret, from: IpAddr) -> Result<Secret> {
        let login = login.trim();
        self.people.delays.begin(login, from, self.now())?;
        let found = store::person::local_by_login(&mut *self.db.read().await?, login).await?;
        let hash = found.as_ref().map(|(_, hash)| hash.expose());
        let is_right = self.passwords.verify(password, hash).await?;
        let found = found.filter(|(person, _)| is_right && person.is_active);
        // Hashing waits for its turn, so it is done before the transaction, of which SQLite has one at a time.
        let renewed = match &found {
            Some((_, hash)) if Passwords::outdated(hash.expose()) => Some(self.passwords.hash(password).await?),
            _ => None,
        };
        let mut tx = self.db.begin().await?;
        let Some((person, _)) = found else {
            // Which name was typed is not written down: it may have been a password in the wrong field.
            self.note(&mut tx, By::Program, "sign-in", "refused a local sign-in", &format!("from {from}")).await?;
            tx.commit().await?;
            return Err(Error::WrongCredentials);
        };
        if let Some(renewed) = renewed {
            store::person::set_password_hash(&mut tx, &person.id, &renewed).await?;
        }
        let session = self.begin_session(&mut tx, &person.id, None, from).await?;
        self.note(
            &mut tx,
            By::Person(&person.id, &person.name),
            "sign-in",
            "signed in with a local account",
            &format!("from {from}"),
        )
        .await?;
        tx.commit().await?;
        self.people.delays.forget(login, from);
        Ok(session)
    }
}

/// Wrong passwords by login and address. A try counts before its password is looked at, so fifty at once count as fifty.
#[derive(Default)]
pub(crate) struct Delays(Mutex<HashMap<(String, IpAddr), Tries>>);

#[derive(Clone, Copy)]
struct Tries {
    count: u32,
    last: Instant,
}

impl Tries {
    /// From when on another try is looked at.
    fn free_from(self) -> Instant {
        let exponent = (self.count + 1).saturating_sub(TRIES_FREE).min(16);
        if exponent == 0 { self.last } else { self.last.plus(Duration::from_secs(1 << (exponent - 1)).min(DELAY_MAX)) }
    }
}

impl Delays {
    fn begin(&self, login: &str, from: IpAddr, now: Instant) -> Result<()> {
        let mut pairs = lock(&self.0);
        let key = key(login, from);
        if pairs.len() >= PAIRS_MAX && !pairs.contains_key(&key) {
            pairs.retain(|_, tries| now.since(tries.last) < TRIES_REMEMBERED);
            if pairs.len() >= PAIRS_MAX
                && let Some(oldest) = pairs.iter().min_by_key(|(_, tries)| tries.last).map(|(key, _)| key.clone())
            {
                pairs.remove(&oldest);
            }
        }
        let tries = pairs.entry(key).or_insert(Tries { count: 0, last: now });
        if now.since(tries.last) >= TRIES_REMEMBERED {
            tries.count = 0;
        }
        let free_from = tries.free_from();
        if tries.count > 0 && now < free_from {
            return Err(Error::Wait { seconds: free_from.since(now).as_secs().max(1) });
        }
        *tries = Tries { count: tries.count.saturating_add(1), last: now };
        Ok(())
    }

    fn forget(&self, login: &str, from: IpAddr) {
        lock(&self.0).remove(&key(login, from));
    }
}

fn key(login: &str, from: IpAddr) -> (String, IpAddr) {
    (login.chars().take(NAME_CHARS_MAX).collect::<String>().to_lowercase(), from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_passwords_bring_a_growing_delay_for_one_name_from_one_address() {
        let (delays, here, there) = (Delays::default(), "10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
        let mut now = Instant::from_seconds(1_000);
        let mut waits = Vec::new();
        for _ in 0..14 {
            match delays.begin("Admin", here, now) {
                Ok(()) => waits.push(0),
                Err(Error::Wait { seconds }) => {
                    waits.push(seconds);
                    now = now.plus(Duration::from_secs(seconds));
                    delays.begin("admin", here, now).unwrap();
                }
                Err(other) => panic!("{other}"),
            }
        }
        assert_eq!(waits, [0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900]);
        delays.begin("admin", there, now).unwrap();
        delays.begin("other", here, now).unwrap();
        delays.forget("ADMIN", here);
        delays.begin("admin", here, now).unwrap();
    }

    #[test]
    fn what_is_remembered_has_an_end() {
        let delays = Delays::default();
        for number in 0..PAIRS_MAX + 50 {
            delays
                .begin(&format!("name{number}"), "10.0.0.1".parse().unwrap(), Instant::from_us(number as i64))
                .unwrap();
        }
        assert_eq!(lock(&delays.0).len(), PAIRS_MAX);
    }

    #[test]
    fn a_password_that_is_short_or_simple_is_refused_beside_its_field() {
        let new = |login: &str, password: &str| NewAdministrator {
            name: "Ann".to_owned(),
            login: login.to_owned(),
            email: String::new(),
            password: Secret::new(password),
        };
        for (login, password) in [("ann", "short"), ("ann", "aaaaaaaaaaaaaaaa"), ("ann", "the-password-of-ANN")] {
            assert!(
                matches!(new(login, password).checked(), Err(Error::Invalid(errors)) if errors.contains_key("password")),
                "{password}"
            );
        }
        assert!(new("ann", "correct horse battery").checked().is_ok());
        assert!(
            matches!(new("a b", "correct horse battery").checked(), Err(Error::Invalid(errors)) if errors.contains_key("login"))
        );
    }
}
