//! A person's profile: the 31 base attributes of Okta's default user type.
//!
//! Invariant: a [`Profile`] that is stored was checked by [`check`]; it holds no null and no unknown attribute.

use serde_json::{Map, Value};

/// One base attribute.
#[derive(Debug)]
pub struct Attribute {
    pub name: &'static str,
    pub title: &'static str,
    pub required: bool,
    pub length_min: usize,
    pub length_max: usize,
}

const fn optional(name: &'static str, title: &'static str, length_max: usize) -> Attribute {
    Attribute { name, title, required: false, length_min: 0, length_max }
}

const fn required(name: &'static str, title: &'static str, length_min: usize, length_max: usize) -> Attribute {
    Attribute { name, title, required: true, length_min, length_max }
}

/// Nothing is longer, whether or not Okta states a limit.
const LENGTH_MAX: usize = 4_096;

pub const BASE: &[Attribute] = &[
    required("login", "Username", 5, 100),
    required("firstName", "First name", 1, 50),
    required("lastName", "Last name", 1, 50),
    optional("middleName", "Middle name", LENGTH_MAX),
    optional("honorificPrefix", "Honorific prefix", LENGTH_MAX),
    optional("honorificSuffix", "Honorific suffix", LENGTH_MAX),
    required("email", "Primary email", 5, 100),
    optional("title", "Title", LENGTH_MAX),
    optional("displayName", "Display name", LENGTH_MAX),
    optional("nickName", "Nickname", LENGTH_MAX),
    optional("profileUrl", "Profile Url", LENGTH_MAX),
    optional("secondEmail", "Secondary email", 100),
    optional("mobilePhone", "Mobile phone", 100),
    optional("primaryPhone", "Primary phone", 100),
    optional("streetAddress", "Street address", LENGTH_MAX),
    optional("city", "City", LENGTH_MAX),
    optional("state", "State", LENGTH_MAX),
    optional("zipCode", "Zip code", LENGTH_MAX),
    optional("countryCode", "Country code", 2),
    optional("postalAddress", "Postal Address", LENGTH_MAX),
    optional("preferredLanguage", "Preferred language", LENGTH_MAX),
    optional("locale", "Locale", LENGTH_MAX),
    optional("timezone", "Time zone", LENGTH_MAX),
    optional("userType", "User type", LENGTH_MAX),
    optional("employeeNumber", "Employee number", LENGTH_MAX),
    optional("costCenter", "Cost center", LENGTH_MAX),
    optional("organization", "Organization", LENGTH_MAX),
    optional("division", "Division", LENGTH_MAX),
    optional("department", "Department", LENGTH_MAX),
    optional("managerId", "ManagerId", LENGTH_MAX),
    optional("manager", "Manager", LENGTH_MAX),
];

pub fn attribute(name: &str) -> Option<&'static Attribute> {
    BASE.iter().find(|attribute| attribute.name == name)
}

/// Attribute names and their text, in the order in which they were given.
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

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
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

/// What is wrong with a profile, as the causes of an E0000001: `attribute: reason`.
pub fn check(profile: &Profile) -> Vec<String> {
    let mut causes = Vec::new();
    for attribute in BASE {
        if attribute.required
            && profile
                .0
                .get(attribute.name)
                .is_none_or(|value| value.as_str().is_some_and(|text| text.trim().is_empty()))
        {
            causes.push(format!("{}: The field cannot be left blank", attribute.name));
        }
    }
    for (name, value) in profile.entries() {
        let Some(attribute) = attribute(name) else {
            causes.push(format!("{name}: The attribute is not defined in the schema of this user type"));
            continue;
        };
        let Some(text) = value.as_str() else {
            causes.push(format!("{name}: The value must be a string"));
            continue;
        };
        if text.trim().is_empty() && attribute.required {
            continue;
        }
        let length = text.chars().count();
        if attribute.required && (length < attribute.length_min || length > attribute.length_max) {
            let (min, max) = (attribute.length_min, attribute.length_max);
            causes.push(format!("{name}: The field must be between {min} and {max} characters"));
        } else if length > attribute.length_max {
            causes.push(format!("{name}: The field is too long"));
        }
        match name {
            "login" if !is_email(text) => {
                causes.push("login: Username must be in the form of an email address".to_owned())
            }
            "email" | "secondEmail" if !text.is_empty() && !is_email(text) => {
                causes.push(format!("{name}: Does not match required pattern"));
            }
            "countryCode"
                if !(text.is_empty() || (length == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic()))) =>
            {
                causes.push("countryCode: Does not match required pattern".to_owned());
            }
            _ => {}
        }
    }
    causes
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn profile(changes: Value) -> Profile {
        let Value::Object(changes) = changes else { unreachable!("a profile is an object") };
        Profile::of("ada@example.com", "ada@example.com", "Ada", "Byron").merged(changes)
    }

    #[test]
    fn a_complete_profile_passes() {
        assert_eq!(BASE.len(), 31);
        assert!(check(&profile(json!({ "city": "London", "countryCode": "GB", "secondEmail": "" }))).is_empty());
    }

    #[test]
    fn each_fault_names_its_attribute() {
        let cases = [
            (json!({ "firstName": null }), "firstName: The field cannot be left blank"),
            (json!({ "lastName": "  " }), "lastName: The field cannot be left blank"),
            (json!({ "login": "ada" }), "login: Username must be in the form of an email address"),
            (json!({ "email": "a b@c.d" }), "email: Does not match required pattern"),
            (json!({ "countryCode": "GBR" }), "countryCode: The field is too long"),
            (json!({ "shoeSize": "43" }), "shoeSize: The attribute is not defined in the schema of this user type"),
            (json!({ "city": 7 }), "city: The value must be a string"),
        ];
        for (changes, cause) in cases {
            let causes = check(&profile(changes));
            assert!(causes.iter().any(|found| found == cause), "{causes:?} lacks {cause}");
        }
    }
}
