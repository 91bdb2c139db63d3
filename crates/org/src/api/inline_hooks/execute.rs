//! Asking an inline hook's service now, with a payload of the caller's.
//!
//! Invariant: what the service answers comes back as it is; a service that cannot be asked is E0000134, one that is too slow E0000137, one
//! that answers with an error E0000135.

use axum::{
    Json,
    extract::{Path, State},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use net::Request;
use serde_json::{Value, json};
use std::time::Duration;
use url::Url;
use vault::Secret;

use super::super::{body::Body, caller::Caller, resource};
use crate::{
    Error, Org,
    error::{Answer, Fault, codes},
    hooks::{self, Failure},
    model::{
        endpoint::Endpoint,
        hook_key,
        inline_hook::{self, InlineHook},
        log::{Event, Outcome},
    },
};

/// What is signed for a token endpoint is good for so long.
const ASSERTION_LIFE: Duration = Duration::from_secs(300);
const JTI_LEN: usize = 32;

pub async fn execute(
    State(org): State<Org>,
    caller: Caller,
    Path(id): Path<String>,
    given: Body,
) -> Answer<Json<Value>> {
    let payload = Value::Object(given.object()?);
    let (hook, secret) = {
        let mut reader = org.db.read().await?;
        let hook: InlineHook = resource::find(&mut reader, &id).await?;
        (hook, inline_hook::open(&mut reader, &org.vault, &id).await?)
    };
    if !hook.active {
        return Err(Fault::field("status", "The inline hook is not active"));
    }
    let answered = ask(&org, &hook, secret.as_ref(), &payload).await;
    let mut event = Event::new("inline_hook.executed").target(resource::Resource::party(&hook));
    if let Err(Asked::Failed(failure)) = &answered {
        event = event.outcome(Outcome::Failure, failure.reason());
    }
    let mut change = caller.begin(&org).await?;
    change.record(event);
    change.commit().await?;
    match answered {
        Ok(body) => Ok(Json(body)),
        Err(Asked::Internal(fault)) => Err(fault),
        Err(Asked::Failed(failure)) => {
            let code = match &failure {
                Failure::Slow => &codes::E0000137,
                Failure::Refused(_) => &codes::E0000135,
                Failure::Failed(_) => &codes::E0000134,
            };
            Err(Fault::new(code).with_cause(failure.reason()))
        }
    }
}

enum Asked {
    Failed(Failure),
    Internal(Fault),
}

impl From<Failure> for Asked {
    fn from(failure: Failure) -> Asked {
        Asked::Failed(failure)
    }
}

impl From<Error> for Asked {
    fn from(error: Error) -> Asked {
        Asked::Internal(error.into())
    }
}

async fn ask(org: &Org, hook: &InlineHook, secret: Option<&Secret>, payload: &Value) -> Result<Value, Asked> {
    let config = &hook.channel["config"];
    let endpoint = Endpoint {
        uri: config["uri"].as_str().unwrap_or_default().to_owned(),
        headers: Endpoint::headers_from(&config["headers"].to_string())?,
        auth_key: config["authScheme"]["key"].as_str().map(str::to_owned),
    };
    let mut request = hooks::request("POST", &endpoint, secret)?;
    if hook.channel["type"] == "OAUTH" {
        let token = token(org, hook, secret).await?;
        request = request.header("authorization", &format!("Bearer {}", token.expose()));
    }
    let request = request.header("content-type", "application/json").body(payload.to_string());
    let answer = hooks::call_twice(&org.outbound, request).await?;
    if answer.body.is_empty() {
        return Ok(json!({}));
    }
    let body: Option<Value> = serde_json::from_slice(&answer.body).ok().filter(Value::is_object);
    Ok(body.ok_or_else(|| Failure::Refused("The service did not answer with a JSON object".to_owned()))?)
}

/// An access token of the hook's token endpoint.
async fn token(org: &Org, hook: &InlineHook, secret: Option<&Secret>) -> Result<Secret, Asked> {
    let config = &hook.channel["config"];
    let text = |name: &str| config[name].as_str().unwrap_or_default().to_owned();
    let url = Url::parse(&text("tokenUrl"))
        .map_err(|_| Failure::Refused("The address of the token endpoint is wrong".to_owned()))?;
    let mut form = vec![("grant_type", "client_credentials".to_owned())];
    form.extend(config["scope"].as_str().map(|scope| ("scope", scope.to_owned())));
    match &hook.key_id {
        Some(key) => {
            form.push(("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer".to_owned()));
            form.push(("client_assertion", assertion(org, key, &text("clientId"), url.as_str()).await?));
        }
        None => {
            form.push(("client_id", text("clientId")));
            form.push(("client_secret", secret.map(Secret::expose).unwrap_or_default().to_owned()));
        }
    }
    let form = serde_urlencoded::to_string(form)
        .map_err(|error| Error::Stored { what: "inline hook", reason: error.to_string() })?;
    let request = Request::new("POST", url)
        .header("accept", "application/json")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form);
    let answer = hooks::call_twice(&org.outbound, request).await?;
    let body: Option<Value> = serde_json::from_slice(&answer.body).ok();
    let token = body.as_ref().and_then(|body| body["access_token"].as_str());
    let token = token.ok_or_else(|| Failure::Refused("The token endpoint gave no access token".to_owned()))?;
    Ok(Secret::new(token))
}

/// What proves to a token endpoint that the hook's key calls.
async fn assertion(org: &Org, key_id: &str, client_id: &str, audience: &str) -> Result<String, Error> {
    let failed = |error: String| Error::Stored { what: "hook key", reason: error };
    let (key, pem) = {
        let mut reader = org.db.read().await?;
        let key = hook_key::by_id(&mut reader, key_id).await?.ok_or_else(|| failed("it is gone".to_owned()))?;
        let pem = hook_key::open(&mut reader, &org.vault, &key).await?;
        (key, pem)
    };
    let now = org.now();
    let claims = json!({
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "iat": now.as_seconds(),
        "exp": now.plus(ASSERTION_LIFE).as_seconds(),
        "jti": org.world.random.base64url(JTI_LEN),
    });
    let mut header = Header::new(Algorithm::RS256);
    header.kid = Some(key.kid);
    let signed = tokio::task::spawn_blocking(move || {
        let key = EncodingKey::from_rsa_pem(pem.expose_bytes())?;
        jsonwebtoken::encode(&header, &claims, &key)
    });
    signed.await.map_err(|error| failed(error.to_string()))?.map_err(|error| failed(error.to_string()))
}
