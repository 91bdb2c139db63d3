//! Sessions: who is signed in, local sign-in, sign-out.

use axum::{
    Extension, Json,
    extract::State,
    http::{StatusCode, header},
    response::{AppendHeaders, IntoResponse},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use vault::Secret;

use super::{
    App, cookie,
    host::Address,
    problem::{Body, Problem, Problems},
    signed_in::{From, SignedIn},
    wire,
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(options)).routes(routes!(show, sign_in, sign_out))
}

/// How somebody can sign in here.
#[derive(Serialize, ToSchema)]
struct SignInOptions {
    okta: OktaOption,
    /// A local account can sign in: the emergency administrator.
    local: bool,
    /// Nobody has claimed set-up yet.
    setup_open: bool,
    /// Something that people should read before they sign in.
    #[schema(required)]
    notice: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct OktaOption {
    enabled: bool,
    label: String,
}

/// The ways to sign in, for the sign-in page.
#[utoipa::path(get, path = "/api/v1/sign-in-options", tag = "session", responses((status = 200, body = SignInOptions)))]
async fn options(State(app): State<App>) -> Result<Json<SignInOptions>, Problem> {
    let options = app.portal.sign_in_options().await?;
    Ok(Json(SignInOptions {
        okta: OktaOption { enabled: options.okta_enabled, label: "Sign in with Okta".to_owned() },
        local: options.local,
        setup_open: options.set_up_open,
        notice: options.notice,
    }))
}

/// The signed-in person, with the rights of this moment.
#[derive(Serialize, ToSchema)]
pub struct SessionBody {
    person: SessionPerson,
    roles: Vec<SessionRole>,
    #[schema(value_type = Vec<wire::Permission>)]
    permissions: Vec<&'static str>,
    fields: Vec<SessionField>,
    /// When the rights were last read from where they are owned.
    #[schema(value_type = wire::Instant)]
    rights_as_of: String,
    /// Past this age of the rights every request is denied.
    rights_max_age_s: u64,
    /// Goes into the header `X-CSRF-Token` of every call that changes something.
    csrf_token: String,
    #[schema(required)]
    org_url: Option<String>,
    version: &'static str,
}

#[derive(Serialize, ToSchema)]
struct SessionPerson {
    #[schema(value_type = wire::PersonId)]
    id: String,
    name: String,
    login: String,
    email: String,
    #[schema(value_type = wire::Source)]
    source: &'static str,
}

#[derive(Serialize, ToSchema)]
struct SessionRole {
    #[schema(value_type = wire::RoleId)]
    id: String,
    name: String,
    group: String,
}

#[derive(Serialize, ToSchema)]
struct SessionField {
    identifier: String,
    value: String,
}

impl SessionBody {
    pub fn of(app: &App, signed_in: &portal::SignedIn) -> SessionBody {
        let actor = &signed_in.actor;
        let roles = actor.roles.iter().map(|role| SessionRole {
            id: role.id.to_string(),
            name: role.name.clone(),
            group: role.group.clone(),
        });
        let fields = actor.fields.iter().map(|field| SessionField {
            identifier: field.identifier.clone(),
            value: field.values.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        });
        SessionBody {
            person: SessionPerson {
                id: actor.person.to_string(),
                name: actor.name.clone(),
                login: actor.login.clone(),
                email: signed_in.email.clone(),
                source: signed_in.source.as_str(),
            },
            roles: roles.collect(),
            permissions: actor.permissions().iter().map(|permission| permission.as_str()).collect(),
            fields: fields.collect(),
            rights_as_of: actor.rights_as_of.to_rfc3339_ms(),
            rights_max_age_s: app.portal.config.rights_max_age.as_secs(),
            csrf_token: signed_in.csrf_token.clone(),
            org_url: signed_in.org_url.clone(),
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

/// Who is signed in.
#[utoipa::path(get, path = "/api/v1/session", tag = "session",
    responses((status = 200, body = SessionBody), Problems))]
async fn show(State(app): State<App>, signed_in: SignedIn) -> Json<SessionBody> {
    Json(SessionBody::of(&app, &signed_in))
}

/// User name and password of a local account.
#[derive(Deserialize, ToSchema)]
struct Credentials {
    login: String,
    #[schema(value_type = String, format = "password")]
    password: Secret,
}

/// Signs a local account in.
#[utoipa::path(post, path = "/api/v1/session", tag = "session", request_body = Credentials,
    responses((status = 200, body = SessionBody), Problems))]
async fn sign_in(
    State(app): State<App>,
    Extension(address): Extension<Address>,
    From(from): From,
    Body(credentials): Body<Credentials>,
) -> Result<impl IntoResponse, Problem> {
    let session = app.portal.sign_in_locally(&credentials.login, &credentials.password, from).await?;
    let signed_in = app.portal.signed_in(&session).await?;
    let cookie = cookie::set(&address, cookie::SESSION, session.expose());
    Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), Json(SessionBody::of(&app, &signed_in))))
}

/// Where the browser goes next.
#[derive(Serialize, ToSchema)]
struct SignedOut {
    /// The org's own sign-out address, when the person signed in there.
    #[schema(required)]
    sign_out_url: Option<String>,
}

/// Ends the session here, and says where it is ended at the org.
#[utoipa::path(delete, path = "/api/v1/session", tag = "session",
    responses((status = 200, body = SignedOut), Problems))]
async fn sign_out(
    State(app): State<App>,
    Extension(address): Extension<Address>,
    signed_in: SignedIn,
) -> Result<impl IntoResponse, Problem> {
    let sign_out_url = app.portal.sign_out(&signed_in.0, &address.0).await?;
    let cookie = cookie::clear(&address, cookie::SESSION);
    Ok((StatusCode::OK, AppendHeaders([(header::SET_COOKIE, cookie)]), Json(SignedOut { sign_out_url })))
}
