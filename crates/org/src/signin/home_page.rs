//! `/` and `/app/UserHome`: a signed-in person's applications, and the way out.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};

use super::{
    account_page,
    html::{Markup, all, element, text},
    login_page::{self, Shown, company},
    page::{self, Page},
    return_address::ReturnAddress,
    session,
};
use crate::{
    Org,
    api::edge::Address,
    error::Answer,
    model::{
        app::{self, App},
        role,
    },
};

/// `GET /`
pub async fn show(State(org): State<Org>, address: Address, headers: HeaderMap) -> Answer<Response> {
    let mut reader = org.db.read().await?;
    let Some(session) = session::current(&org, &headers, &mut reader).await? else {
        drop(reader);
        let from = ReturnAddress::home();
        let shown = Shown { from: &from, login: "", kept: false, problem: None, status: StatusCode::OK };
        return login_page::render(&org, &address, &headers, &shown).await;
    };
    let company = company(&mut reader).await?;
    let apps = app::assigned_to(&mut reader, &session.user.id).await?;
    let is_administrator = !role::roles_of(&mut reader, &session.user.id).await?.is_empty();
    drop(reader);
    session::touch(&org, &session).await?;
    let out = element(
        "form",
        &[("method", "get"), ("action", "/login/signout")],
        element("button", &[("type", "submit"), ("class", "plain")], text("Sign out")),
    );
    let who = session.user.profile.display_name();
    let top = element(
        "div",
        &[("class", "top")],
        element(
            "div",
            &[],
            page::heading("Your applications").and(element(
                "p",
                &[("class", "asks")],
                text(&format!("Signed in as {who} ({})", session.user.login)),
            )),
        )
        .and(out),
    );
    let tiles = if apps.is_empty() {
        page::paragraph("Nothing is assigned to you yet. An administrator assigns applications to people and groups.")
    } else {
        element("ul", &[("class", "tiles")], all(apps.iter().map(tile)))
    };
    let link = |href: &'static str, words: &str| element("a", &[("href", href)], text(words));
    let mut links = link(account_page::PATH, "Your account");
    if is_administrator {
        links = links.and(text(" · ")).and(link("/admin/", "Admin Console"));
    }
    let links = element("p", &[("class", "links")], links);
    Ok(Page::new("Your applications", &company).wide().body(top.and(tiles).and(links)).into_response())
}

/// Only http and https lead anywhere: an application's address was typed by an administrator.
fn tile(app: &App) -> Markup {
    let link = app.link_url().filter(|link| link.starts_with("https://") || link.starts_with("http://"));
    let content = match &link {
        Some(link) => element("a", &[("href", link)], text(&app.label)),
        None => element("span", &[], text(&app.label)),
    };
    element("li", &[], content)
}
