//! `token`: codes, refresh tokens and clients' own authority become tokens.
//!
//! Invariant: what is given out is written down first, in one transaction with what it was given for; signing comes after. Nothing is
//! given for somebody who may no longer be acted for, or who is no longer assigned to the application.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use vault::Secret;
use world::Instant;

use super::{
    claims::{self, About},
    client::{self, Client},
    cors, custom_scope,
    fault::{OAuthFault, OAuthResult},
    grant::{self, Grant, NewGrant, Redeemed},
    key::{self, Purpose},
    parameters::{Parameters, Posted},
    pkce, scope,
    server::Server,
};
use crate::{
    Org,
    api::edge::Address,
    model::{
        app,
        change::Change,
        log::{CallOrigin, Event, Outcome, Party},
        token::may_act,
        user::{self, User},
    },
};

const GRANT_TYPES: &str = "authorization_code, refresh_token, client_credentials";
/// The header `typ` of the org server's access tokens.
const INTERNAL_TYPE: &str = "application/okta-internal-at+jwt";

/// What a request to this endpoint is about.
struct Call<'a> {
    org: &'a Org,
    server: &'a Server,
    address: &'a Address,
    origin: &'a CallOrigin,
    client: &'a Client,
    parameters: &'a Parameters,
}

/// What is to be signed and sent.
struct Granted {
    grant: Grant,
    user: Option<User>,
    scopes: Vec<String>,
    jti: String,
    expires: Instant,
    refresh_token: Option<Secret>,
    nonce: Option<String>,
}

/// `POST …/v1/token`
pub async fn issue(
    State(org): State<Org>,
    server: Server,
    address: Address,
    origin: CallOrigin,
    headers: HeaderMap,
    posted: Result<Posted, OAuthFault>,
) -> Response {
    let answered = match posted {
        Ok(Posted(parameters)) => answer(&org, &server, &address, &origin, &headers, &parameters).await,
        Err(fault) => Err(fault),
    };
    match answered {
        Ok((client, body)) => {
            let mut response = (StatusCode::OK, Json(body)).into_response();
            response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-store"));
            cors::allow_own_pages(response, &headers, &client)
        }
        Err(fault) => fault.into_response(),
    }
}

async fn answer(
    org: &Org,
    server: &Server,
    address: &Address,
    origin: &CallOrigin,
    headers: &HeaderMap,
    parameters: &Parameters,
) -> OAuthResult<(Client, Value)> {
    let Some(grant_type) = parameters.get("grant_type") else {
        return Err(OAuthFault::invalid_request(format!(
            "The token request must specify a 'grant_type'. Valid values: [{GRANT_TYPES}]"
        )));
    };
    let client = client::authenticate(org, address, server, origin, headers, parameters, "token").await?;
    if !matches!(grant_type, "authorization_code" | "refresh_token" | "client_credentials") {
        let text = format!(
            "The authorization grant type is not supported by the authorization server. Configured grant types: [{GRANT_TYPES}]."
        );
        return Err(OAuthFault::new(400, "unsupported_grant_type", text));
    }
    if !client.allows(grant_type) {
        let types = client.oauth.grant_types.join(", ");
        let text =
            format!("The client is not authorized to use the provided grant type. Configured grant types: [{types}].");
        return Err(OAuthFault::new(400, "unauthorized_client", text));
    }
    let call = Call { org, server, address, origin, client: &client, parameters };
    let granted = match grant_type {
        "authorization_code" => call.by_code().await?,
        "refresh_token" => call.by_refresh_token().await?,
        _ => call.by_client().await?,
    };
    let body = call.sign(granted).await?;
    Ok((client, body))
}

impl Call<'_> {
    async fn begin(&self) -> OAuthResult<Change> {
        Ok(Change::begin(self.org, self.client.party(), self.origin.clone()).await?)
    }

    async fn by_code(&self) -> OAuthResult<Granted> {
        let code = self.parameters.get("code").map(Secret::new).ok_or_else(|| OAuthFault::missing("code"))?;
        let redirect_uri = self.parameters.get("redirect_uri").ok_or_else(|| OAuthFault::missing("redirect_uri"))?;
        let unusable = || OAuthFault::invalid_grant("The authorization code is invalid or has expired.");
        let mut change = self.begin().await?;
        let (grant, code) = match grant::redeem(&mut change, self.org, self.server, &self.client.app, &code).await? {
            Redeemed::First(grant, code) => (grant, code),
            Redeemed::Replayed(grant) => {
                self.record_end(&mut change, &grant, "a code was used twice");
                change.commit().await?;
                return Err(unusable());
            }
            Redeemed::Foreign => {
                let text = "The grant was issued to another client. Please make sure the 'client_id' matches the one used at the authorize request.";
                return Err(OAuthFault::invalid_grant(text));
            }
            Redeemed::Unknown => return Err(unusable()),
        };
        let mismatch = code.redirect_uri != redirect_uri;
        let checked = if mismatch {
            Err(OAuthFault::invalid_grant(
                "The 'redirect_uri' does not match the redirection URI used in the authorization request.",
            ))
        } else {
            pkce::verify(code.challenge.as_deref(), self.parameters.get("code_verifier"))
        };
        if let Err(fault) = checked {
            // The code stays used: whoever has it without what belongs to it gets no second try.
            let now = change.now;
            grant::end(&mut change, &grant.id, now).await?;
            change.commit().await?;
            return Err(fault);
        }
        let user = self.person(&mut change, &grant).await?;
        let scopes = grant.scopes.clone();
        self.give(change, grant, user, scopes, Refreshing::First, code.nonce).await
    }

    async fn by_refresh_token(&self) -> OAuthResult<Granted> {
        let value = self
            .parameters
            .get("refresh_token")
            .map(Secret::new)
            .ok_or_else(|| OAuthFault::missing("refresh_token"))?;
        let invalid = || OAuthFault::invalid_grant("The refresh token is invalid or expired.");
        let mut change = self.begin().await?;
        let token = grant::refresh_token(&mut change, self.org, &value).await?.ok_or_else(invalid)?;
        if token.grant.app_id != self.client.app.id || token.grant.server_id != self.server.id {
            return Err(invalid());
        }
        let scopes = scope::narrowed(&token.grant.scopes, self.parameters.get("scope"))?;
        let user = self.person(&mut change, &token.grant).await?;
        let now = change.now;
        if !self.client.oauth.refresh_token_rotates {
            grant::use_again(&mut change, self.server, &token, now).await?;
            return self.give(change, token.grant.clone(), user, scopes, Refreshing::Same(value), None).await;
        }
        let leeway = std::time::Duration::from_secs(u64::from(self.client.oauth.refresh_token_leeway_seconds));
        let first = token.replaced.is_none() && grant::replace(&mut change, &token, now).await?;
        let within_leeway = token.replaced.is_some_and(|replaced| now.since(replaced) <= leeway && !leeway.is_zero());
        if !first && !within_leeway {
            grant::end(&mut change, &token.grant.id, now).await?;
            self.record_end(&mut change, &token.grant, "a replaced refresh token was used");
            change.commit().await?;
            return Err(invalid());
        }
        self.give(change, token.grant.clone(), user, scopes, Refreshing::Rotated(token.expires), None).await
    }

    /// A client for itself, at a custom server whose policy allows every client.
    async fn by_client(&self) -> OAuthResult<Granted> {
        if self.client.is_public() {
            return Err(OAuthFault::new(
                400,
                "unauthorized_client",
                "Confidential client is required to make this request.",
            ));
        }
        if self.server.is_org() {
            if self.client.oauth.token_endpoint_auth_method != "private_key_jwt" {
                let text = "Client Credentials requests to the Org Authorization Server must use the private_key_jwt token_endpoint_auth_method.";
                return Err(OAuthFault::invalid_client(text));
            }
            if self.client.oauth.application_type != "service" {
                let text = "Only clients with 'application_type' of 'service' may use the client_credentials 'grant_type' with the Org Authorization Server.";
                return Err(OAuthFault::invalid_client(text));
            }
        }
        let mut change = self.begin().await?;
        let custom = custom_scope::of_server(&mut change, self.server).await?;
        let scopes = scope::of_client(self.server, &custom, self.parameters.get("scope"))?;
        let new = NewGrant {
            server: self.server,
            app: &self.client.app,
            user: None,
            session_id: None,
            scopes: &scopes,
            auth_time: None,
            amr: &[],
        };
        let grant = grant::create(&mut change, self.org, &new).await?;
        self.give(change, grant, None, scopes, Refreshing::Never, None).await
    }

    /// The person of a grant, while they may be acted for and are assigned.
    async fn person(&self, change: &mut Change, grant: &Grant) -> OAuthResult<Option<User>> {
        let refused = || OAuthFault::invalid_grant("Invalid grant");
        let Some(id) = &grant.user_id else { return Err(refused()) };
        let user = user::by_id(change, id).await?.filter(|user| may_act(user.status)).ok_or_else(refused)?;
        if !app::assigned(change, &self.client.app, &user).await? {
            return Err(OAuthFault::access_denied("User is not assigned to the client application."));
        }
        Ok(Some(user))
    }

    async fn give(
        &self,
        mut change: Change,
        grant: Grant,
        user: Option<User>,
        scopes: Vec<String>,
        refreshing: Refreshing,
        nonce: Option<String>,
    ) -> OAuthResult<Granted> {
        let (jti, expires) = grant::create_access_token(&mut change, self.org, self.server, &grant).await?;
        let offline = scopes.iter().any(|scope| scope == "offline_access");
        let refresh_token = match refreshing {
            Refreshing::First if offline && self.client.allows("refresh_token") => {
                Some(grant::create_refresh_token(&mut change, self.org, self.server, &grant, None).await?)
            }
            Refreshing::Rotated(expires) => {
                Some(grant::create_refresh_token(&mut change, self.org, self.server, &grant, Some(expires)).await?)
            }
            Refreshing::Same(value) => Some(value),
            Refreshing::First | Refreshing::Never => None,
        };
        let names = [
            (true, "app.oauth2.token.grant.access_token", "app.oauth2.as.token.grant.access_token"),
            (
                has_id_token(user.as_ref(), &scopes),
                "app.oauth2.token.grant.id_token",
                "app.oauth2.as.token.grant.id_token",
            ),
            (
                refresh_token.is_some(),
                "app.oauth2.token.grant.refresh_token",
                "app.oauth2.as.token.grant.refresh_token",
            ),
        ];
        for (given, of_org, of_custom) in names {
            if given {
                change.record(
                    self.event(self.server.event(of_org, of_custom), &grant, user.as_ref())
                        .debug("grantedScopes", scopes.join(",")),
                );
            }
        }
        change.commit().await?;
        Ok(Granted { grant, user, scopes, jti, expires, refresh_token, nonce })
    }

    fn event(&self, kind: &'static str, grant: &Grant, user: Option<&User>) -> Event {
        let event = Event::new(kind).target(Party::app(&self.client.app));
        let event = match user {
            Some(user) => event.target(Party::user(user)),
            None => event,
        };
        match &grant.session_id {
            Some(session) => event.session(session),
            None => event,
        }
    }

    fn record_end(&self, change: &mut Change, grant: &Grant, reason: &str) {
        let kind = self.server.event("app.oauth2.token.detect_reuse", "app.oauth2.as.token.detect_reuse");
        change.record(self.event(kind, grant, None).outcome(Outcome::Failure, reason));
    }

    async fn sign(&self, granted: Granted) -> OAuthResult<Value> {
        let now = self.org.now();
        let user = granted.user.as_ref();
        let claims = claims::access_token(&claims::Access {
            server: self.server,
            address: self.address,
            app: &self.client.app,
            user,
            grant: &granted.grant,
            scopes: &granted.scopes,
            jti: &granted.jti,
            issued: now,
            expires: granted.expires,
        });
        let kind = self.server.is_org().then_some(INTERNAL_TYPE);
        let access_token = key::sign(self.org, self.server, self.server.access_purpose(), kind, claims).await?;
        let mut body = json!({
            "token_type": "Bearer",
            "expires_in": granted.expires.as_seconds() - now.as_seconds(),
            "access_token": access_token,
            "scope": granted.scopes.join(" "),
        });
        if let Some(refresh_token) = &granted.refresh_token {
            body["refresh_token"] = refresh_token.expose().into();
        }
        if let Some(user) = user.filter(|user| has_id_token(Some(user), &granted.scopes)) {
            let about = About {
                server: self.server,
                address: self.address,
                app: &self.client.app,
                user,
                grant: &granted.grant,
                scopes: &granted.scopes,
                nonce: granted.nonce.as_deref(),
                access_token: &access_token,
            };
            let claims = claims::id_token(&mut *self.org.db.read().await?, self.org, &about).await?;
            body["id_token"] = key::sign(self.org, self.server, Purpose::Published, None, claims).await?.into();
        }
        Ok(body)
    }
}

fn has_id_token(user: Option<&User>, scopes: &[String]) -> bool {
    user.is_some() && scopes.iter().any(|scope| scope == "openid")
}

/// Which refresh token an answer carries.
enum Refreshing {
    /// A new one, when it was asked for.
    First,
    /// A new one in place of the old, which lapses when that did.
    Rotated(Instant),
    /// The one that came.
    Same(Secret),
    Never,
}

/// `OPTIONS …/v1/token`
pub async fn preflight(headers: HeaderMap) -> Response {
    cors::preflight(&headers, "POST, OPTIONS")
}
