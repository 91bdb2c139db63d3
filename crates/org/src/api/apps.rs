//! Apps, and the groups claim of their ID tokens.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use db::Conn;
use serde_json::{Map, Value, json};

use super::{
    app_body,
    app_check::{self, Checked},
    app_users,
    body::Body,
    caller::Caller,
    edge::Address,
    filter::{
        self,
        compile::{Column, EQ, Field, Grammar},
    },
    paging::{Asked, Beyond},
    users::lifecycle::nothing,
};
use crate::{
    Org,
    error::{Answer, Fault, codes},
    model::{
        app::{self, App, GroupsClaim, NewApp, SignOnMode},
        app_assignment, app_certificate, app_key,
        change::Change,
        client_secret,
        condition::Condition,
        fold,
        id::AppId,
        log::{Event, Party},
        reach::Object,
        schema::{self, Owner},
        starts_with,
    },
    oauth::grant,
    operations::{Right, Routes},
};

const LIMIT: i64 = 20;
const LIMIT_MAX: i64 = 200;
/// How long the key lasts that a signing app begins with.
const FIRST_KEY_YEARS: u16 = 10;
const GRAMMAR: Grammar = Grammar { field, allows_not: false };

pub fn operations() -> Routes {
    Routes::new()
        .on("listApplications", list)
        .on("createApplication", create)
        .on("getApplication", get)
        .on("replaceApplication", replace)
        .on("deleteApplication", delete)
        .on("activateApplication", activate)
        .on("deactivateApplication", deactivate)
        .on("getInternalAppsSettingsOauthIdToken", groups_claim)
        .on("postInternalAppsSettingsOauthIdToken", set_groups_claim)
}

const BY_USER: &str = "(a.id in (select app_id from app_user where user_id = ";
const BY_GROUP: &str = "(a.id in (select app_id from app_group where group_id = ";

fn field(name: &str) -> Option<Field> {
    Some(match name {
        "id" => Field::new(Column::Exact("a.id"), EQ),
        "status" => Field::new(Column::Exact("a.status"), EQ),
        "name" => Field::new(Column::Exact("a.name"), EQ),
        "credentials.signing.kid" => Field::new(Column::Exact("a.signing_kid"), EQ),
        "settings.slo.enabled" => Field::new(Column::Flag("a.slo_enabled"), EQ),
        "user.id" => Field::new(Column::Around(BY_USER, "))"), EQ),
        "group.id" => Field::new(Column::Around(BY_GROUP, "))"), EQ),
        _ => return None,
    })
}

pub async fn find(conn: &mut Conn, id: &str) -> Answer<App> {
    app::by_id(conn, &id.into()).await?.ok_or_else(|| Fault::not_found(id, "AppInstance"))
}

async fn list(State(org): State<Org>, caller: Caller, asked: Asked) -> Answer<Response> {
    let limit = asked.limit(LIMIT, LIMIT_MAX, Beyond::Refuse)?;
    let after = asked.after_id(AppId::PREFIX)?.unwrap_or_default();
    let (expanded, people) = (expanded_user(&asked)?, caller.reach(Right::READ_USERS));
    let mut select = app::select();
    if let Some(text) = asked.get("filter") {
        select = GRAMMAR.compile(&filter::parse(text)?)?.append(select.push(" and "));
    }
    if let Some(text) = asked.get("q") {
        let placeholder = select.next_placeholder();
        let condition = format!(
            " and (a.label_folded like ${placeholder} escape '\\' or a.name_folded like ${placeholder} escape '\\')"
        );
        select = select.push(&condition).bind(starts_with(&fold(text)));
    }
    select = Condition::limit(select, caller.sees(Right::READ_APPS, Object::App, "a.id").as_ref());
    let (first, second) = (select.next_placeholder(), select.next_placeholder() + 1);
    let select =
        select.push(&format!(" and a.id > ${first} order by a.id limit ${second}")).bind(after).bind(limit + 1);
    let mut reader = org.db.read().await?;
    let apps = app::from_rows(&select.all(&mut reader).await?)?;
    let mut shown = Vec::with_capacity(apps.len());
    for app in apps {
        let mut body = app_body::body(&mut reader, &org, &caller, &asked.address, &app).await?;
        if let Some(user) = &expanded
            && people.includes(&mut reader, Object::Person, user).await?
            && let Some(assignment) = app_assignment::app_user(&mut reader, &app.id, &user.as_str().into()).await?
        {
            body["_embedded"] = json!({ "user": app_users::user_body(&asked.address, &app.id, &assignment) });
        }
        shown.push((app.id.to_string(), body));
    }
    Ok(asked.page(shown, limit, |(id, _)| id.clone(), |(_, body)| body.clone()))
}

/// `expand=user/{id}` goes with `filter=user.id eq "{id}"` alone.
fn expanded_user(asked: &Asked) -> Answer<Option<String>> {
    let Some(user) = asked.get("expand").and_then(|expand| expand.strip_prefix("user/")) else { return Ok(None) };
    if asked.get("filter").map(str::trim) == Some(&format!("user.id eq \"{user}\"")) {
        return Ok(Some(user.to_owned()));
    }
    Err(Fault::invalid("expand", ["Expand query is malformed.".to_owned()]))
}

async fn get(State(org): State<Org>, caller: Caller, address: Address, Path(id): Path<String>) -> Answer<Json<Value>> {
    let mut reader = org.db.read().await?;
    let app = find(&mut reader, &id).await?;
    Ok(Json(app_body::body(&mut reader, &org, &caller, &address, &app).await?))
}

async fn create(State(org): State<Org>, caller: Caller, asked: Asked, given: Body) -> Answer<Json<Value>> {
    let mut checked = app_check::check(&given.object()?)?;
    if !caller.reach(Right::MANAGE_APPS).includes_apps_named(&checked.name) {
        return Err(Fault::forbidden());
    }
    // A new app has no key to choose.
    checked.document["credentials"].as_object_mut().map(|credentials| credentials.remove("signing"));
    let key = match checked.sign_on_mode.signs() {
        true => Some(app_certificate::certified(&org.world, &checked.label, FIRST_KEY_YEARS).await?),
        false => None,
    };
    let mut change = caller.begin(&org).await?;
    let mut app = insert(&org, &mut change, &checked, asked.flag("activate", true)).await?;
    if let Some(key) = key {
        let now = change.now;
        app_key::add(&mut change, &org.vault, &app.id, &key, now).await?;
        app.document["credentials"]["signing"] = json!({ "kid": key.key.kid });
        app::update(&mut change, &app.id, &app.label, &app.document, now).await?;
    }
    let body = app_body::body(&mut change, &org, &caller, &asked.address, &app).await?;
    change.commit().await?;
    Ok(Json(body))
}

/// Makes an app with what belongs to a new one.
pub(crate) async fn insert(org: &Org, change: &mut Change, checked: &Checked, active: bool) -> Answer<App> {
    let id = AppId::new(&org.world);
    let client_id = match (&checked.client_id, checked.sign_on_mode) {
        (Some(chosen), _) => {
            if app::by_client_id(change, chosen).await?.is_some() {
                return Err(Fault::field("client_id", "'client_id' is already taken"));
            }
            Some(chosen.clone())
        }
        (None, SignOnMode::OpenIdConnect) => Some(id.to_string()),
        (None, _) => None,
    };
    let new = NewApp {
        id,
        client_id,
        name: checked.name.clone(),
        label: checked.label.clone(),
        sign_on_mode: checked.sign_on_mode,
        active,
        document: checked.document.clone(),
    };
    let app = app::create(change, &org.world, &new).await.map_err(Fault::taken("client_id"))?;
    first_secret(org, change, &app, checked).await?;
    change.record(Event::new("application.lifecycle.create").target(Party::app(&app)));
    if app.active {
        change.record(Event::new("application.lifecycle.activate").target(Party::app(&app)));
    }
    Ok(app)
}

/// A client that shows a secret has one: the given one, or one of ours.
pub(crate) async fn first_secret(org: &Org, change: &mut Change, app: &App, checked: &Checked) -> Answer<()> {
    if !checked.needs_secret() || client_secret::of_app(change, &app.id).await?.iter().any(|secret| secret.active) {
        return Ok(());
    }
    let secret = checked.client_secret.clone().unwrap_or_else(|| client_secret::generate(&org.world));
    client_secret::create(change, &org.vault, &org.world, &app.id, &secret, true).await?;
    Ok(())
}

async fn replace(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(id): Path<String>,
    given: Body,
) -> Answer<Json<Value>> {
    let given = given.object()?;
    let mut change = caller.begin(&org).await?;
    let before = find(&mut change, &id).await?;
    caller.must_outrank_client(&mut change, &before.id).await?;
    let checked = app_check::check(&given)?;
    if checked.sign_on_mode != before.sign_on_mode {
        return Err(Fault::field("signOnMode", "The sign-on mode of an app cannot be changed"));
    }
    if checked.client_id.is_some() && checked.client_id != before.client_id {
        return Err(Fault::field("client_id", "'client_id' cannot be changed"));
    }
    let document = with_signing_key(&mut change, &before, &checked).await?;
    let now = change.now;
    app::update(&mut change, &before.id, &checked.label, &document, now).await?;
    first_secret(&org, &mut change, &before, &checked).await?;
    let app = find(&mut change, &id).await?;
    change.record(Event::new("application.lifecycle.update").target(Party::app(&app)));
    let body = app_body::body(&mut change, &org, &caller, &address, &app).await?;
    change.commit().await?;
    Ok(Json(body))
}

/// The document with the key that signs: one of the app's own, or the one that did before.
async fn with_signing_key(conn: &mut Conn, before: &App, checked: &Checked) -> Answer<Map<String, Value>> {
    let mut document = checked.document.clone();
    let chosen = document.get("credentials").and_then(|credentials| credentials.pointer("/signing/kid")?.as_str());
    match chosen.map(str::to_owned) {
        Some(kid) if app_key::by_kid(conn, &before.id, &kid).await?.is_none() => {
            return Err(Fault::field("kid", "The key is not among the keys of the app"));
        }
        Some(_) => {}
        None => {
            if let Some(kid) = before.signing_kid() {
                document["credentials"]["signing"] = json!({ "kid": kid });
            }
        }
    }
    Ok(document)
}

async fn delete(State(org): State<Org>, caller: Caller, Path(id): Path<String>) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let app = find(&mut change, &id).await?;
    if app.active {
        return Err(Fault::new(&codes::E0000056).with_cause("The application must be deactivated before deletion."));
    }
    app::delete(&mut change, &app.id).await?;
    app_key::forget_unused(&mut change).await?;
    schema::forget(&mut change, &Owner::AppUsers(app.id.clone())).await?;
    change.record(Event::new("application.lifecycle.delete").target(Party::app(&app)));
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn activate(State(org): State<Org>, caller: Caller, Path(id): Path<String>) -> Answer<Response> {
    set_active(&org, &caller, &id, true).await
}

async fn deactivate(State(org): State<Org>, caller: Caller, Path(id): Path<String>) -> Answer<Response> {
    set_active(&org, &caller, &id, false).await
}

async fn set_active(org: &Org, caller: &Caller, id: &str, active: bool) -> Answer<Response> {
    let mut change = caller.begin(org).await?;
    let app = find(&mut change, id).await?;
    if app.active != active {
        let now = change.now;
        app::set_active(&mut change, &app.id, active, now).await?;
        if !active {
            grant::end_all_of_app(&mut change, &app.id, now).await?;
        }
        let kind = if active { "application.lifecycle.activate" } else { "application.lifecycle.deactivate" };
        change.record(Event::new(kind).target(Party::app(&app)));
    }
    change.commit().await?;
    Ok(nothing())
}

async fn find_oidc(conn: &mut Conn, id: &str) -> Answer<App> {
    let app = find(conn, id).await?;
    if app.sign_on_mode == SignOnMode::OpenIdConnect { Ok(app) } else { Err(Fault::not_found(id, "AppInstance")) }
}

fn claim_body(claim: Option<&GroupsClaim>) -> Value {
    let off =
        || json!({ "issuerMode": "ORG_URL", "valueType": null, "groupFilterType": null, "name": null, "value": null });
    claim.map_or_else(off, GroupsClaim::to_json)
}

/// Not part of Okta's public API, but what its console and public tools call.
async fn groups_claim(State(org): State<Org>, Path(id): Path<String>) -> Answer<Json<Value>> {
    let app = find_oidc(&mut *org.db.read().await?, &id).await?;
    Ok(Json(claim_body(app.groups_claim.as_ref())))
}

async fn set_groups_claim(
    State(org): State<Org>,
    caller: Caller,
    Path(id): Path<String>,
    given: Body,
) -> Answer<Json<Value>> {
    let given = Value::Object(given.object()?);
    let claim = GroupsClaim::from_json(&given).map_err(|cause| {
        let field = cause.split(':').next().unwrap_or_default().to_owned();
        Fault::invalid(&field, [cause])
    })?;
    let mut change = caller.begin(&org).await?;
    let app = find_oidc(&mut change, &id).await?;
    let now = change.now;
    app::set_groups_claim(&mut change, &app.id, claim.as_ref(), now).await?;
    change.record(Event::new("application.lifecycle.update").target(Party::app(&app)));
    change.commit().await?;
    Ok(Json(claim_body(claim.as_ref())))
}
