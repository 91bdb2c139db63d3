//! The functions of the language: names, how many arguments each takes, and what they do.
//!
//! Null in, null or the neutral answer out: no function fails because an attribute is not set.

use serde_json::Value;

use super::{
    ITEMS_MAX, TEXT_LEN_MAX,
    evaluate::{Failed, same, text_of},
};

macro_rules! functions {
    ($($variant:ident $name:literal $min:literal $max:literal;)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Function { $($variant,)* }

        impl Function {
            pub fn named(name: &str) -> Option<Function> {
                match name { $($name => Some(Function::$variant),)* _ => None }
            }

            pub fn name(self) -> &'static str {
                match self { $(Function::$variant => $name,)* }
            }

            /// The fewest and the most arguments.
            pub fn arguments(self) -> (usize, usize) {
                match self { $(Function::$variant => ($min, $max),)* }
            }
        }
    };
}

functions! {
    Append "String.append" 2 2;
    Join "String.join" 2 64;
    Len "String.len" 1 1;
    RemoveSpaces "String.removeSpaces" 1 1;
    Replace "String.replace" 3 3;
    ReplaceFirst "String.replaceFirst" 3 3;
    StartsWith "String.startsWith" 2 2;
    StringContains "String.stringContains" 2 2;
    StringSwitch "String.stringSwitch" 4 64;
    Substring "String.substring" 3 3;
    SubstringAfter "String.substringAfter" 2 2;
    SubstringBefore "String.substringBefore" 2 2;
    ToLowerCase "String.toLowerCase" 1 1;
    ToUpperCase "String.toUpperCase" 1 1;
    Add "Arrays.add" 2 2;
    Clear "Arrays.clear" 1 1;
    Contains "Arrays.contains" 2 2;
    Flatten "Arrays.flatten" 1 64;
    Get "Arrays.get" 2 2;
    IsEmpty "Arrays.isEmpty" 1 1;
    Remove "Arrays.remove" 2 2;
    Size "Arrays.size" 1 1;
    ToCsvString "Arrays.toCsvString" 1 1;
    IsMemberOfGroup "isMemberOfGroup" 1 1;
    IsMemberOfAnyGroup "isMemberOfAnyGroup" 1 100;
}

impl Function {
    /// Applies a function that needs nothing but its arguments; of groups the subject is asked instead.
    pub(super) fn apply(self, given: &[Value]) -> Result<Value, Failed> {
        let text = |position: usize| given.get(position).map(text_of).unwrap_or_default();
        let is_null = |position: usize| given.get(position).is_none_or(Value::is_null);
        let unless_null = |answer: String| if is_null(0) { Ok(Value::Null) } else { bounded(answer) };
        match self {
            Function::Append => bounded(text(0) + &text(1)),
            Function::Join => {
                let parts: Vec<String> = given.iter().skip(1).map(text_of).collect();
                bounded(parts.join(&text(0)))
            }
            Function::Len => Ok(text(0).chars().count().into()),
            Function::RemoveSpaces => unless_null(text(0).chars().filter(|next| !next.is_whitespace()).collect()),
            Function::Replace => unless_null(replaced(&text(0), &text(1), &text(2), usize::MAX)?),
            Function::ReplaceFirst => unless_null(replaced(&text(0), &text(1), &text(2), 1)?),
            Function::StartsWith => Ok(Value::Bool(!is_null(0) && text(0).starts_with(&text(1)))),
            Function::StringContains => Ok(Value::Bool(!is_null(0) && text(0).contains(&text(1)))),
            Function::StringSwitch => Ok(switched(given)),
            Function::Substring => unless_null(cut(&text(0), &given[1], &given[2])),
            Function::SubstringAfter => {
                unless_null(text(0).split_once(&text(1)).map_or_else(String::new, |(_, after)| after.to_owned()))
            }
            Function::SubstringBefore => {
                let whole = text(0);
                let before = whole.split_once(&text(1)).map(|(before, _)| before.to_owned());
                unless_null(before.unwrap_or(whole))
            }
            Function::ToLowerCase => unless_null(text(0).to_lowercase()),
            Function::ToUpperCase => unless_null(text(0).to_uppercase()),
            Function::Add => list(items(&given[0]).into_iter().chain([given[1].clone()])),
            Function::Clear => Ok(Value::Array(Vec::new())),
            Function::Contains => Ok(Value::Bool(items(&given[0]).iter().any(|item| same(item, &given[1])))),
            Function::Flatten => list(given.iter().flat_map(items)),
            Function::Get => {
                let position = given[1].as_u64().and_then(|position| usize::try_from(position).ok());
                Ok(position.and_then(|position| items(&given[0]).into_iter().nth(position)).unwrap_or(Value::Null))
            }
            Function::IsEmpty => Ok(Value::Bool(items(&given[0]).is_empty())),
            Function::Remove => list(items(&given[0]).into_iter().filter(|item| !same(item, &given[1]))),
            Function::Size => Ok(items(&given[0]).len().into()),
            Function::ToCsvString => bounded(items(&given[0]).iter().map(text_of).collect::<Vec<_>>().join(",")),
            Function::IsMemberOfGroup | Function::IsMemberOfAnyGroup => Ok(Value::Bool(false)),
        }
    }
}

/// A list's elements; of null none, of anything else itself.
fn items(value: &Value) -> Vec<Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.clone(),
        other => vec![other.clone()],
    }
}

fn list(items: impl Iterator<Item = Value>) -> Result<Value, Failed> {
    let items: Vec<Value> = items.take(ITEMS_MAX + 1).collect();
    if items.len() > ITEMS_MAX { Err(Failed::TooLong) } else { Ok(Value::Array(items)) }
}

pub(super) fn bounded(text: String) -> Result<Value, Failed> {
    if text.len() > TEXT_LEN_MAX { Err(Failed::TooLong) } else { Ok(Value::String(text)) }
}

/// Every `wanted` of a text, or the first few, replaced; the length is known before anything is written.
fn replaced(text: &str, wanted: &str, by: &str, times: usize) -> Result<String, Failed> {
    if wanted.is_empty() {
        return Ok(text.to_owned());
    }
    let found = text.matches(wanted).count().min(times);
    if found.saturating_mul(by.len()).saturating_add(text.len()) > TEXT_LEN_MAX.saturating_mul(2) {
        return Err(Failed::TooLong);
    }
    Ok(text.replacen(wanted, by, times))
}

/// The value behind the first key that the text contains, or the default.
fn switched(given: &[Value]) -> Value {
    let text = text_of(&given[0]);
    let pairs = given[2..].chunks_exact(2);
    let found = pairs.into_iter().find(|pair| !given[0].is_null() && text.contains(&text_of(&pair[0])));
    found.map_or_else(|| given[1].clone(), |pair| pair[1].clone())
}

/// Characters from `start` up to, and not with, `end`; what lies outside the text is left out.
fn cut(text: &str, start: &Value, end: &Value) -> String {
    let position = |value: &Value| value.as_i64().map_or(0, |number| usize::try_from(number).unwrap_or(0));
    let (start, end) = (position(start), position(end));
    text.chars().skip(start).take(end.saturating_sub(start)).collect()
}
