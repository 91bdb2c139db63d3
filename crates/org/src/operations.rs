//! The operations table: every call of the public API that is known, whether or not this org serves it.
//!
//! Invariant: a handler of the API can only be registered under the id of a row ([`Routes::on`]), and the row's right and scope are
//! checked before it runs. What no row names is 404; a row's path with another method is 405; a row without a handler answers as
//! an org without that feature does.

pub mod facts;
pub mod permissions;
pub mod rights;
mod routes;
pub mod shape;

use std::{collections::BTreeSet, sync::LazyLock};

use axum::http::Method;

pub use rights::Right;
pub use routes::Routes;

static TABLE: LazyLock<Vec<Operation>> = LazyLock::new(|| parse(include_str!("operations/table.tsv")));

/// One row.
#[derive(Debug)]
pub struct Operation {
    pub method: Method,
    /// With parameters in braces, as the router writes them.
    pub path: &'static str,
    pub id: &'static str,
    /// 1: WebReports and OIDC clients call it. 2: administrators of a small org and SDK test-suites. 3: the rest.
    pub tier: u8,
    /// What an OAuth access token must have been granted; without one OAuth callers are refused.
    pub scope: Option<&'static str>,
    pub needs: Needs,
}

/// Whom an operation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nobody is asked who they are, or the handler asks in a way of its own.
    Nothing,
    /// Anybody who is known.
    Anybody,
    Right {
        right: Right,
        /// People may do it to themselves without the right; the gate sees to it
        /// that the path names nobody else.
        or_self: bool,
    },
}

/// Every row.
pub fn all() -> &'static [Operation] {
    &TABLE
}

pub fn by_id(id: &str) -> Option<&'static Operation> {
    TABLE.iter().find(|operation| operation.id == id)
}

/// The operation that a call is; of several paths that fit, the one that says most literally what was asked.
pub fn find(method: &Method, path: &str) -> Option<&'static Operation> {
    let fitting = all().iter().filter(|operation| operation.method == method && matches(operation.path, path));
    fitting.min_by_key(|operation| operation.path.matches('{').count())
}

/// Whether a scope of the management API has this name: one that an operation needs, or its form for oneself.
pub fn is_scope(name: &str) -> bool {
    let plain = name.strip_suffix(".self").unwrap_or(name);
    all().iter().any(|operation| operation.scope == Some(plain))
}

/// The scopes of the management API, by name, without their forms for oneself.
pub fn scopes() -> Vec<&'static str> {
    all().iter().filter_map(|operation| operation.scope).collect::<BTreeSet<_>>().into_iter().collect()
}

/// What the table says of a call that no handler took.
#[derive(Debug, PartialEq, Eq)]
pub enum Unserved {
    UnknownPath,
    WrongMethod,
    NotBuilt(&'static str),
}

/// Looks a path up for which the router has no handler.
pub fn unserved(method: &Method, path: &str) -> Unserved {
    let mut known = false;
    for operation in all().iter().filter(|operation| matches(operation.path, path)) {
        known = true;
        if operation.method == method {
            return Unserved::NotBuilt(operation.id);
        }
    }
    if known { Unserved::WrongMethod } else { Unserved::UnknownPath }
}

/// The methods that the table knows for a path.
pub fn methods(path: &str) -> Vec<&'static Method> {
    all().iter().filter(|operation| matches(operation.path, path)).map(|operation| &operation.method).collect()
}

fn matches(template: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) if wanted == given || (wanted.starts_with('{') && !given.is_empty()) => {}
            _ => return false,
        }
    }
}

fn parse(text: &'static str) -> Vec<Operation> {
    text.lines()
        .skip(1)
        .map(|line| parse_row(line).unwrap_or_else(|| panic!("row `{line}` of the operations table is wrong")))
        .collect()
}

fn parse_row(line: &'static str) -> Option<Operation> {
    let mut cells = line.split('\t');
    let method = Method::from_bytes(cells.next()?.as_bytes()).ok()?;
    let (path, id, tier) = (cells.next()?, cells.next()?, cells.next()?.parse().ok()?);
    let scope = Some(cells.next()?).filter(|scope| *scope != "-");
    let needs = match cells.next()? {
        "public" => Needs::Nothing,
        "any" => Needs::Anybody,
        name => {
            let or_self = name.ends_with("+self");
            Needs::Right { right: Right::named(name.trim_end_matches("+self"))?, or_self }
        }
    };
    cells.next().is_none().then_some(Operation { method, path, id, tier, scope, needs })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_row_is_read_and_ids_are_unique() {
        let ids: HashSet<_> = all().iter().map(|operation| operation.id).collect();
        assert_eq!(ids.len(), all().len());
        assert!(all().len() > 850);
        let calls: HashSet<_> = all().iter().map(|operation| (&operation.method, operation.path)).collect();
        assert_eq!(calls.len(), all().len());
    }

    #[test]
    fn paths_are_told_apart_by_what_is_known_of_them() {
        assert_eq!(unserved(&Method::GET, "/api/v1/nothing"), Unserved::UnknownPath);
        assert_eq!(unserved(&Method::PATCH, "/api/v1/users"), Unserved::WrongMethod);
        assert_eq!(unserved(&Method::GET, "/api/v1/sessions"), Unserved::WrongMethod);
        assert_eq!(unserved(&Method::GET, "/api/v1/behaviors"), Unserved::NotBuilt("listBehaviorDetectionRules"));
        assert_eq!(unserved(&Method::GET, "/api/v1/users/"), Unserved::UnknownPath);
    }
}
