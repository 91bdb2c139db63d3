//! Okta's expression language, as far as it speaks of people: group rules are written in it.
//!
//! Invariant: reading and evaluating never panic and are bounded whoever wrote the text: [`LENGTH_MAX`], [`DEPTH_MAX`], [`TEXT_LEN_MAX`]
//! and [`ITEMS_MAX`] see to it, and patterns are compiled once, with an engine that does not backtrack.

mod evaluate;
mod functions;
mod parse;
mod token;

pub use evaluate::{Failed, Subject};
pub use functions::Function;
pub use parse::parse;

use regex::Regex;
use serde_json::Value;

/// Characters of an expression.
pub const LENGTH_MAX: usize = 4_096;
/// Parentheses, calls and operators inside one another.
pub const DEPTH_MAX: usize = 48;
/// Characters of a text that an evaluation makes; replacing in a replacement grows without it.
pub const TEXT_LEN_MAX: usize = 65_536;
/// Elements of a list that an evaluation makes.
pub const ITEMS_MAX: usize = 10_000;

/// Why a text is no expression, in words for whoever wrote it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Malformed {
    pub reason: String,
}

/// An expression that was read.
#[derive(Clone, Debug)]
pub struct Expression {
    root: Node,
}

#[derive(Clone, Debug)]
enum Node {
    Literal(Value),
    List(Vec<Node>),
    /// `user.name`
    Attribute(String),
    /// `user.getInternalProperty("name")`
    Internal(String),
    Call(Function, Vec<Node>),
    Not(Box<Node>),
    Negative(Box<Node>),
    /// All of them, or any: a row of terms is one node, so that a long row is not a deep tree.
    Both(Vec<Node>),
    Either(Vec<Node>),
    Compare(Comparison, Box<Node>, Box<Node>),
    Matches(Box<Node>, Regex),
    /// The first, and what is added to it or, where it says so, taken from it.
    Sum(Box<Node>, Vec<(Sign, Node)>),
    /// Whether one of the person's groups has a name like this.
    GroupNamed(NamePattern),
    Choice(Box<Node>, Box<Node>, Box<Node>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    Plus,
    Minus,
}

#[derive(Clone, Debug)]
enum NamePattern {
    Is(Box<Node>),
    StartsWith(Box<Node>),
    Contains(Box<Node>),
    Matches(Regex),
}

impl Expression {
    /// The attributes of the person that are asked for.
    pub fn attributes(&self) -> Vec<&str> {
        let mut found = Vec::new();
        self.root.walk(&mut |node| {
            if let Node::Attribute(name) = node {
                found.push(name.as_str());
            }
        });
        found
    }

    /// The groups that are named by id. Only literal ids can be known beforehand.
    pub fn groups(&self) -> Vec<&str> {
        let mut found = Vec::new();
        self.root.walk(&mut |node| {
            if let Node::Call(Function::IsMemberOfAnyGroup | Function::IsMemberOfGroup, arguments) = node {
                found.extend(arguments.iter().filter_map(|argument| match argument {
                    Node::Literal(Value::String(id)) => Some(id.as_str()),
                    _ => None,
                }));
            }
        });
        found
    }

    /// Whether the answer depends on which groups the person is in.
    pub fn asks_for_groups(&self) -> bool {
        let mut asks = false;
        self.root.walk(&mut |node| {
            asks |= matches!(
                node,
                Node::GroupNamed(_) | Node::Call(Function::IsMemberOfAnyGroup | Function::IsMemberOfGroup, _)
            );
        });
        asks
    }
}

impl Node {
    fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Node)) {
        visit(self);
        match self {
            Node::Literal(_) | Node::Attribute(_) | Node::Internal(_) | Node::GroupNamed(NamePattern::Matches(_)) => {}
            Node::List(nodes) | Node::Call(_, nodes) | Node::Both(nodes) | Node::Either(nodes) => {
                nodes.iter().for_each(|node| node.walk(visit));
            }
            Node::Sum(first, others) => {
                first.walk(visit);
                others.iter().for_each(|(_, node)| node.walk(visit));
            }
            Node::Not(node) | Node::Negative(node) | Node::Matches(node, _) => node.walk(visit),
            Node::GroupNamed(NamePattern::Is(node) | NamePattern::StartsWith(node) | NamePattern::Contains(node)) => {
                node.walk(visit)
            }
            Node::Compare(_, left, right) => {
                left.walk(visit);
                right.walk(visit);
            }
            Node::Choice(condition, yes, no) => {
                condition.walk(visit);
                yes.walk(visit);
                no.walk(visit);
            }
        }
    }
}

#[cfg(test)]
mod tests;
