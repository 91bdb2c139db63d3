//! Browser addresses of the sign-in with Okta: there, and back with a code.

use axum::{
    Extension, Router,
    extract::{RawQuery, State},
    http::{HeaderMap, header},
    response::{AppendHeaders, IntoResponse, Redirect, Response},
    routing::get,
};
use serde::Deserialize;
use vault::Secret;

use super::{App, cookie, extract::Query, host::Address, problem::Problem, signed_in::From};

pub fn routes() -> Router<App> {
    // The first is what the original product documents, the second the default of Okta's own middleware: both work.
    Router::new()
        .route("/sign-in/okta", get(begin))
        .route("/OIDCCallback", get(callback))
        .route("/authorization-code/callback", get(callback))
}

#[derive(Deserialize)]
struct Begin {
    #[serde(rename = "return")]
    return_to: Option<String>,
}

/// Sends the browser to the org. The attempt is bound to this browser by a cookie of its own.
async fn begin(
    State(app): State<App>,
    Extension(address): Extension<Address>,
    begin: Result<Query<Begin>, Problem>,
) -> Response {
    // Where to go afterwards is a convenience: a query that cannot be read leads to the start.
    let return_to = begin.ok().and_then(|Query(begin)| begin.return_to);
    match app.portal.begin_sign_in(&address.0, return_to.as_deref()).await {
        Ok(begun) => {
            let cookie = cookie::set(&address, cookie::ATTEMPT, begun.browser.expose());
            (AppendHeaders([(header::SET_COOKIE, cookie)]), Redirect::to(begun.authorize_url.as_str())).into_response()
        }
        Err(error) => back_to_sign_in(error.into()),
    }
}

/// The org sent the browser back.
async fn callback(
    State(app): State<App>,
    Extension(address): Extension<Address>,
    From(from): From,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let browser = cookie::read(&headers, &address, cookie::ATTEMPT).map(Secret::new);
    match app.portal.finish_sign_in(&address.0, browser.as_ref(), query.as_deref().unwrap_or_default(), from).await {
        Ok(finished) => {
            let cookies = AppendHeaders([
                (header::SET_COOKIE, cookie::set(&address, cookie::SESSION, finished.session.expose())),
                (header::SET_COOKIE, cookie::clear(&address, cookie::ATTEMPT)),
            ]);
            (cookies, Redirect::to(&finished.return_to)).into_response()
        }
        Err(portal::Error::NoRole { .. }) => Redirect::to("/no-role").into_response(),
        Err(error) => back_to_sign_in(error.into()),
    }
}

/// The sign-in page says what went wrong: the problem's name and its reference travel in the address, its words do not.
fn back_to_sign_in(problem: Problem) -> Response {
    let slug = problem.kind.trim_start_matches("/problems/").to_owned();
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("problem", &slug);
    if let Some(reference) = &problem.reference {
        query.append_pair("reference", reference);
    }
    Redirect::to(&format!("/sign-in?{}", query.finish())).into_response()
}
