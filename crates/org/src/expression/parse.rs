//! Reading an expression.
//!
//! From the loosest to the tightest: `? :`, `||`, `&&`, `== !=`, `< <= > >= matches`, `+ -`, `!` and the sign, then names, calls,
//! literals and parentheses.

use regex::{Regex, RegexBuilder};
use serde_json::Value;

use super::{
    Comparison, DEPTH_MAX, Expression, Function, Malformed, NamePattern, Node, Sign,
    token::{Token, tokens},
};

/// What a compiled pattern may take.
const PATTERN_BYTES_MAX: usize = 1 << 20;

/// Reads an expression.
pub fn parse(text: &str) -> Result<Expression, Malformed> {
    let mut parser = Parser { tokens: tokens(text)?, position: 0, depth: 0 };
    if parser.tokens.is_empty() {
        return Err(malformed("The expression is empty"));
    }
    let root = parser.choice()?;
    match parser.tokens.get(parser.position) {
        None => Ok(Expression { root }),
        Some(token) => Err(unexpected(Some(token))),
    }
}

fn malformed(reason: impl Into<String>) -> Malformed {
    Malformed { reason: reason.into() }
}

fn unexpected(token: Option<&Token>) -> Malformed {
    match token {
        None => malformed("The expression ends too early"),
        Some(Token::Name(name)) => malformed(format!("Unexpected '{name}' in expression")),
        Some(Token::Literal(value)) => malformed(format!("Unexpected {value} in expression")),
        Some(Token::Sign(sign)) => malformed(format!("Unexpected '{sign}' in expression")),
    }
}

fn pattern(text: &str) -> Result<Regex, Malformed> {
    let whole = RegexBuilder::new(&format!("^(?:{text})$")).size_limit(PATTERN_BYTES_MAX).build();
    whole.map_err(|_| malformed(format!("'{text}' is no pattern")))
}

fn row(first: Node, mut others: Vec<Node>, of: impl FnOnce(Vec<Node>) -> Node) -> Node {
    if others.is_empty() {
        return first;
    }
    others.insert(0, first);
    of(others)
}

struct Parser {
    tokens: Vec<Token>,
    position: usize,
    depth: usize,
}

impl Parser {
    fn choice(&mut self) -> Result<Node, Malformed> {
        self.deeper(|parser| {
            let condition = parser.either()?;
            if parser.take("?:") {
                let otherwise = parser.choice()?;
                let given =
                    Node::Compare(Comparison::Unequal, condition.clone().into(), Node::Literal(Value::Null).into());
                return Ok(Node::Choice(given.into(), condition.into(), otherwise.into()));
            }
            if !parser.take("?") {
                return Ok(condition);
            }
            let yes = parser.choice()?;
            parser.expect(":")?;
            let no = parser.choice()?;
            Ok(Node::Choice(condition.into(), yes.into(), no.into()))
        })
    }

    fn either(&mut self) -> Result<Node, Malformed> {
        let first = self.both()?;
        let mut terms = Vec::new();
        while self.take("||") {
            terms.push(self.both()?);
        }
        Ok(row(first, terms, Node::Either))
    }

    fn both(&mut self) -> Result<Node, Malformed> {
        let first = self.equality()?;
        let mut terms = Vec::new();
        while self.take("&&") {
            terms.push(self.equality()?);
        }
        Ok(row(first, terms, Node::Both))
    }

    fn equality(&mut self) -> Result<Node, Malformed> {
        let node = self.comparison()?;
        let comparison = match self.sign() {
            Some("==" | "=") => Comparison::Equal,
            Some("!=") => Comparison::Unequal,
            _ => return Ok(node),
        };
        self.position += 1;
        Ok(Node::Compare(comparison, node.into(), self.comparison()?.into()))
    }

    fn comparison(&mut self) -> Result<Node, Malformed> {
        let node = self.sum()?;
        if matches!(self.tokens.get(self.position), Some(Token::Name(name)) if name == "matches") {
            self.position += 1;
            return match self.next() {
                Some(Token::Literal(Value::String(text))) => Ok(Node::Matches(node.into(), pattern(&text)?)),
                other => Err(unexpected(other.as_ref())),
            };
        }
        let comparison = match self.sign() {
            Some("<") => Comparison::Less,
            Some("<=") => Comparison::LessOrEqual,
            Some(">") => Comparison::Greater,
            Some(">=") => Comparison::GreaterOrEqual,
            _ => return Ok(node),
        };
        self.position += 1;
        Ok(Node::Compare(comparison, node.into(), self.sum()?.into()))
    }

    fn sum(&mut self) -> Result<Node, Malformed> {
        let first = self.unary()?;
        let mut others = Vec::new();
        loop {
            let sign = match self.sign() {
                Some("+") => Sign::Plus,
                Some("-") => Sign::Minus,
                _ => break,
            };
            self.position += 1;
            others.push((sign, self.unary()?));
        }
        Ok(if others.is_empty() { first } else { Node::Sum(first.into(), others) })
    }

    fn unary(&mut self) -> Result<Node, Malformed> {
        if self.take("!") {
            return self.deeper(|parser| Ok(Node::Not(parser.unary()?.into())));
        }
        if self.take("-") {
            return self.deeper(|parser| Ok(Node::Negative(parser.unary()?.into())));
        }
        self.primary()
    }

    fn primary(&mut self) -> Result<Node, Malformed> {
        match self.next() {
            Some(Token::Literal(value)) => Ok(Node::Literal(value)),
            Some(Token::Sign("(")) => {
                let node = self.choice()?;
                self.expect(")")?;
                Ok(node)
            }
            Some(Token::Sign("{")) => Ok(Node::List(self.arguments("}")?)),
            Some(Token::Name(name)) => self.name(&name),
            other => Err(unexpected(other.as_ref())),
        }
    }

    /// What begins with a name: an attribute of the person, or a call.
    fn name(&mut self, first: &str) -> Result<Node, Malformed> {
        if self.take("(") {
            return self.call(first);
        }
        if !self.take(".") {
            return Err(malformed(format!("Unknown name '{first}' in expression")));
        }
        let Some(Token::Name(second)) = self.next() else {
            return Err(malformed(format!("A name is missing after '{first}.'")));
        };
        match (first, self.take("(")) {
            ("user", false) => Ok(Node::Attribute(second)),
            ("user", true) if second == "getInternalProperty" => match self.arguments(")")?.as_slice() {
                [Node::Literal(Value::String(name))] => Ok(Node::Internal(name.clone())),
                _ => Err(malformed("user.getInternalProperty takes the name of one property")),
            },
            ("user", true) => self.call(&second),
            ("String" | "Arrays", true) => self.call(&format!("{first}.{second}")),
            _ => Err(malformed(format!("'{first}.{second}' cannot be used in this expression"))),
        }
    }

    /// A call whose opening parenthesis was read.
    fn call(&mut self, name: &str) -> Result<Node, Malformed> {
        let mut arguments = self.arguments(")")?;
        let of_groups = |pattern: NamePattern| Ok(Node::GroupNamed(pattern));
        let only = |arguments: &mut Vec<Node>| match arguments.pop() {
            Some(node) if arguments.is_empty() => Ok(Box::new(node)),
            _ => Err(malformed(format!("{name} takes 1 argument"))),
        };
        match name {
            "isMemberOfGroupName" => return of_groups(NamePattern::Is(only(&mut arguments)?)),
            "isMemberOfGroupNameStartsWith" => return of_groups(NamePattern::StartsWith(only(&mut arguments)?)),
            "isMemberOfGroupNameContains" => return of_groups(NamePattern::Contains(only(&mut arguments)?)),
            "isMemberOfGroupNameRegex" => {
                return match *only(&mut arguments)? {
                    Node::Literal(Value::String(text)) => of_groups(NamePattern::Matches(pattern(&text)?)),
                    _ => Err(malformed("isMemberOfGroupNameRegex takes a pattern in quotes")),
                };
            }
            _ => {}
        }
        let function =
            Function::named(name).ok_or_else(|| malformed(format!("Unknown function '{name}' in expression")))?;
        let (min, max) = function.arguments();
        let fits = (min..=max).contains(&arguments.len())
            && (function != Function::StringSwitch || arguments.len().is_multiple_of(2));
        if fits { Ok(Node::Call(function, arguments)) } else { Err(malformed(format!("{name} takes other arguments"))) }
    }

    fn arguments(&mut self, end: &'static str) -> Result<Vec<Node>, Malformed> {
        let mut arguments = Vec::new();
        if self.take(end) {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.choice()?);
            if self.take(end) {
                return Ok(arguments);
            }
            self.expect(",")?;
        }
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Parser) -> Result<T, Malformed>) -> Result<T, Malformed> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(malformed("The expression is nested too deeply"));
        }
        let found = read(self)?;
        self.depth -= 1;
        Ok(found)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.position).cloned();
        self.position += usize::from(token.is_some());
        token
    }

    fn sign(&self) -> Option<&'static str> {
        match self.tokens.get(self.position) {
            Some(Token::Sign(sign)) => Some(sign),
            _ => None,
        }
    }

    fn take(&mut self, sign: &str) -> bool {
        let found = self.sign() == Some(sign);
        self.position += usize::from(found);
        found
    }

    fn expect(&mut self, sign: &'static str) -> Result<(), Malformed> {
        if self.take(sign) { Ok(()) } else { Err(unexpected(self.tokens.get(self.position))) }
    }
}
