//! Roles: a set of permissions and an audience. The default ones are presets of permissions.

use crate::{Permission, Permissions, RoleId, permission::Permission as P};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    pub id: RoleId,
    pub name: String,
    /// The org's group whose members hold the role.
    pub group: String,
    pub permissions: Permissions,
    /// One of the default roles: can't be removed or renamed.
    pub preset: bool,
}

/// A role that is there from the start.
pub struct DefaultRole {
    pub name: &'static str,
    pub group: &'static str,
    pub permissions: &'static [Permission],
}

/// The prefix of the groups that roles map to.
pub const GROUP_PREFIX: &str = "WR";

/// The default roles and the groups they map to.
pub const DEFAULT_ROLES: &[DefaultRole] = &[
    DefaultRole {
        name: "Admin",
        group: "WRAdmin",
        permissions: &[
            P::ManageUsers,
            P::ManageReports,
            P::Publish,
            P::Execute,
            P::ExecuteAny,
            P::DownloadForRole,
            P::Queue,
            P::SeeAllResults,
            P::SeeRoleResults,
            P::Schedule,
            P::Configure,
            P::SeeAllLogs,
        ],
    },
    DefaultRole {
        name: "RoleAdmin",
        group: "WRRoleAdmin",
        permissions: &[P::Execute, P::DownloadForRole, P::SeeRoleResults],
    },
    DefaultRole { name: "User", group: "WRUser", permissions: &[P::Execute, P::SeeRoleResults] },
    DefaultRole { name: "Publisher", group: "WRPublisher", permissions: &[P::Publish, P::Execute] },
    DefaultRole { name: "Scheduler", group: "WRScheduler", permissions: &[P::Execute, P::Schedule, P::SeeRoleResults] },
    DefaultRole { name: "Queue", group: "WRQueue", permissions: &[P::Execute, P::Queue, P::SeeRoleResults] },
    DefaultRole { name: "API", group: "WRAPI", permissions: &[P::Execute, P::UseApi] },
];

/// The group whose members administer WebReports.
pub const ADMIN_GROUP: &str = "WRAdmin";
