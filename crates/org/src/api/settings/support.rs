//! Whether somebody from support may look into the org, and until when.
//!
//! Invariant: access ends by itself at its time. It is opened for one case; the case is known from the first time that access was given.
//!
//! The calls that give, extend and end access without naming a case answer with a redirection to the settings, as the description says.

use std::time::Duration;

use axum::{
    Json,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use db::Conn;
use serde_json::{Value, json};
use world::Instant;

use super::{action, changed};
use crate::{
    Org, Result,
    api::{
        body::{Body, Properties},
        caller::Caller,
        edge::Address,
    },
    error::{Answer, Fault},
    model::setting,
    operations::Routes,
};

const SETTING: &str = "oktaSupport";
const PATH: &str = "/api/v1/org/privacy/oktaSupport";
const GRANTED_FOR: Duration = Duration::from_secs(8 * 3_600);
const EXTENDED_BY: Duration = Duration::from_secs(24 * 3_600);
const CASE_LEN: usize = 8;
const SUBJECT: &str = "Access of support";

pub fn operations() -> Routes {
    Routes::new()
        .on("getOrgOktaSupportSettings", show)
        .on("grantOktaSupport", grant)
        .on("extendOktaSupport", extend)
        .on("revokeOktaSupport", revoke)
        .on("listOktaSupportCases", cases)
        .on("updateOktaSupportCase", update_case)
}

/// A case, as it is kept.
struct Case {
    number: String,
    until: Option<Instant>,
    approved: bool,
}

impl Case {
    async fn load(conn: &mut Conn) -> Result<Option<Case>> {
        let kept = setting::value(conn, SETTING).await?;
        Ok(kept["number"].as_str().map(|number| Case {
            number: number.to_owned(),
            until: kept["until_us"].as_i64().map(Instant::from_us),
            approved: kept["approved"].as_bool().unwrap_or(false),
        }))
    }

    async fn save(&self, conn: &mut Conn, now: Instant) -> Result<()> {
        let kept =
            json!({ "number": self.number, "until_us": self.until.map(Instant::as_us), "approved": self.approved });
        setting::set(conn, SETTING, &kept, now).await
    }

    /// The end of access, while there is access.
    fn open_until(&self, now: Instant) -> Option<Instant> {
        self.until.filter(|until| *until > now)
    }

    fn expiration(&self, now: Instant) -> Value {
        self.open_until(now).map_or(Value::Null, |until| until.whole_second().to_rfc3339_ms().into())
    }

    fn body(&self, now: Instant) -> Value {
        json!({
            "caseNumber": self.number,
            "subject": SUBJECT,
            "impersonation": {
                "status": if self.open_until(now).is_some() { "ENABLED" } else { "DISABLED" },
                "expiration": self.expiration(now),
            },
            "selfAssigned": { "status": if self.approved { "APPROVED" } else { "NOT_REQUIRED" } },
        })
    }
}

async fn show(State(org): State<Org>, address: Address) -> Answer<Json<Value>> {
    let now = org.now();
    let case = Case::load(&mut *org.db.read().await?).await?;
    let open = case.as_ref().is_some_and(|case| case.open_until(now).is_some());
    let mut links = json!({ "cases": action(&address, &format!("{PATH}/cases"), "GET") });
    if let Some(case) = &case {
        links["case"] = action(&address, &format!("{PATH}/cases/{}", case.number), "PATCH");
    }
    let ways: &[&str] = if open { &["extend", "revoke"] } else { &["grant"] };
    for name in ways {
        links[*name] = action(&address, &format!("{PATH}/{name}"), "POST");
    }
    Ok(Json(json!({
        "support": if open { "ENABLED" } else { "DISABLED" },
        "expiration": case.as_ref().map(|case| case.expiration(now)),
        "caseNumber": case.as_ref().map(|case| case.number.as_str()),
        "_links": links,
    })))
}

async fn cases(State(org): State<Org>) -> Answer<Json<Value>> {
    let case = Case::load(&mut *org.db.read().await?).await?;
    let cases: Vec<Value> = case.iter().map(|case| case.body(org.now())).collect();
    Ok(Json(json!({ "supportCases": cases })))
}

/// Changes the end of access, and sends the caller back to the settings.
async fn set_end(
    org: &Org,
    caller: &Caller,
    address: &Address,
    end: impl FnOnce(&Case, Instant) -> Answer<Option<Instant>>,
) -> Answer<Response> {
    let mut change = caller.begin(org).await?;
    let now = change.now;
    let case = Case::load(&mut change).await?;
    let mut case = case.unwrap_or_else(|| Case {
        number: org.world.random.text(b"0123456789", CASE_LEN),
        until: None,
        approved: false,
    });
    case.until = end(&case, now)?;
    case.save(&mut change, now).await?;
    change.record(changed(org, SETTING));
    change.commit().await?;
    Ok((StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, address.link(PATH))]).into_response())
}

fn not_open() -> Fault {
    Fault::field("support", "Support has no access")
}

async fn grant(State(org): State<Org>, caller: Caller, address: Address) -> Answer<Response> {
    set_end(&org, &caller, &address, |_, now| Ok(Some(now.plus(GRANTED_FOR)))).await
}

async fn extend(State(org): State<Org>, caller: Caller, address: Address) -> Answer<Response> {
    set_end(&org, &caller, &address, |case, now| {
        let until = case.open_until(now).ok_or_else(not_open)?;
        Ok(Some(until.plus(EXTENDED_BY)))
    })
    .await
}

async fn revoke(State(org): State<Org>, caller: Caller, address: Address) -> Answer<Response> {
    set_end(&org, &caller, &address, |_, _| Ok(None)).await
}

async fn update_case(
    State(org): State<Org>,
    caller: Caller,
    Path(number): Path<String>,
    given: Body,
) -> Answer<Json<Value>> {
    let given = given.object()?;
    let mut change = caller.begin(&org).await?;
    let now = change.now;
    let case = Case::load(&mut change).await?.filter(|case| case.number == number);
    let mut case = case.ok_or_else(|| Fault::not_found(&number, "SupportCase"))?;
    if let Some(access) = given.child("impersonation")? {
        case.until = match (access.text("status")?, case.open_until(now)) {
            (Some("ENABLED"), None) => Some(now.plus(GRANTED_FOR)),
            (Some("ENABLED"), Some(until)) => Some(until.plus(EXTENDED_BY)),
            (Some("DISABLED"), _) => None,
            _ => return Err(Fault::field("impersonation.status", "The status must be ENABLED or DISABLED")),
        };
    }
    if let Some(assigned) = given.child("selfAssigned")? {
        if assigned.text("status")? != Some("APPROVED") {
            return Err(Fault::field("selfAssigned.status", "The status must be APPROVED"));
        }
        case.approved = true;
    }
    case.save(&mut change, now).await?;
    change.record(changed(&org, SETTING));
    change.commit().await?;
    Ok(Json(case.body(now)))
}
