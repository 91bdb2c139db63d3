//! `/.well-known/webfinger` (RFC 7033): which provider signs somebody in. It is always this org, whoever is asked about, so it tells nobody
//! whether a name is known.

use axum::{
    extract::{Query, State},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    Org,
    api::edge::Address,
    error::{Answer, Fault},
    model::organization,
};

const RESOURCE_LEN_MAX: usize = 1_024;
const ISSUER: &str = "http://openid.net/specs/connect/1.0/issuer";
const PROVIDER: &str = "okta:idp";

#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    resource: Option<String>,
    rel: Option<String>,
}

/// `GET /.well-known/webfinger?resource=&rel=`
pub async fn answer(State(org): State<Org>, address: Address, Query(asked): Query<Asked>) -> Answer<Response> {
    let resource = asked.resource.filter(|resource| !resource.is_empty() && resource.len() <= RESOURCE_LEN_MAX);
    let resource = resource.ok_or_else(|| Fault::field("resource", "The field cannot be left blank"))?;
    if !["acct:", "okta:acct:"].iter().any(|scheme| resource.starts_with(scheme)) {
        return Err(Fault::field("resource", "The resource must begin with acct: or okta:acct:"));
    }
    let name = organization::get(&mut *org.db.read().await?).await?.map(|organization| organization.company_name);
    let provider = json!({
        "rel": PROVIDER,
        "href": address.link("/sso/idps/OKTA"),
        "titles": { "und": name },
        "properties": {
            "okta:idp:metadata": address.link("/.well-known/okta-organization"),
            "okta:idp:type": "OKTA",
            "okta:idp:id": "OKTA",
        },
    });
    let issuer = json!({ "rel": ISSUER, "href": address.base() });
    let links: Vec<Value> = [(PROVIDER, provider), (ISSUER, issuer)]
        .into_iter()
        .filter(|(rel, _)| asked.rel.as_deref().is_none_or(|wanted| wanted == *rel))
        .map(|(_, link)| link)
        .collect();
    let mut response = json!({ "subject": resource, "links": links }).to_string().into_response();
    let kind = HeaderValue::from_static("application/jrd+json; charset=UTF-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    Ok(response)
}
