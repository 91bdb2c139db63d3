//! What the org's own pages are made of beside HTML: stylesheet and icon, embedded, each with an ETag.

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

/// `GET /assets/signin.css`
pub async fn stylesheet(headers: HeaderMap) -> Response {
    send(&headers, "text/css; charset=utf-8", include_str!("../../assets/signin.css"))
}

/// `GET /assets/icon.svg`
pub async fn icon(headers: HeaderMap) -> Response {
    send(&headers, "image/svg+xml", include_str!("../../assets/icon.svg"))
}

fn send(asked: &HeaderMap, kind: &'static str, content: &'static str) -> Response {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, content.as_bytes());
    let tag: String = digest.as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let tag = format!("\"{tag}\"");
    let known = asked.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let mut response = if known { StatusCode::NOT_MODIFIED.into_response() } else { content.into_response() };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}
