//! A View's query text: where its parameters and Defined Fields stand, and how they become a [`BoundQuery`].
//!
//! Invariant: a value never becomes part of the SQL text. [`BoundQuery`] has no public constructor, so whoever holds one got it
//! from [`Template::bind`].
//!
//! `?Name?` is a parameter, `@Name` a Defined Field's query identifier. Inside quotes, comments and dollar quotes both are plain
//! text, as the database would see it. A list is bound value by value, with commas between; a name that stands in several places is
//! bound once.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use crate::{
    DataType, FieldValue, Value,
    query::{BoundQuery, Piece, SecurityContext},
};

/// A parsed query text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    segments: Vec<Segment>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Sql(String),
    Parameter(String),
    Field(String),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    #[error("the query is empty")]
    Empty,
    #[error("the query is longer than {SQL_CHARS_MAX} characters")]
    TooLong,
    #[error("line {line}: the {what} that begins here never ends")]
    Unclosed { what: &'static str, line: usize },
    #[error("the query has more than one statement; the second begins in line {line}")]
    SecondStatement { line: usize },
    #[error("line {line}: the query has a placeholder of its own (`{text}`); write `?Name?` for a value")]
    OwnPlaceholder { text: String, line: usize },
    #[error("the query has a NUL character")]
    HasNul,
    #[error("the query uses ?{0}?, which is not among its parameters")]
    UnknownParameter(String),
}

pub const SQL_CHARS_MAX: usize = 200_000;

impl Template {
    /// Finds parameters and identifiers in a query text.
    pub fn parse(sql: &str) -> Result<Template, TemplateError> {
        if sql.trim().is_empty() {
            return Err(TemplateError::Empty);
        }
        if sql.len() > SQL_CHARS_MAX {
            return Err(TemplateError::TooLong);
        }
        if sql.contains('\0') {
            return Err(TemplateError::HasNul);
        }
        Scanner { text: sql, position: 0, plain_from: 0, segments: Vec::new() }.scan()
    }

    /// Names of the parameters, in order of first use.
    pub fn parameters(&self) -> Vec<&str> {
        self.names(|segment| match segment {
            Segment::Parameter(name) => Some(name),
            _ => None,
        })
    }

    /// Query identifiers of the Defined Fields (with their `@`), in order of first use.
    pub fn fields(&self) -> Vec<&str> {
        self.names(|segment| match segment {
            Segment::Field(name) => Some(name),
            _ => None,
        })
    }

    fn names<'a>(&'a self, name: impl Fn(&'a Segment) -> Option<&'a String>) -> Vec<&'a str> {
        let mut seen = BTreeSet::new();
        self.segments.iter().filter_map(name).map(String::as_str).filter(|name| seen.insert(*name)).collect()
    }

    /// Puts typed values where parameters and identifiers stand.
    ///
    /// An identifier for which the reader has no value makes a query that returns no rows ([`BoundQuery::withheld`]), never one
    /// without the restriction.
    pub fn bind(
        &self,
        context: SecurityContext,
        values: &BTreeMap<String, Vec<Value>>,
    ) -> Result<BoundQuery, TemplateError> {
        let mut places = Places::default();
        let mut missing = BTreeSet::new();
        for segment in &self.segments {
            match segment {
                Segment::Sql(sql) => places.pieces.push(Piece::Sql(sql.clone())),
                Segment::Parameter(name) => {
                    let values = values.get(name).filter(|values| !values.is_empty());
                    places.put(name, values.ok_or_else(|| TemplateError::UnknownParameter(name.clone()))?);
                }
                Segment::Field(identifier) => {
                    let name = identifier.to_ascii_lowercase();
                    match context.field(identifier) {
                        Some(FieldValue { values, .. }) if !values.is_empty() => places.put(&name, values),
                        _ => {
                            missing.insert(identifier.clone());
                            // Never run, but described: the text stays a whole query.
                            places.put(&name, &[Value::Null(DataType::Text)]);
                        }
                    }
                }
            }
        }
        let Places { pieces, binds, .. } = places;
        let used = self.fields().into_iter().map(str::to_owned).collect();
        Ok(BoundQuery::new(pieces, binds, context.only(&used), missing.into_iter().collect()))
    }
}

/// The text and the values of a query that is being bound. A name that stands in several places has one placeholder a value, so
/// that the database knows `f(?A?)` in a `select` and in its `group by` for the same expression.
#[derive(Default)]
struct Places {
    pieces: Vec<Piece>,
    binds: Vec<Value>,
    /// By parameter name, or by identifier with its `@` in lower case, which no parameter has.
    known: BTreeMap<String, Range<usize>>,
}

impl Places {
    fn put(&mut self, name: &str, values: &[Value]) {
        let binds = &mut self.binds;
        let numbers = self.known.entry(name.to_owned()).or_insert_with(|| {
            let first = binds.len();
            binds.extend_from_slice(values);
            first..binds.len()
        });
        for (index, number) in numbers.clone().enumerate() {
            if index > 0 {
                self.pieces.push(Piece::Sql(", ".to_owned()));
            }
            self.pieces.push(Piece::Bind(number));
        }
    }
}

struct Scanner<'a> {
    text: &'a str,
    position: usize,
    plain_from: usize,
    segments: Vec<Segment>,
}

impl Scanner<'_> {
    fn scan(mut self) -> Result<Template, TemplateError> {
        let mut ended_at = None;
        while let Some(next) = self.rest().chars().next() {
            let start = self.position;
            if ended_at.is_some() && !next.is_whitespace() && !self.at_comment() && next != ';' {
                return Err(TemplateError::SecondStatement { line: self.line(start) });
            }
            match next {
                '\'' => self.skip_quoted('\'', "text in quotes")?,
                '"' => self.skip_quoted('"', "name in quotes")?,
                '`' => self.skip_quoted('`', "name in backticks")?,
                '-' if self.rest().starts_with("--") => self.skip_line(),
                '/' if self.rest().starts_with("/*") => self.skip_comment()?,
                '$' => self.skip_dollar()?,
                '?' => self.parameter()?,
                '@' if !self.follows_word() => self.field(),
                ':' if self.rest().starts_with("::") => self.position += 2,
                ';' => {
                    self.plain();
                    self.position += 1;
                    self.plain_from = self.position;
                    ended_at.get_or_insert(start);
                }
                _ => self.position += next.len_utf8(),
            }
        }
        self.plain();
        Ok(Template { segments: self.segments })
    }

    fn rest(&self) -> &str {
        &self.text[self.position..]
    }

    fn at_comment(&self) -> bool {
        self.rest().starts_with("--") || self.rest().starts_with("/*")
    }

    fn line(&self, position: usize) -> usize {
        self.text[..position].matches('\n').count() + 1
    }

    fn follows_word(&self) -> bool {
        self.text[..self.position]
            .chars()
            .next_back()
            .is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '@' | '<'))
            || self.rest().starts_with("@>")
            || self.rest().starts_with("@@")
    }

    /// Keeps the plain text since the last segment.
    fn plain(&mut self) {
        if self.plain_from < self.position {
            self.segments.push(Segment::Sql(self.text[self.plain_from..self.position].to_owned()));
        }
        self.plain_from = self.position;
    }

    fn skip_quoted(&mut self, quote: char, what: &'static str) -> Result<(), TemplateError> {
        let start = self.position;
        self.position += 1;
        match self.rest().find(quote) {
            // A doubled quote is seen as an end and a beginning, which leaves it inside.
            Some(length) => self.position += length + 1,
            None => return Err(TemplateError::Unclosed { what, line: self.line(start) }),
        }
        Ok(())
    }

    fn skip_line(&mut self) {
        self.position += self.rest().find('\n').map_or(self.rest().len(), |length| length + 1);
    }

    /// Comments nest in PostgreSQL and do not in SQLite: one that would differ between them is refused as unclosed or runs on
    /// to its outermost end, so that nothing after it is taken for query text by one of the two alone.
    fn skip_comment(&mut self) -> Result<(), TemplateError> {
        let start = self.position;
        self.position += 2;
        match self.rest().find("*/") {
            Some(length) if self.rest()[..length].contains("/*") => {
                Err(TemplateError::Unclosed { what: "comment inside a comment", line: self.line(start) })
            }
            Some(length) => {
                self.position += length + 2;
                Ok(())
            }
            None => Err(TemplateError::Unclosed { what: "comment", line: self.line(start) }),
        }
    }

    /// `$tag$ … $tag$` is PostgreSQL's other quoting; `$1` would be a placeholder of the query's own.
    fn skip_dollar(&mut self) -> Result<(), TemplateError> {
        let start = self.position;
        let after = &self.rest()[1..];
        if after.starts_with(|c: char| c.is_ascii_digit()) {
            let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
            return Err(TemplateError::OwnPlaceholder { text: format!("${digits}"), line: self.line(start) });
        }
        let tag_length = after.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(after.len());
        if !after[tag_length..].starts_with('$') || self.follows_word() {
            self.position += 1;
            return Ok(());
        }
        let tag = self.rest()[..tag_length + 2].to_owned();
        self.position += tag.len();
        match self.rest().find(&tag) {
            Some(length) => self.position += length + tag.len(),
            None => return Err(TemplateError::Unclosed { what: "dollar quote", line: self.line(start) }),
        }
        Ok(())
    }

    fn parameter(&mut self) -> Result<(), TemplateError> {
        let start = self.position;
        let after = &self.rest()[1..];
        let length = after.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.'))).unwrap_or(after.len());
        if length == 0 || !after[length..].starts_with('?') {
            return Err(TemplateError::OwnPlaceholder { text: "?".to_owned(), line: self.line(start) });
        }
        let name = after[..length].to_owned();
        self.plain();
        self.segments.push(Segment::Parameter(name));
        self.position = start + length + 2;
        self.plain_from = self.position;
        Ok(())
    }

    fn field(&mut self) {
        let start = self.position;
        let after = &self.rest()[1..];
        let length = after.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(after.len());
        if length == 0 || after.starts_with(|c: char| c.is_ascii_digit()) {
            self.position += 1;
            return;
        }
        let identifier = format!("@{}", &after[..length]);
        self.plain();
        self.segments.push(Segment::Field(identifier));
        self.position = start + length + 1;
        self.plain_from = self.position;
    }
}

#[cfg(test)]
mod tests;
