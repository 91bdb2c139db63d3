//! What an authorize request is answered with: a code, an access token, an ID token, or several of them.
//!
//! Invariant: nothing is given to somebody who is not assigned to the application, without a policy that allows it, or without the consent
//! that is needed; and a pushed request or a request object is used up in the transaction that gives something for it.

use super::{
    access_policy::{self, Request},
    authorize::Call,
    authorize_loaded::Loaded,
    consent,
    custom_scope::CustomScope,
    fault::{OAuthFault, OAuthResult},
    grant::{self, Code, NewGrant},
    mark::Mark,
    mint::{self, Identity, Place},
    request_source,
};
use crate::{
    model::{
        app,
        change::Change,
        log::{Event, Outcome, Party},
    },
    signin::session::Session,
};

/// What came of a request.
pub enum Issued {
    Parameters(Vec<(&'static str, String)>),
    /// The person must be asked about these scopes; the flag says whether each was granted before.
    ConsentNeeded(Vec<(CustomScope, bool)>),
}

pub(super) async fn issue(
    call: &Call<'_>,
    loaded: &Loaded,
    session: &Session,
    acr: Option<String>,
) -> OAuthResult<Issued> {
    let (org, server, client, asked) = (call.org, call.server, &loaded.client, &loaded.asked);
    let mut change = Change::begin(org, Party::user(&session.user), call.origin.clone()).await?;
    let sign_on = |event: Event| event.target(Party::app(&client.app)).session(&session.external_id);
    if !app::assigned(&mut change, &client.app, &session.user).await? {
        change.record(sign_on(Event::new("user.authentication.sso").outcome(Outcome::Failure, "user_not_assigned")));
        change.commit().await?;
        return Err(OAuthFault::access_denied("User is not assigned to the client application."));
    }
    let grant_types = asked.response.grant_types();
    let request = Request {
        client_id: &client.client_id,
        grant_types: &grant_types,
        user: Some(&session.user),
        scopes: &asked.scopes,
    };
    let terms = access_policy::evaluate(&mut change, server, &request).await?;
    let Some(terms) = terms else {
        let kind = server.event("app.oauth2.authorize", "app.oauth2.as.authorize");
        change.record(sign_on(Event::new(kind).outcome(Outcome::Failure, "no_matching_policy")));
        change.commit().await?;
        return Err(OAuthFault::policy_denied());
    };
    let needed = consent::needed(&mut change, server, &loaded.custom, client, &session.user_id, &asked.scopes).await?;
    let answered = Mark::Consented.at(org, call.outer, session.user_id.as_str()).is_some();
    let missing = needed.iter().any(|(_, given)| !given);
    if !answered && (missing || (asked.prompt.consent && !needed.is_empty())) {
        return Ok(Issued::ConsentNeeded(needed));
    }
    // The person answered: what is still missing was left out, which only works for what is optional.
    if needed.iter().any(|(scope, given)| !given && !scope.is_optional) {
        return Ok(Issued::ConsentNeeded(needed));
    }
    let left_out = |name: &String| needed.iter().any(|(scope, given)| !given && scope.name == *name);
    let scopes: Vec<String> = asked.scopes.iter().filter(|name| !left_out(name)).cloned().collect();
    if scopes.is_empty() {
        let text = "Policy evaluation succeeded, but all the requested scopes were rejected.";
        return Err(OAuthFault::access_denied(text));
    }
    request_source::use_up(&mut change, org, client, loaded.once.as_ref()).await?;
    let new = NewGrant {
        server,
        app: &client.app,
        user: Some(&session.user_id),
        session_id: Some(&session.external_id),
        scopes: &scopes,
        auth_time: Some(session.password_at),
        amr: &session.amr,
        acr: acr.as_deref(),
        grant_type: grant_types.first().copied().unwrap_or_default(),
        terms,
    };
    let grant = grant::create(&mut change, org, &new).await?;
    change.record(sign_on(Event::new("user.authentication.sso")));
    let mut code = None;
    if asked.response.code {
        let given = Code {
            redirect_uri: loaded.destination.redirect_uri.clone(),
            nonce: asked.nonce.clone(),
            challenge: asked.challenge.clone(),
        };
        code = Some(grant::create_code(&mut change, org, &grant, &given).await?);
    }
    let mut access = None;
    if asked.response.token {
        access = Some(grant::create_access_token(&mut change, org, &grant, terms).await?);
    }
    for (given, of_org, of_custom) in [
        (asked.response.code, "app.oauth2.authorize.code", "app.oauth2.as.authorize.code"),
        (
            asked.response.token,
            "app.oauth2.authorize.implicit.access_token",
            "app.oauth2.as.authorize.implicit.access_token",
        ),
        (
            asked.response.id_token,
            "app.oauth2.authorize.implicit.id_token",
            "app.oauth2.as.authorize.implicit.id_token",
        ),
    ] {
        if given {
            let event = Event::new(server.event(of_org, of_custom));
            change.record(sign_on(event.debug("requestedScopes", asked.scopes.join(","))));
        }
    }
    change.commit().await?;
    let place = Place { org, server, address: call.address, app: &client.app };
    let mut parameters = Vec::new();
    if let Some(code) = &code {
        parameters.push(("code", code.expose().to_owned()));
    }
    let mut access_token = None;
    if let Some((jti, expires)) = access {
        let user = Some(&session.user);
        access_token = Some(mint::access_token(&place, &grant, user, &scopes, &jti, expires).await?);
    }
    if asked.response.id_token {
        let identity = Identity {
            grant: &grant,
            user: &session.user,
            scopes: &scopes,
            nonce: asked.nonce.as_deref(),
            access_token: access_token.as_deref(),
            code: code.as_ref().map(|code| code.expose()),
            thin: access_token.is_some(),
        };
        parameters.push(("id_token", mint::id_token(&place, &identity).await?));
    }
    if let Some(access_token) = access_token {
        parameters.push(("access_token", access_token));
        parameters.push(("token_type", "Bearer".to_owned()));
        parameters.push(("expires_in", terms.access_token_s.to_string()));
        parameters.push(("scope", scopes.join(" ")));
    }
    Ok(Issued::Parameters(parameters))
}
