//! One attribute of a schema: its definition as the API shows it, and what that demands of a value.

use regex::RegexBuilder;
use serde_json::{Map, Value, json};

use crate::{Error, Result, model::profile::is_email};

/// Nothing is longer, whether or not a schema states a limit.
pub const LENGTH_MAX: usize = 4_096;
/// Elements of a list.
pub const ITEMS_MAX: usize = 1_000;
/// What a compiled pattern may take.
pub const PATTERN_BYTES_MAX: usize = 1 << 20;

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Boolean,
    Integer,
    Number,
    /// A list of one of the others.
    List(Item),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    Text,
    Integer,
    Number,
}

impl Kind {
    /// By the definition's `type`, and its `items.type` where it is a list.
    pub fn read(definition: &Map<String, Value>) -> Option<Kind> {
        Some(match definition.get("type")?.as_str()? {
            "string" => Kind::Text,
            "boolean" => Kind::Boolean,
            "integer" => Kind::Integer,
            "number" => Kind::Number,
            "array" => Kind::List(match definition.get("items")?.get("type")?.as_str()? {
                "string" => Item::Text,
                "integer" => Item::Integer,
                "number" => Item::Number,
                _ => return None,
            }),
            _ => return None,
        })
    }

    /// Whether single values are numbers: they are compared by value.
    pub fn is_numeric(self) -> bool {
        matches!(self, Kind::Integer | Kind::Number | Kind::List(Item::Integer | Item::Number))
    }

    pub fn is_text(self) -> bool {
        matches!(self, Kind::Text | Kind::List(Item::Text))
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    pub name: String,
    pub kind: Kind,
    definition: Map<String, Value>,
}

impl Attribute {
    /// A definition that was checked (`api::schemas`), or is one of ours.
    pub fn new(name: &str, kind: Kind, definition: Map<String, Value>) -> Attribute {
        Attribute { name: name.to_owned(), kind, definition }
    }

    pub(super) fn stored(name: String, definition: Value) -> Result<Attribute> {
        let unreadable = || Error::Stored { what: "schema", reason: format!("attribute {name} has no type") };
        let Value::Object(definition) = definition else { return Err(unreadable()) };
        let kind = Kind::read(&definition).ok_or_else(unreadable)?;
        Ok(Attribute { name, kind, definition })
    }

    /// As the API shows it.
    pub fn definition(&self) -> &Map<String, Value> {
        &self.definition
    }

    /// Replaces what another definition says; its type stays.
    pub fn lay_over(&mut self, changes: Value) {
        let Value::Object(changes) = changes else { return };
        for (name, value) in changes.into_iter().filter(|(name, _)| name != "type" && name != "items") {
            if value.is_null() {
                self.definition.shift_remove(&name);
            } else {
                self.definition.insert(name, value);
            }
        }
    }

    pub fn is_required(&self) -> bool {
        self.flag("required")
    }

    pub fn is_unique(&self) -> bool {
        self.flag("unique")
    }

    pub fn mutability(&self) -> &str {
        self.text("mutability").unwrap_or("READ_WRITE")
    }

    /// What people may do with their own value: READ_WRITE, READ_ONLY or HIDE.
    pub fn own_permission(&self) -> &str {
        let permissions = self.definition.get("permissions").and_then(Value::as_array);
        let own = permissions.and_then(|all| all.iter().find(|one| one["principal"] == "SELF"));
        own.and_then(|own| own["action"].as_str()).unwrap_or("READ_ONLY")
    }

    pub fn default(&self) -> Option<&Value> {
        self.definition.get("default")
    }

    fn flag(&self, name: &str) -> bool {
        self.definition.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.definition.get(name).and_then(Value::as_str)
    }

    fn size(&self, name: &str) -> Option<usize> {
        self.definition.get(name).and_then(Value::as_u64).and_then(|size| usize::try_from(size).ok())
    }

    /// Why a value is refused; nothing when it is not.
    pub fn faults(&self, value: &Value) -> Vec<String> {
        let one = match (self.kind, value) {
            (Kind::Text, Value::String(text)) => return self.text_faults(text),
            (Kind::Boolean, Value::Bool(_)) => None,
            (Kind::Integer, Value::Number(number)) if number.as_i64().is_some() => of_choices(&self.definition, value),
            (Kind::Number, Value::Number(_)) => of_choices(&self.definition, value),
            (Kind::List(item), Value::Array(values)) => self.list_fault(item, values),
            (Kind::Text, _) => Some("The value must be a string".to_owned()),
            (Kind::Boolean, _) => Some("The value must be a boolean".to_owned()),
            (Kind::Integer, _) => Some("The value must be an integer".to_owned()),
            (Kind::Number, _) => Some("The value must be a number".to_owned()),
            (Kind::List(_), _) => Some("The value must be an array".to_owned()),
        };
        one.into_iter().collect()
    }

    fn list_fault(&self, item: Item, values: &[Value]) -> Option<String> {
        if values.len() > ITEMS_MAX {
            return Some(format!("The field cannot have more than {ITEMS_MAX} values"));
        }
        let empty = Map::new();
        let of_items = self.definition.get("items").and_then(Value::as_object).unwrap_or(&empty);
        values.iter().find_map(|value| match (item, value) {
            (Item::Text, Value::String(text)) if text.chars().count() > LENGTH_MAX => {
                Some("The field is too long".to_owned())
            }
            (Item::Text, Value::String(_)) | (Item::Number, Value::Number(_)) => of_choices(of_items, value),
            (Item::Integer, Value::Number(number)) if number.as_i64().is_some() => of_choices(of_items, value),
            (Item::Text, _) => Some("Each value must be a string".to_owned()),
            (Item::Integer, _) => Some("Each value must be an integer".to_owned()),
            (Item::Number, _) => Some("Each value must be a number".to_owned()),
        })
    }

    fn text_faults(&self, text: &str) -> Vec<String> {
        let mut faults = Vec::new();
        let length = text.chars().count();
        match (self.size("minLength"), self.size("maxLength")) {
            (Some(min), Some(max)) if length < min || length > max => {
                faults.push(format!("The field must be between {min} and {max} characters"));
            }
            (Some(min), None) if length < min => faults.push("The field is too short".to_owned()),
            (_, max) if length > max.unwrap_or(LENGTH_MAX).min(LENGTH_MAX) => {
                faults.push("The field is too long".to_owned());
            }
            _ => {}
        }
        if text.is_empty() {
            return faults;
        }
        faults.extend(of_choices(&self.definition, &Value::String(text.to_owned())));
        let mut fits = self.text("format").is_none_or(|format| has_format(text, format));
        if let Some(pattern) = self.text("pattern") {
            // It was compiled once when it was set; one that no longer compiles refuses everything.
            let compiled = RegexBuilder::new(&format!("^(?:{pattern})$")).size_limit(PATTERN_BYTES_MAX).build();
            fits &= compiled.is_ok_and(|pattern| pattern.is_match(text));
        } else if self.name == "login" && !is_email(text) {
            faults.push("Username must be in the form of an email address".to_owned());
        }
        if !fits {
            faults.push("Does not match required pattern".to_owned());
        }
        faults
    }
}

/// Whether a value counts as none where one is required.
pub fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(values) => values.is_empty(),
        _ => false,
    }
}

fn of_choices(definition: &Map<String, Value>, value: &Value) -> Option<String> {
    let choices = definition.get("enum").and_then(Value::as_array)?;
    (!choices.contains(value)).then(|| "The value must be one of the values of the enumeration".to_owned())
}

fn has_format(text: &str, format: &str) -> bool {
    let letters = |text: &str, len: std::ops::RangeInclusive<usize>| {
        len.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphabetic())
    };
    match format {
        "email" => is_email(text),
        "uri" => url::Url::parse(text).is_ok(),
        "country-code" => letters(text, 2..=2),
        "language-code" | "locale" => {
            let mut parts = text.split(['-', '_']);
            let plain =
                |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
            parts.next().is_some_and(|language| letters(language, 2..=3)) && parts.all(plain)
        }
        "timezone" => !text.contains(char::is_whitespace),
        "date-time" => text.parse::<world::Instant>().is_ok(),
        _ => true,
    }
}

/// A definition with what every attribute states. `action` is what people may do with their own value.
pub fn definition(title: &str, kind: &str, required: bool, action: &str) -> Map<String, Value> {
    let mut definition = Map::new();
    definition.insert("title".to_owned(), title.into());
    definition.insert("type".to_owned(), kind.into());
    if required {
        definition.insert("required".to_owned(), true.into());
    }
    definition.insert("mutability".to_owned(), "READ_WRITE".into());
    definition.insert("scope".to_owned(), "NONE".into());
    definition.insert("permissions".to_owned(), json!([{ "principal": "SELF", "action": action }]));
    definition.insert("master".to_owned(), json!({ "type": "PROFILE_MASTER" }));
    definition
}
