//! Front-channel logout: when a session at the org ends, the applications that were signed in to with it are told by frames in the page that
//! the browser sees last (OpenID Connect Front-Channel Logout 1.0).

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use db::{Conn, query};
use url::Url;

use super::{authorize_request::origin_of, server};
use crate::{
    Result,
    api::edge::Address,
    model::app::{self, App, OAuthClient},
    signin::{
        html::{all, element, text},
        page::{self, Page},
    },
};

/// One page tells no more applications.
const FRAMES_MAX: i64 = 30;
/// How long frames have before the browser goes on.
const WAIT_S: u32 = 3;

/// The addresses that are to be told that a session ended.
pub async fn addresses(conn: &mut Conn, address: &Address, session: &str) -> Result<Vec<String>> {
    let rows = query(
        "select distinct g.app_id, g.server_id from oauth_grant g where g.session_id = $1 and g.ended_us is null order by g.app_id limit $2",
    );
    let rows = rows.bind(session).bind(FRAMES_MAX).all(conn).await?;
    let mut found = Vec::new();
    for row in rows {
        let (id, server): (String, String) = (row.get("app_id")?, row.get("server_id")?);
        let client = app::by_id(conn, &id.into()).await?.filter(|app| app.active);
        let client: Option<OAuthClient> = client.as_ref().and_then(App::oauth);
        let server = server::by_id(conn, &server).await?;
        let (Some(client), Some(server)) = (client, server) else { continue };
        let Some(mut url) = client.frontchannel_logout_uri.as_deref().and_then(|uri| Url::parse(uri).ok()) else {
            continue;
        };
        if client.wants_session_id {
            url.query_pairs_mut().append_pair("iss", &server.issuer(address)).append_pair("sid", session);
        }
        found.push(url.to_string());
    }
    found.dedup();
    Ok(found)
}

/// The page that tells them, and goes on to `target`.
pub fn page(company: &str, addresses: &[String], target: &str) -> Response {
    let frames = addresses.iter().map(|address| {
        let attributes = [("src", address.as_str()), ("title", "Sign-out of an application"), ("hidden", "")];
        element("iframe", &attributes, text(""))
    });
    let on = element("a", &[("href", target)], text("Go on"));
    let mut shown = Page::new("Signing out", company);
    for origin in addresses.iter().filter_map(|address| origin_of(address)) {
        shown = shown.frame(origin);
    }
    let body =
        page::heading("Signing out").and(page::paragraph("Applications are being told.")).and(on).and(all(frames));
    let mut response = (StatusCode::OK, shown.body(body)).into_response();
    if let Ok(refresh) = HeaderValue::from_str(&format!("{WAIT_S}; url={target}")) {
        response.headers_mut().insert(header::REFRESH, refresh);
    }
    response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}
