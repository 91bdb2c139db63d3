//! Why the portal says no. A variant exists when somebody would act differently on it.

use std::{collections::BTreeMap, time::Duration};

use domain::{Denied, Permission};
use world::Instant;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It does not exist, or this person may not know that it does: the two are not told apart.
    #[error("there is nothing here, or nothing for you")]
    NotFound,
    #[error("this takes the permission `{}`", .0.as_str())]
    PermissionNeeded(Permission),
    #[error("the assignment of `{report}` has lapsed; ask whoever assigned it to renew it")]
    Lapsed { report: String },
    #[error("`{report}` needs a value for {}", names.join(", "))]
    ParametersMissing { report: String, names: Vec<String> },
    /// A message for each field that does not fit.
    #[error("something in this needs to be put right: {}", one_line(.0))]
    Invalid(BTreeMap<String, String>),
    /// What is asked for does not fit what is already there.
    #[error("{0}")]
    Conflict(String),
    /// Somebody published a newer version of a View than the one that a change began from.
    #[error("{by} published version {version} of this View, and yours began from version {expected}")]
    ViewChanged { version: i64, by: String, expected: i64 },
    /// Too much is under way; it is worth trying again later.
    #[error("{0}")]
    TooMany(String),
    #[error("the server is stopping; try again in a moment")]
    Stopping,
    /// The run is there and its data is not: it failed, was cancelled or interrupted, or retention removed it.
    #[error("{0}")]
    NoData(String),
    #[error("nobody is signed in here")]
    NotSignedIn,
    /// The entitlement bound is passed: nothing is allowed until the rights are read again.
    #[error("your rights were last confirmed at {as_of} and count for {} min: {reason}", .max_age.as_secs() / 60)]
    RightsTooOld { as_of: Instant, max_age: Duration, reason: String },
    /// Signed in at the org, and in none of the groups that give a role here.
    #[error("none of your groups gives you a role in WebReports; ask {} to add you to one of them", whom(.administrators))]
    NoRole { administrators: Vec<String> },
    #[error("user name or password is wrong")]
    WrongCredentials,
    #[error("too many wrong passwords; wait {seconds} s before the next try")]
    Wait { seconds: u64 },
    /// This sign-in came to nothing, and another one may work.
    #[error("{0}")]
    SignInFailed(String),
    #[error("sign-in with Okta is not switched on")]
    OktaOff,
    /// The org vouches for somebody and does not let them in.
    #[error("the org has this account as {0}")]
    AccountNotActive(String),
    /// The API cannot be asked, and what the token said of this person before gives nothing to confirm.
    #[error("your groups cannot be read from the org at the moment, and gave you no role before; try again later")]
    GroupsUnread,
    /// The org said no, or could not be asked.
    #[error("the org: {0}")]
    Org(#[from] okta::Error),
    #[error("the settings of outbound requests do not fit")]
    Net(#[from] net::Error),
    #[error("these checks have not passed: {}", .0.join(", "))]
    ChecksNotPassed(Vec<String>),
    /// A reader's database said no, or could not be reached.
    #[error("the report's database said no")]
    Source(#[from] source::Error),
    #[error("the stored result could not be used")]
    Results(#[from] results::Error),
    #[error("the file could not be written")]
    Export(#[from] export::Error),
    #[error("the metadata store failed")]
    Store(#[source] store::Error),
    #[error("the vault said no")]
    Vault(#[from] vault::Error),
    #[error("a file or folder of the portal could not be used")]
    Files(#[from] std::io::Error),
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// One field that does not fit.
    pub(crate) fn invalid(field: &str, message: impl Into<String>) -> Error {
        Error::Invalid(BTreeMap::from([(field.to_owned(), message.into())]))
    }
}

fn one_line(errors: &BTreeMap<String, String>) -> String {
    errors.iter().map(|(field, message)| format!("{field}: {message}")).collect::<Vec<_>>().join("; ")
}

fn whom(administrators: &[String]) -> String {
    if administrators.is_empty() { "an administrator of WebReports".to_owned() } else { administrators.join(" or ") }
}

/// What a caller asked of a list and it cannot give is theirs to put right.
impl From<store::Error> for Error {
    fn from(error: store::Error) -> Error {
        match error {
            store::Error::UnknownSort(_) => Error::invalid("sort", error.to_string()),
            store::Error::UnknownCursor => Error::invalid("after", error.to_string()),
            other => Error::Store(other),
        }
    }
}

impl From<db::Error> for Error {
    fn from(error: db::Error) -> Error {
        Error::Store(store::Error::Db(error))
    }
}

impl From<Denied> for Error {
    fn from(denied: Denied) -> Error {
        match denied {
            Denied::PermissionNeeded(permission) => Error::PermissionNeeded(permission),
            Denied::NotFound => Error::NotFound,
            Denied::Lapsed => Error::Lapsed { report: "this report".to_owned() },
        }
    }
}
