//! From an expression to a bound SQL condition, by a resource's table of attributes.

use std::str::FromStr;

use serde_json::Value;
use world::Instant;

use super::{Expression, Operator, Refused, parse};
use crate::{
    api::paging::Asked,
    error::{Answer, Fault, codes},
    model::{condition::Condition, fold, index, literal},
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
    /// 0 or 1; the value is true or false.
    Flag(&'static str),
    /// Microseconds; the value is a date.
    Instant(&'static str),
    /// A condition around the value: `before $n after`. Equality alone.
    Around(&'static str, &'static str),
    /// The rows of an attribute in a table of them.
    Profile { table: AttributeTable, name: String, compared: Compared },
}

/// Where profile values stand as rows, one for each value of each attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttributeTable {
    /// Of the person `u`.
    People,
    /// Of the group `g`.
    Groups,
}

impl AttributeTable {
    fn row_named(self) -> &'static str {
        match self {
            AttributeTable::People => "exists (select 1 from user_attribute x where x.user_id = u.id and x.name = ",
            AttributeTable::Groups => "exists (select 1 from group_attribute x where x.group_id = g.id and x.name = ",
        }
    }
}

/// How a profile value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared {
    Exactly,
    WithoutCase,
    AsNumber,
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
pub fn condition(asked: &Asked, filter: &Grammar, search: &Fields<'_>) -> Answer<Option<Condition>> {
    match (asked.get("filter"), asked.get("search")) {
        (Some(_), Some(_)) => Err(Fault::new(&codes::E0000033)),
        (Some(text), None) => Ok(Some(filter.compile(&parse(text)?)?)),
        (None, Some(text)) => Ok(Some(compile(&parse(text)?, search, false)?)),
        (None, None) => Ok(None),
    }
}

/// What can be asked by which name: a search knows the attributes that a schema has today.
pub type Fields<'a> = dyn Fn(&str) -> Option<Field> + 'a;

impl Grammar {
    pub fn compile(&self, expression: &Expression) -> Result<Condition, Refused> {
        compile(expression, &self.field, self.allows_not)
    }
}

/// The condition of an expression.
pub fn compile(expression: &Expression, fields: &Fields<'_>, allows_not: bool) -> Result<Condition, Refused> {
    let all = |terms: &[Expression]| -> Result<Vec<Condition>, Refused> {
        terms.iter().map(|term| compile(term, fields, allows_not)).collect()
    };
    match expression {
        Expression::And(terms) => Ok(Condition::joined(all(terms)?, "and")),
        Expression::Or(terms) => Ok(Condition::joined(all(terms)?, "or")),
        Expression::Not(_) if !allows_not => Err(Refused::Unsupported),
        Expression::Not(term) => Ok(compile(term, fields, allows_not)?.inverted()),
        Expression::Present(attribute) => {
            let field = fields(attribute).filter(|field| field.present).ok_or(Refused::Unsupported)?;
            present(&field.column)
        }
        Expression::Test { attribute, operator, value } => {
            let field = fields(attribute).ok_or(Refused::Unsupported)?;
            if !field.operators.contains(operator) {
                return Err(Refused::Unsupported);
            }
            test(&field.column, *operator, value)
        }
    }
}

fn present(column: &Column) -> Result<Condition, Refused> {
    match column {
        Column::Exact(sql) | Column::Folded(sql) | Column::Capitals(sql) | Column::Flag(sql) | Column::Instant(sql) => {
            Ok(Condition::sql(format!("({sql} is not null)")))
        }
        Column::Around(..) => Err(Refused::Unsupported),
        Column::Profile { table, name, .. } => {
            let exists = Condition::sql(table.row_named());
            Ok(exists.text(name.clone()).then(" and x.value <> '')"))
        }
    }
}

fn test(column: &Column, operator: Operator, value: &Value) -> Result<Condition, Refused> {
    let text = || value.as_str().ok_or(Refused::Malformed);
    match column {
        Column::Exact(sql) => Ok(text_test(sql, operator, text()?)),
        Column::Flag(sql) => {
            let flag = value.as_bool().or_else(|| value.as_str()?.parse().ok()).ok_or(Refused::Malformed)?;
            let sign = sign(operator).ok_or(Refused::Unsupported)?;
            Ok(Condition::sql(format!("({sql} {sign} ")).int(i64::from(flag)).then(")"))
        }
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
        Column::Profile { table, name, compared } => {
            let (column, text) = match (compared, value) {
                (Compared::AsNumber, _) => {
                    let number = value.as_f64().or_else(|| value.as_str()?.parse().ok());
                    ("x.folded", index::number_form(number.ok_or(Refused::Malformed)?))
                }
                (Compared::WithoutCase, Value::String(text)) => ("x.folded", index::text_form(text)),
                (Compared::Exactly, Value::String(text)) => ("x.value", text.clone()),
                (Compared::WithoutCase | Compared::Exactly, Value::Number(_) | Value::Bool(_)) => {
                    ("x.value", value.to_string())
                }
                _ => return Err(Refused::Malformed),
            };
            let found = |operator| {
                let inner = text_test(column, operator, &text);
                let head = Condition::sql(table.row_named()).text(name.clone());
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
