//! Reach: over which people, groups and apps somebody may do something.
//!
//! Invariant: default deny. A reach holds what a role was given, and nothing follows from what is not there any more.

use db::{Conn, query};

use super::{app::App, condition::Condition};
use crate::Result;

/// One thing, or one kind of things, that a role is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    People,
    Person(String),
    MembersOf(String),
    Groups,
    Group(String),
    Apps,
    AppsNamed(String),
    App(String),
    /// Everything of another kind, under the words of its resource name, such as `idp:authorization_servers`.
    Kind(String),
    /// One thing of another kind: a name that nothing here follows from.
    Other(String),
}

/// Of what kind an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Object {
    Person,
    Group,
    App,
}

/// What one role reaches: some targets, without some others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    pub targets: Vec<Target>,
    pub except: Vec<Target>,
}

/// What all of somebody's roles reach together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Everything, so that the parts do not matter.
    pub whole: bool,
    pub parts: Vec<Part>,
}

impl Target {
    /// The condition that an object of this kind, whose id is in `column`, is the target or belongs to it. `None`: it never is.
    fn condition(&self, object: Object, column: &str) -> Option<Condition> {
        let all = || Some(Condition::sql("1 = 1"));
        let same = |id: &str| Some(Condition::sql(format!("{column} = ")).text(id));
        match (self, object) {
            (Target::People, Object::Person) | (Target::Groups, Object::Group) | (Target::Apps, Object::App) => all(),
            (Target::Person(id), Object::Person)
            | (Target::Group(id), Object::Group)
            | (Target::App(id), Object::App) => same(id),
            (Target::MembersOf(id), Object::Person) => {
                let members = format!("{column} in (select user_id from group_member where group_id = ");
                Some(Condition::sql(members).text(id).then(")"))
            }
            (Target::AppsNamed(name), Object::App) => {
                Some(Condition::sql(format!("{column} in (select id from app where name = ")).text(name).then(")"))
            }
            _ => None,
        }
    }

    fn is_app(&self, app: &App) -> bool {
        match self {
            Target::Apps => true,
            Target::App(id) => id == app.id.as_str(),
            Target::AppsNamed(name) => *name == app.name,
            _ => false,
        }
    }
}

impl Reach {
    pub fn everything() -> Reach {
        Reach { whole: true, parts: Vec::new() }
    }

    pub fn is_nothing(&self) -> bool {
        !self.whole && self.parts.is_empty()
    }

    /// What a list of such objects is limited by; `column` has their ids. `None`: by nothing.
    pub fn condition(&self, object: Object, column: &str) -> Option<Condition> {
        if self.whole {
            return None;
        }
        let any = |targets: &[Target]| {
            let found: Vec<_> = targets.iter().filter_map(|target| target.condition(object, column)).collect();
            (!found.is_empty()).then(|| Condition::joined(found, "or"))
        };
        let parts = self.parts.iter().filter_map(|part| {
            let reached = any(&part.targets)?;
            Some(match any(&part.except) {
                Some(except) => Condition::joined(vec![reached, except.inverted()], "and"),
                None => reached,
            })
        });
        let parts: Vec<_> = parts.collect();
        Some(if parts.is_empty() { Condition::sql("1 = 0") } else { Condition::joined(parts, "or") })
    }

    /// Whether the object with this id is within reach.
    pub async fn includes(&self, conn: &mut Conn, object: Object, id: &str) -> Result<bool> {
        let Some(condition) = self.condition(object, "x.id") else { return Ok(true) };
        let select = query("select 1 as one from (select cast($1 as text) as id) x where ").bind(id);
        Ok(condition.append(select).optional(conn).await?.is_some())
    }

    pub fn includes_app(&self, app: &App) -> bool {
        let within = |part: &Part| {
            part.targets.iter().any(|target| target.is_app(app)) && !part.except.iter().any(|target| target.is_app(app))
        };
        self.whole || self.parts.iter().any(within)
    }

    /// Whether an app of this name that is yet to be made will be within reach.
    pub fn includes_apps_named(&self, name: &str) -> bool {
        let named = |target: &Target| match target {
            Target::Apps => true,
            Target::AppsNamed(known) => known == name,
            _ => false,
        };
        let within = |part: &Part| part.targets.iter().any(named) && !part.except.iter().any(named);
        self.whole || self.parts.iter().any(within)
    }

    /// Whether somebody who is yet to be put into a group will be within reach by that.
    pub fn includes_members_of(&self, group: &str) -> bool {
        let members = |target: &Target| matches!(target, Target::MembersOf(id) if id == group);
        self.includes_all(&Target::People) || self.parts.iter().any(|part| part.targets.iter().any(members))
    }

    /// Whether everything of a kind is within reach.
    pub fn includes_all(&self, kind: &Target) -> bool {
        self.whole || self.parts.iter().any(|part| part.targets.contains(kind) && part.except.is_empty())
    }

    pub fn add(&mut self, part: Part) {
        if !part.targets.is_empty() {
            self.parts.push(part);
        }
    }
}
