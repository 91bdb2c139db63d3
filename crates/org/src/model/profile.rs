//! A person's profile: values by attribute name. What it may hold is the schema's to say (`schema`).

use serde_json::{Map, Value};

/// Attribute names and their values, in the order in which they were given.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile(Map<String, Value>);

impl Profile {
    pub fn from_json(object: Map<String, Value>) -> Profile {
        Profile(object.into_iter().filter(|(_, value)| !value.is_null()).collect())
    }

    /// The smallest profile that passes the check.
    pub fn of(login: &str, email: &str, first_name: &str, last_name: &str) -> Profile {
        let entries = [("login", login), ("email", email), ("firstName", first_name), ("lastName", last_name)];
        Profile(entries.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect())
    }

    /// A text.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// Of whatever type.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    pub fn login(&self) -> &str {
        self.get("login").unwrap_or_default()
    }

    pub fn email(&self) -> &str {
        self.get("email").unwrap_or_default()
    }

    pub fn first_name(&self) -> &str {
        self.get("firstName").unwrap_or_default()
    }

    pub fn last_name(&self) -> &str {
        self.get("lastName").unwrap_or_default()
    }

    /// First and last name, as the log and lists show a person.
    pub fn display_name(&self) -> String {
        format!("{} {}", self.first_name(), self.last_name()).trim().to_owned()
    }

    pub fn entries(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// This profile with `changes` laid over it; null takes an attribute away.
    pub fn merged(mut self, changes: Map<String, Value>) -> Profile {
        for (name, value) in changes {
            if value.is_null() {
                self.0.shift_remove(&name);
            } else {
                self.0.insert(name, value);
            }
        }
        self
    }

    pub fn to_text(&self) -> String {
        Value::Object(self.0.clone()).to_string()
    }

    pub fn parse(text: &str) -> Option<Profile> {
        serde_json::from_str(text).ok().map(Profile)
    }
}

/// Whether a text has the form of a mail address: something, one `@`, a domain, no blanks.
pub fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let plain = |part: &str| {
        !part.is_empty()
            && !part.contains(|character: char| character.is_whitespace() || "<>(),;:\\\"@[]".contains(character))
    };
    plain(local)
        && plain(domain)
        && !domain.starts_with(['.', '-'])
        && !domain.ends_with(['.', '-'])
        && !domain.contains("..")
}
