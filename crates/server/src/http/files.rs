//! The portal's pages: files that the build of `web/portal` left, embedded into the binary.
//!
//! A file under `/_app/immutable/` never changes under its name and is cached for good; the page itself is made anew for each
//! answer, because it carries the nonce that style elements need.

use std::borrow::Cow;

use aws_lc_rs::digest::{SHA256, digest};
use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{Html, IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use rust_embed::{EmbeddedFile, RustEmbed};

use super::{App, headers::policy_of_page, problem::Problem};

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../web/portal/build"]
#[allow_missing = true]
struct Build;

/// In the page's text, where this answer's nonce goes.
const NONCE_MARK: &str = "__CSP_NONCE__";

/// The page of the portal, which every address of it begins with.
pub struct Page {
    html: Option<String>,
    script_hashes: Vec<String>,
}

impl Page {
    pub fn load() -> Page {
        let html = Build::get("index.html").map(|file| String::from_utf8_lossy(&file.data).into_owned());
        let script_hashes = html.as_deref().map(inline_script_hashes).unwrap_or_default();
        Page { html, script_hashes }
    }

    pub fn is_built(&self) -> bool {
        self.html.is_some()
    }
}

/// `sha256-…` of every script whose text stands in the page.
fn inline_script_hashes(html: &str) -> Vec<String> {
    let mut hashes = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find("<script") {
        let Some(open) = rest[start..].find('>') else { break };
        let text = &rest[start + open + 1..];
        let Some(length) = text.find("</script>") else { break };
        if !rest[start..start + open].contains(" src=") && length > 0 {
            let hash = digest(&SHA256, &text.as_bytes()[..length]);
            hashes.push(format!("sha256-{}", STANDARD.encode(hash)));
        }
        rest = &text[length..];
    }
    hashes
}

/// Everything that no other route answers: a file of the build, or the page, whose own routes take it from there.
pub async fn serve(State(app): State<App>, method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if !matches!(method, Method::GET | Method::HEAD) || uri.path().starts_with("/api/") {
        return Problem::not_found().into_response();
    }
    let path = uri.path().trim_start_matches('/');
    match Build::get(path) {
        Some(file) if path != "index.html" => send(path, file, &headers),
        _ if path.starts_with("_app/") => Problem::not_found().into_response(),
        _ => page(&app),
    }
}

fn page(app: &App) -> Response {
    let Some(html) = &app.site.page.html else {
        let text = "<!doctype html><title>WebReports</title><p>The pages are not built yet. Run <code>cargo xtask demo</code>, \
                    or <code>npm ci &amp;&amp; npm run build</code> in <code>web</code>, and build the server again.";
        return (StatusCode::SERVICE_UNAVAILABLE, Html(text)).into_response();
    };
    let nonce = app.portal.world.random.base64url(22);
    let policy = policy_of_page(&app.site.page.script_hashes, &nonce);
    ([(header::CONTENT_SECURITY_POLICY, policy)], Html(html.replace(NONCE_MARK, &nonce))).into_response()
}

fn send(path: &str, file: EmbeddedFile, asked: &HeaderMap) -> Response {
    let tag: String = file.metadata.sha256_hash()[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    let tag = format!("\"{tag}\"");
    let cache = if path.starts_with("_app/immutable/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let common = [(header::ETAG, tag.clone()), (header::CACHE_CONTROL, cache.to_owned())];
    if asked.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    let body = match file.data {
        Cow::Borrowed(bytes) => Body::from(bytes),
        Cow::Owned(bytes) => Body::from(bytes),
    };
    (common, [(header::CONTENT_TYPE, content_type(path))], body).into_response()
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "html" => "text/html; charset=utf-8",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_scripts_with_text_are_hashed() {
        let html = "<script src=\"/a.js\"></script><script>let x = 1</script><script type=\"module\">import(\"./b.js\")</script>";
        let hashes = inline_script_hashes(html);
        assert_eq!(hashes.len(), 2);
        assert_eq!(hashes[0], format!("sha256-{}", STANDARD.encode(digest(&SHA256, b"let x = 1"))));
    }
}
