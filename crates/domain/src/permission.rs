//! Permissions: what a role allows, as data.

use serde::{Deserialize, Serialize};

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident $text:literal;)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Permission {
            $($(#[$doc])* #[serde(rename = $text)] $name,)*
        }

        impl Permission {
            pub const ALL: &[Permission] = &[$(Permission::$name,)*];

            pub fn as_str(self) -> &'static str {
                match self {
                    $(Permission::$name => $text,)*
                }
            }

            pub fn parse(text: &str) -> Option<Permission> {
                Permission::ALL.iter().copied().find(|permission| permission.as_str() == text)
            }
        }
    };
}

permissions! {
    /// Users: add, invite, edit, remove; give values of Defined Fields.
    ManageUsers "manage-users";
    /// Reports: assign to roles, delete, manage, whoever published them.
    ManageReports "manage-reports";
    /// Publish Views, and manage those published by oneself.
    Publish "publish";
    /// Execute and download what is assigned to one's own roles.
    Execute "execute";
    /// Execute and download whatever is assigned to any role.
    ExecuteAny "execute-any";
    /// Download for a role that one holds.
    DownloadForRole "download-for-role";
    /// Run in the background.
    Queue "queue";
    /// See and manage every completed result, not only one's own and one's roles'.
    SeeAllResults "see-all-results";
    /// See results that were completed for one's role.
    SeeRoleResults "see-role-results";
    /// Schedule reports that are assigned to one's own roles.
    Schedule "schedule";
    /// Connection profiles, e-mail, sign-in set-up, API keys, vault.
    Configure "configure";
    /// Every log, not only that of one's own runs.
    SeeAllLogs "see-all-logs";
    /// The external API.
    UseApi "use-api";
}

/// A set of permissions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Permissions(std::collections::BTreeSet<Permission>);

impl Permissions {
    pub fn of(permissions: &[Permission]) -> Permissions {
        Permissions(permissions.iter().copied().collect())
    }

    pub fn has(&self, permission: Permission) -> bool {
        self.0.contains(&permission)
    }

    pub fn join(&mut self, other: &Permissions) {
        self.0.extend(other.0.iter().copied());
    }

    pub fn iter(&self) -> impl Iterator<Item = Permission> + '_ {
        self.0.iter().copied()
    }
}
