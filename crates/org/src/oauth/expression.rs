//! Expressions of claims: a small part of Okta's expression language.
//!
//! `user.*`, `appuser.*`, `app.*`, `org.*`, `session.*` and `access.scope` name facts; there are comparison, `and`/`or`/`not` in their two
//! spellings, `? :`, `+`, lists in braces, and the functions of `expression_function`.
//!
//! Invariant: an expression computes on what it is given and nothing else; text, nesting and results have limits. [`check`] and
//! [`evaluate`] are the only ways in, so that another evaluator can take this one's place.

use serde_json::{Map, Value};

use super::expression_function::{FUNCTIONS, call, index, limited, text};

const TEXT_LEN_MAX: usize = 1_024;
const DEPTH_MAX: usize = 32;
pub(super) const RESULT_LEN_MAX: usize = 64 * 1024;

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ExpressionError {
    #[error("the expression cannot be read")]
    Syntax,
    #[error("`{0}` is not a function of an expression")]
    UnknownFunction(String),
    #[error("`{0}` is not something that an expression can name")]
    UnknownName(String),
    #[error("an operation does not fit its values")]
    Operands,
    #[error("the result is too large")]
    TooLarge,
}

pub(super) type Result<T> = std::result::Result<T, ExpressionError>;

/// What an expression may look at: an object for each name, null where there is nobody, and the person's groups (id, name).
#[derive(Clone, Debug, Default)]
pub struct Facts {
    pub names: Map<String, Value>,
    pub groups: Vec<(String, String)>,
}

const NAMES: [&str; 6] = ["user", "appuser", "app", "org", "session", "access"];

/// Whether an expression can be evaluated at all.
pub fn check(text: &str) -> Result<()> {
    Parser::read(text).map(|_| ())
}

pub fn evaluate(text: &str, facts: &Facts) -> Result<Value> {
    let value = value_of(&Parser::read(text)?, facts)?;
    if value.to_string().len() > RESULT_LEN_MAX { Err(ExpressionError::TooLarge) } else { Ok(value) }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Literal(Value),
    Sign(&'static str),
}

const SIGNS: [&str; 22] = [
    "==", "!=", "<=", ">=", "&&", "||", "<", ">", "!", "?", ":", "+", "-", "(", ")", "{", "}", "[", "]", ",", ".", "=",
];

fn tokens(text: &str) -> Result<Vec<Token>> {
    if text.len() > TEXT_LEN_MAX {
        return Err(ExpressionError::TooLarge);
    }
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if first.is_ascii_alphabetic() || first == '_' || first == '$' {
            let length =
                run(rest, |character| character.is_ascii_alphanumeric() || character == '_' || character == '$');
            found.push(match &rest[..length] {
                "true" => Token::Literal(true.into()),
                "false" => Token::Literal(false.into()),
                "null" => Token::Literal(Value::Null),
                word if word.eq_ignore_ascii_case("and") => Token::Sign("&&"),
                word if word.eq_ignore_ascii_case("or") => Token::Sign("||"),
                word if word.eq_ignore_ascii_case("not") => Token::Sign("!"),
                word => Token::Word(word.to_owned()),
            });
            length
        } else if first.is_ascii_digit() {
            let length = run(rest, |character| character.is_ascii_digit() || character == '.');
            let number = &rest[..length];
            let value = number.parse::<i64>().map(Value::from).or_else(|_| number.parse::<f64>().map(Value::from));
            found.push(Token::Literal(value.map_err(|_| ExpressionError::Syntax)?));
            length
        } else if first == '"' || first == '\'' {
            let inner = &rest[1..];
            let end = inner.find(first).ok_or(ExpressionError::Syntax)?;
            found.push(Token::Literal(inner[..end].into()));
            end + 2
        } else {
            let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign)).ok_or(ExpressionError::Syntax)?;
            found.push(Token::Sign(sign));
            sign.len()
        };
        rest = rest[length..].trim_start();
    }
    Ok(found)
}

fn run(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|character| !belongs(character)).unwrap_or(text.len())
}

#[derive(Clone, Debug)]
enum Node {
    Literal(Value),
    List(Vec<Node>),
    /// `user.firstName`.
    Name(Vec<String>),
    Member(Box<Node>, Box<Node>),
    Call(String, Vec<Node>),
    Not(Box<Node>),
    Both(&'static str, Box<Node>, Box<Node>),
    If(Box<Node>, Box<Node>, Box<Node>),
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

/// Operators of two sides, the loosest first.
const LEVELS: [&[&str]; 5] = [&["||"], &["&&"], &["==", "!="], &["<", ">", "<=", ">="], &["+", "-"]];

impl Parser {
    fn read(text: &str) -> Result<Node> {
        let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0 };
        let node = parser.expression()?;
        if parser.at == parser.tokens.len() { Ok(node) } else { Err(ExpressionError::Syntax) }
    }

    fn takes(&mut self, sign: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Sign(known)) if *known == sign);
        self.at += usize::from(found);
        found
    }

    fn needs(&mut self, sign: &str) -> Result<()> {
        if self.takes(sign) { Ok(()) } else { Err(ExpressionError::Syntax) }
    }

    fn expression(&mut self) -> Result<Node> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(ExpressionError::TooLarge);
        }
        let condition = self.level(0)?;
        let node = if self.takes("?") {
            let then = self.expression()?;
            self.needs(":")?;
            Node::If(Box::new(condition), Box::new(then), Box::new(self.expression()?))
        } else {
            condition
        };
        self.depth -= 1;
        Ok(node)
    }

    fn level(&mut self, level: usize) -> Result<Node> {
        let Some(signs) = LEVELS.get(level) else { return self.unary() };
        let mut left = self.level(level + 1)?;
        while let Some(sign) = signs.iter().find(|sign| self.takes(sign)) {
            let right = self.level(level + 1)?;
            left = Node::Both(sign, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Node> {
        let mut negations = 0;
        while self.takes("!") {
            negations += 1;
        }
        let node = self.primary()?;
        Ok(match negations {
            0 => node,
            odd if odd % 2 == 1 => Node::Not(Box::new(node)),
            _ => Node::Not(Box::new(Node::Not(Box::new(node)))),
        })
    }

    fn primary(&mut self) -> Result<Node> {
        let mut node = match self.tokens.get(self.at).cloned() {
            Some(Token::Literal(value)) => {
                self.at += 1;
                Node::Literal(value)
            }
            Some(Token::Word(word)) => {
                self.at += 1;
                self.named(word)?
            }
            Some(Token::Sign("(")) => {
                self.at += 1;
                let inner = self.expression()?;
                self.needs(")")?;
                inner
            }
            Some(Token::Sign("{")) => {
                self.at += 1;
                Node::List(self.list("}")?)
            }
            _ => return Err(ExpressionError::Syntax),
        };
        while self.takes("[") {
            let key = self.expression()?;
            self.needs("]")?;
            node = Node::Member(Box::new(node), Box::new(key));
        }
        Ok(node)
    }

    /// A fact or a function, with everything that dots append.
    fn named(&mut self, first: String) -> Result<Node> {
        let mut path = vec![first];
        while self.takes(".") {
            match self.tokens.get(self.at).cloned() {
                Some(Token::Word(word)) => path.push(word),
                _ => return Err(ExpressionError::Syntax),
            }
            self.at += 1;
        }
        if self.takes("(") {
            let name = path.join(".");
            if !FUNCTIONS.contains(&name.as_str()) {
                return Err(ExpressionError::UnknownFunction(name));
            }
            return Ok(Node::Call(name, self.list(")")?));
        }
        if NAMES.contains(&path[0].as_str()) {
            Ok(Node::Name(path))
        } else {
            Err(ExpressionError::UnknownName(path.join(".")))
        }
    }

    fn list(&mut self, end: &str) -> Result<Vec<Node>> {
        let mut items = Vec::new();
        if self.takes(end) {
            return Ok(items);
        }
        loop {
            items.push(self.expression()?);
            if self.takes(end) {
                return Ok(items);
            }
            self.needs(",")?;
        }
    }
}

fn value_of(node: &Node, facts: &Facts) -> Result<Value> {
    Ok(match node {
        Node::Literal(value) => value.clone(),
        Node::List(items) => Value::Array(items.iter().map(|item| value_of(item, facts)).collect::<Result<_>>()?),
        Node::Name(path) => {
            let first = facts.names.get(&path[0]).unwrap_or(&Value::Null);
            path[1..].iter().try_fold(first, |value, name| value.get(name)).cloned().unwrap_or_default()
        }
        Node::Member(of, key) => {
            let (of, key) = (value_of(of, facts)?, value_of(key, facts)?);
            match &key {
                Value::String(name) => of.get(name).cloned().unwrap_or_default(),
                key => of.get(index(key)?).cloned().unwrap_or_default(),
            }
        }
        Node::Not(inner) => Value::Bool(!truth(&value_of(inner, facts)?)?),
        Node::If(condition, then, otherwise) => {
            let chosen = if truth(&value_of(condition, facts)?)? { then } else { otherwise };
            value_of(chosen, facts)?
        }
        // The right side is not looked at where the left one decides.
        Node::Both("&&", left, right) => {
            Value::Bool(truth(&value_of(left, facts)?)? && truth(&value_of(right, facts)?)?)
        }
        Node::Both("||", left, right) => {
            Value::Bool(truth(&value_of(left, facts)?)? || truth(&value_of(right, facts)?)?)
        }
        Node::Both(sign, left, right) => both(sign, &value_of(left, facts)?, &value_of(right, facts)?)?,
        Node::Call(name, arguments) => {
            let arguments: Vec<Value> =
                arguments.iter().map(|argument| value_of(argument, facts)).collect::<Result<_>>()?;
            call(name, &arguments, facts)?
        }
    })
}

fn truth(value: &Value) -> Result<bool> {
    match value {
        Value::Bool(flag) => Ok(*flag),
        Value::Null => Ok(false),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        _ => Err(ExpressionError::Operands),
    }
}

fn both(sign: &str, left: &Value, right: &Value) -> Result<Value> {
    Ok(match sign {
        "==" => Value::Bool(left == right),
        "!=" => Value::Bool(left != right),
        "+" if left.is_number() && right.is_number() => sum(left, right, 1)?,
        "-" => sum(left, right, -1)?,
        "+" => Value::String(limited(format!("{}{}", text(left), text(right)))?),
        comparison => {
            let ordering = match (left, right) {
                (Value::String(left), Value::String(right)) => left.cmp(right),
                _ => {
                    let (left, right) = (left.as_f64(), right.as_f64());
                    let pair = left.zip(right).ok_or(ExpressionError::Operands)?;
                    pair.0.total_cmp(&pair.1)
                }
            };
            Value::Bool(match comparison {
                "<" => ordering.is_lt(),
                ">" => ordering.is_gt(),
                "<=" => ordering.is_le(),
                _ => ordering.is_ge(),
            })
        }
    })
}

fn sum(left: &Value, right: &Value, factor: i64) -> Result<Value> {
    if let (Some(left), Some(right)) = (left.as_i64(), right.as_i64()) {
        let sum = right.checked_mul(factor).and_then(|right| left.checked_add(right));
        return sum.map(Value::from).ok_or(ExpressionError::Operands);
    }
    match (left.as_f64(), right.as_f64()) {
        (Some(left), Some(right)) => Ok(Value::from(if factor < 0 { left - right } else { left + right })),
        _ => Err(ExpressionError::Operands),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn facts() -> Facts {
        let Value::Object(names) = json!({
            "user": { "firstName": "Ada", "email": "ada@example.com", "salary": "10", "tags": ["a", "b"] },
            "appuser": null, "app": { "clientId": "0oa1" },
        }) else {
            unreachable!("an object is written here")
        };
        Facts {
            names,
            groups: vec![("00g1".to_owned(), "Sales EU".to_owned()), ("00g2".to_owned(), "Everyone".to_owned())],
        }
    }

    #[test]
    fn what_claims_are_made_of_is_computed() {
        for (text, expected) in [
            ("user.firstName", json!("Ada")),
            ("user.none", Value::Null),
            ("user.firstName + ' ' + 'Byron'", json!("Ada Byron")),
            ("(appuser != null) ? appuser.userName : app.clientId", json!("0oa1")),
            ("String.substringAfter(user.email, \"@\")", json!("example.com")),
            ("String.toUpperCase(String.substring(user.firstName, 0, 2))", json!("AD")),
            ("user.firstName == 'Ada' AND !isMemberOfGroupName('Nobody')", json!(true)),
            ("isMemberOfAnyGroup('00g9', '00g1') || null", json!(true)),
            ("Groups.startsWith('OKTA', 'Sales', 10)", json!(["Sales EU"])),
            ("Arrays.contains(user.tags, 'b') ? {1, 2} : null", json!([1, 2])),
            ("Convert.toInt(user.salary) - 3 >= 7", json!(true)),
            ("user.tags[1]", json!("b")),
            ("String.stringSwitch(user.email, 'else', '@example', 'inside')", json!("inside")),
        ] {
            assert_eq!(evaluate(text, &facts()), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_computed_is_refused_before_it_is_stored() {
        for text in [
            "",
            "user.",
            "user firstName",
            "(user.a",
            "'open",
            "System.exit(1)",
            "password.hash",
            "a ? b",
            "user.a = 1",
        ] {
            assert!(check(text).is_err(), "{text}");
        }
        assert!(
            check(&"(".repeat(2_000)).is_err() && check(&format!("{}1{}", "(".repeat(99), ")".repeat(99))).is_err()
        );
        assert_eq!(evaluate("user.firstName - 1", &facts()), Err(ExpressionError::Operands));
        assert!(check(&format!("{}user.a", "!".repeat(500))).is_ok());
    }
}
