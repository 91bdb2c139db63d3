//! The logo of an app: uploaded by administrators, shown to everybody.
//!
//! Invariant: what is served is an image of one of four kinds, known by its content and not by what the upload says; a picture that could
//! hold a script is served so that none runs.

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use futures::stream;

use super::{apps::find, caller::Caller, edge::Address};
use crate::{
    Org,
    error::{Answer, Fault, codes},
    model::{
        app::App,
        app_logo,
        log::{Event, Party},
    },
    operations::Routes,
};

/// One million, as the manual says.
const LOGO_BYTES_MAX: usize = 1_000_000;
const FIELD: &str = "file";
const PATH: &str = "/fs/bcg/4/";
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

pub fn operations() -> Routes {
    Routes::new().on("uploadApplicationLogo", upload)
}

/// What is no part of the API.
pub fn routes() -> Router<Org> {
    Router::new().route("/fs/bcg/4/{id}", get(serve))
}

/// Where the logo of an app is: its own, or the one that all begin with.
pub fn link(address: &Address, app: &App) -> String {
    match &app.logo_id {
        Some(id) => address.link(&format!("{PATH}{id}")),
        None => address.link("/assets/icon.svg"),
    }
}

/// The kind of an image by its first bytes.
fn media_type(content: &[u8]) -> Option<&'static str> {
    if content.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Some("image/png");
    }
    if content.starts_with(b"\xff\xd8\xff") {
        return Some("image/jpeg");
    }
    if content.starts_with(b"GIF87a") || content.starts_with(b"GIF89a") {
        return Some("image/gif");
    }
    let text = std::str::from_utf8(content).ok()?.trim_start_matches('\u{feff}').trim_start();
    let begins = text.starts_with("<svg") || (text.starts_with("<?xml") && text.contains("<svg"));
    begins.then_some("image/svg+xml")
}

async fn upload(
    State(org): State<Org>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    given: Bytes,
) -> Answer<StatusCode> {
    let content = file(&headers, given).await?;
    let kind =
        media_type(&content).ok_or_else(|| Fault::field(FIELD, "The logo must be a PNG, JPG, SVG or GIF image"))?;
    let mut change = caller.begin(&org).await?;
    let app = find(&mut change, &id).await?;
    app_logo::set(&mut change, &org.world, &app.id, kind, content.to_vec()).await?;
    change.record(Event::new("application.configuration.update_logo").target(Party::app(&app)));
    change.commit().await?;
    Ok(StatusCode::CREATED)
}

/// The file among the parts of a form.
async fn file(headers: &HeaderMap, given: Bytes) -> Answer<Bytes> {
    let malformed = || Fault::new(&codes::E0000003);
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let boundary = multer::parse_boundary(kind).map_err(|_| malformed())?;
    let whole = stream::once(async move { Ok::<_, std::convert::Infallible>(given) });
    let mut form = multer::Multipart::new(whole, boundary);
    while let Some(part) = form.next_field().await.map_err(|_| malformed())? {
        if part.name() != Some(FIELD) {
            continue;
        }
        let content = part.bytes().await.map_err(|_| malformed())?;
        if content.is_empty() || content.len() > LOGO_BYTES_MAX {
            return Err(Fault::field(FIELD, "The logo must be smaller than one MB"));
        }
        return Ok(content);
    }
    Err(Fault::field(FIELD, "The field cannot be left blank"))
}

/// `GET /fs/bcg/4/{id}`
async fn serve(State(org): State<Org>, Path(id): Path<String>) -> Answer<Response> {
    let logo = app_logo::by_id(&mut *org.db.read().await?, &id).await?;
    let logo = logo.ok_or_else(|| Fault::new(&codes::E0000008))?;
    let headers = [
        (header::CONTENT_TYPE, logo.media_type.as_str()),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        // The id is another one once the logo is.
        (header::CACHE_CONTROL, "public, max-age=86400, immutable"),
    ];
    Ok((headers, logo.content).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_known_by_its_content() {
        let cases: [(&[u8], Option<&str>); 7] = [
            (b"\x89PNG\r\n\x1a\nrest", Some("image/png")),
            (b"\xff\xd8\xff\xe0rest", Some("image/jpeg")),
            (b"GIF89a...", Some("image/gif")),
            (b"<?xml version=\"1.0\" encoding=\"UTF-8\"?><svg/>", Some("image/svg+xml")),
            (b"<html><svg/></html>", None),
            (b"\xffnot text", None),
            (b"", None),
        ];
        for (content, kind) in cases {
            assert_eq!(media_type(content), kind, "{content:?}");
        }
    }
}
