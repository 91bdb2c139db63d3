//! Consent: scopes of this org's API that an administrator grants to an app, and scopes that people let an app have.
//!
//! Invariant: an app whose consent method is REQUIRED gets a scope that asks for consent only with a row here; taking the row away ends
//! the grants that hold the scope.

use db::{Conn, Row, query};
use world::{Instant, World};

use super::{
    client::Client,
    custom_scope::{Consent, CustomScope},
    server::{self, Server},
};
use crate::{
    Result,
    model::{
        id::{AppId, UserId, generate},
        log::Party,
    },
};

const PREFIX: &str = "oag";

/// A scope of the management API that an app may have.
#[derive(Clone, Debug)]
pub struct AppGrant {
    pub id: String,
    pub scope: String,
    pub created_by: String,
    pub created: Instant,
    pub last_updated: Instant,
}

impl AppGrant {
    fn read(row: &Row) -> Result<AppGrant> {
        Ok(AppGrant {
            id: row.get("id")?,
            scope: row.get("scope")?,
            created_by: row.get("created_by")?,
            created: row.get("created_us")?,
            last_updated: row.get("updated_us")?,
        })
    }
}

/// What was granted to an app, oldest first.
pub async fn of_app(conn: &mut Conn, app: &AppId) -> Result<Vec<AppGrant>> {
    let rows = query(
        "select id, scope, created_by, created_us, updated_us from app_scope_grant where app_id = $1 order by id",
    );
    rows.bind(app.as_str()).all(conn).await?.iter().map(AppGrant::read).collect()
}

/// The scopes alone.
pub async fn scopes_of_app(conn: &mut Conn, app: &AppId) -> Result<Vec<String>> {
    Ok(of_app(conn, app).await?.into_iter().map(|grant| grant.scope).collect())
}

/// Grants a scope to an app. `None`: it has it.
pub async fn grant_to_app(
    conn: &mut Conn,
    world: &World,
    app: &AppId,
    scope: &str,
    by: &UserId,
) -> Result<Option<AppGrant>> {
    let (id, now) = (generate(PREFIX, world), world.now().whole_second());
    let added = query(
        "insert into app_scope_grant (id, app_id, scope, created_by, created_us, updated_us) values ($1, $2, $3, $4, $5, $5)
         on conflict (app_id, scope) do nothing",
    );
    let added = added.bind(&id).bind(app.as_str()).bind(scope).bind(by.as_str()).bind(now).execute(conn).await?;
    let grant = AppGrant { id, scope: scope.to_owned(), created_by: by.to_string(), created: now, last_updated: now };
    Ok((added == 1).then_some(grant))
}

/// Takes a scope of the management API from an app, with everything at the org's server that holds it.
pub async fn take_from_app(conn: &mut Conn, app: &AppId, grant: &AppGrant, now: Instant) -> Result<()> {
    query("delete from app_scope_grant where id = $1").bind(&grant.id).execute(conn).await?;
    end_with_scope(conn, server::ORG, app, None, &grant.scope, now).await
}

/// Ends the grants of an app (for one person, or for everybody) that hold a scope.
async fn end_with_scope(
    conn: &mut Conn,
    server: &str,
    app: &AppId,
    user: Option<&UserId>,
    scope: &str,
    now: Instant,
) -> Result<()> {
    let mut update = query(
        "update oauth_grant set ended_us = $1 where server_id = $2 and app_id = $3 and ended_us is null
            and ' ' || scopes || ' ' like $4 escape '\\'",
    )
    .bind(now)
    .bind(server)
    .bind(app.as_str())
    .bind(format!("% {} %", crate::model::literal(scope)));
    if let Some(user) = user {
        update = update.push(" and user_id = $5").bind(user.as_str());
    }
    update.execute(conn).await?;
    Ok(())
}

/// A scope that a person let an app have.
#[derive(Clone, Debug)]
pub struct UserGrant {
    pub id: String,
    pub server_id: String,
    pub app_id: AppId,
    pub client_id: String,
    pub app_label: String,
    pub user_id: UserId,
    pub scope: String,
    pub created: Instant,
    pub last_updated: Instant,
}

impl UserGrant {
    fn read(row: &Row) -> Result<UserGrant> {
        let app_id: String = row.get("app_id")?;
        Ok(UserGrant {
            id: row.get("id")?,
            server_id: row.get("server_id")?,
            client_id: row.get::<Option<String>>("client_id")?.unwrap_or_else(|| app_id.clone()),
            app_id: app_id.into(),
            app_label: row.get("label")?,
            user_id: row.get::<String>("user_id")?.into(),
            scope: row.get("scope")?,
            created: row.get("created_us")?,
            last_updated: row.get("updated_us")?,
        })
    }

    pub fn party(&self) -> Party {
        Party::new(&self.id, "OAuth2ScopeConsentGrant", &self.scope, &self.scope)
    }
}

/// A select of what one person granted, that a list goes on with.
pub fn select_of_user(user: &UserId) -> db::Query {
    let sql = "select g.id, g.server_id, g.app_id, a.client_id, a.label, g.user_id, g.scope, g.created_us, g.updated_us
         from user_scope_grant g join app a on a.id = g.app_id where g.user_id = $1";
    query(sql).bind(user.as_str())
}

pub fn from_rows(rows: &[Row]) -> Result<Vec<UserGrant>> {
    rows.iter().map(UserGrant::read).collect()
}

/// Notes that a person lets an app have scopes. What was granted before stays as it was.
pub async fn grant_by_user(
    conn: &mut Conn,
    world: &World,
    server: &Server,
    app: &AppId,
    user: &UserId,
    scopes: &[String],
) -> Result<()> {
    let now = world.now().whole_second();
    for scope in scopes {
        query(
            "insert into user_scope_grant (id, server_id, app_id, user_id, scope, created_us, updated_us)
             values ($1, $2, $3, $4, $5, $6, $6) on conflict (server_id, app_id, user_id, scope) do update set updated_us = excluded.updated_us",
        )
        .bind(generate(PREFIX, world))
        .bind(&server.id)
        .bind(app.as_str())
        .bind(user.as_str())
        .bind(scope)
        .bind(now)
        .execute(conn)
        .await?;
    }
    Ok(())
}

/// Takes back what a person granted, and ends what holds the scope.
pub async fn take_from_user(conn: &mut Conn, grant: &UserGrant, now: Instant) -> Result<()> {
    query("delete from user_scope_grant where id = $1").bind(&grant.id).execute(conn).await?;
    end_with_scope(conn, &grant.server_id, &grant.app_id, Some(&grant.user_id), &grant.scope, now).await
}

/// The scopes that this person has let this app have at this server.
async fn given(conn: &mut Conn, server: &Server, client: &Client, user: &UserId) -> Result<Vec<String>> {
    let rows = select_of_user(user)
        .push(" and g.server_id = $2 and g.app_id = $3")
        .bind(&server.id)
        .bind(client.app.id.as_str())
        .all(conn)
        .await?;
    Ok(from_rows(&rows)?.into_iter().map(|grant| grant.scope).collect())
}

/// Which of the asked scopes need this person's consent, and whether each was given.
pub async fn needed(
    conn: &mut Conn,
    server: &Server,
    custom: &[CustomScope],
    client: &Client,
    user: &UserId,
    asked: &[String],
) -> Result<Vec<(CustomScope, bool)>> {
    let asks = client.oauth.consent_method == "REQUIRED";
    let needs = |scope: &&CustomScope| scope.consent != Consent::Implicit && asked.contains(&scope.name);
    let scopes: Vec<&CustomScope> = custom.iter().filter(|_| asks).filter(needs).collect();
    if scopes.is_empty() {
        return Ok(Vec::new());
    }
    let given = given(conn, server, client, user).await?;
    Ok(scopes.into_iter().map(|scope| (scope.clone(), given.contains(&scope.name))).collect())
}
