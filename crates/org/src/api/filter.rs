//! The filter grammar of `filter` and `search`: a subset of SCIM's (RFC 7644).
//!
//! `or` binds less than `and`; operators are read without regard to case, attribute names with it; values are JSON literals.
//! Invariant: an expression is at most [`LENGTH_MAX`] long and [`DEPTH_MAX`] deep, so reading one costs little whoever sends it.

pub mod compile;
pub mod evaluate;

use serde_json::Value;

use crate::error::{Fault, codes};

pub const LENGTH_MAX: usize = 8_192;
pub const DEPTH_MAX: usize = 32;

#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    And(Vec<Expression>),
    Or(Vec<Expression>),
    Not(Box<Expression>),
    Test { attribute: String, operator: Operator, value: Value },
    Present(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
    StartsWith,
    EndsWith,
    Contains,
}

impl Operator {
    pub const ALL: &[Operator] = &[
        Operator::Eq,
        Operator::Ne,
        Operator::Gt,
        Operator::Ge,
        Operator::Lt,
        Operator::Le,
        Operator::StartsWith,
        Operator::EndsWith,
        Operator::Contains,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Operator::Eq => "eq",
            Operator::Ne => "ne",
            Operator::Gt => "gt",
            Operator::Ge => "ge",
            Operator::Lt => "lt",
            Operator::Le => "le",
            Operator::StartsWith => "sw",
            Operator::EndsWith => "ew",
            Operator::Contains => "co",
        }
    }

    fn parse(word: &str) -> Option<Operator> {
        Operator::ALL.iter().copied().find(|operator| operator.as_str().eq_ignore_ascii_case(word))
    }
}

/// Why a filter is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It does not follow the grammar.
    Malformed,
    /// It does, but asks what the resource does not answer.
    Unsupported,
}

impl From<Refused> for Fault {
    fn from(refused: Refused) -> Fault {
        Fault::new(match refused {
            Refused::Malformed => &codes::E0000031,
            Refused::Unsupported => &codes::E0000094,
        })
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Open,
    Close,
    Word(String),
    Literal(Value),
}

/// Reads an expression.
pub fn parse(text: &str) -> Result<Expression, Refused> {
    if text.len() > LENGTH_MAX {
        return Err(Refused::Malformed);
    }
    let mut parser = Parser { tokens: tokens(text)?, position: 0 };
    let expression = parser.either(0)?;
    if parser.position == parser.tokens.len() { Ok(expression) } else { Err(Refused::Malformed) }
}

fn tokens(text: &str) -> Result<Vec<Token>, Refused> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let len = match first {
            '(' => {
                tokens.push(Token::Open);
                1
            }
            ')' => {
                tokens.push(Token::Close);
                1
            }
            '"' => {
                let len = string_len(rest).ok_or(Refused::Malformed)?;
                tokens.push(Token::Literal(serde_json::from_str(&rest[..len]).map_err(|_| Refused::Malformed)?));
                len
            }
            _ => {
                let len = rest
                    .find(|character: char| character.is_whitespace() || "()\"".contains(character))
                    .unwrap_or(rest.len());
                tokens.push(word(&rest[..len]));
                len
            }
        };
        rest = rest[len..].trim_start();
    }
    Ok(tokens)
}

/// The length of the JSON string at the beginning, its quotes included.
fn string_len(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (position, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(position + 1),
            _ => {}
        }
    }
    None
}

fn word(text: &str) -> Token {
    let literal = matches!(text, "true" | "false" | "null")
        || text.starts_with(|first: char| first.is_ascii_digit() || first == '-');
    match serde_json::from_str(text) {
        Ok(value) if literal => Token::Literal(value),
        _ => Token::Word(text.to_owned()),
    }
}

struct Parser {
    tokens: Vec<Token>,
    position: usize,
}

impl Parser {
    fn either(&mut self, depth: usize) -> Result<Expression, Refused> {
        let mut terms = vec![self.both(depth)?];
        while self.keyword("or") {
            terms.push(self.both(depth)?);
        }
        Ok(only(terms).unwrap_or_else(Expression::Or))
    }

    fn both(&mut self, depth: usize) -> Result<Expression, Refused> {
        let mut terms = vec![self.term(depth)?];
        while self.keyword("and") {
            terms.push(self.term(depth)?);
        }
        Ok(only(terms).unwrap_or_else(Expression::And))
    }

    fn term(&mut self, depth: usize) -> Result<Expression, Refused> {
        if depth >= DEPTH_MAX {
            return Err(Refused::Malformed);
        }
        if self.keyword("not") {
            return Ok(Expression::Not(Box::new(self.term(depth + 1)?)));
        }
        match self.next() {
            Some(Token::Open) => {
                let inner = self.either(depth + 1)?;
                if self.next() == Some(Token::Close) { Ok(inner) } else { Err(Refused::Malformed) }
            }
            Some(Token::Word(attribute)) if is_attribute(&attribute) => {
                let Some(Token::Word(operator)) = self.next() else { return Err(Refused::Malformed) };
                if operator.eq_ignore_ascii_case("pr") {
                    return Ok(Expression::Present(attribute));
                }
                let operator = Operator::parse(&operator).ok_or(Refused::Malformed)?;
                let Some(Token::Literal(value)) = self.next() else { return Err(Refused::Malformed) };
                Ok(Expression::Test { attribute, operator, value })
            }
            _ => Err(Refused::Malformed),
        }
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.position).cloned();
        self.position += usize::from(token.is_some());
        token
    }

    /// Takes the word if it comes next. `and`, `or` and `not` are no attribute names.
    fn keyword(&mut self, wanted: &str) -> bool {
        let found =
            matches!(self.tokens.get(self.position), Some(Token::Word(word)) if word.eq_ignore_ascii_case(wanted));
        self.position += usize::from(found);
        found
    }
}

/// The only one of some terms, or all of them back.
fn only(mut terms: Vec<Expression>) -> Result<Expression, Vec<Expression>> {
    match terms.pop() {
        Some(term) if terms.is_empty() => Ok(term),
        Some(term) => {
            terms.push(term);
            Err(terms)
        }
        None => Err(terms),
    }
}

fn is_attribute(word: &str) -> bool {
    let reserved = ["and", "or", "not"].iter().any(|reserved| word.eq_ignore_ascii_case(reserved));
    let first = word.starts_with(|first: char| first.is_ascii_alphabetic());
    first && !reserved && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-:$".contains(&byte))
}

#[cfg(test)]
mod tests;
