//! People and groups, read through the token.

use serde::Deserialize;
use world::Instant;

use crate::{Api, Result};

/// Rows of a page of users, the most that Okta gives.
const USERS_PER_PAGE: &str = "200";
/// Rows of a page of a group's members, the most that Okta gives.
const MEMBERS_PER_PAGE: &str = "1000";
/// `q` gives at most this many groups and does not page; past it the search does.
const PREFIX_GROUPS_MAX: usize = 300;

/// A person of the org.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub id: String,
    /// Okta's word: ACTIVE, SUSPENDED, DEPROVISIONED, ...
    pub status: String,
    pub login: String,
    pub email: String,
    pub name: String,
}

/// A group of the org.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub id: String,
    pub name: String,
    /// When somebody last came in or went out, by the org's clock, to the second.
    pub members_moved_at: Option<Instant>,
}

/// The org itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Org {
    pub id: String,
    pub company_name: String,
}

impl User {
    /// Whether the org lets this person in. A status that is not known counts as no.
    pub fn is_active(&self) -> bool {
        matches!(self.status.as_str(), "ACTIVE" | "PASSWORD_EXPIRED" | "LOCKED_OUT" | "RECOVERY" | "PROVISIONED")
    }
}

#[derive(Deserialize)]
pub(crate) struct UserBody {
    id: String,
    status: String,
    #[serde(default)]
    profile: Profile,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Profile {
    login: Option<String>,
    email: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    display_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GroupBody {
    id: String,
    last_membership_updated: Option<String>,
    profile: GroupProfile,
}

#[derive(Deserialize)]
struct GroupProfile {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OrgBody {
    id: String,
    #[serde(default)]
    company_name: Option<String>,
}

impl From<UserBody> for User {
    fn from(body: UserBody) -> User {
        let profile = body.profile;
        let parts = [profile.first_name, profile.last_name].into_iter().flatten().collect::<Vec<_>>().join(" ");
        let login = profile.login.unwrap_or_default();
        let name = profile.display_name.filter(|name| !name.trim().is_empty()).unwrap_or(parts);
        let name = if name.trim().is_empty() { login.clone() } else { name };
        User { id: body.id, status: body.status, email: profile.email.unwrap_or_default(), name, login }
    }
}

impl From<GroupBody> for Group {
    fn from(body: GroupBody) -> Group {
        let members_moved_at = body.last_membership_updated.and_then(|text| text.parse().ok());
        Group { id: body.id, name: body.profile.name, members_moved_at }
    }
}

impl Api {
    /// Whose token this is.
    pub async fn me(&self) -> Result<User> {
        Ok(self.get::<UserBody>("read the token's owner", self.at("/api/v1/users/me")).await?.into())
    }

    pub async fn user(&self, id: &str) -> Result<User> {
        let mut url = self.at("/api/v1/users/");
        push_segment(&mut url, &[id]);
        Ok(self.get::<UserBody>("read a person", url).await?.into())
    }

    pub async fn org(&self) -> Result<Org> {
        let body: OrgBody = self.get("read the org", self.at("/api/v1/org")).await?;
        Ok(Org { id: body.id, company_name: body.company_name.unwrap_or_default() })
    }

    /// Every group whose name begins with `prefix`.
    ///
    /// By `q`, which answers from the store itself, so that what changed a moment ago is in it; past its limit by `search`.
    pub async fn groups(&self, prefix: &str) -> Result<Vec<Group>> {
        const WHAT: &str = "read groups";
        let ours = |group: &Group| group.name.starts_with(prefix);
        let mut url = self.at("/api/v1/groups");
        url.query_pairs_mut().append_pair("q", prefix).append_pair("limit", &PREFIX_GROUPS_MAX.to_string());
        // `q` does not look at the case of letters, and what is cut off at its limit may be ours.
        let found = self.pages(WHAT, url, |body: GroupBody| Some(Group::from(body))).await?;
        if found.len() < PREFIX_GROUPS_MAX {
            return Ok(found.into_iter().filter(ours).collect());
        }
        let quoted = prefix.replace('\\', "\\\\").replace('"', "\\\"");
        let mut url = self.at("/api/v1/groups");
        url.query_pairs_mut()
            .append_pair("search", &format!("profile.name sw \"{quoted}\""))
            .append_pair("limit", "1000");
        self.pages(WHAT, url, |body: GroupBody| Some(Group::from(body)).filter(ours)).await
    }

    /// Groups whose members changed after `since`, by the org's clock.
    pub async fn groups_moved_since(&self, since: Instant) -> Result<Vec<Group>> {
        let mut url = self.at("/api/v1/groups");
        url.query_pairs_mut().append_pair("filter", &format!("lastMembershipUpdated gt \"{since}\""));
        self.pages("read groups", url, |body: GroupBody| Some(Group::from(body))).await
    }

    /// Every group of a person, however many they are.
    pub async fn groups_of(&self, user: &str) -> Result<Vec<Group>> {
        let mut url = self.at("/api/v1/users/");
        push_segment(&mut url, &[user, "groups"]);
        self.pages("read a person's groups", url, |body: GroupBody| Some(Group::from(body))).await
    }

    /// Everybody in a group, with their status.
    pub async fn members(&self, group: &str) -> Result<Vec<User>> {
        let mut url = self.at("/api/v1/groups/");
        push_segment(&mut url, &[group, "users"]);
        url.query_pairs_mut().append_pair("limit", MEMBERS_PER_PAGE);
        self.pages("read a group's members", url, |body: UserBody| Some(User::from(body))).await
    }

    /// People whose profile or status changed after `since`, by the org's clock. The deactivated are among them.
    pub async fn users_updated_since(&self, since: Instant) -> Result<Vec<User>> {
        let mut url = self.at("/api/v1/users");
        let filter = format!("lastUpdated gt \"{since}\"");
        url.query_pairs_mut().append_pair("filter", &filter).append_pair("limit", USERS_PER_PAGE);
        self.pages("read people", url, |body: UserBody| Some(User::from(body))).await
    }

    /// One harmless call that needs the right to read people.
    pub async fn try_reading_people(&self) -> Result<()> {
        let mut url = self.at("/api/v1/users");
        url.query_pairs_mut().append_pair("limit", "1");
        self.get::<Vec<UserBody>>("read people", url).await.map(|_| ())
    }
}

/// Appends path segments, each encoded, to an address that ends in a slash.
pub(crate) fn push_segment(url: &mut url::Url, segments: &[&str]) {
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
}
