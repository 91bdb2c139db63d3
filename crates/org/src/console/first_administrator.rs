//! The first super administrator: made once, by whoever has the code from the terminal.
//!
//! Invariant: of the code only a keyed hash is kept; it is used up by one conditional update, in the transaction that makes the person.
//! From then on, and wherever there already is a super administrator, the call is 404 for ever.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use db::{Conn, query};
use serde_json::{Map, Value};
use url::Url;
use vault::Secret;

use super::{administrator::must_be_json, session::body as session_body};
use crate::{
    Org, Result,
    api::{
        body::{Body, Properties},
        edge::Address,
    },
    error::{Answer, Fault, codes},
    model::{
        change::Change,
        group,
        log::{CallOrigin, Event, Party},
        profile::Profile,
        role::{self, Assignee, RoleType},
        schema,
        user::{self, NewUser, Provider, Status},
    },
    signin::{
        csrf, password_policy,
        session::{self, Proof},
    },
};

const CODE_LEN: usize = 43;
const ROW: i64 = 1;

/// Makes the link for the terminal. `None`: there is a super administrator, or was one. Each start makes a new link, and only the
/// last one works.
pub async fn offer(org: &Org) -> Result<Option<Url>> {
    let mut tx = org.db.begin().await?;
    if role::count_active_super_administrators(&mut tx).await? > 0 {
        return Ok(None);
    }
    let code = Secret::new(org.world.random.base64url(CODE_LEN));
    let offered = query(
        "insert into first_administrator (id, code_hash, created_us) values ($1, $2, $3)
         on conflict (id) do update set code_hash = excluded.code_hash, created_us = excluded.created_us
            where first_administrator.used_us is null",
    );
    let offered = offered.bind(ROW).bind(hash(org, &code)).bind(org.now()).execute(&mut tx).await?;
    tx.commit().await?;
    if offered == 0 {
        return Ok(None);
    }
    let mut link = org.first_address().clone();
    link.set_path("/admin/first-administrator");
    link.query_pairs_mut().append_pair("code", code.expose());
    Ok(Some(link))
}

/// `POST /admin/api/first-administrator`
pub async fn redeem(
    State(org): State<Org>,
    address: Address,
    origin: CallOrigin,
    headers: HeaderMap,
    body: Body,
) -> Answer<Response> {
    must_be_json(&headers)?;
    if !csrf::is_from_own_page(&headers, &address.0) {
        return Err(Fault::new(&codes::E0000212));
    }
    let body = body.object()?;
    let code = Secret::new(body.text("code")?.unwrap_or_default());
    let mut reader = org.db.read().await?;
    if !is_open(&mut reader, &org, &code).await? {
        return Err(closed());
    }
    let (profile, password) = check(&mut reader, &body).await?;
    drop(reader);
    let hash = org.passwords.hash(&password).await?;

    let mut change = Change::begin(&org, Party::system(), origin.clone()).await?;
    if !consume(&mut change, &org, &code).await? {
        return Err(closed());
    }
    let new = NewUser {
        type_id: user::default_type(&mut change).await?.id,
        status: Status::Active,
        profile,
        password_hash: Some(hash),
        provider: Provider::okta(),
        recovery: None,
    };
    let user = user::create(&mut change, &org.world, &new).await?;
    let now = change.now;
    group::add_to_everyone(&mut change, &user.id, now).await?;
    role::grant(&mut change, &org.world, RoleType::SuperAdmin, &Assignee::User(user.id.clone())).await?;
    let session = session::begin(&mut change, &org, &origin, &headers, &user, &Proof::password(), false).await?;
    for kind in ["user.lifecycle.create", "user.lifecycle.activate", "user.account.privilege.grant"] {
        change.record(Event::new(kind).target(Party::user(&user)));
    }
    change.record(Event::new("user.session.start").target(Party::user(&user)).session(&session.session.external_id));
    let roles = role::roles_of(&mut change, &user.id).await?;
    change.commit().await?;
    let mut response = Json(session_body(&org, &address, &session.session, &roles).await?).into_response();
    response.headers_mut().append(header::SET_COOKIE, session.cookie(&address.0));
    Ok(response)
}

fn closed() -> Fault {
    Fault::not_found("first-administrator", "OneTimeCode")
}

async fn is_open(conn: &mut Conn, org: &Org, code: &Secret) -> Result<bool> {
    if role::count_active_super_administrators(conn).await? > 0 {
        return Ok(false);
    }
    let row = query("select 1 as n from first_administrator where id = $1 and code_hash = $2 and used_us is null");
    Ok(row.bind(ROW).bind(hash(org, code)).optional(conn).await?.is_some())
}

/// Of any number of callers at once one gets `true`.
async fn consume(conn: &mut Conn, org: &Org, code: &Secret) -> Result<bool> {
    let done =
        query("update first_administrator set used_us = $1 where id = $2 and code_hash = $3 and used_us is null");
    Ok(done.bind(org.now()).bind(ROW).bind(hash(org, code)).execute(conn).await? == 1)
}

async fn check(conn: &mut Conn, body: &Map<String, Value>) -> Answer<(Profile, Secret)> {
    let given = |name: &str| -> Answer<String> { Ok(body.text(name)?.unwrap_or_default().trim().to_owned()) };
    let email = given("email")?;
    let profile = Profile::of(&email, &email, &given("firstName")?, &given("lastName")?);
    let password = Secret::new(body.text("password")?.unwrap_or_default());
    let schema = user::default_type(conn).await?.id;
    let schema = schema::of_type(conn, &schema).await?;
    // The user name is the mail address: what is wrong with one is wrong with both, and is said once.
    let mut causes: Vec<String> =
        schema.check(&profile).into_iter().filter(|cause| !cause.starts_with("login:")).collect();
    if password.is_empty() {
        causes.push("password: The field cannot be left blank".to_owned());
    } else {
        let policy = password_policy::of_newcomer(conn, &[]).await?;
        let faults = password_policy::check(&policy, &profile, &password);
        causes.extend(faults.iter().map(|fault| format!("password: {fault}")));
    }
    if causes.is_empty() { Ok((profile, password)) } else { Err(Fault::invalid("firstAdministrator", causes)) }
}

fn hash(org: &Org, code: &Secret) -> String {
    org.vault.keyed_hash("first administrator", code.expose_bytes())
}
