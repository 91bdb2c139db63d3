//! The page of a link that ends a lock: `/unlock_account/{token}`. Only its button does, so that whoever fetches links beforehand does not.

use axum::{
    Form,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use vault::Secret;

use super::{
    csrf::{self, FormSecret},
    html::element,
    login_page::{self, company, with_form_cookie},
    page::{self, Page},
    password_page, self_service,
};
use crate::{
    Org,
    api::edge::Address,
    error::Answer,
    model::{
        change::Change,
        link::{self, Purpose},
        log::{CallOrigin, Party},
        user::{self, Status},
    },
};

pub async fn show(
    State(org): State<Org>,
    address: Address,
    headers: HeaderMap,
    Path(token): Path<Secret>,
) -> Answer<Response> {
    let mut reader = org.db.read().await?;
    let known = link::peek(&mut reader, &org.vault, Purpose::Unlock, &token, org.now()).await?;
    let company = company(&mut reader).await?;
    drop(reader);
    if known.is_none() {
        return password_page::gone(&org).await;
    }
    let secret = FormSecret::of(&headers, &org.world);
    let fields = page::hidden("_token", &secret.token(&org.vault)).and(page::button("Unlock"));
    let page = Page::new("Unlock your account", &company)
        .body(page::heading("Unlock your account"))
        .body(page::paragraph("Wrong passwords have locked your account. Unlock it, and sign in again."))
        .body(element("form", &[("method", "post")], fields));
    Ok(with_form_cookie(page.into_response(), &secret, &address.0))
}

#[derive(Deserialize)]
pub struct Given {
    #[serde(rename = "_token", default)]
    token: String,
}

pub async fn submit(
    State(org): State<Org>,
    address: Address,
    origin: CallOrigin,
    headers: HeaderMap,
    Path(token): Path<Secret>,
    Form(given): Form<Given>,
) -> Answer<Response> {
    if !csrf::form_is_ours(&org, &headers, &address.0, &given.token) {
        let company = company(&mut *org.db.read().await?).await?;
        let lines = ["This page was open for too long or in another browser. Please try again."];
        return Ok(page::error_page(&company, StatusCode::FORBIDDEN, "Please try again", &lines));
    }
    let mut change = Change::begin(&org, Party::system(), origin).await?;
    let now = change.now;
    let id = link::consume(&mut change, &org.vault, Purpose::Unlock, &token, now).await?;
    let user = match id {
        Some(id) => user::by_id(&mut change, &id).await?.filter(|user| user.status == Status::LockedOut),
        None => None,
    };
    let Some(user) = user else { return password_page::gone(&org).await };
    self_service::unlock(&mut change, &org, &user).await?;
    change.commit().await?;
    Ok(Redirect::to(login_page::PATH).into_response())
}
