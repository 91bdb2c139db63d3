//! The password policy: what a new password must be like, and when wrong ones lock a person out.
//!
//! One policy holds for everybody. It is stored as a setting; what is not stored has the default below.

use db::{Conn, query};
use serde::{Deserialize, Serialize};
use vault::Secret;

use crate::{Error, Result, model::profile::Profile};

const SETTING: &str = "password_policy";
/// Longer passwords are refused by the hash as well.
const LENGTH_MAX: usize = 72;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PasswordPolicy {
    pub min_length: usize,
    pub min_lower_case: usize,
    pub min_upper_case: usize,
    pub min_number: usize,
    pub min_symbol: usize,
    pub exclude_username: bool,
    /// Profile attributes whose value may not stand in the password.
    pub exclude_attributes: Vec<String>,
    /// Whether the best known passwords are refused.
    pub exclude_common: bool,
    /// Passwords of the past that may not come back; 0: any may.
    pub history_count: u32,
    /// Days after which a password must be changed at sign-in; 0: never.
    pub max_age_days: u32,
    /// Wrong passwords until somebody is locked out; 0: never.
    pub max_attempts: u32,
    /// Minutes until the lock ends by itself; 0: it does not.
    pub auto_unlock_minutes: u32,
}

impl Default for PasswordPolicy {
    fn default() -> PasswordPolicy {
        PasswordPolicy {
            min_length: 8,
            min_lower_case: 1,
            min_upper_case: 1,
            min_number: 1,
            min_symbol: 0,
            exclude_username: true,
            exclude_attributes: Vec::new(),
            exclude_common: true,
            history_count: 0,
            max_age_days: 0,
            max_attempts: 10,
            auto_unlock_minutes: 15,
        }
    }
}

/// The policy that holds now.
pub async fn get(conn: &mut Conn) -> Result<PasswordPolicy> {
    let row = query("select value from org_setting where name = $1").bind(SETTING).optional(conn).await?;
    let Some(row) = row else { return Ok(PasswordPolicy::default()) };
    let text: String = row.get("value")?;
    serde_json::from_str(&text).map_err(|error| Error::Stored { what: "password policy", reason: error.to_string() })
}

pub async fn set(conn: &mut Conn, policy: &PasswordPolicy, now: world::Instant) -> Result<()> {
    let value = serde_json::to_string(policy)
        .map_err(|error| Error::Stored { what: "password policy", reason: error.to_string() })?;
    query(
        "insert into org_setting (name, value, updated_us) values ($1, $2, $3)
           on conflict (name) do update set value = excluded.value, updated_us = excluded.updated_us",
    )
    .bind(SETTING)
    .bind(value)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// What is wrong with a new password, in words that say what to do; empty when nothing is.
pub async fn check(conn: &mut Conn, profile: &Profile, password: &Secret) -> Result<Vec<String>> {
    let policy = get(conn).await?;
    let faults = policy.faults(profile, password.expose());
    if faults.is_empty() {
        return Ok(faults);
    }
    let rules = policy.rules().join(", ").to_lowercase();
    let summary = format!("Password requirements were not met. Password requirements: {rules}.");
    Ok(std::iter::once(summary).chain(faults).collect())
}

impl PasswordPolicy {
    /// The rules, each a phrase for showing beside a password field.
    pub fn rules(&self) -> Vec<String> {
        let mut rules = vec![format!("At least {} characters", self.min_length)];
        let kinds = [
            (self.min_lower_case, "a lowercase letter", "lowercase letters"),
            (self.min_upper_case, "an uppercase letter", "uppercase letters"),
            (self.min_number, "a number", "numbers"),
            (self.min_symbol, "a symbol", "symbols"),
        ];
        for (min, one, many) in kinds {
            match min {
                0 => {}
                1 => rules.push(capital(one)),
                more => rules.push(format!("At least {more} {many}")),
            }
        }
        if self.exclude_username {
            rules.push("No parts of your username".to_owned());
        }
        for attribute in &self.exclude_attributes {
            match attribute.as_str() {
                "firstName" => rules.push("Does not include your first name".to_owned()),
                "lastName" => rules.push("Does not include your last name".to_owned()),
                other => rules.push(format!("Does not include your {other}")),
            }
        }
        if self.exclude_common {
            rules.push("Not one of the passwords that everybody tries first".to_owned());
        }
        rules
    }

    fn faults(&self, profile: &Profile, password: &str) -> Vec<String> {
        let mut faults = Vec::new();
        let count = |kind: fn(char) -> bool| password.chars().filter(|character| kind(*character)).count();
        if password.chars().count() < self.min_length {
            faults.push(format!("Use at least {} characters", self.min_length));
        }
        if password.len() > LENGTH_MAX {
            faults.push(format!("Use at most {LENGTH_MAX} characters"));
        }
        let kinds: [(usize, Kind, &str); 4] = [
            (self.min_lower_case, char::is_lowercase, "lowercase letters"),
            (self.min_upper_case, char::is_uppercase, "uppercase letters"),
            (self.min_number, char::is_numeric, "numbers"),
            (self.min_symbol, is_symbol, "symbols"),
        ];
        for (min, kind, name) in kinds {
            if count(kind) < min {
                faults.push(format!("Use at least {min} of: {name}"));
            }
        }
        let folded = password.to_lowercase();
        if self.exclude_username && parts_of(profile.login()).any(|part| folded.contains(&part)) {
            faults.push("Leave out parts of the username".to_owned());
        }
        for attribute in &self.exclude_attributes {
            let value = profile.get(attribute).unwrap_or_default().to_lowercase();
            if value.chars().count() >= PART_MIN && folded.contains(&value) {
                faults.push(format!("Leave out the value of {attribute}"));
            }
        }
        if self.exclude_common && is_common(&folded) {
            faults.push("Choose a password that is not so common".to_owned());
        }
        faults
    }
}

/// A kind of character.
type Kind = fn(char) -> bool;

/// Shorter parts of a name stand in too many good passwords.
const PART_MIN: usize = 4;

fn parts_of(login: &str) -> impl Iterator<Item = String> {
    let login = login.to_lowercase();
    let name = login.split('@').next().unwrap_or_default().to_owned();
    let parts: Vec<String> = name.split(|character: char| !character.is_alphanumeric()).map(str::to_owned).collect();
    parts.into_iter().filter(|part| part.chars().count() >= PART_MIN)
}

fn is_symbol(character: char) -> bool {
    !character.is_alphanumeric() && !character.is_control()
}

fn capital(phrase: &str) -> String {
    let mut characters = phrase.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// Words that most guessed passwords are made of, with digits and signs before or after.
const COMMON_STEMS: [&str; 24] = [
    "password",
    "passwort",
    "passw0rd",
    "p@ssword",
    "p@ssw0rd",
    "welcome",
    "letmein",
    "qwerty",
    "qwertz",
    "azerty",
    "abc",
    "abcd",
    "admin",
    "administrator",
    "login",
    "iloveyou",
    "monkey",
    "dragon",
    "football",
    "baseball",
    "master",
    "sunshine",
    "princess",
    "changeme",
];

fn is_common(folded: &str) -> bool {
    let stem = folded.trim_matches(|character: char| character.is_numeric() || is_symbol(character));
    COMMON_STEMS.contains(&stem)
        || COMMON_STEMS.contains(&folded.trim_matches(char::is_numeric).trim_matches(['!', '.', '?', '#', '*']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_refuses_what_it_names() {
        let profile = Profile::of("ada.byron@example.com", "ada.byron@example.com", "Ada", "Byron");
        let policy = PasswordPolicy {
            min_symbol: 1,
            exclude_attributes: vec!["lastName".to_owned()],
            ..PasswordPolicy::default()
        };
        assert_eq!(policy.faults(&profile, "Correct7-horse"), Vec::<String>::new());
        for (password, fault) in [
            ("Ab1-", "Use at least 8"),
            ("ALLCAPITALS7-", "lowercase"),
            ("nocapitals7-", "uppercase"),
            ("No-numbers-here", "numbers"),
            ("Nosymbols77", "symbols"),
            ("Byron1815-x", "username"),
            ("xBYRON1815-x", "lastName"),
            ("Password1!", "common"),
        ] {
            let faults = policy.faults(&profile, password);
            assert!(faults.iter().any(|found| found.contains(fault)), "{password}: {faults:?}");
        }
        assert!(policy.faults(&profile, &"Aa1-".repeat(40)).iter().any(|found| found.contains("at most")));
    }
}
