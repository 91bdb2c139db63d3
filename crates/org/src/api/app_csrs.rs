//! Requests for certificates: an app's key whose certificate somebody else signs. Publishing the certificate makes the key one of the
//! app's and ends the request.

use std::time::Duration;

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use db::Conn;
use serde_json::{Map, Value, json};

use super::{
    app_keys::{self, refuse_too_many},
    apps::find,
    body::{Body, Properties},
    caller::Caller,
    edge::Address,
};
use crate::{
    Org,
    error::{Answer, Fault},
    model::{
        app::App,
        app_certificate::{self, Subject},
        app_key::{self, Csr, PER_APP_MAX},
        log::{Event, Party},
    },
    operations::Routes,
};

/// A certificate that lasts less is not worth publishing.
const LEFT_MIN: Duration = Duration::from_secs(90 * 24 * 3_600);
const NAME_LEN_MAX: usize = 100;
const DNS_NAMES_MAX: usize = 50;

pub fn operations() -> Routes {
    Routes::new()
        .on("listCsrsForApplication", list)
        .on("generateCsrForApplication", generate)
        .on("getCsrForApplication", get)
        .on("revokeCsrFromApplication", revoke)
        .on("publishCsrFromApplication", publish)
}

fn body(address: &Address, app: &App, csr: &Csr) -> Value {
    let base = format!("/api/v1/apps/{}/credentials/csrs/{}", app.id, csr.id);
    json!({
        "id": csr.id,
        "created": csr.created.to_rfc3339_ms(),
        "csr": csr.request,
        "kty": "RSA",
        "_links": {
            "self": { "href": address.link(&base), "hints": { "allow": ["GET", "DELETE"] } },
            "publish": { "href": address.link(&format!("{base}/lifecycle/publish")), "hints": { "allow": ["POST"] } },
        },
    })
}

/// The request as JSON, or as PKCS #10 where that was asked for.
fn answer(headers: &HeaderMap, status: StatusCode, address: &Address, app: &App, csr: &Csr) -> Response {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    if accepted.into_iter().any(|line| line.to_ascii_lowercase().contains("application/pkcs10")) {
        let der = STANDARD.decode(&csr.request).unwrap_or_default();
        return (status, [(header::CONTENT_TYPE, "application/pkcs10")], der).into_response();
    }
    (status, Json(body(address, app, csr))).into_response()
}

async fn found(conn: &mut Conn, id: &str, csr: &str) -> Answer<(App, Csr)> {
    let app = find(conn, id).await?;
    let found = app_key::csrs_of_app(conn, &app.id).await?.into_iter().find(|known| known.id == csr);
    Ok((app, found.ok_or_else(|| Fault::not_found(csr, "Csr"))?))
}

async fn list(State(org): State<Org>, address: Address, Path(id): Path<String>) -> Answer<Json<Vec<Value>>> {
    let mut reader = org.db.read().await?;
    let app = find(&mut reader, &id).await?;
    let csrs = app_key::csrs_of_app(&mut reader, &app.id).await?;
    Ok(Json(csrs.iter().map(|csr| body(&address, &app, csr)).collect()))
}

async fn get(
    State(org): State<Org>,
    address: Address,
    headers: HeaderMap,
    Path((id, csr)): Path<(String, String)>,
) -> Answer<Response> {
    let (app, csr) = found(&mut *org.db.read().await?, &id, &csr).await?;
    Ok(answer(&headers, StatusCode::OK, &address, &app, &csr))
}

/// Whom a body says that the certificate is about.
fn subject(given: &Map<String, Value>) -> Answer<Subject> {
    let empty = Map::new();
    let said = given.child("subject")?.unwrap_or(&empty);
    let mut names: [Option<String>; 6] = Default::default();
    let known = [
        "countryName",
        "stateOrProvinceName",
        "localityName",
        "organizationName",
        "organizationalUnitName",
        "commonName",
    ];
    for (slot, name) in names.iter_mut().zip(known) {
        let text = said.text(name)?.filter(|text| !text.is_empty());
        let fits = |text: &str| match name {
            "countryName" => text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic()),
            _ => text.chars().count() <= NAME_LEN_MAX && !text.chars().any(char::is_control),
        };
        if text.is_some_and(|text| !fits(text)) {
            return Err(Fault::field(name, "The value is not valid"));
        }
        *slot = text.map(str::to_owned);
    }
    if names.iter().all(Option::is_none) {
        return Err(Fault::field("subject", "The field cannot be left blank"));
    }
    let dns_names = given.child("subjectAltNames")?.unwrap_or(&empty).texts("dnsNames")?.unwrap_or_default();
    let is_host = |name: &String| {
        (1..=253).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.*".contains(&byte))
    };
    if dns_names.len() > DNS_NAMES_MAX || !dns_names.iter().all(is_host) {
        return Err(Fault::field("dnsNames", "The value is not valid"));
    }
    Ok(Subject { names, dns_names })
}

async fn generate(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    headers: HeaderMap,
    Path(id): Path<String>,
    given: Body,
) -> Answer<Response> {
    let subject = subject(&given.object()?)?;
    let app = find(&mut *org.db.read().await?, &id).await?;
    let made = app_certificate::requested(&org.world, subject).await?;
    let mut change = caller.begin(&org).await?;
    let app = find(&mut change, app.id.as_str()).await?;
    if app_key::csrs_of_app(&mut change, &app.id).await?.len() >= PER_APP_MAX {
        return Err(Fault::invalid(
            "csr",
            [format!("An app can have at most {PER_APP_MAX} requests for certificates.")],
        ));
    }
    let csr = app_key::add_csr(&mut change, &org.vault, &org.world, &app.id, &made).await?;
    change.record(Event::new("app.app_instance.csr.generate").target(Party::app(&app)).debug("csrId", csr.id.as_str()));
    change.commit().await?;
    Ok(answer(&headers, StatusCode::CREATED, &address, &app, &csr))
}

async fn revoke(State(org): State<Org>, caller: Caller, Path((id, csr)): Path<(String, String)>) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let (app, csr) = found(&mut change, &id, &csr).await?;
    app_key::remove_csr(&mut change, &csr.id).await?;
    change.record(Event::new("app.app_instance.csr.revoke").target(Party::app(&app)).debug("csrId", csr.id.as_str()));
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn publish(
    State(org): State<Org>,
    caller: Caller,
    Path((id, csr)): Path<(String, String)>,
    given: Bytes,
) -> Answer<(StatusCode, Json<Value>)> {
    let refused = |cause: &str| Fault::invalid("certificate", [cause.to_owned()]);
    let certificate =
        app_certificate::from_body(&given).ok_or_else(|| refused("The certificate could not be read."))?;
    let seen = app_certificate::read(&certificate)?;
    let mut change = caller.begin(&org).await?;
    let (app, csr) = found(&mut change, &id, &csr).await?;
    if (&seen.modulus, &seen.exponent) != (&csr.modulus, &csr.exponent) {
        return Err(refused("The certificate doesn't match the CSR."));
    }
    if seen.not_after <= change.now.plus(LEFT_MIN) {
        return Err(refused("The certificate must be valid for more than 90 days."));
    }
    refuse_too_many(&mut change, &app, "certificate").await?;
    let now = change.now;
    app_key::publish(&mut change, &app.id, &csr, &certificate, seen.not_after, now).await?;
    change.record(Event::new("app.app_instance.csr.publish").target(Party::app(&app)).debug("csrId", csr.id.as_str()));
    let (_, key) = app_keys::found(&mut change, &id, &csr.id).await?;
    change.commit().await?;
    Ok((StatusCode::CREATED, Json(app_keys::body(&key))))
}
