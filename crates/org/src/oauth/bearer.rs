//! Access tokens of the org's server at the management API.

use db::Conn;
use vault::Secret;

use super::{access, server};
use crate::{Org, Result, model::id::UserId};

/// Who calls by an access token, and what was granted to it.
#[derive(Clone, Debug)]
pub struct Bearer {
    pub user_id: UserId,
    pub client_id: String,
    pub scopes: Vec<String>,
}

/// Checks the token of an `Authorization: Bearer`. A client that acts for itself is nobody yet: roles are people's.
pub async fn check(org: &Org, conn: &mut Conn, token: &Secret) -> Result<Option<Bearer>> {
    let Some(server) = server::by_id(conn, server::ORG).await? else { return Ok(None) };
    let Some(access) = access::read(org, conn, &server, token).await? else { return Ok(None) };
    let Some(user) = access.user else { return Ok(None) };
    Ok(Some(Bearer { user_id: user.id, client_id: access.app.client_id.unwrap_or_default(), scopes: access.scopes }))
}
