//! Who calls: a token's creator, somebody with a session in a browser, or somebody who lets an OAuth client act.
//!
//! Invariant: a [`Caller`] exists only for somebody who may be acted for now; the roles are those of now.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, Method, header, request::Parts},
};
use db::Conn;
use serde_json::{Map, Value};
use vault::{Secret, same};

use super::edge::Address;
use crate::{
    Org,
    error::{Answer, Fault, codes},
    model::{
        binding::{self, Grant},
        change::Change,
        condition::Condition,
        group::Group,
        id::{AppId, UserId},
        log::{self, CallOrigin, Event, Outcome, Party},
        reach::{Object, Part, Reach, Target},
        role::{self, AdminRole, RoleType, TargetKind},
        role_target::RoleTarget,
        token::{self, TokenRow},
        user::{self, User},
    },
    operations::{
        Right,
        permissions::{self, Ask},
    },
    signin::{csrf, session},
};

/// What a page of ours sends with unsafe calls, and a foreign page cannot know.
const CSRF_TOKEN: HeaderName = HeaderName::from_static("x-csrf-token");

/// By what the caller is known.
#[derive(Clone, Debug)]
pub enum By {
    Token(TokenRow),
    Session,
    /// The scopes that were granted to the access token, which speaks for a person, or for the client itself.
    OAuth {
        client_id: String,
        scopes: Vec<String>,
        acts_for_itself: bool,
    },
}

#[derive(Clone, Debug)]
pub struct Caller {
    /// Who acts. For a client that acts for itself this is a stand-in: its id is the client's, so that what names its author names the
    /// client, and no row of a person has it.
    pub user: User,
    pub roles: Vec<AdminRole>,
    /// What custom roles give.
    pub grants: Vec<Grant>,
    pub by: By,
    pub origin: CallOrigin,
    /// Set by the gate: the call is about the caller, which the operation is open to.
    pub on_self: bool,
    /// Set by the gate: the call is allowed for that reason alone.
    pub on_self_alone: bool,
}

impl Caller {
    /// Whether a right is held without any limit.
    pub fn may(&self, right: Right) -> bool {
        self.reach(right).whole
    }

    /// Over what the caller may do something, by all roles together.
    pub fn reach(&self, ask: impl Into<Ask>) -> Reach {
        let ask = ask.into();
        let mut reach = Reach::default();
        for role in self.roles.iter().filter(|role| ask.right.held_by(role.kind)) {
            let limited = match role.kind.targets() {
                Some(TargetKind::Groups) => matches!(ask.right.about(), "users" | "groups" | "sessions"),
                // Whom an app can be assigned to is not what it is about.
                Some(TargetKind::Apps) => matches!(ask.right.about(), "apps" | "appGrants"),
                None => false,
            };
            if !limited || role.targets.is_empty() {
                return Reach::everything();
            }
            let targets = role.targets.iter().flat_map(RoleTarget::reached).collect();
            reach.add(Part { targets, except: Vec::new() });
        }
        for grant in &self.grants {
            if grant.permissions.iter().any(|permission| permissions::gives(&permission.name, ask)) {
                grant.parts.iter().for_each(|part| reach.add(part.clone()));
            }
        }
        if let Some(kind) = kind_of(ask.right)
            && reach.includes_all(&kind)
        {
            return Reach::everything();
        }
        reach
    }

    /// What a list of such objects is limited to for this caller.
    pub fn sees(&self, right: Right, object: Object, column: &str) -> Option<Condition> {
        self.reach(right).condition(object, column)
    }

    /// Refuses what is done to an object that is named by no path.
    pub async fn must_reach(&self, conn: &mut Conn, right: Right, object: Object, id: &str) -> Answer<()> {
        if self.reach(right).includes(conn, object, id).await? { Ok(()) } else { Err(Fault::forbidden()) }
    }

    /// The attributes of people that are not shown to this caller.
    pub fn hidden_attributes(&self) -> Hidden {
        self.left_out(Right::READ_USERS.into())
    }

    /// The attributes of people that this caller may not change.
    pub fn fixed_attributes(&self, operation: &'static str) -> Hidden {
        self.left_out(Ask { right: Right::MANAGE_USERS, operation: Some(operation) })
    }

    /// What the conditions of any permission leave out. Another permission without conditions may be over other people, so it opens
    /// nothing; only a standard role without limits does.
    fn left_out(&self, ask: Ask) -> Hidden {
        let unlimited = |role: &AdminRole| ask.right.held_by(role.kind) && role.targets.is_empty();
        if self.on_self_alone || self.roles.iter().any(unlimited) {
            return Hidden::default();
        }
        let permissions = self.grants.iter().flat_map(|grant| &grant.permissions);
        let fitting = permissions.filter(|permission| permissions::gives(&permission.name, ask));
        Hidden::of(fitting.map(|permission| permission.conditions.as_ref()))
    }

    pub fn has_role(&self, kind: RoleType) -> bool {
        self.roles.iter().any(|role| role.kind == kind)
    }

    pub fn party(&self) -> Party {
        match &self.by {
            By::OAuth { client_id, acts_for_itself: true, .. } => {
                Party::new(client_id, "PublicClientApp", client_id, &self.user.profile.display_name())
            }
            _ => Party::user(&self.user),
        }
    }

    /// Begins a change whose events name this caller.
    pub async fn begin(&self, org: &Org) -> Answer<Change> {
        Ok(Change::begin(org, self.party(), self.origin.clone()).await?)
    }

    /// Refuses a change to somebody who has administrator roles by somebody weaker: a reset password would hand the roles over.
    pub async fn must_outrank(&self, conn: &mut Conn, target: &UserId) -> Answer<()> {
        if *target == self.user.id || self.has_role(RoleType::SuperAdmin) {
            return Ok(());
        }
        let roles = role::roles_of(conn, target).await?;
        let others = !binding::of_user(conn, target).await?.is_empty();
        self.must_outrank_roles(&roles, others)
    }

    /// Refuses a change to the members of a group that gives roles, by somebody who may not give roles.
    pub async fn must_outrank_group(&self, conn: &mut Conn, group: &Group) -> Answer<()> {
        if self.may(Right::MANAGE_ROLES) || !role::is_given_by(conn, &group.id).await? {
            return Ok(());
        }
        Err(Fault::forbidden())
    }

    /// Refuses to change the credentials of an app that has administrator roles by somebody weaker: they would hand the roles over.
    pub async fn must_outrank_client(&self, conn: &mut Conn, app: &AppId) -> Answer<()> {
        if self.has_role(RoleType::SuperAdmin) {
            return Ok(());
        }
        let roles = role::roles_of_client(conn, app).await?;
        let others = !binding::of_client(conn, app).await?.is_empty();
        self.must_outrank_roles(&roles, others)
    }

    /// `others`: there are custom roles too.
    fn must_outrank_roles(&self, roles: &[AdminRole], others: bool) -> Answer<()> {
        let beyond = roles.iter().any(|role| role.kind == RoleType::SuperAdmin);
        if (roles.is_empty() && !others) || (self.has_role(RoleType::OrgAdmin) && !beyond) {
            Ok(())
        } else {
            Err(Fault::forbidden())
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Caller, Fault> {
        parts.extensions.get::<Caller>().cloned().ok_or_else(|| Fault::new(&codes::E0000011))
    }
}

/// Finds out who calls.
pub async fn authenticate(org: &Org, parts: &Parts) -> Answer<Caller> {
    let mut origin = parts.extensions.get::<CallOrigin>().cloned().unwrap_or_default();
    let (user, by) = match credentials(&parts.headers)? {
        Some(Credentials::Token(value)) => {
            let (row, user) = by_token(org, &value, &mut origin).await?;
            (user, By::Token(row))
        }
        Some(Credentials::Bearer(value)) => return by_bearer(org, &value, origin).await,
        None => (by_session(org, parts).await?, By::Session),
    };
    let mut reader = org.db.read().await?;
    let roles = role::roles_of(&mut reader, &user.id).await?;
    let members = binding::of_user(&mut reader, &user.id).await?;
    let grants = binding::grants(&mut reader, org.id.as_str(), &members).await?;
    Ok(Caller { user, roles, grants, by, origin, on_self: false, on_self_alone: false })
}

/// What a right is about, where it is about things that resource sets name only all together.
fn kind_of(right: Right) -> Option<Target> {
    let words = match right.about() {
        "authorizationServers" => "idp:authorization_servers",
        "brands" => "idp:customizations",
        "devices" => "directory:devices",
        "idps" => "idp:identity_providers",
        "policies" => "idp:policies",
        "realms" => "directory:realms",
        "roles" => "iam:contained_resources",
        _ => return None,
    };
    Some(Target::Kind(words.to_owned()))
}

/// Which attributes of people a permission leaves out, by its conditions.
#[derive(Clone, Debug, Default)]
pub struct Hidden {
    by: Vec<Rule>,
}

#[derive(Clone, Debug)]
enum Rule {
    AllBut(Vec<String>),
    These(Vec<String>),
}

impl Hidden {
    fn of<'a>(conditions: impl Iterator<Item = Option<&'a Map<String, Value>>>) -> Hidden {
        let mut by = Vec::new();
        for condition in conditions {
            let names = |word: &str| -> Option<Vec<String>> {
                let attributes = condition?.get(word)?.get(ATTRIBUTES)?.as_array()?;
                Some(attributes.iter().filter_map(Value::as_str).map(str::to_owned).collect())
            };
            match (names("include"), names("exclude")) {
                (Some(included), _) => by.push(Rule::AllBut(included)),
                (None, Some(excluded)) => by.push(Rule::These(excluded)),
                (None, None) => {}
            }
        }
        Hidden { by }
    }

    pub fn includes(&self, attribute: &str) -> bool {
        self.by.iter().any(|rule| match rule {
            Rule::AllBut(names) => !names.iter().any(|name| name == attribute),
            Rule::These(names) => names.iter().any(|name| name == attribute),
        })
    }

    /// Takes what is hidden out of a person's body.
    pub fn conceal(&self, body: &mut Value) {
        if let Some(profile) = body.get_mut("profile").and_then(Value::as_object_mut) {
            profile.retain(|name, _| !self.includes(name));
        }
    }
}

/// What conditions of permissions say which attributes under.
pub const ATTRIBUTES: &str = "okta:ResourceAttribute/User/Profile";

enum Credentials {
    Token(Secret),
    Bearer(Secret),
}

/// Reads the Authorization header. One client sends `SSWS<token>` without a blank, so none is asked for.
fn credentials(headers: &HeaderMap) -> Answer<Option<Credentials>> {
    let invalid = || Fault::new(&codes::E0000011);
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let value = value.to_str().map_err(|_| invalid())?;
    let after = |word: &str| {
        value
            .get(..word.len())
            .filter(|start| start.eq_ignore_ascii_case(word))
            .map(|_| Secret::new(value[word.len()..].trim()))
    };
    let found = after("SSWS").map(Credentials::Token).or_else(|| after("Bearer ").map(Credentials::Bearer));
    if values.next().is_some() { Err(invalid()) } else { found.map(Some).ok_or_else(invalid) }
}

async fn by_token(org: &Org, value: &Secret, origin: &mut CallOrigin) -> Answer<(TokenRow, User)> {
    let now = org.now();
    let mut reader = org.db.read().await?;
    let found = token::authenticate(&mut reader, &org.vault, value, now).await?;
    let (row, user) = found.ok_or_else(|| Fault::new(&codes::E0000011))?;
    origin.token = Some(row.id.clone());
    let allowed = row.network.allows(&mut reader, origin.address).await?;
    drop(reader);
    if !allowed {
        let event = Event::new("system.api_token.request_outside_allowed_range")
            .by(Party::user(&user))
            .target(token_party(&row))
            .outcome(Outcome::Deny, "the address is in none of the token's zones")
            .from(origin);
        let mut tx = org.db.begin().await?;
        log::write(&mut tx, &org.world, &event).await?;
        tx.commit().await?;
        return Err(Fault::forbidden());
    }
    if token::needs_touch(&row, now) {
        let mut tx = org.db.begin().await?;
        token::touch(&mut tx, &row.id, now).await?;
        tx.commit().await?;
    }
    Ok((row, user))
}

/// How the log names a token.
pub fn token_party(row: &TokenRow) -> Party {
    Party::new(row.id.as_str(), "Token", &row.name, &row.name)
}

async fn by_bearer(org: &Org, value: &Secret, origin: CallOrigin) -> Answer<Caller> {
    let mut reader = org.db.read().await?;
    let bearer = crate::oauth::bearer::check(org, &mut reader, value).await?;
    let bearer = bearer.ok_or_else(|| {
        Fault::new(&codes::E0000011)
            .challenged("Bearer error=\"invalid_token\", error_description=\"The access token is invalid\"")
    })?;
    let client_id = bearer.app.client_id.clone().unwrap_or_default();
    let (user, roles, members, acts_for_itself) = match bearer.user {
        Some(user) => {
            let roles = role::roles_of(&mut reader, &user.id).await?;
            let members = binding::of_user(&mut reader, &user.id).await?;
            (user, roles, members, false)
        }
        None => {
            let roles = role::roles_of_client(&mut reader, &bearer.app.id).await?;
            let members = binding::of_client(&mut reader, &bearer.app.id).await?;
            let type_id = user::default_type(&mut reader).await?.id;
            (User::stand_in(&client_id, &bearer.app.label, type_id, org.now()), roles, members, true)
        }
    };
    let grants = binding::grants(&mut reader, org.id.as_str(), &members).await?;
    let by = By::OAuth { client_id, scopes: bearer.scopes, acts_for_itself };
    Ok(Caller { user, roles, grants, by, origin, on_self: false, on_self_alone: false })
}

async fn by_session(org: &Org, parts: &Parts) -> Answer<User> {
    let mut reader = org.db.read().await?;
    let Some(found) = session::current(org, &parts.headers, &mut reader).await? else {
        let code = if has_session_cookie(&parts.headers) { &codes::E0000005 } else { &codes::E0000011 };
        return Err(Fault::new(code));
    };
    drop(reader);
    if !matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS) {
        let own = parts.extensions.get::<Address>().ok_or_else(|| Fault::new(&codes::E0000212))?;
        if !csrf::is_from_own_page(&parts.headers, &own.0) {
            return Err(Fault::new(&codes::E0000212));
        }
        let given = parts.headers.get(CSRF_TOKEN).and_then(|given| given.to_str().ok()).unwrap_or_default();
        if !same(session::csrf_token(org, &found).as_bytes(), given.as_bytes()) {
            return Err(
                Fault::forbidden().with_cause("The X-CSRF-Token header is missing or belongs to another session.")
            );
        }
    }
    session::touch(org, &found).await?;
    Ok(found.user)
}

fn has_session_cookie(headers: &HeaderMap) -> bool {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies.flat_map(|line| line.split(';')).any(|cookie| cookie.trim().starts_with("sid="))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Option<Secret> {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, value.parse().unwrap());
        match credentials(&headers) {
            Ok(Some(Credentials::Token(value) | Credentials::Bearer(value))) => Some(value),
            _ => None,
        }
    }

    #[test]
    fn a_token_is_read_with_and_without_a_blank() {
        for value in ["SSWS 00abc", "SSWS00abc", "ssws   00abc", "Bearer 00abc"] {
            assert_eq!(read(value).unwrap().expose(), "00abc", "{value}");
        }
        for value in ["Basic 00abc", "00abc", "Bearer", ""] {
            assert!(read(value).is_none(), "{value}");
        }
    }

    #[test]
    fn two_authorization_headers_are_refused() {
        let mut headers = HeaderMap::new();
        headers.append(header::AUTHORIZATION, "SSWS one".parse().unwrap());
        headers.append(header::AUTHORIZATION, "SSWS two".parse().unwrap());
        assert!(credentials(&headers).is_err());
    }
}
