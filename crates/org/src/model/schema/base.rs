//! The attributes that every profile of a kind has from the start.
//!
//! Where somebody belongs in the company is read-only to themselves: groups, and with them roles, follow from it.

use serde_json::Value;

use super::attribute::{Attribute, Kind, definition};

const OWN: &str = "READ_WRITE";
const READ: &str = "READ_ONLY";

/// Name, title, own permission, lengths, format.
type Row = (&'static str, &'static str, &'static str, Option<(u64, u64)>, Option<&'static str>);

const PEOPLE: [Row; 31] = [
    ("login", "Username", READ, Some((5, 100)), None),
    ("firstName", "First name", OWN, Some((1, 50)), None),
    ("lastName", "Last name", OWN, Some((1, 50)), None),
    ("middleName", "Middle name", OWN, None, None),
    ("honorificPrefix", "Honorific prefix", OWN, None, None),
    ("honorificSuffix", "Honorific suffix", OWN, None, None),
    ("email", "Primary email", OWN, Some((5, 100)), Some("email")),
    ("title", "Title", READ, None, None),
    ("displayName", "Display name", OWN, None, None),
    ("nickName", "Nickname", OWN, None, None),
    ("profileUrl", "Profile Url", OWN, None, Some("uri")),
    ("secondEmail", "Secondary email", OWN, Some((0, 100)), Some("email")),
    ("mobilePhone", "Mobile phone", OWN, Some((0, 100)), None),
    ("primaryPhone", "Primary phone", OWN, Some((0, 100)), None),
    ("streetAddress", "Street address", OWN, None, None),
    ("city", "City", OWN, None, None),
    ("state", "State", OWN, None, None),
    ("zipCode", "Zip code", OWN, None, None),
    ("countryCode", "Country code", OWN, Some((0, 2)), Some("country-code")),
    ("postalAddress", "Postal Address", OWN, None, None),
    ("preferredLanguage", "Preferred language", OWN, None, Some("language-code")),
    ("locale", "Locale", OWN, None, Some("locale")),
    ("timezone", "Time zone", OWN, None, Some("timezone")),
    ("userType", "User type", READ, None, None),
    ("employeeNumber", "Employee number", READ, None, None),
    ("costCenter", "Cost center", READ, None, None),
    ("organization", "Organization", READ, None, None),
    ("division", "Division", READ, None, None),
    ("department", "Department", READ, None, None),
    ("managerId", "ManagerId", READ, None, None),
    ("manager", "Manager", READ, None, None),
];

const REQUIRED_OF_PEOPLE: [&str; 4] = ["login", "firstName", "lastName", "email"];

const GROUPS: [Row; 2] =
    [("name", "Name", READ, Some((1, 255)), None), ("description", "Description", READ, Some((0, 1_024)), None)];

const APP_USERS: [Row; 3] = [
    ("userName", "Username", READ, Some((0, 100)), None),
    ("name", "Name", READ, None, None),
    ("email", "Email", READ, None, None),
];

pub fn people() -> Vec<Attribute> {
    PEOPLE.iter().map(|row| attribute(row, REQUIRED_OF_PEOPLE.contains(&row.0))).collect()
}

pub fn groups() -> Vec<Attribute> {
    GROUPS.iter().map(|row| attribute(row, row.0 == "name")).collect()
}

pub fn app_users() -> Vec<Attribute> {
    APP_USERS.iter().map(|row| attribute(row, row.0 == "userName")).collect()
}

fn attribute((name, title, action, lengths, format): &Row, required: bool) -> Attribute {
    let mut definition = definition(title, "string", required, action);
    if let Some((min, max)) = lengths {
        if *min > 0 {
            definition.insert("minLength".to_owned(), Value::from(*min));
        }
        definition.insert("maxLength".to_owned(), Value::from(*max));
    }
    if let Some(format) = format {
        definition.insert("format".to_owned(), Value::from(*format));
    }
    Attribute::new(name, Kind::Text, definition)
}
