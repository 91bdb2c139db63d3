//! Functions of expressions: on texts, lists, numbers and the person's groups.

use serde_json::Value;

use super::expression::{ExpressionError, Facts, RESULT_LEN_MAX, Result};

const GROUPS_MAX: usize = 100;
pub(super) const FUNCTIONS: [&str; 33] = [
    "String.append",
    "String.join",
    "String.len",
    "String.removeSpaces",
    "String.replace",
    "String.replaceFirst",
    "String.startsWith",
    "String.stringContains",
    "String.stringSwitch",
    "String.substring",
    "String.substringAfter",
    "String.substringBefore",
    "String.toLowerCase",
    "String.toUpperCase",
    "Arrays.add",
    "Arrays.remove",
    "Arrays.clear",
    "Arrays.contains",
    "Arrays.get",
    "Arrays.flatten",
    "Arrays.isEmpty",
    "Arrays.size",
    "Arrays.toCsvString",
    "Convert.toInt",
    "Convert.toNum",
    "Groups.startsWith",
    "Groups.endsWith",
    "Groups.contains",
    "isMemberOfGroup",
    "isMemberOfAnyGroup",
    "isMemberOfGroupName",
    "isMemberOfGroupNameStartsWith",
    "isMemberOfGroupNameContains",
];

/// A value as text; nothing is the empty text.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

pub(super) fn limited(text: String) -> Result<String> {
    if text.len() > RESULT_LEN_MAX { Err(ExpressionError::TooLarge) } else { Ok(text) }
}

pub(super) fn index(value: &Value) -> Result<usize> {
    value.as_u64().and_then(|number| usize::try_from(number).ok()).ok_or(ExpressionError::Operands)
}

pub(super) fn call(name: &str, given: &[Value], facts: &Facts) -> Result<Value> {
    match name.split_once('.') {
        Some(("String", name)) => of_text(name, given),
        Some(("Arrays", name)) => of_list(name, given),
        Some(("Convert", name)) => {
            let [value] = given else { return Err(ExpressionError::Operands) };
            let number = text(value).trim().parse::<f64>().ok().filter(|number| number.is_finite());
            Ok(match (name, number) {
                (_, None) => Value::Null,
                ("toInt", Some(number)) => Value::from(number.round() as i64),
                (_, Some(number)) => Value::from(number),
            })
        }
        Some((_, name)) => of_groups(name, given, facts),
        None => membership(name, given, facts),
    }
}

fn of_text(name: &str, given: &[Value]) -> Result<Value> {
    let texts: Vec<String> = given.iter().map(text).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let answer: String = match (name, texts.as_slice()) {
        ("append", [left, right]) => format!("{left}{right}"),
        ("join", [separator, parts @ ..]) => parts.join(separator),
        ("len", [text]) => return Ok(Value::from(text.chars().count())),
        ("removeSpaces", [text]) => text.replace(' ', ""),
        ("replace", [text, old, new]) if !old.is_empty() => text.replace(old, new),
        ("replaceFirst", [text, old, new]) if !old.is_empty() => text.replacen(old, new, 1),
        ("startsWith", [text, start]) => return Ok(Value::Bool(text.starts_with(start))),
        ("stringContains", [text, part]) => return Ok(Value::Bool(text.contains(part))),
        ("stringSwitch", [text, default, pairs @ ..]) if pairs.len() % 2 == 0 => {
            let found = pairs.chunks(2).find(|pair| text.contains(pair[0]));
            found.map_or(*default, |pair| pair[1]).to_owned()
        }
        ("substring", [text, _, _]) => {
            let (from, to) = (index(&given[1])?, index(&given[2])?);
            text.chars().skip(from).take(to.saturating_sub(from)).collect()
        }
        ("substringAfter", [text, mark]) => text.split_once(mark).map_or("", |(_, after)| after).to_owned(),
        ("substringBefore", [text, mark]) => text.split_once(mark).map_or(*text, |(before, _)| before).to_owned(),
        ("toLowerCase", [text]) => text.to_lowercase(),
        ("toUpperCase", [text]) => text.to_uppercase(),
        _ => return Err(ExpressionError::Operands),
    };
    limited(answer).map(Value::String)
}

fn of_list(name: &str, given: &[Value]) -> Result<Value> {
    let list = |value: &Value| match value {
        Value::Array(items) => Ok(items.clone()),
        Value::Null => Ok(Vec::new()),
        _ => Err(ExpressionError::Operands),
    };
    Ok(match (name, given) {
        ("add", [of, item]) => {
            let mut items = list(of)?;
            items.push(item.clone());
            Value::Array(items)
        }
        ("remove", [of, item]) => Value::Array(list(of)?.into_iter().filter(|known| known != item).collect()),
        ("clear", [_]) => Value::Array(Vec::new()),
        ("contains", [of, item]) => Value::Bool(list(of)?.contains(item)),
        ("get", [of, at]) => list(of)?.get(index(at)?).cloned().unwrap_or_default(),
        ("flatten", items) => {
            let mut flat = Vec::new();
            for item in items {
                match item {
                    Value::Array(inner) => flat.extend(inner.iter().cloned()),
                    other => flat.push(other.clone()),
                }
            }
            Value::Array(flat)
        }
        ("isEmpty", [of]) => Value::Bool(list(of)?.is_empty()),
        ("size", [of]) => Value::from(list(of)?.len()),
        ("toCsvString", [of]) => Value::String(list(of)?.iter().map(text).collect::<Vec<_>>().join(",")),
        _ => return Err(ExpressionError::Operands),
    })
}

/// `Groups.startsWith("OKTA", "Sales", 10)`: names of the person's groups.
fn of_groups(name: &str, given: &[Value], facts: &Facts) -> Result<Value> {
    let [_, pattern, limit] = given else { return Err(ExpressionError::Operands) };
    let (pattern, limit) = (text(pattern), index(limit)?.min(GROUPS_MAX));
    let matches = |group: &str| match name {
        "startsWith" => group.starts_with(&pattern),
        "endsWith" => group.ends_with(&pattern),
        _ => group.contains(&pattern),
    };
    let names = facts.groups.iter().map(|(_, name)| name).filter(|name| matches(name)).take(limit);
    Ok(Value::Array(names.map(|name| Value::from(name.as_str())).collect()))
}

fn membership(name: &str, given: &[Value], facts: &Facts) -> Result<Value> {
    let wanted: Vec<String> = given.iter().map(text).collect();
    if wanted.is_empty() || (name != "isMemberOfAnyGroup" && wanted.len() != 1) {
        return Err(ExpressionError::Operands);
    }
    let is_one = |(id, group): &(String, String)| match name {
        "isMemberOfGroup" | "isMemberOfAnyGroup" => wanted.contains(id),
        "isMemberOfGroupName" => *group == wanted[0],
        "isMemberOfGroupNameStartsWith" => group.starts_with(&wanted[0]),
        _ => group.contains(&wanted[0]),
    };
    Ok(Value::Bool(facts.groups.iter().any(is_one)))
}
