//! Tokens as they are signed, of a grant that is written down already.

use world::Instant;

use super::{
    claim_value::{self, About, For},
    claims,
    fault::OAuthResult,
    grant::Grant,
    key::{self, Purpose},
    server::Server,
};
use crate::{
    Org,
    api::edge::Address,
    model::{app::App, user::User},
};

/// The header `typ` of the org server's access tokens.
const INTERNAL_TYPE: &str = "application/okta-internal-at+jwt";

/// Where a token is made, and for which application.
pub struct Place<'a> {
    pub org: &'a Org,
    pub server: &'a Server,
    pub address: &'a Address,
    pub app: &'a App,
}

impl Place<'_> {
    async fn values(
        &self,
        grant: &Grant,
        user: Option<&User>,
        scopes: &[String],
        what: For,
    ) -> OAuthResult<claim_value::Values> {
        let about = About { server: self.server, app: self.app, user, grant, scopes };
        claim_value::of(self.org, &mut *self.org.db.read().await?, &about, what).await
    }
}

pub async fn access_token(
    place: &Place<'_>,
    grant: &Grant,
    user: Option<&User>,
    scopes: &[String],
    jti: &str,
    expires: Instant,
) -> OAuthResult<String> {
    let (org, server) = (place.org, place.server);
    let values = place.values(grant, user, scopes, For::AccessToken).await?;
    let about = claims::Access {
        server,
        address: place.address,
        app: place.app,
        user,
        grant,
        scopes,
        jti,
        issued: org.now(),
        expires,
    };
    let claims = claims::access_token(&about, values);
    let kind = server.is_org().then_some(INTERNAL_TYPE);
    Ok(key::sign(org, server, server.access_purpose(), kind, claims).await?)
}

/// Who an ID token speaks of, and what it comes with.
pub struct Identity<'a> {
    pub grant: &'a Grant,
    pub user: &'a User,
    pub scopes: &'a [String],
    pub nonce: Option<&'a str>,
    pub access_token: Option<&'a str>,
    pub code: Option<&'a str>,
    /// Leaves out what `/userinfo` tells.
    pub thin: bool,
}

pub async fn id_token(place: &Place<'_>, identity: &Identity<'_>) -> OAuthResult<String> {
    let alone = identity.access_token.is_none() && identity.code.is_none();
    let what = if alone { For::Identity } else { For::ThinIdentity };
    let values = place.values(identity.grant, Some(identity.user), identity.scopes, what).await?;
    let claims = claims::id_token(&mut *place.org.db.read().await?, place, identity, values).await?;
    Ok(key::sign(place.org, place.server, Purpose::Published, None, claims).await?)
}
