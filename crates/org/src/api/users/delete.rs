//! Deleting: the first call deactivates, the next one on somebody deactivated removes.

use axum::{
    extract::{Path, State},
    http::StatusCode,
};

use super::lifecycle::{begin, end_person};
use crate::{
    Org,
    api::caller::Caller,
    error::Answer,
    model::{
        group,
        log::{Event, Party},
        user::{self, Status},
    },
};

pub async fn delete(State(org): State<Org>, caller: Caller, Path(name): Path<String>) -> Answer<StatusCode> {
    let (mut change, user) = begin(&org, &caller, &name).await?;
    if user.status == Status::Deprovisioned {
        let now = change.now;
        change.record(Event::new("user.lifecycle.delete.initiated").target(Party::user(&user)));
        group::leave_all(&mut change, &user.id, now).await?;
        user::delete(&mut change, &user.id).await?;
        change.record(Event::new("user.lifecycle.delete.completed").target(Party::user(&user)));
    } else {
        end_person(&org, &mut change, &user).await?;
    }
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
