//! What the org's own pages are made of beside HTML: stylesheet, faces and icon, embedded, each with an ETag.
//!
//! Invariant: colours, sizes and faces are those of `web/ui/tokens.css`; there is no second copy of a value. The faces themselves lie
//! in the build of the Admin Console; without one the stylesheet's fallback face stands in.

use std::sync::LazyLock;

use axum::{
    extract::Path,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::console::files;

/// Where the faces are served, in place of the packages that `web/` builds them from.
const FONTS: &str = "/assets/fonts/";

/// The tokens with addresses of ours, then what is laid out by them. A face that comes too late for the first look is left for the
/// next page: these pages ask about it each time, and their words would move each time.
static STYLESHEET: LazyLock<String> = LazyLock::new(|| {
    let tokens = include_str!("../../../../web/ui/tokens.css")
        .replace("font-display: swap", "font-display: optional")
        .replace("@fontsource-variable/inter/files/", FONTS)
        .replace("@fontsource-variable/jetbrains-mono/files/", FONTS);
    format!("{tokens}\n{}", include_str!("../../assets/signin.css"))
});

/// `GET /assets/signin.css`
pub async fn stylesheet(headers: HeaderMap) -> Response {
    send(&headers, "text/css; charset=utf-8", &STYLESHEET)
}

/// `GET /assets/fonts/{file}`
pub async fn font(Path(file): Path<String>, headers: HeaderMap) -> Response {
    files::font(&file, &headers).unwrap_or_else(|| StatusCode::NOT_FOUND.into_response())
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
