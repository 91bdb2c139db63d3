//! The password policy: what a new password must be like, and when wrong ones lock a person out.
//!
//! It is the settings of the policy of type PASSWORD that holds for the person; what those do not say has the default below.

use db::{Conn, query};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use vault::Secret;

use super::decision::{self, Who};
use crate::{
    Error, Result,
    model::{id::GroupId, policy::Kind, profile::Profile, user::User},
};

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
    /// The same character in a row at most; 0: any number.
    pub max_consecutive: usize,
    pub exclude_username: bool,
    /// Profile attributes whose value may not stand in the password.
    pub exclude_attributes: Vec<String>,
    /// Whether the best known passwords are refused.
    pub exclude_common: bool,
    /// Passwords of the past that may not come back; 0: any may.
    pub history_count: u32,
    /// Days after which a password must be changed at sign-in; 0: never.
    pub max_age_days: u32,
    /// Days before that in which a sign-in says so; 0: none.
    pub warn_days: u32,
    /// Minutes that a password must be kept before its owner may change it again.
    pub min_age_minutes: u32,
    /// Wrong passwords until somebody is locked out; 0: never.
    pub max_attempts: u32,
    /// Minutes until the lock ends by itself; 0: it does not.
    pub auto_unlock_minutes: u32,
    /// Whether somebody who is locked out is told so.
    pub show_lockout: bool,
}

impl Default for PasswordPolicy {
    fn default() -> PasswordPolicy {
        PasswordPolicy {
            min_length: 8,
            min_lower_case: 1,
            min_upper_case: 1,
            min_number: 1,
            min_symbol: 0,
            max_consecutive: 0,
            exclude_username: true,
            exclude_attributes: Vec::new(),
            exclude_common: true,
            history_count: 0,
            max_age_days: 0,
            warn_days: 0,
            min_age_minutes: 0,
            max_attempts: 10,
            auto_unlock_minutes: 15,
            show_lockout: false,
        }
    }
}

/// The policy that holds for a person, by their groups.
pub async fn of(conn: &mut Conn, user: &User) -> Result<PasswordPolicy> {
    let who = Who::person(conn, user, None).await?;
    of_who(conn, &who).await
}

/// The policy that holds for somebody new who will be in these groups, or for a name that nobody has.
pub async fn of_newcomer(conn: &mut Conn, groups: &[GroupId]) -> Result<PasswordPolicy> {
    let who = Who::newcomer(conn, groups).await?;
    of_who(conn, &who).await
}

async fn of_who(conn: &mut Conn, who: &Who<'_>) -> Result<PasswordPolicy> {
    Ok(PasswordPolicy::of_settings(&decision::policy(conn, Kind::Password, who).await?.settings))
}

/// What the setting of older orgs said, which was one for everybody.
pub async fn old_setting(conn: &mut Conn) -> Result<PasswordPolicy> {
    let row = query("select value from org_setting where name = $1").bind(SETTING).optional(conn).await?;
    let Some(row) = row else { return Ok(PasswordPolicy::default()) };
    let text: String = row.get("value")?;
    serde_json::from_str(&text).map_err(|error| Error::Stored { what: "password policy", reason: error.to_string() })
}

/// What is wrong with a new password, in words that say what to do; empty when nothing is.
pub fn check(policy: &PasswordPolicy, profile: &Profile, password: &Secret) -> Vec<String> {
    let faults = policy.faults(profile, password.expose());
    if faults.is_empty() {
        return faults;
    }
    let rules = policy.rules().join(", ").to_lowercase();
    let summary = format!("Password requirements were not met. Password requirements: {rules}.");
    std::iter::once(summary).chain(faults).collect()
}

impl PasswordPolicy {
    /// Reads the settings of a policy; what they do not say has the default.
    pub fn of_settings(settings: &Map<String, Value>) -> PasswordPolicy {
        let all = Value::Object(settings.clone());
        let (complexity, age, lockout) =
            (&all["password"]["complexity"], &all["password"]["age"], &all["password"]["lockout"]);
        let default = PasswordPolicy::default();
        let number = |place: &Value, name: &str, default: u32| {
            place[name].as_u64().and_then(|number| u32::try_from(number).ok()).unwrap_or(default)
        };
        let count = |name: &str, default: usize| {
            complexity[name].as_u64().and_then(|number| usize::try_from(number).ok()).unwrap_or(default)
        };
        let attributes = complexity["excludeAttributes"].as_array();
        PasswordPolicy {
            min_length: count("minLength", default.min_length),
            min_lower_case: count("minLowerCase", default.min_lower_case),
            min_upper_case: count("minUpperCase", default.min_upper_case),
            min_number: count("minNumber", default.min_number),
            min_symbol: count("minSymbol", default.min_symbol),
            max_consecutive: count("maxConsecutiveCharacters", default.max_consecutive),
            exclude_username: complexity["excludeUsername"].as_bool().unwrap_or(default.exclude_username),
            exclude_attributes: attributes
                .map_or_else(Vec::new, |names| names.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
            exclude_common: complexity["dictionary"]["common"]["exclude"].as_bool().unwrap_or(default.exclude_common),
            history_count: number(age, "historyCount", default.history_count),
            max_age_days: number(age, "maxAgeDays", default.max_age_days),
            warn_days: number(age, "expireWarnDays", default.warn_days),
            min_age_minutes: number(age, "minAgeMinutes", default.min_age_minutes),
            max_attempts: number(lockout, "maxAttempts", default.max_attempts),
            auto_unlock_minutes: number(lockout, "autoUnlockMinutes", default.auto_unlock_minutes),
            show_lockout: lockout["showLockoutFailures"].as_bool().unwrap_or(default.show_lockout),
        }
    }

    /// The settings of a policy that says this.
    pub fn settings(&self) -> Map<String, Value> {
        let value = json!({
            "password": {
                "complexity": {
                    "minLength": self.min_length,
                    "minLowerCase": self.min_lower_case,
                    "minUpperCase": self.min_upper_case,
                    "minNumber": self.min_number,
                    "minSymbol": self.min_symbol,
                    "maxConsecutiveCharacters": self.max_consecutive,
                    "excludeUsername": self.exclude_username,
                    "dictionary": { "common": { "exclude": self.exclude_common } },
                    "excludeAttributes": self.exclude_attributes,
                },
                "age": {
                    "maxAgeDays": self.max_age_days,
                    "expireWarnDays": self.warn_days,
                    "minAgeMinutes": self.min_age_minutes,
                    "historyCount": self.history_count,
                },
                "lockout": {
                    "maxAttempts": self.max_attempts,
                    "autoUnlockMinutes": self.auto_unlock_minutes,
                    "showLockoutFailures": self.show_lockout,
                },
            },
            "recovery": { "factors": {
                "recovery_question": {
                    "status": "ACTIVE",
                    "properties": { "complexity": { "minLength": 4 } },
                },
                "okta_email": {
                    "status": "ACTIVE",
                    "properties": { "recoveryToken": { "tokenLifetimeMinutes": 60 } },
                },
                "okta_sms": { "status": "INACTIVE" },
                "okta_call": { "status": "INACTIVE" },
            } },
            "delegation": { "options": { "skipUnlock": false } },
        });
        match value {
            Value::Object(settings) => settings,
            _ => Map::new(),
        }
    }

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
        if self.max_consecutive > 0 {
            rules.push(format!("The same character at most {} times in a row", self.max_consecutive));
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
        let kinds: [(usize, Sort, &str); 4] = [
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
        if self.max_consecutive > 0 && longest_run(password) > self.max_consecutive {
            faults.push(format!("Use the same character at most {} times in a row", self.max_consecutive));
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
type Sort = fn(char) -> bool;

/// Shorter parts of a name stand in too many good passwords.
const PART_MIN: usize = 4;

fn parts_of(login: &str) -> impl Iterator<Item = String> {
    let login = login.to_lowercase();
    let name = login.split('@').next().unwrap_or_default().to_owned();
    let parts: Vec<String> = name.split(|character: char| !character.is_alphanumeric()).map(str::to_owned).collect();
    parts.into_iter().filter(|part| part.chars().count() >= PART_MIN)
}

/// How often a character comes again right after itself, at most.
fn longest_run(password: &str) -> usize {
    let (mut longest, mut run, mut last) = (0, 0, None);
    for character in password.chars() {
        run = if last == Some(character) { run + 1 } else { 1 };
        last = Some(character);
        longest = longest.max(run);
    }
    longest
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
    fn settings_come_back_as_they_went() {
        let policy = PasswordPolicy { min_length: 12, warn_days: 5, max_attempts: 3, ..PasswordPolicy::default() };
        assert_eq!(PasswordPolicy::of_settings(&policy.settings()), policy);
        assert_eq!(PasswordPolicy::of_settings(&Map::new()), PasswordPolicy::default());
    }

    #[test]
    fn each_rule_refuses_what_it_names() {
        let profile = Profile::of("ada.byron@example.com", "ada.byron@example.com", "Ada", "Byron");
        let policy = PasswordPolicy {
            min_symbol: 1,
            max_consecutive: 2,
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
            ("Correct7-hooorse", "in a row"),
        ] {
            let faults = policy.faults(&profile, password);
            assert!(faults.iter().any(|found| found.contains(fault)), "{password}: {faults:?}");
        }
        assert!(policy.faults(&profile, &"Aa1-".repeat(40)).iter().any(|found| found.contains("at most")));
    }
}
