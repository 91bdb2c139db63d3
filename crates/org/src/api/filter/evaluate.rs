//! From an expression to a yes or no about a JSON document: the System Log is asked this way, since any of its fields may be.
//!
//! Where a path crosses an array (`target.id`), one element that fits is enough. Text is compared without regard to case.

use std::cmp::Ordering;

use serde_json::Value;

use super::{Expression, Operator};
use crate::model::fold;

pub fn matches(expression: &Expression, document: &Value) -> bool {
    match expression {
        Expression::And(terms) => terms.iter().all(|term| matches(term, document)),
        Expression::Or(terms) => terms.iter().any(|term| matches(term, document)),
        Expression::Not(term) => !matches(term, document),
        Expression::Present(path) => values(document, path).into_iter().any(|value| !value.is_null()),
        Expression::Test { attribute, operator: Operator::Ne, value } => {
            !values(document, attribute).into_iter().any(|found| compare(found, value) == Some(Ordering::Equal))
        }
        Expression::Test { attribute, operator, value } => {
            values(document, attribute).into_iter().any(|found| fits(found, *operator, value))
        }
    }
}

/// Every value that a dotted path leads to.
fn values<'a>(document: &'a Value, path: &str) -> Vec<&'a Value> {
    let mut found = vec![document];
    for name in path.split('.') {
        found = found.into_iter().flat_map(elements).filter_map(|value| value.get(name)).collect();
    }
    found.into_iter().flat_map(elements).collect()
}

fn elements(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        other => vec![other],
    }
}

fn fits(found: &Value, operator: Operator, wanted: &Value) -> bool {
    let texts = || Some((fold(found.as_str()?), fold(wanted.as_str()?)));
    match operator {
        Operator::StartsWith => texts().is_some_and(|(found, wanted)| found.starts_with(&wanted)),
        Operator::EndsWith => texts().is_some_and(|(found, wanted)| found.ends_with(&wanted)),
        Operator::Contains => texts().is_some_and(|(found, wanted)| found.contains(&wanted)),
        Operator::Eq => compare(found, wanted) == Some(Ordering::Equal),
        Operator::Ne => compare(found, wanted) != Some(Ordering::Equal),
        Operator::Gt => compare(found, wanted) == Some(Ordering::Greater),
        Operator::Lt => compare(found, wanted) == Some(Ordering::Less),
        Operator::Ge => matches!(compare(found, wanted), Some(Ordering::Greater | Ordering::Equal)),
        Operator::Le => matches!(compare(found, wanted), Some(Ordering::Less | Ordering::Equal)),
    }
}

fn compare(found: &Value, wanted: &Value) -> Option<Ordering> {
    match (found, wanted) {
        (Value::String(found), Value::String(wanted)) => Some(fold(found).cmp(&fold(wanted))),
        (Value::Number(found), Value::Number(wanted)) => found.as_f64()?.partial_cmp(&wanted.as_f64()?),
        (Value::Bool(found), Value::Bool(wanted)) => Some(found.cmp(wanted)),
        (Value::Null, Value::Null) => Some(Ordering::Equal),
        _ => None,
    }
}
