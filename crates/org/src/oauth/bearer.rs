//! Access tokens of the org's server at the management API.

use db::Conn;
use vault::Secret;

use super::{access, server};
use crate::{
    Org, Result,
    model::{app::App, user::User},
};

/// Who calls by an access token, and what was granted to it.
#[derive(Clone, Debug)]
pub struct Bearer {
    /// Who lets the client act; absent where the client acts for itself.
    pub user: Option<User>,
    pub app: App,
    pub scopes: Vec<String>,
}

/// Checks the token of an `Authorization: Bearer`.
pub async fn check(org: &Org, conn: &mut Conn, token: &Secret) -> Result<Option<Bearer>> {
    let Some(server) = server::by_id(conn, server::ORG).await? else { return Ok(None) };
    let access = access::read(org, conn, &server, token).await?;
    Ok(access.map(|access| Bearer { user: access.user, app: access.app, scopes: access.scopes }))
}
