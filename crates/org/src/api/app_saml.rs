//! The metadata of a SAML app: who signs what it is sent, with which key, and where it sends people.

use axum::{
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
};

use super::{apps::find, paging::Asked};
use crate::{
    Org,
    error::{Answer, Fault},
    model::{
        app::{App, SignOnMode},
        app_key::{self, AppKey},
    },
    operations::Routes,
};

const BINDINGS: [&str; 2] =
    ["urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST", "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"];
const FORMATS: [&str; 2] =
    ["urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified", "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"];

pub fn operations() -> Routes {
    Routes::new().on("previewSAMLmetadataForApplication", metadata)
}

/// With `kid` for one of the app's keys, otherwise for the one that signs.
async fn metadata(State(org): State<Org>, asked: Asked, Path(id): Path<String>) -> Answer<Response> {
    let mut reader = org.db.read().await?;
    let app = find(&mut reader, &id).await?;
    if app.sign_on_mode != SignOnMode::Saml2 {
        return Err(Fault::field("signOnMode", "Only a SAML 2.0 app has metadata"));
    }
    let kid = asked.get("kid").or(app.signing_kid()).unwrap_or_default();
    let key = app_key::by_kid(&mut reader, &app.id, kid).await?;
    let key = key.ok_or_else(|| Fault::not_found(kid, "JsonWebKey"))?;
    let place = asked.address.link(&format!("/app/{}/{}/sso/saml", app.name, app.id));
    Ok(([(header::CONTENT_TYPE, "text/xml; charset=utf-8")], document(&app, &key, &place)).into_response())
}

fn document(app: &App, key: &AppKey, place: &str) -> String {
    let settings = app.document.get("settings").and_then(|settings| settings.get("signOn"));
    let issuer = settings.and_then(|sign_on| sign_on.get("idpIssuer")?.as_str()).unwrap_or_default();
    let issuer = issuer.replace("${org.externalKey}", app.id.as_str());
    let formats: String = FORMATS.map(|format| format!("<md:NameIDFormat>{format}</md:NameIDFormat>")).concat();
    let services = BINDINGS
        .map(|binding| format!("<md:SingleSignOnService Binding=\"{binding}\" Location=\"{}\"/>", escaped(place)))
        .concat();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <md:EntityDescriptor entityID=\"{}\" xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\">\
         <md:IDPSSODescriptor WantAuthnRequestsSigned=\"false\" protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\">\
         <md:KeyDescriptor use=\"signing\"><ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">\
         <ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>\
         {formats}{services}</md:IDPSSODescriptor></md:EntityDescriptor>",
        escaped(&issuer),
        key.certificate,
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
