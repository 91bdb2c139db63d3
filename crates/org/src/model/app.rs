//! Apps: what signs people in through the org, or is only a bookmark.
//!
//! Invariant: `document` holds what the API shows beside the columns (`credentials`, `settings`, `visibility`, `accessibility`,
//! `profile`, ...) and never a secret: those are rows of `client_secret`.

use db::{Conn, Row, query};
use serde_json::{Map, Value};
use world::{Instant, World};

pub use super::{
    app_assignment::assigned,
    client_secret::{ClientSecret, of_app as secrets},
};
use super::{
    client_key, fold,
    group::Group,
    id::{AppId, UserId},
};
use crate::{Error, Result};

macro_rules! sign_on_modes {
    ($($variant:ident $text:literal;)*) => {
        /// `signOnMode`: the kind of an app. This org signs people in to OpenID Connect apps; the others are records and tiles.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum SignOnMode { $($variant,)* }

        impl SignOnMode {
            pub fn as_str(self) -> &'static str {
                match self { $(SignOnMode::$variant => $text,)* }
            }

            pub fn parse(text: &str) -> Option<SignOnMode> {
                match text { $($text => Some(SignOnMode::$variant),)* _ => None }
            }
        }
    };
}

sign_on_modes! {
    OpenIdConnect "OPENID_CONNECT";
    Bookmark "BOOKMARK";
    Saml2 "SAML_2_0";
    Saml11 "SAML_1_1";
    WsFederation "WS_FEDERATION";
    AutoLogin "AUTO_LOGIN";
    BasicAuth "BASIC_AUTH";
    BrowserPlugin "BROWSER_PLUGIN";
    SecurePasswordStore "SECURE_PASSWORD_STORE";
}

impl SignOnMode {
    /// Whether what such an app is sent is signed, so that it has a key from the start.
    pub fn signs(self) -> bool {
        matches!(self, SignOnMode::Saml2 | SignOnMode::Saml11 | SignOnMode::WsFederation)
    }
}

#[derive(Clone, Debug)]
pub struct App {
    pub id: AppId,
    /// Of an OIDC app: what it calls itself at the OAuth endpoints.
    pub client_id: Option<String>,
    pub name: String,
    pub label: String,
    pub sign_on_mode: SignOnMode,
    pub active: bool,
    pub document: Map<String, Value>,
    pub groups_claim: Option<GroupsClaim>,
    /// The id under which its own logo is served.
    pub logo_id: Option<String>,
    pub created: Instant,
    pub last_updated: Instant,
}

/// The part of an OIDC app that OAuth's endpoints ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OAuthClient {
    /// `web`, `native`, `browser` or `service`.
    pub application_type: String,
    pub token_endpoint_auth_method: String,
    pub pkce_required: bool,
    pub redirect_uris: Vec<String>,
    pub post_logout_redirect_uris: Vec<String>,
    pub response_types: Vec<String>,
    pub grant_types: Vec<String>,
    /// `TRUSTED` or `REQUIRED`.
    pub consent_method: String,
    pub refresh_token_rotates: bool,
    pub refresh_token_leeway_seconds: u32,
    pub initiate_login_uri: Option<String>,
    pub jwks: Option<Value>,
    pub jwks_uri: Option<String>,
    /// What is loaded in a frame when the session at the org ends.
    pub frontchannel_logout_uri: Option<String>,
    /// Whether it is told which session: then its ID tokens name it too.
    pub wants_session_id: bool,
}

impl App {
    pub(crate) const COLUMNS: &str = "a.id, a.client_id, a.name, a.label, a.sign_on_mode, a.status, a.document, a.groups_claim, a.created_us, a.updated_us, (select l.id from app_logo l where l.app_id = a.id) as logo_id";

    pub(crate) fn read(row: &Row) -> Result<App> {
        let stored = |reason: String| Error::Stored { what: "app", reason };
        let document: String = row.get("document")?;
        let mode: String = row.get("sign_on_mode")?;
        let claim: Option<String> = row.get("groups_claim")?;
        let claim = claim
            .map(|text| serde_json::from_str::<Value>(&text))
            .transpose()
            .map_err(|error| stored(error.to_string()))?;
        let status: String = row.get("status")?;
        Ok(App {
            id: row.get::<String>("id")?.into(),
            client_id: row.get("client_id")?,
            name: row.get("name")?,
            label: row.get("label")?,
            sign_on_mode: SignOnMode::parse(&mode).ok_or_else(|| stored(format!("unknown sign-on mode {mode}")))?,
            active: status == "ACTIVE",
            document: serde_json::from_str(&document).map_err(|error| stored(error.to_string()))?,
            groups_claim: claim.as_ref().and_then(|value| GroupsClaim::from_json(value).ok().flatten()),
            logo_id: row.get("logo_id")?,
            created: row.get("created_us")?,
            last_updated: row.get("updated_us")?,
        })
    }

    /// The OAuth settings of an OIDC app.
    pub fn oauth(&self) -> Option<OAuthClient> {
        let settings = self.document.get("settings")?.get("oauthClient")?;
        let credentials = self.document.get("credentials")?.get("oauthClient")?;
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        let refresh = settings.get("refresh_token");
        let leeway = refresh
            .and_then(|refresh| refresh.get("leeway"))
            .and_then(Value::as_u64)
            .and_then(|leeway| u32::try_from(leeway).ok());
        Some(OAuthClient {
            application_type: text(settings.get("application_type"))?,
            token_endpoint_auth_method: text(credentials.get("token_endpoint_auth_method"))?,
            pkce_required: credentials.get("pkce_required").and_then(Value::as_bool).unwrap_or(false),
            redirect_uris: texts(settings.get("redirect_uris")),
            post_logout_redirect_uris: texts(settings.get("post_logout_redirect_uris")),
            response_types: texts(settings.get("response_types")),
            grant_types: texts(settings.get("grant_types")),
            consent_method: text(settings.get("consent_method")).unwrap_or_else(|| "TRUSTED".to_owned()),
            refresh_token_rotates: refresh.and_then(|refresh| refresh.get("rotation_type")).and_then(Value::as_str)
                == Some("ROTATE"),
            refresh_token_leeway_seconds: leeway.unwrap_or(0),
            initiate_login_uri: text(settings.get("initiate_login_uri")),
            jwks: settings.get("jwks").filter(|jwks| !jwks.is_null()).map(client_key::usable),
            jwks_uri: text(settings.get("jwks_uri")),
            frontchannel_logout_uri: text(settings.get("frontchannel_logout_uri")),
            wants_session_id: settings
                .get("frontchannel_logout_session_required")
                .and_then(Value::as_bool)
                .unwrap_or(false),
        })
    }

    /// Where a tile on the end-user page leads; none where there is no page of the app's own to begin with.
    pub fn link_url(&self) -> Option<String> {
        let settings = self.document.get("settings")?;
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        match self.sign_on_mode {
            SignOnMode::OpenIdConnect => self.oauth()?.initiate_login_uri,
            SignOnMode::AutoLogin => text(settings.pointer("/signOn/loginUrl")),
            SignOnMode::Saml2 | SignOnMode::Saml11 | SignOnMode::WsFederation => None,
            _ => text(settings.pointer("/app/url")),
        }
    }

    /// How many apps have this name.
    pub async fn count_named(conn: &mut Conn, name: &str) -> Result<i64> {
        Ok(query("select count(*) as n from app where name = $1").bind(name).one(conn).await?.get("n")?)
    }

    /// The key that signs for this app, where one was chosen.
    pub fn signing_kid(&self) -> Option<&str> {
        self.document.get("credentials")?.pointer("/signing/kid")?.as_str()
    }

    /// Whether signing out at the app signs out here.
    fn slo_enabled(document: &Map<String, Value>) -> bool {
        let enabled = document.get("settings").and_then(|settings| settings.pointer("/signOn/slo/enabled"));
        enabled.and_then(Value::as_bool).unwrap_or(false)
    }
}

fn texts(array: Option<&Value>) -> Vec<String> {
    let array = array.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    array.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Which groups of a person the org server's ID token names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupsClaim {
    pub issuer_mode: Option<String>,
    pub name: String,
    pub filter: GroupsFilter,
    pub value: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupsFilter {
    StartsWith,
    Equals,
    Contains,
    Regex,
}

/// A pattern of an administrator's may not take more memory than this once compiled.
const PATTERN_BYTES_MAX: usize = 1 << 20;

impl GroupsClaim {
    /// Reads the settings object; `None` when its value is empty, which switches the claim off.
    pub fn from_json(value: &Value) -> Result<Option<GroupsClaim>, String> {
        let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default();
        if text("value").is_empty() {
            return Ok(None);
        }
        if !matches!(text("valueType"), "GROUPS" | "") {
            return Err("valueType: only GROUPS is supported".to_owned());
        }
        let filter = match text("groupFilterType") {
            "STARTS_WITH" => GroupsFilter::StartsWith,
            "EQUALS" => GroupsFilter::Equals,
            "CONTAINS" => GroupsFilter::Contains,
            "REGEX" => GroupsFilter::Regex,
            other => return Err(format!("groupFilterType: '{other}' is not supported")),
        };
        if filter == GroupsFilter::Regex && pattern(text("value")).is_none() {
            return Err("value: The regular expression is not valid".to_owned());
        }
        let name = if text("name").is_empty() { "groups" } else { text("name") };
        let issuer_mode = value.get("issuerMode").and_then(Value::as_str).map(str::to_owned);
        Ok(Some(GroupsClaim { issuer_mode, name: name.to_owned(), filter, value: text("value").to_owned() }))
    }

    pub fn to_json(&self) -> Value {
        let filter = match self.filter {
            GroupsFilter::StartsWith => "STARTS_WITH",
            GroupsFilter::Equals => "EQUALS",
            GroupsFilter::Contains => "CONTAINS",
            GroupsFilter::Regex => "REGEX",
        };
        serde_json::json!({
            "issuerMode": self.issuer_mode.as_deref().unwrap_or("ORG_URL"),
            "valueType": "GROUPS",
            "groupFilterType": filter,
            "name": self.name,
            "value": self.value,
        })
    }

    /// The names that the claim holds for somebody who is in these groups.
    pub fn names(&self, groups: &[Group]) -> Vec<String> {
        let pattern = (self.filter == GroupsFilter::Regex).then(|| pattern(&self.value)).flatten();
        let wanted = |name: &str| match self.filter {
            GroupsFilter::StartsWith => name.starts_with(&self.value),
            GroupsFilter::Equals => name == self.value,
            GroupsFilter::Contains => name.contains(&self.value),
            GroupsFilter::Regex => pattern.as_ref().is_some_and(|pattern| pattern.is_match(name)),
        };
        groups.iter().map(|group| group.name.as_str()).filter(|name| wanted(name)).map(str::to_owned).collect()
    }
}

/// A pattern for names of groups. The whole name must match, as in Okta.
pub fn pattern(text: &str) -> Option<regex::Regex> {
    regex::RegexBuilder::new(&format!("^(?:{text})$")).size_limit(PATTERN_BYTES_MAX).build().ok()
}

/// What an app is made of.
#[derive(Clone, Debug)]
pub struct NewApp {
    pub id: AppId,
    pub client_id: Option<String>,
    pub name: String,
    pub label: String,
    pub sign_on_mode: SignOnMode,
    pub active: bool,
    pub document: Map<String, Value>,
}

pub async fn create(conn: &mut Conn, world: &World, new: &NewApp) -> Result<App> {
    let now = world.now().whole_second();
    query(
        "insert into app (id, client_id, name, name_folded, label, label_folded, sign_on_mode, status, document, slo_enabled, created_us, updated_us)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)",
    )
    .bind(new.id.as_str())
    .bind(new.client_id.clone())
    .bind(&new.name)
    .bind(fold(&new.name))
    .bind(&new.label)
    .bind(fold(&new.label))
    .bind(new.sign_on_mode.as_str())
    .bind(status(new.active))
    .bind(Value::Object(new.document.clone()).to_string())
    .bind(i64::from(App::slo_enabled(&new.document)))
    .bind(now)
    .execute(conn)
    .await?;
    Ok(App {
        id: new.id.clone(),
        client_id: new.client_id.clone(),
        name: new.name.clone(),
        label: new.label.clone(),
        sign_on_mode: new.sign_on_mode,
        active: new.active,
        document: new.document.clone(),
        groups_claim: None,
        logo_id: None,
        created: now,
        last_updated: now,
    })
}

fn status(active: bool) -> &'static str {
    if active { "ACTIVE" } else { "INACTIVE" }
}

pub async fn by_id(conn: &mut Conn, id: &AppId) -> Result<Option<App>> {
    let sql = format!("select {} from app a where a.id = $1", App::COLUMNS);
    let row = query(sql).bind(id.as_str()).optional(conn).await?;
    row.map(|row| App::read(&row)).transpose()
}

pub async fn by_client_id(conn: &mut Conn, client_id: &str) -> Result<Option<App>> {
    let sql = format!("select {} from app a where a.client_id = $1", App::COLUMNS);
    let row = query(sql).bind(client_id).optional(conn).await?;
    row.map(|row| App::read(&row)).transpose()
}

/// Replaces label and document.
pub async fn update(
    conn: &mut Conn,
    id: &AppId,
    label: &str,
    document: &Map<String, Value>,
    now: Instant,
) -> Result<()> {
    let kid = document.get("credentials").and_then(|credentials| credentials.pointer("/signing/kid"));
    query("update app set label = $1, label_folded = $2, document = $3, updated_us = $4, slo_enabled = $5, signing_kid = $6 where id = $7")
        .bind(label)
        .bind(fold(label))
        .bind(Value::Object(document.clone()).to_string())
        .bind(now.whole_second())
        .bind(i64::from(App::slo_enabled(document)))
        .bind(kid.and_then(Value::as_str))
        .bind(id.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn set_active(conn: &mut Conn, id: &AppId, active: bool, now: Instant) -> Result<()> {
    let update = query("update app set status = $1, updated_us = $2 where id = $3");
    update.bind(status(active)).bind(now.whole_second()).bind(id.as_str()).execute(conn).await?;
    Ok(())
}

pub async fn set_groups_claim(conn: &mut Conn, id: &AppId, claim: Option<&GroupsClaim>, now: Instant) -> Result<()> {
    query("update app set groups_claim = $1, updated_us = $2 where id = $3")
        .bind(claim.map(|claim| claim.to_json().to_string()))
        .bind(now.whole_second())
        .bind(id.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn delete(conn: &mut Conn, id: &AppId) -> Result<()> {
    query("delete from app where id = $1").bind(id.as_str()).execute(conn).await?;
    Ok(())
}

/// A select of apps that a list goes on with.
pub(crate) fn select() -> db::Query {
    query(format!("select {} from app a where 1 = 1", App::COLUMNS))
}

pub(crate) fn from_rows(rows: &[Row]) -> Result<Vec<App>> {
    rows.iter().map(App::read).collect()
}

/// One person's tiles are at most this many.
const TILES_MAX: i64 = 500;

/// The active apps that a person is assigned to, directly or by a group, by label.
pub async fn assigned_to(conn: &mut Conn, user: &UserId) -> Result<Vec<App>> {
    let rows = select()
        .push(
            " and a.status = 'ACTIVE' and (a.id in (select app_id from app_user where user_id = $1)
               or a.id in (select x.app_id from app_group x join group_member m on m.group_id = x.group_id where m.user_id = $1))
             order by a.label_folded, a.id limit $2",
        )
        .bind(user.as_str())
        .bind(TILES_MAX);
    from_rows(&rows.all(conn).await?)
}

pub async fn count(conn: &mut Conn) -> Result<i64> {
    Ok(query("select count(*) as n from app").one(conn).await?.get("n")?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{group::GroupType, id::GroupId};
    use serde_json::json;

    fn group(name: &str) -> Group {
        let (id, then) = (GroupId::from(name), Instant::EPOCH);
        Group {
            id,
            kind: GroupType::OktaGroup,
            name: name.to_owned(),
            description: None,
            custom: Default::default(),
            created: then,
            last_updated: then,
            last_membership_updated: then,
        }
    }

    #[test]
    fn the_groups_claim_filters_by_name() {
        let groups = [group("WRAdmin"), group("WRUser"), group("Everyone")];
        let cases = [
            ("STARTS_WITH", "WR", 2),
            ("EQUALS", "WRUser", 1),
            ("CONTAINS", "very", 1),
            ("REGEX", "WR.*", 2),
            ("REGEX", "User", 0),
        ];
        for (filter, value, count) in cases {
            let claim = json!({ "valueType": "GROUPS", "groupFilterType": filter, "name": "groups", "value": value });
            let claim = GroupsClaim::from_json(&claim).unwrap().unwrap();
            assert_eq!(claim.names(&groups).len(), count, "{filter} {value}");
            assert_eq!(GroupsClaim::from_json(&claim.to_json()).unwrap().unwrap().names(&groups).len(), count);
        }
        assert_eq!(GroupsClaim::from_json(&json!({ "value": "" })), Ok(None));
        assert!(GroupsClaim::from_json(&json!({ "groupFilterType": "REGEX", "value": "(" })).is_err());
    }
}
