//! From an expression to a bound SQL condition, by a resource's table of attributes.

use std::str::FromStr;

use serde_json::Value;
use world::Instant;

use super::{Expression, Operator, Refused, parse};
use crate::{
    api::paging::Asked,
    error::{Answer, Fault, codes},
    model::{condition::Condition, fold, literal},
};

/// One attribute that a resource can be asked by.
#[derive(Clone, Debug)]
pub struct Field {
    pub column: Column,
    pub operators: &'static [Operator],
    /// Whether `pr` may be asked.
    pub present: bool,
}

/// Where an attribute's value is found. The texts are SQL of ours.
#[derive(Clone, Debug)]
pub enum Column {
    /// Text, compared as it is.
    Exact(&'static str),
    /// A column that holds folded text; the value is folded too.
    Folded(&'static str),
    /// Text in capitals, whatever case the value is in.
    Capitals(&'static str),
    /// Microseconds; the value is a date.
    Instant(&'static str),
    /// A condition around the value: `before $n after`. Equality alone.
    Around(&'static str, &'static str),
    /// A row of `user_attribute` of the person `u`, compared folded or as it is.
    Profile { name: String, folded: bool },
}

impl Field {
    pub fn new(column: Column, operators: &'static [Operator]) -> Field {
        Field { column, operators, present: false }
    }

    pub fn with_present(self) -> Field {
        Field { present: true, ..self }
    }
}

pub const EQ: &[Operator] = &[Operator::Eq];
pub const DATES: &[Operator] = &[Operator::Eq, Operator::Gt, Operator::Ge, Operator::Lt, Operator::Le];

/// What the resource's list may be asked.
pub struct Grammar {
    pub field: fn(&str) -> Option<Field>,
    pub allows_not: bool,
}

/// What `filter` or `search` ask of a list; both at once are refused.
pub fn condition(asked: &Asked, filter: &Grammar, search: &Grammar) -> Answer<Option<Condition>> {
    match (asked.get("filter"), asked.get("search")) {
        (Some(_), Some(_)) => Err(Fault::new(&codes::E0000033)),
        (Some(text), None) => Ok(Some(filter.compile(&parse(text)?)?)),
        (None, Some(text)) => Ok(Some(search.compile(&parse(text)?)?)),
        (None, None) => Ok(None),
    }
}

impl Grammar {
    pub fn compile(&self, expression: &Expression) -> Result<Condition, Refused> {
        match expression {
            Expression::And(terms) => Ok(Condition::joined(self.all(terms)?, "and")),
            Expression::Or(terms) => Ok(Condition::joined(self.all(terms)?, "or")),
            Expression::Not(_) if !self.allows_not => Err(Refused::Unsupported),
            Expression::Not(term) => Ok(self.compile(term)?.inverted()),
            Expression::Present(attribute) => {
                let field = (self.field)(attribute).filter(|field| field.present).ok_or(Refused::Unsupported)?;
                present(&field.column)
            }
            Expression::Test { attribute, operator, value } => {
                let field = (self.field)(attribute).ok_or(Refused::Unsupported)?;
                if !field.operators.contains(operator) {
                    return Err(Refused::Unsupported);
                }
                test(&field.column, *operator, value)
            }
        }
    }

    fn all(&self, terms: &[Expression]) -> Result<Vec<Condition>, Refused> {
        terms.iter().map(|term| self.compile(term)).collect()
    }
}

fn present(column: &Column) -> Result<Condition, Refused> {
    match column {
        Column::Exact(sql) | Column::Folded(sql) | Column::Capitals(sql) | Column::Instant(sql) => {
            Ok(Condition::sql(format!("({sql} is not null)")))
        }
        Column::Around(..) => Err(Refused::Unsupported),
        Column::Profile { name, .. } => {
            let exists = Condition::sql("exists (select 1 from user_attribute x where x.user_id = u.id and x.name = ");
            Ok(exists.text(name.clone()).then(" and x.value <> '')"))
        }
    }
}

fn test(column: &Column, operator: Operator, value: &Value) -> Result<Condition, Refused> {
    let text = || value.as_str().ok_or(Refused::Malformed);
    match column {
        Column::Exact(sql) => Ok(text_test(sql, operator, text()?)),
        Column::Folded(sql) => Ok(text_test(sql, operator, &fold(text()?))),
        Column::Capitals(sql) => Ok(text_test(sql, operator, &text()?.to_uppercase())),
        Column::Instant(sql) => {
            let instant = Instant::from_str(text()?).map_err(|_| Refused::Malformed)?;
            let sign = sign(operator).ok_or(Refused::Unsupported)?;
            Ok(Condition::sql(format!("({sql} {sign} ")).int(instant.as_us()).then(")"))
        }
        Column::Around(before, after) => {
            Ok(Condition::sql(format!("({before} ")).text(text()?).then(format!(" {after})")))
        }
        Column::Profile { name, folded } => {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Number(_) | Value::Bool(_) => value.to_string(),
                _ => return Err(Refused::Malformed),
            };
            let (column, text) = if *folded { ("x.folded", fold(&text)) } else { ("x.value", text) };
            let found = |operator| {
                let inner = text_test(column, operator, &text);
                let head =
                    Condition::sql("exists (select 1 from user_attribute x where x.user_id = u.id and x.name = ")
                        .text(name.clone());
                head.then(" and ").and_then(inner).then(")")
            };
            // Whoever lacks the attribute has another value than any.
            Ok(if operator == Operator::Ne { found(Operator::Eq).inverted() } else { found(operator) })
        }
    }
}

fn text_test(column: &str, operator: Operator, value: &str) -> Condition {
    let like = |pattern: String| Condition::sql(format!("({column} like ")).text(pattern).then(" escape '\\')");
    match operator {
        Operator::StartsWith => like(format!("{}%", literal(value))),
        Operator::EndsWith => like(format!("%{}", literal(value))),
        Operator::Contains => like(format!("%{}%", literal(value))),
        Operator::Ne => Condition::sql(format!("({column} is null or {column} <> ")).text(value).then(")"),
        Operator::Eq | Operator::Gt | Operator::Ge | Operator::Lt | Operator::Le => {
            let sign = sign(operator).unwrap_or("=");
            Condition::sql(format!("({column} {sign} ")).text(value).then(")")
        }
    }
}

fn sign(operator: Operator) -> Option<&'static str> {
    match operator {
        Operator::Eq => Some("="),
        Operator::Ne => Some("<>"),
        Operator::Gt => Some(">"),
        Operator::Ge => Some(">="),
        Operator::Lt => Some("<"),
        Operator::Le => Some("<="),
        Operator::StartsWith | Operator::EndsWith | Operator::Contains => None,
    }
}
