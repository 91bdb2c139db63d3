//! Rights: what an administrator role may do.
//!
//! Invariant: default deny. A right that the table does not give to a role is not held by it.

use std::{collections::HashSet, sync::LazyLock};

use crate::model::role::RoleType;

/// The name of a right, such as `users.read`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Right(&'static str);

struct Matrix {
    names: Vec<&'static str>,
    held: HashSet<(&'static str, RoleType)>,
}

static MATRIX: LazyLock<Matrix> = LazyLock::new(|| parse(include_str!("rights.tsv")));

impl Right {
    /// Its own and everybody else's API tokens.
    pub const ALL_TOKENS: Right = Right("apiTokens.all");
    pub const CREATE_TOKENS: Right = Right("apiTokens.create");
    pub const MANAGE_ROLES: Right = Right("roles.manage");
    pub const MANAGE_GROUPS: Right = Right("groups.manage");
    pub const MANAGE_USERS: Right = Right("users.manage");
    pub const READ_USERS: Right = Right("users.read");
    pub const READ_GROUPS: Right = Right("groups.read");
    pub const MANAGE_MEMBERS: Right = Right("groups.members");
    pub const READ_APPS: Right = Right("apps.read");
    pub const MANAGE_APPS: Right = Right("apps.manage");
    /// Reading client secrets, which reading apps does not include.
    pub const READ_SECRETS: Right = Right("apps.secrets");

    /// The right of this name, when the table has it.
    pub fn named(name: &str) -> Option<Right> {
        MATRIX.names.iter().find(|known| **known == name).map(|known| Right(known))
    }

    pub fn name(self) -> &'static str {
        self.0
    }

    /// What it is about: `users` of `users.read`.
    pub fn about(self) -> &'static str {
        self.0.split('.').next().unwrap_or_default()
    }

    pub fn held_by(self, role: RoleType) -> bool {
        MATRIX.held.contains(&(self.0, role))
    }
}

fn parse(text: &'static str) -> Matrix {
    let mut lines = text.lines();
    let heading = lines.next().unwrap_or_default().split('\t').skip(1);
    let roles: Vec<RoleType> = heading
        .map(|name| RoleType::parse(name).unwrap_or_else(|| panic!("the rights table names an unknown role `{name}`")))
        .collect();
    let mut matrix = Matrix { names: Vec::new(), held: HashSet::new() };
    for line in lines {
        let mut cells = line.split('\t');
        let name = cells.next().unwrap_or_default();
        matrix.names.push(name);
        matrix.held.extend(roles.iter().zip(cells).filter(|(_, cell)| *cell == "yes").map(|(role, _)| (name, *role)));
    }
    matrix
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_matrix_says_what_the_manual_says() {
        let may = |role, right: &str| Right::named(right).unwrap().held_by(role);
        assert!(RoleType::ALL.iter().all(|role| may(*role, "roles.manage") == (*role == RoleType::SuperAdmin)));
        assert!(may(RoleType::ReadOnlyAdmin, "users.read") && !may(RoleType::ReadOnlyAdmin, "users.manage"));
        assert!(may(RoleType::HelpDeskAdmin, "users.reset") && !may(RoleType::HelpDeskAdmin, "users.manage"));
        assert!(
            may(RoleType::GroupMembershipAdmin, "groups.members")
                && !may(RoleType::GroupMembershipAdmin, "groups.manage")
        );
        assert!(may(RoleType::ReportAdmin, "logs.read") && !may(RoleType::ReportAdmin, "users.read"));
        assert!(!may(RoleType::ReadOnlyAdmin, "apps.secrets"));
        for right in [
            Right::ALL_TOKENS,
            Right::CREATE_TOKENS,
            Right::MANAGE_ROLES,
            Right::MANAGE_GROUPS,
            Right::MANAGE_USERS,
            Right::READ_USERS,
            Right::READ_SECRETS,
            Right::READ_GROUPS,
            Right::MANAGE_MEMBERS,
            Right::READ_APPS,
            Right::MANAGE_APPS,
        ] {
            assert_eq!(Right::named(right.name()), Some(right));
        }
    }
}
