//! Cutting an expression's text into tokens.

use serde_json::{Number, Value};

use super::{LENGTH_MAX, Malformed};

#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    Name(String),
    Literal(Value),
    /// An operator or a bracket, as it is written.
    Sign(&'static str),
}

/// Longer ones first, so that `>=` is not read as `>`.
const SIGNS: [&str; 23] = [
    "==", "!=", ">=", "<=", "&&", "||", "?:", "(", ")", "{", "}", "[", "]", ",", ".", "?", ":", "!", ">", "<", "+",
    "-", "=",
];

pub fn tokens(text: &str) -> Result<Vec<Token>, Malformed> {
    if text.chars().count() > LENGTH_MAX {
        return Err(Malformed { reason: format!("The expression is longer than {LENGTH_MAX} characters") });
    }
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let len = match first {
            '"' | '\'' => {
                let (literal, len) = quoted(rest, first)?;
                found.push(Token::Literal(Value::String(literal)));
                len
            }
            digit if digit.is_ascii_digit() => {
                let (literal, len) = number(rest)?;
                found.push(Token::Literal(Value::Number(literal)));
                len
            }
            letter if letter.is_ascii_alphabetic() || matches!(letter, '_' | '$') => {
                let len = rest
                    .find(|next: char| !(next.is_ascii_alphanumeric() || matches!(next, '_' | '$')))
                    .unwrap_or(rest.len());
                found.push(named(&rest[..len]));
                len
            }
            _ => {
                let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign));
                let sign =
                    sign.ok_or_else(|| Malformed { reason: format!("Unexpected character '{first}' in expression") })?;
                found.push(Token::Sign(sign));
                sign.len()
            }
        };
        rest = rest[len..].trim_start();
    }
    Ok(found)
}

fn named(word: &str) -> Token {
    match word {
        "true" => Token::Literal(Value::Bool(true)),
        "false" => Token::Literal(Value::Bool(false)),
        "null" => Token::Literal(Value::Null),
        _ if word.eq_ignore_ascii_case("and") => Token::Sign("&&"),
        _ if word.eq_ignore_ascii_case("or") => Token::Sign("||"),
        _ if word.eq_ignore_ascii_case("not") => Token::Sign("!"),
        "eq" => Token::Sign("=="),
        "ne" => Token::Sign("!="),
        "gt" => Token::Sign(">"),
        "ge" => Token::Sign(">="),
        "lt" => Token::Sign("<"),
        "le" => Token::Sign("<="),
        _ => Token::Name(word.to_owned()),
    }
}

/// A text in quotes, and how many bytes it takes with them.
fn quoted(text: &str, quote: char) -> Result<(String, usize), Malformed> {
    let mut literal = String::new();
    let mut characters = text.char_indices().skip(1);
    while let Some((position, character)) = characters.next() {
        if character == quote {
            return Ok((literal, position + quote.len_utf8()));
        }
        if character != '\\' {
            literal.push(character);
            continue;
        }
        match characters.next() {
            Some((_, 'n')) => literal.push('\n'),
            Some((_, 't')) => literal.push('\t'),
            // What is not known as an escape stands for itself with its backslash, as patterns are written.
            Some((_, other)) => {
                if !matches!(other, '"' | '\'' | '\\') {
                    literal.push('\\');
                }
                literal.push(other);
            }
            None => break,
        }
    }
    Err(Malformed { reason: "A quoted text has no end".to_owned() })
}

fn number(text: &str) -> Result<(Number, usize), Malformed> {
    let whole = text.find(|next: char| !next.is_ascii_digit()).unwrap_or(text.len());
    let fraction = text[whole..]
        .strip_prefix('.')
        .map(|rest| rest.find(|next: char| !next.is_ascii_digit()).unwrap_or(rest.len()));
    let len = match fraction {
        Some(digits) if digits > 0 => whole + 1 + digits,
        _ => whole,
    };
    let written = &text[..len];
    let read = written.parse::<i64>().ok().map(Number::from);
    let read = read.or_else(|| written.parse::<f64>().ok().and_then(Number::from_f64));
    read.map(|number| (number, len)).ok_or_else(|| Malformed { reason: format!("{written} is no number") })
}
