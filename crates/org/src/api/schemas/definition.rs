//! What a definition of an attribute may say.

use regex::RegexBuilder;
use serde_json::{Map, Value, json};

use super::taken;
use crate::model::schema::{
    Kind, Owner, Schema,
    attribute::{Attribute, Item, LENGTH_MAX, PATTERN_BYTES_MAX},
};

const NAME_LEN_MAX: usize = 100;
const TEXT_LEN_MAX: usize = 1_000;
const CHOICES_MAX: usize = 500;
const FORMATS: [&str; 10] = [
    "country-code",
    "date-time",
    "email",
    "encrypted",
    "hashed",
    "language-code",
    "locale",
    "ref-id",
    "timezone",
    "uri",
];

/// Changes what may be changed of a base attribute. A body that repeats what is there changes nothing.
pub fn change_base(schema: &mut Schema, name: &str, changes: Value) -> Vec<String> {
    let owner = schema.owner.clone();
    let Some(attribute) = schema.base.iter_mut().find(|attribute| attribute.name == name) else {
        return vec![format!("{name}: The attribute is not one of the base attributes")];
    };
    let Value::Object(changes) = changes else {
        return vec![format!("{name}: A base attribute cannot be removed")];
    };
    let mut causes = Vec::new();
    for (property, value) in changes {
        if attribute.definition().get(&property).unwrap_or(&Value::Null) == &value {
            continue;
        }
        // Absent and false are the same.
        if property == "required" && !value.as_bool().unwrap_or(false) && !attribute.is_required() {
            continue;
        }
        let allowed = match (&owner, property.as_str()) {
            (Owner::People(_), "permissions" | "master") => true,
            (Owner::People(_), "required") => matches!(name, "firstName" | "lastName"),
            (Owner::People(_), "pattern") => name == "login",
            (Owner::AppUsers(_), "required") => name != "userName",
            _ => false,
        };
        if !allowed {
            causes.push(format!("{name}: The property {property} of a base attribute cannot be changed"));
            continue;
        }
        let change: Map<String, Value> = [(property, value)].into_iter().collect();
        let faults = faults(attribute.kind, &change);
        if faults.is_empty() {
            attribute.lay_over(Value::Object(change));
        }
        causes.extend(faults.into_iter().map(|fault| format!("{name}: {fault}")));
    }
    causes
}

/// Adds, changes or removes a custom attribute.
pub fn change_custom(schema: &mut Schema, name: &str, changes: Value) -> Vec<String> {
    let Value::Object(changes) = changes else {
        schema.custom.retain(|attribute| attribute.name != name);
        return Vec::new();
    };
    let known = schema.custom.iter().position(|attribute| attribute.name == name);
    let mut merged = known.map(|position| schema.custom[position].definition().clone()).unwrap_or_default();
    for (property, value) in changes {
        if value.is_null() {
            merged.shift_remove(&property);
        } else {
            merged.insert(property, value);
        }
    }
    let mut causes = Vec::new();
    if known.is_none() {
        let first = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
        let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$'));
        if !first || !plain || name.len() > NAME_LEN_MAX {
            causes.push(format!(
                "{name}: The name must begin with a letter and hold letters, digits and underscores alone"
            ));
        } else if schema.base.iter().any(|attribute| attribute.name.eq_ignore_ascii_case(name)) {
            causes.push(taken(name));
        }
    }
    let kind = match merged.get("type").and_then(Value::as_str) {
        Some("array") if merged.get("items").is_none_or(Value::is_null) => {
            return vec![format!("Items not present for array property: {name}.")];
        }
        Some(_) => Kind::read(&merged),
        None => None,
    };
    let Some(kind) = kind else {
        causes.push(format!("{name}: The type must be string, boolean, number, integer or array"));
        return causes;
    };
    if known.is_some_and(|position| schema.custom[position].kind != kind) {
        causes.push(format!("{name}: The type of an attribute cannot be changed"));
    }
    if merged.get("title").and_then(Value::as_str).is_none_or(|title| title.trim().is_empty()) {
        causes.push(format!("{name}: The title cannot be left blank"));
    }
    causes.extend(faults(kind, &merged).into_iter().map(|fault| format!("{name}: {fault}")));
    if !causes.is_empty() {
        return causes;
    }
    let attribute = Attribute::new(name, kind, whole(&merged));
    if let Some(fault) = attribute.default().and_then(|default| attribute.faults(default).into_iter().next()) {
        return vec![format!("{name}: The default does not fit: {fault}")];
    }
    match known {
        Some(position) => schema.custom[position] = attribute,
        None => schema.custom.push(attribute),
    }
    Vec::new()
}

/// A definition in the order of the API, with what every attribute states.
fn whole(given: &Map<String, Value>) -> Map<String, Value> {
    const ORDER: [&str; 14] = [
        "title",
        "description",
        "type",
        "items",
        "required",
        "mutability",
        "scope",
        "enum",
        "oneOf",
        "minLength",
        "maxLength",
        "pattern",
        "format",
        "unique",
    ];
    const ORDER_OF_REST: [&str; 5] = ["default", "externalName", "externalNamespace", "permissions", "master"];
    let mut whole = Map::new();
    for name in ORDER.iter().chain(&ORDER_OF_REST) {
        let standard = match *name {
            "mutability" => Some(json!("READ_WRITE")),
            "scope" => Some(json!("NONE")),
            "permissions" => Some(json!([{ "principal": "SELF", "action": "READ_ONLY" }])),
            "master" => Some(json!({ "type": "PROFILE_MASTER" })),
            _ => None,
        };
        if let Some(value) = given.get(*name).cloned().or(standard) {
            whole.insert((*name).to_owned(), value);
        }
    }
    whole
}

/// What is wrong with a definition, property by property.
fn faults(kind: Kind, given: &Map<String, Value>) -> Vec<String> {
    let mut faults = Vec::new();
    for (property, value) in given {
        let fault = match property.as_str() {
            "title" | "description" | "externalName" | "externalNamespace" => {
                let short = value.as_str().is_some_and(|text| text.chars().count() <= TEXT_LEN_MAX);
                (!short).then(|| format!("{property} must be a text of at most {TEXT_LEN_MAX} characters"))
            }
            "required" | "unique" if !value.is_boolean() => Some(format!("{property} must be true or false")),
            "unique" if value == true && matches!(kind, Kind::List(_) | Kind::Boolean) => {
                Some("Only a string, number or integer can be unique".to_owned())
            }
            "mutability" => one_of(property, value, &["READ_WRITE", "READ_ONLY", "IMMUTABLE"]),
            "scope" => one_of(property, value, &["NONE", "SELF"]),
            "format" if kind != Kind::Text => Some("Only a string can have a format".to_owned()),
            "format" => one_of(property, value, &FORMATS),
            "minLength" | "maxLength" => length_fault(kind, property, value),
            "pattern" => pattern_fault(kind, value),
            "permissions" => permissions_fault(value),
            "master" => {
                let kind = value.get("type").unwrap_or(&Value::Null);
                one_of("master.type", kind, &["OKTA", "OVERRIDE", "PROFILE_MASTER"])
            }
            "enum" => choices_fault(kind, value),
            "oneOf" => titled_fault(value, given.get("enum")),
            "items" => value.as_object().and_then(|items| items_fault(kind, items)),
            _ => None,
        };
        faults.extend(fault);
    }
    let size = |name: &str| given.get(name).and_then(Value::as_u64);
    if size("minLength").zip(size("maxLength")).is_some_and(|(min, max)| min > max) {
        faults.push("minLength cannot be greater than maxLength".to_owned());
    }
    faults
}

fn one_of(property: &str, value: &Value, allowed: &[&str]) -> Option<String> {
    let fits = value.as_str().is_some_and(|text| allowed.contains(&text));
    (!fits).then(|| format!("{property} must be one of {}", allowed.join(", ")))
}

fn length_fault(kind: Kind, property: &str, value: &Value) -> Option<String> {
    if kind != Kind::Text {
        return Some(format!("Only a string can have {property}"));
    }
    let fits = value.as_u64().is_some_and(|length| usize::try_from(length).is_ok_and(|length| length <= LENGTH_MAX));
    (!fits).then(|| format!("{property} must be between 0 and {LENGTH_MAX}"))
}

fn pattern_fault(kind: Kind, value: &Value) -> Option<String> {
    let Some(pattern) = value.as_str().filter(|_| kind == Kind::Text) else {
        return Some("Only a string can have a pattern".to_owned());
    };
    let short = pattern.chars().count() <= TEXT_LEN_MAX;
    let compiled = RegexBuilder::new(&format!("^(?:{pattern})$")).size_limit(PATTERN_BYTES_MAX).build();
    (!short || compiled.is_err()).then(|| "pattern is not a valid regular expression".to_owned())
}

fn permissions_fault(value: &Value) -> Option<String> {
    let fits = value.as_array().is_some_and(|all| {
        all.iter().all(|one| {
            one["principal"] == "SELF" && matches!(one["action"].as_str(), Some("HIDE" | "READ_ONLY" | "READ_WRITE"))
        })
    });
    (!fits).then(|| "permissions must name the principal SELF and HIDE, READ_ONLY or READ_WRITE".to_owned())
}

fn choices_fault(kind: Kind, value: &Value) -> Option<String> {
    let fits = |choice: &Value| match kind {
        Kind::Text | Kind::List(Item::Text) => choice.is_string(),
        Kind::Integer | Kind::List(Item::Integer) => choice.is_i64(),
        Kind::Number | Kind::List(Item::Number) => choice.is_number(),
        Kind::Boolean => false,
    };
    let Some(choices) = value.as_array().filter(|choices| (1..=CHOICES_MAX).contains(&choices.len())) else {
        return Some(format!("enum must have between 1 and {CHOICES_MAX} values"));
    };
    let doubled = choices.iter().enumerate().any(|(position, choice)| choices[..position].contains(choice));
    (doubled || !choices.iter().all(fits)).then(|| "enum must have different values of the attribute's type".to_owned())
}

/// `oneOf` gives each value of `enum` a title, in the same order.
fn titled_fault(value: &Value, choices: Option<&Value>) -> Option<String> {
    let titled = value.as_array()?;
    let values: Vec<Value> = titled.iter().map(|one| one["const"].clone()).collect();
    let has_titles = titled.iter().all(|one| one["title"].is_string());
    let fits = has_titles && choices.is_some_and(|choices| *choices == Value::Array(values));
    (!fits).then(|| "oneOf must give each value of enum a title, in the same order".to_owned())
}

fn items_fault(kind: Kind, items: &Map<String, Value>) -> Option<String> {
    let choices = items.get("enum").filter(|choices| !choices.is_null());
    let titled = items.get("oneOf").filter(|titled| !titled.is_null());
    choices
        .and_then(|choices| choices_fault(kind, choices))
        .or_else(|| titled.and_then(|one| titled_fault(one, choices)))
}
