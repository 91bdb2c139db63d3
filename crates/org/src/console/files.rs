//! The console's files, embedded from the build of `web/console`.
//!
//! Invariant: only names of the embedded build are served; every other path below `/admin/` is the console's page, which finds its way
//! itself. The page's policy names the hash of each inline script that the build put into it, and allows no other.

use axum::{
    extract::Path,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::error::{Fault, codes};

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../web/console/build"]
#[allow_missing = true]
struct Build;

const PAGE: &str = "index.html";
const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><title>Admin Console</title><h1>The Admin Console is not built</h1>\
    <p>Run <code>cargo xtask demo</code>, or <code>npm ci &amp;&amp; npm run build</code> in <code>web</code>, and start again.</p></html>";

/// `/admin`
pub async fn to_folder() -> Redirect {
    Redirect::permanent("/admin/")
}

/// `/admin/`
pub async fn index(headers: HeaderMap) -> Response {
    page(&headers)
}

/// `/admin/{path}`
pub async fn serve(Path(path): Path<String>, headers: HeaderMap) -> Response {
    if path == "api" || path.starts_with("api/") {
        return Fault::new(&codes::E0000008).into_response();
    }
    match Build::get(&path).filter(|_| path != PAGE) {
        Some(file) => send(&path, file, &headers),
        None if path.starts_with("_app/") => Fault::new(&codes::E0000008).into_response(),
        None => page(&headers),
    }
}

/// A face of the build by the name of its package (`inter-latin-wght-normal.woff2`); the build has put a hash into its own name.
pub fn font(file: &str, headers: &HeaderMap) -> Option<Response> {
    let stem = file.strip_suffix(".woff2")?;
    let path = Build::iter().find(|path| {
        let built = path.strip_prefix("_app/immutable/assets/").and_then(|name| name.strip_prefix(stem));
        built.is_some_and(|rest| rest.starts_with('.') && rest.ends_with(".woff2"))
    })?;
    // The name that was asked for stays when the face changes, so it is asked about each time.
    Some(send(file, Build::get(&path)?, headers))
}

fn page(headers: &HeaderMap) -> Response {
    let Some(file) = Build::get(PAGE) else {
        return (StatusCode::SERVICE_UNAVAILABLE, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], NOT_BUILT)
            .into_response();
    };
    let policy = policy(&String::from_utf8_lossy(&file.data));
    let mut response = send(PAGE, file, headers);
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}

fn policy(html: &str) -> String {
    let hashes: String = inline_scripts(html).map(|script| format!(" '{}'", sha256(script))).collect();
    format!(
        "default-src 'none'; script-src 'self'{hashes}; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; \
         manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
}

/// The text between the tags of each script without a source.
fn inline_scripts(html: &str) -> impl Iterator<Item = &str> {
    html.split("<script").skip(1).filter_map(|rest| {
        let (attributes, rest) = rest.split_once('>')?;
        let (script, _) = rest.split_once("</script>")?;
        (!attributes.contains("src=")).then_some(script)
    })
}

fn sha256(text: &str) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    format!("sha256-{}", STANDARD.encode(digest.as_ref()))
}

fn send(path: &str, file: EmbeddedFile, asked: &HeaderMap) -> Response {
    let tag: String = file.metadata.sha256_hash()[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    let tag = format!("\"{tag}\"");
    let cache = if path.starts_with("_app/immutable/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let common = [(header::ETAG, tag.clone()), (header::CACHE_CONTROL, cache.to_owned())];
    if asked.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    (common, [(header::CONTENT_TYPE, content_type(path))], file.data.into_owned()).into_response()
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
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
    fn the_policy_names_inline_scripts_alone() {
        let html = "<script src=\"/admin/scheme.js\"></script><script type=\"module\">\n start() \n</script>";
        assert_eq!(inline_scripts(html).collect::<Vec<_>>(), ["\n start() \n"]);
        let policy = policy(html);
        assert_eq!(policy.matches("sha256-").count(), 1);
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"));
    }
}
