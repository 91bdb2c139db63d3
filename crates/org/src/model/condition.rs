//! A condition of a `where` clause: text of ours with bound values in it.
//!
//! Invariant: what comes from outside is only ever bound.

use db::Query;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Condition {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Sql(String),
    Text(String),
    Int(i64),
}

impl Condition {
    pub fn sql(text: impl Into<String>) -> Condition {
        Condition { parts: vec![Part::Sql(text.into())] }
    }

    pub fn then(mut self, text: impl Into<String>) -> Condition {
        self.parts.push(Part::Sql(text.into()));
        self
    }

    pub fn text(mut self, value: impl Into<String>) -> Condition {
        self.parts.push(Part::Text(value.into()));
        self
    }

    pub fn int(mut self, value: i64) -> Condition {
        self.parts.push(Part::Int(value));
        self
    }

    /// This text, and then another condition's.
    pub fn and_then(mut self, other: Condition) -> Condition {
        self.parts.extend(other.parts);
        self
    }

    /// What this condition does not hold of.
    pub fn inverted(self) -> Condition {
        let mut parts = vec![Part::Sql("(not (".to_owned())];
        parts.extend(self.parts);
        parts.push(Part::Sql("))".to_owned()));
        Condition { parts }
    }

    /// All of some conditions, or any of them; never of none.
    pub fn joined(conditions: Vec<Condition>, word: &str) -> Condition {
        let mut parts = vec![Part::Sql("(".to_owned())];
        for (index, condition) in conditions.into_iter().enumerate() {
            if index > 0 {
                parts.push(Part::Sql(format!(" {word} ")));
            }
            parts.extend(condition.parts);
        }
        parts.push(Part::Sql(")".to_owned()));
        Condition { parts }
    }

    /// A statement that a list's limit, where there is one, goes on with.
    pub fn limit(query: Query, limit: Option<&Condition>) -> Query {
        match limit {
            Some(condition) => condition.append(query.push(" and ")),
            None => query,
        }
    }

    /// Puts the condition behind a statement, its values under the placeholders that come next.
    pub fn append(&self, mut query: Query) -> Query {
        for part in &self.parts {
            query = match part {
                Part::Sql(text) => query.push(text),
                Part::Text(value) => placeholder(query).bind(value),
                Part::Int(value) => placeholder(query).bind(*value),
            };
        }
        query
    }
}

fn placeholder(query: Query) -> Query {
    let number = query.next_placeholder();
    query.push(&format!("${number}"))
}
