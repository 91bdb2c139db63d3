//! Somebody as a rule's expression sees them, and a rule that was read.

use serde_json::Value;

use crate::{
    expression::{self, Expression, Failed, Malformed, Subject},
    model::{
        group_rule::GroupRule,
        id::{GroupId, GroupRuleId, UserId},
        user::User,
    },
};

pub struct Person<'a> {
    pub user: &'a User,
    /// Id and name.
    pub groups: &'a [(String, String)],
}

impl Subject for Person<'_> {
    fn attribute(&self, name: &str) -> Value {
        self.user.profile.value(name).cloned().unwrap_or(Value::Null)
    }

    fn internal(&self, name: &str) -> Value {
        let instant =
            |instant: Option<world::Instant>| instant.map_or(Value::Null, |instant| instant.to_rfc3339_ms().into());
        match name {
            "id" => self.user.id.as_str().into(),
            "status" => self.user.status.as_str().into(),
            "created" => instant(Some(self.user.created)),
            "activated" => instant(self.user.activated),
            "statusChanged" => instant(self.user.status_changed),
            "lastUpdated" => instant(Some(self.user.last_updated)),
            "lastLogin" => instant(self.user.last_login),
            "passwordChanged" => instant(self.user.password_changed),
            _ => Value::Null,
        }
    }

    fn is_in_group(&self, id: &str) -> bool {
        self.groups.iter().any(|(known, _)| known == id)
    }

    fn has_group(&self, fits: &dyn Fn(&str) -> bool) -> bool {
        self.groups.iter().any(|(_, name)| fits(name))
    }
}

/// A rule, ready to be asked.
pub struct Ready {
    pub id: GroupRuleId,
    pub targets: Vec<GroupId>,
    pub expression: Expression,
    pub excluded_people: Vec<UserId>,
    pub excluded_groups: Vec<GroupId>,
}

impl Ready {
    pub fn new(rule: &GroupRule) -> Result<Ready, Malformed> {
        Ok(Ready {
            id: rule.id.clone(),
            targets: rule.targets.clone(),
            expression: expression::parse(&rule.expression)?,
            excluded_people: rule.excluded_people.clone(),
            excluded_groups: rule.excluded_groups.clone(),
        })
    }

    /// Whether the answer depends on the person's groups.
    pub fn asks_for_groups(&self) -> bool {
        !self.excluded_groups.is_empty() || self.expression.asks_for_groups()
    }

    /// Whether the rule puts this person into its groups.
    pub fn wants(&self, person: &Person<'_>) -> Result<bool, Failed> {
        let excluded = self.excluded_people.contains(&person.user.id)
            || self.excluded_groups.iter().any(|group| person.is_in_group(group.as_str()));
        Ok(!excluded && self.expression.holds(person)?)
    }
}
