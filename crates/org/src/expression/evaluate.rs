//! Evaluating an expression about one person.
//!
//! An attribute that is not set is null, and equal to null; one that was cleared is the empty text. What cannot be compared is neither
//! less nor greater, and what is no truth value counts as false.

use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::{Comparison, Expression, Function, NamePattern, Node, Sign, functions::bounded};

/// About whom an expression is asked.
pub trait Subject {
    /// Null when it is not set.
    fn attribute(&self, name: &str) -> Value;
    /// `id`, `status`, `created` and the like; null when there is none of this name.
    fn internal(&self, name: &str) -> Value;
    fn is_in_group(&self, id: &str) -> bool;
    fn has_group(&self, fits: &dyn Fn(&str) -> bool) -> bool;
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failed {
    #[error("a text or list became too long")]
    TooLong,
    #[error("only numbers can be added or subtracted, and texts be added")]
    NoSum,
}

impl Expression {
    pub fn evaluate(&self, subject: &dyn Subject) -> Result<Value, Failed> {
        self.root.evaluate(subject)
    }

    /// Whether the expression holds of somebody.
    pub fn holds(&self, subject: &dyn Subject) -> Result<bool, Failed> {
        Ok(is_true(&self.evaluate(subject)?))
    }
}

impl Node {
    fn evaluate(&self, subject: &dyn Subject) -> Result<Value, Failed> {
        let truth = |node: &Node| node.evaluate(subject).map(|value| is_true(&value));
        Ok(match self {
            Node::Literal(value) => value.clone(),
            Node::List(nodes) => Value::Array(all(nodes, subject)?),
            Node::Attribute(name) => subject.attribute(name),
            Node::Internal(name) => subject.internal(name),
            Node::Call(Function::IsMemberOfAnyGroup | Function::IsMemberOfGroup, arguments) => {
                let ids = all(arguments, subject)?;
                let is_in = |id: &Value| id.as_str().is_some_and(|id| subject.is_in_group(id));
                Value::Bool(ids.iter().any(|id| match id {
                    Value::Array(ids) => ids.iter().any(is_in),
                    id => is_in(id),
                }))
            }
            Node::Call(function, arguments) => function.apply(&all(arguments, subject)?)?,
            Node::Not(node) => Value::Bool(!truth(node)?),
            Node::Negative(node) => negative(&node.evaluate(subject)?)?,
            Node::Both(terms) => Value::Bool(!settled(terms, subject, false)?),
            Node::Either(terms) => Value::Bool(settled(terms, subject, true)?),
            Node::Compare(comparison, left, right) => {
                Value::Bool(compare(*comparison, &left.evaluate(subject)?, &right.evaluate(subject)?))
            }
            Node::Matches(node, pattern) => match node.evaluate(subject)? {
                Value::Null => Value::Bool(false),
                value => Value::Bool(pattern.is_match(&text_of(&value))),
            },
            Node::Sum(first, others) => {
                let mut total = first.evaluate(subject)?;
                for (sign, node) in others {
                    let value = node.evaluate(subject)?;
                    total = match (sign, &total) {
                        (Sign::Plus, _) => sum(&total, &value)?,
                        (Sign::Minus, Value::Number(_)) => sum(&total, &negative(&value)?)?,
                        (Sign::Minus, _) => return Err(Failed::NoSum),
                    };
                }
                total
            }
            Node::GroupNamed(pattern) => Value::Bool(pattern.fits_a_group(subject)?),
            Node::Choice(condition, yes, no) => if truth(condition)? { yes } else { no }.evaluate(subject)?,
        })
    }
}

impl NamePattern {
    fn fits_a_group(&self, subject: &dyn Subject) -> Result<bool, Failed> {
        let given = |node: &Node| node.evaluate(subject).map(|value| text_of(&value));
        Ok(match self {
            NamePattern::Is(node) => {
                let wanted = given(node)?;
                subject.has_group(&|name| name == wanted)
            }
            NamePattern::StartsWith(node) => {
                let wanted = given(node)?;
                subject.has_group(&|name| name.starts_with(&wanted))
            }
            NamePattern::Contains(node) => {
                let wanted = given(node)?;
                subject.has_group(&|name| name.contains(&wanted))
            }
            NamePattern::Matches(pattern) => subject.has_group(&|name| pattern.is_match(name)),
        })
    }
}

fn all(nodes: &[Node], subject: &dyn Subject) -> Result<Vec<Value>, Failed> {
    nodes.iter().map(|node| node.evaluate(subject)).collect()
}

/// Whether one of some terms has this truth, in their order and no further than needed.
fn settled(terms: &[Node], subject: &dyn Subject, by: bool) -> Result<bool, Failed> {
    for term in terms {
        if is_true(&term.evaluate(subject)?) == by {
            return Ok(true);
        }
    }
    Ok(false)
}

fn is_true(value: &Value) -> bool {
    value.as_bool().unwrap_or(false)
}

/// A value as a text; null is the empty one.
pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Equality: numbers by value however they are written, lists element by element, everything else by kind and value.
pub(super) fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.as_f64() == right.as_f64(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        _ => left == right,
    }
}

fn compare(comparison: Comparison, left: &Value, right: &Value) -> bool {
    let ordering = || match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.as_f64()?.partial_cmp(&right.as_f64()?),
        (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
        _ => None,
    };
    match comparison {
        Comparison::Equal => same(left, right),
        Comparison::Unequal => !same(left, right),
        Comparison::Less => ordering() == Some(Ordering::Less),
        Comparison::Greater => ordering() == Some(Ordering::Greater),
        Comparison::LessOrEqual => matches!(ordering(), Some(Ordering::Less | Ordering::Equal)),
        Comparison::GreaterOrEqual => matches!(ordering(), Some(Ordering::Greater | Ordering::Equal)),
    }
}

fn sum(left: &Value, right: &Value) -> Result<Value, Failed> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            let whole = left.as_i64().zip(right.as_i64()).and_then(|(left, right)| left.checked_add(right));
            let sum = whole.map(Number::from);
            let sum = sum.or_else(|| Number::from_f64(left.as_f64()? + right.as_f64()?));
            sum.map(Value::Number).ok_or(Failed::NoSum)
        }
        (Value::Array(_) | Value::Object(_), _) | (_, Value::Array(_) | Value::Object(_)) => Err(Failed::NoSum),
        _ => bounded(text_of(left) + &text_of(right)),
    }
}

fn negative(value: &Value) -> Result<Value, Failed> {
    let Value::Number(number) = value else { return Err(Failed::NoSum) };
    let whole = number.as_i64().and_then(i64::checked_neg).map(Number::from);
    let negated = whole.or_else(|| number.as_f64().and_then(|number| Number::from_f64(-number)));
    negated.map(Value::Number).ok_or(Failed::NoSum)
}
