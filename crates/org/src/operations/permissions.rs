//! Permissions of custom roles: which rights and which single operations each of them gives.
//!
//! Invariant: default deny. What `permissions.tsv` does not name is not given by any custom role; the right to give roles is not in it.

use std::sync::LazyLock;

use super::Right;

struct Row {
    permission: &'static str,
    /// Names of rights, and ids of operations.
    lets: Vec<&'static str>,
}

static TABLE: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let rows = include_str!("permissions.tsv").lines().skip(1);
    let row = |line: &'static str| {
        let (permission, lets) = line.split_once('\t')?;
        Some(Row { permission, lets: lets.split(' ').collect() })
    };
    rows.filter_map(row).collect()
});

/// What somebody is about to do: a right, and the operation that asks for it where it is one.
#[derive(Clone, Copy, Debug)]
pub struct Ask {
    pub right: Right,
    pub operation: Option<&'static str>,
}

impl From<Right> for Ask {
    fn from(right: Right) -> Ask {
        Ask { right, operation: None }
    }
}

/// Whether there is a permission of this name.
pub fn is_known(permission: &str) -> bool {
    TABLE.iter().any(|row| row.permission == permission)
}

/// Whether a permission gives what is asked.
pub fn gives(permission: &str, ask: Ask) -> bool {
    let gives = |lets: &&'static str| *lets == ask.right.name() || Some(*lets) == ask.operation;
    TABLE.iter().any(|row| row.permission == permission && row.lets.iter().any(gives))
}

/// The permissions whose conditions say which attributes of people they are about.
pub fn takes_conditions(permission: &str) -> bool {
    matches!(
        permission,
        "okta.users.read" | "okta.users.manage" | "okta.users.create" | "okta.users.userprofile.manage"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations;

    #[test]
    fn every_permission_gives_rights_and_operations_that_there_are() {
        let lines = include_str!("permissions.tsv").lines().count() - 1;
        assert_eq!(TABLE.len(), lines);
        for row in TABLE.iter() {
            for lets in &row.lets {
                assert!(
                    Right::named(lets).is_some() || operations::by_id(lets).is_some(),
                    "{}: {lets}",
                    row.permission
                );
            }
            assert!(!gives(row.permission, Right::MANAGE_ROLES.into()), "{} gives roles", row.permission);
        }
        let resets = Ask { right: Right::named("users.reset").unwrap(), operation: Some("resetPassword") };
        assert!(gives("okta.users.credentials.resetPassword", resets));
        assert!(!gives("okta.users.credentials.resetPassword", resets.right.into()));
        assert!(is_known("okta.users.read") && !is_known("okta.roles.manage"));
    }
}
