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
    access_policy::{self, Request},
    client::{self, Client},
    consent, cors, custom_scope,
    device::{self, Polled},
    fault::{OAuthFault, OAuthResult},
    grant::{self, Grant, NewGrant, Redeemed, Terms},
    mint::{self, Identity, Place},
    parameters::{Parameters, Posted},
    pkce,
    scope::{self, Known},
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
    signin::{
        app_access,
        credentials::{self, Attempt},
        decision::Who,
        sign_on,
    },
};

const GRANT_TYPES: [&str; 5] =
    ["authorization_code", "refresh_token", "client_credentials", "password", device::GRANT_TYPE];

/// What a request to this endpoint is about.
struct Call<'a> {
    org: &'a Org,
    server: &'a Server,
    address: &'a Address,
    origin: &'a CallOrigin,
    client: &'a Client,
    parameters: &'a Parameters,
}

/// What may be given, to whom, and on which terms.
struct Allowed {
    grant: Grant,
    user: Option<User>,
    scopes: Vec<String>,
    terms: Terms,
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
            "The token request must specify a 'grant_type'. Valid values: [{}]",
            GRANT_TYPES.join(", ")
        )));
    };
    let client = client::authenticate(org, address, server, origin, headers, parameters, "token").await?;
    if !GRANT_TYPES.contains(&grant_type) {
        let text = format!(
            "The authorization grant type is not supported by the authorization server. Configured grant types: [{}].",
            GRANT_TYPES.join(", ")
        );
        return Err(OAuthFault::new(400, "unsupported_grant_type", text));
    }
    if !client.allows(grant_type) {
        return Err(OAuthFault::unauthorized_grant(&client.oauth.grant_types));
    }
    let call = Call { org, server, address, origin, client: &client, parameters };
    let granted = match grant_type {
        "authorization_code" => call.by_code().await?,
        "refresh_token" => call.by_refresh_token().await?,
        "client_credentials" => call.by_client().await?,
        "password" => call.by_password().await?,
        _ => call.by_device_code().await?,
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
        let terms = grant.terms(self.server);
        self.give(change, Allowed { grant, user, scopes, terms }, Refreshing::First, code.nonce).await
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
        // A policy that was changed holds for what was granted before, too.
        let terms = self.terms(&mut change, &token.grant.grant_type, user.as_ref(), &scopes).await?;
        let now = change.now;
        if !self.client.oauth.refresh_token_rotates {
            grant::use_again(&mut change, terms, &token, now).await?;
            return self
                .give(
                    change,
                    Allowed { grant: token.grant.clone(), user, scopes, terms },
                    Refreshing::Same(value),
                    None,
                )
                .await;
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
        self.give(
            change,
            Allowed { grant: token.grant.clone(), user, scopes, terms },
            Refreshing::Rotated(token.expires),
            None,
        )
        .await
    }

    /// A client for itself: at the org's server for the management API, at a custom one for its owner's.
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
        let granted = consent::scopes_of_app(&mut change, &self.client.app.id).await?;
        let known = Known { server: self.server, custom: &custom, granted: &granted };
        let scopes = scope::of_client(&known, self.parameters.get("scope"))?;
        let terms = self.terms(&mut change, "client_credentials", None, &scopes).await?;
        let grant = self.new_grant(&mut change, "client_credentials", None, &scopes, terms).await?;
        self.give(change, Allowed { grant, user: None, scopes, terms }, Refreshing::Never, None).await
    }

    /// A name and a password, for apps that ask for it. There is no page, so nobody can be asked for consent.
    async fn by_password(&self) -> OAuthResult<Granted> {
        let name = self.parameters.get("username").ok_or_else(|| OAuthFault::missing("username"))?;
        let password = self.parameters.get("password").ok_or_else(|| OAuthFault::missing("password"))?;
        let user = match credentials::attempt(self.org, self.origin, name, &Secret::new(password)).await? {
            Attempt::Accepted(user) => user,
            Attempt::PasswordExpired(_) => return Err(OAuthFault::invalid_grant("Password has expired.")),
            Attempt::Refused => return Err(OAuthFault::invalid_grant("The credentials provided were invalid.")),
            Attempt::TooSoon(_) => {
                let text = "API call exceeded rate limit due to too many requests.";
                return Err(OAuthFault::new(429, "invalid_grant", text));
            }
        };
        let mut change = self.begin().await?;
        // There is no page either on which a factor could be asked for.
        let sign_on = sign_on::of(&mut change, &user, self.origin.address).await?;
        let who = Who::person(&mut change, &user, self.origin.address).await?;
        if sign_on.require_factor || app_access::asks_for_factor(&mut change, &self.client.app.id, &who).await? {
            return Err(OAuthFault::invalid_grant("The credentials provided were invalid."));
        }
        if !app::assigned(&mut change, &self.client.app, &user).await? {
            return Err(OAuthFault::access_denied("User is not assigned to the client application."));
        }
        let custom = custom_scope::of_server(&mut change, self.server).await?;
        let granted = consent::scopes_of_app(&mut change, &self.client.app.id).await?;
        let known = Known { server: self.server, custom: &custom, granted: &granted };
        let scopes = scope::asked(&known, &self.client.oauth, self.parameters.get("scope"))?;
        let needed = consent::needed(&mut change, self.server, &custom, self.client, &user.id, &scopes).await?;
        let missing: Vec<&str> =
            needed.iter().filter(|(_, given)| !given).map(|(scope, _)| scope.name.as_str()).collect();
        if !missing.is_empty() {
            let text = format!(
                "The following scopes require user consent: [{}]. To access protected scopes using the resource owner password grant type, please uncheck 'Require consent' in the app settings or set the 'consent_method' to 'TRUSTED' through the apps API.",
                missing.join(", ")
            );
            return Err(OAuthFault::new(400, "consent_required", text));
        }
        let terms = self.terms(&mut change, "password", Some(&user), &scopes).await?;
        let grant = self.new_grant(&mut change, "password", Some(&user), &scopes, terms).await?;
        self.give(change, Allowed { grant, user: Some(user), scopes, terms }, Refreshing::First, None).await
    }

    /// A device that waits for a person at `/activate`.
    async fn by_device_code(&self) -> OAuthResult<Granted> {
        let code = self.parameters.get("device_code").ok_or_else(|| OAuthFault::missing("device_code"))?;
        let mut change = self.begin().await?;
        let polled = device::poll(&mut change, self.org, self.server, self.client, &Secret::new(code)).await?;
        let grant = match polled {
            Polled::Allowed(grant) => grant,
            Polled::Fault(fault) => {
                // How often was asked is kept.
                change.commit().await?;
                return Err(fault);
            }
        };
        let user = self.person(&mut change, &grant).await?;
        let (scopes, terms) = (grant.scopes.clone(), grant.terms(self.server));
        self.give(change, Allowed { grant, user, scopes, terms }, Refreshing::First, None).await
    }

    /// What the policies say of a grant.
    async fn terms(
        &self,
        change: &mut Change,
        grant_type: &str,
        user: Option<&User>,
        scopes: &[String],
    ) -> OAuthResult<Terms> {
        let request = Request { client_id: &self.client.client_id, grant_types: &[grant_type], user, scopes };
        let terms = access_policy::evaluate(change, self.server, &request).await?;
        terms.ok_or_else(OAuthFault::policy_denied)
    }

    /// A grant that begins here, without a session.
    async fn new_grant(
        &self,
        change: &mut Change,
        grant_type: &str,
        user: Option<&User>,
        scopes: &[String],
        terms: Terms,
    ) -> OAuthResult<Grant> {
        let amr: &[String] = if user.is_some() { &["pwd".to_owned()] } else { &[] };
        let new = NewGrant {
            server: self.server,
            app: &self.client.app,
            user: user.map(|user| &user.id),
            session_id: None,
            scopes,
            auth_time: user.map(|_| change.now),
            amr,
            acr: None,
            grant_type,
            terms,
        };
        Ok(grant::create(change, self.org, &new).await?)
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
        allowed: Allowed,
        refreshing: Refreshing,
        nonce: Option<String>,
    ) -> OAuthResult<Granted> {
        let Allowed { grant, user, scopes, terms } = allowed;
        let (jti, expires) = grant::create_access_token(&mut change, self.org, &grant, terms).await?;
        let offline = scopes.iter().any(|scope| scope == "offline_access");
        let refresh_token = match refreshing {
            Refreshing::First if offline && self.client.allows("refresh_token") => {
                Some(grant::create_refresh_token(&mut change, self.org, &grant, terms, None).await?)
            }
            Refreshing::Rotated(expires) => {
                Some(grant::create_refresh_token(&mut change, self.org, &grant, terms, Some(expires)).await?)
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
        let place = Place { org: self.org, server: self.server, address: self.address, app: &self.client.app };
        let user = granted.user.as_ref();
        let access_token =
            mint::access_token(&place, &granted.grant, user, &granted.scopes, &granted.jti, granted.expires).await?;
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
            let identity = Identity {
                grant: &granted.grant,
                user,
                scopes: &granted.scopes,
                nonce: granted.nonce.as_deref(),
                access_token: Some(&access_token),
                code: None,
                thin: granted.grant.grant_type == "password",
            };
            body["id_token"] = mint::id_token(&place, &identity).await?.into();
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
