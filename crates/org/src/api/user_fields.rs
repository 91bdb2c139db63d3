//! `fields`: which parts of a person are wanted, as `status,profile:(firstName,city)`. The id always is.

use serde_json::{Map, Value};

use crate::error::{Answer, Fault};

/// Names in one request.
const FIELDS_MAX: usize = 200;

#[derive(Debug, PartialEq, Eq)]
pub struct Fields {
    names: Vec<String>,
    /// Attributes of the profile; all of them where `names` has the profile itself.
    profile: Vec<String>,
}

impl Fields {
    pub fn read(text: &str) -> Answer<Fields> {
        let mut fields = Fields { names: vec!["id".to_owned()], profile: Vec::new() };
        let mut rest = text.trim();
        while !rest.is_empty() {
            let len = rest.find([',', ':']).unwrap_or(rest.len());
            let (name, after) = (rest[..len].trim(), &rest[len..]);
            if name.is_empty() || name.contains(['(', ')']) || fields.names.len() > FIELDS_MAX {
                return Err(malformed());
            }
            rest = match after.strip_prefix(':') {
                None => {
                    fields.names.push(name.to_owned());
                    after
                }
                Some(inner) => {
                    let (attributes, after) = inner
                        .trim_start()
                        .strip_prefix('(')
                        .and_then(|inner| inner.split_once(')'))
                        .filter(|_| name == "profile")
                        .ok_or_else(malformed)?;
                    let attributes = attributes.split(',').map(str::trim).filter(|name| !name.is_empty());
                    fields.profile.extend(attributes.take(FIELDS_MAX).map(str::to_owned));
                    after.trim_start()
                }
            };
            if !rest.is_empty() {
                rest = rest.strip_prefix(',').ok_or_else(malformed)?.trim_start();
            }
        }
        Ok(fields)
    }

    /// What is wanted of a whole person.
    pub fn of(&self, whole: &Value) -> Value {
        let Some(whole) = whole.as_object() else { return Value::Null };
        let mut kept = Map::new();
        for (name, value) in whole {
            if self.names.contains(name) {
                kept.insert(name.clone(), value.clone());
            } else if name == "profile" && !self.profile.is_empty() {
                let attributes = value.as_object().into_iter().flatten();
                let wanted = attributes.filter(|(name, _)| self.profile.contains(name));
                kept.insert(
                    name.clone(),
                    wanted.map(|(name, value)| (name.clone(), value.clone())).collect::<Map<_, _>>().into(),
                );
            }
        }
        Value::Object(kept)
    }
}

fn malformed() -> Fault {
    Fault::field("fields", "The fields are not written as name,profile:(name,name)")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_wanted_is_read_and_kept() {
        let whole = json!({ "id": "1", "status": "ACTIVE", "profile": { "city": "Ulm", "login": "a" }, "_links": {} });
        for (text, expected) in [
            ("status,profile:(city)", json!({ "id": "1", "status": "ACTIVE", "profile": { "city": "Ulm" } })),
            (
                " profile:( city , login ) , status ",
                whole
                    .clone()
                    .as_object()
                    .map(|whole| {
                        let mut whole = whole.clone();
                        whole.remove("_links");
                        Value::Object(whole)
                    })
                    .unwrap(),
            ),
            ("profile", json!({ "id": "1", "profile": { "city": "Ulm", "login": "a" } })),
            ("nothing", json!({ "id": "1" })),
        ] {
            assert_eq!(Fields::read(text).unwrap().of(&whole), expected, "{text}");
        }
        for text in ["profile:", "profile:(", "status:(a)", ",", "a,,b", "profile:(a)b", "(a)"] {
            assert!(Fields::read(text).is_err(), "{text}");
        }
    }
}
