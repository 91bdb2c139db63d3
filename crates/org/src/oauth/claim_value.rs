//! What the claims of a custom server come to for one person and one application.

use db::Conn;
use serde_json::{Map, Value, json};

use super::{
    claim::{self, Claim, ValueType},
    claims::GROUPS_MAX,
    expression::{self, Facts},
    fault::{OAuthFault, OAuthResult},
    grant::Grant,
    server::Server,
};
use crate::{
    Org,
    model::{
        app::{App, pattern},
        app_assignment, fold,
        group::{self, Group},
        organization,
        user::User,
    },
};

/// For what the claims are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum For {
    AccessToken,
    /// An ID token that comes alone, or `/userinfo`: with everything.
    Identity,
    /// An ID token that comes with an access token: the rest is at `/userinfo`.
    ThinIdentity,
}

/// Who is spoken of.
pub struct About<'a> {
    pub server: &'a Server,
    pub app: &'a App,
    pub user: Option<&'a User>,
    pub grant: &'a Grant,
    pub scopes: &'a [String],
}

/// The owner's claims, and which of OpenID Connect's are switched off.
#[derive(Debug, Default)]
pub struct Values {
    pub claims: Map<String, Value>,
    pub without: Vec<String>,
}

/// Computes the claims of a server. The org's own server has none of these.
pub async fn of(org: &Org, conn: &mut Conn, about: &About<'_>, what: For) -> OAuthResult<Values> {
    let mut values = Values::default();
    if about.server.is_org() {
        return Ok(values);
    }
    let claims = claim::of_server(conn, &about.server.id).await?;
    let of_kind = |claim: &&Claim| claim.of_resource == (what == For::AccessToken);
    let is_left_out = |claim: &&Claim| !claim.active || (what == For::ThinIdentity && !claim.always_included);
    values.without = claims.iter().filter(of_kind).filter(is_left_out).map(|claim| claim.name.clone()).collect();
    let asked_for =
        |claim: &&Claim| claim.scopes.is_empty() || claim.scopes.iter().any(|scope| about.scopes.contains(scope));
    let wanted: Vec<&Claim> = claims
        .iter()
        .filter(of_kind)
        .filter(|claim| claim.value_type != ValueType::System && !is_left_out(claim))
        .filter(asked_for)
        .collect();
    if wanted.is_empty() {
        return Ok(values);
    }
    let groups = match about.user {
        Some(user) => group::groups_of(conn, &user.id).await?,
        None => Vec::new(),
    };
    let facts = facts(org, conn, about, &groups).await?;
    for claim in wanted {
        let value = match claim.value_type {
            ValueType::Groups => of_groups(claim, &groups)?,
            _ => expression::evaluate(&claim.value, &facts).map_err(|error| not_evaluated(claim, &error))?,
        };
        if !value.is_null() {
            values.claims.insert(claim.name.clone(), value);
        }
    }
    Ok(values)
}

fn not_evaluated(claim: &Claim, error: &expression::ExpressionError) -> OAuthFault {
    tracing::debug!(claim = claim.id, %error, "a claim could not be evaluated");
    let kind = if claim.is_system { "system" } else { "user" };
    OAuthFault::new(400, "server_error", format!("The '{}' {kind} claim could not be evaluated.", claim.name))
}

async fn facts(org: &Org, conn: &mut Conn, about: &About<'_>, groups: &[Group]) -> OAuthResult<Facts> {
    let (mut user, mut appuser) = (Value::Null, Value::Null);
    if let Some(person) = about.user {
        let mut profile: Map<String, Value> =
            person.profile.entries().map(|(name, value)| (name.to_owned(), value.clone())).collect();
        profile.insert("id".to_owned(), person.id.as_str().into());
        profile.insert("status".to_owned(), person.status.as_str().into());
        user = Value::Object(profile);
        let assignment = app_assignment::app_user(conn, &about.app.id, &person.id).await?;
        let mut profile = assignment.as_ref().map(|assignment| assignment.profile.clone()).unwrap_or_default();
        let name = assignment.map_or_else(|| person.login.clone(), |assignment| assignment.user_name);
        profile.insert("userName".to_owned(), name.into());
        appuser = Value::Object(profile);
    }
    let client_id = about.app.client_id.as_deref().unwrap_or(about.app.id.as_str());
    let mut names = Map::new();
    names.insert("user".to_owned(), user);
    names.insert("appuser".to_owned(), appuser);
    let profile = about.app.document.get("profile").cloned().unwrap_or_else(|| json!({}));
    names.insert(
        "app".to_owned(),
        json!({ "id": about.app.id.as_str(), "clientId": client_id, "label": about.app.label, "name": about.app.name, "profile": profile }),
    );
    let name = organization::get(conn).await?.map(|organization| organization.company_name);
    names.insert("org".to_owned(), json!({ "id": org.id.as_str(), "name": name }));
    names.insert("session".to_owned(), json!({ "amr": about.grant.amr }));
    names.insert("access".to_owned(), json!({ "scope": about.scopes }));
    let groups = groups.iter().map(|group| (group.id.to_string(), group.name.clone())).collect();
    Ok(Facts { names, groups })
}

fn of_groups(claim: &Claim, groups: &[Group]) -> OAuthResult<Value> {
    let filter = claim.group_filter_type.as_deref().unwrap_or_default();
    let pattern = (filter == "REGEX").then(|| pattern(&claim.value)).flatten();
    let value = fold(&claim.value);
    let wanted = |group: &&Group| match filter {
        "STARTS_WITH" => fold(&group.name).starts_with(&value),
        "EQUALS" => fold(&group.name) == value,
        "CONTAINS" => fold(&group.name).contains(&value),
        _ => pattern.as_ref().is_some_and(|pattern| pattern.is_match(&group.name)),
    };
    let names: Vec<&str> = groups.iter().filter(wanted).map(|group| group.name.as_str()).collect();
    if names.len() > GROUPS_MAX {
        let text = "The groups claim matched too many groups and must be configured to match fewer groups.";
        return Err(OAuthFault::new(400, "server_error", text));
    }
    Ok(if names.is_empty() { Value::Null } else { json!(names) })
}

/// Whether a filter of groups is one that can be used.
pub fn is_filter(kind: &str, value: &str) -> bool {
    match kind {
        "STARTS_WITH" | "EQUALS" | "CONTAINS" => true,
        "REGEX" => pattern(value).is_some(),
        _ => false,
    }
}
