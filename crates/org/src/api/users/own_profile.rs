//! A person's own change of the profile, made on the org's own page rather than by a call.

use serde_json::{Map, Value};

use super::{
    create::{refuse_invalid, refuse_taken_values},
    update::{Extent, proposed, refuse_unwritable},
};
use crate::{
    Org,
    api::group_rules,
    error::{Answer, Fault},
    model::{
        change::Change,
        log::{CallOrigin, Event, Party},
        schema,
        user::{self, User},
    },
};

pub use super::update::RECOVERY;

/// Takes what `changes` name; the rest stays. Refuses what the schema does not let people write.
pub async fn own_profile(org: &Org, user: &User, origin: CallOrigin, changes: &Map<String, Value>) -> Answer<()> {
    let mut change = Change::begin(org, Party::user(user), origin).await?;
    let now = change.now;
    let before = user::by_id(&mut change, &user.id).await?;
    let before = before.ok_or_else(|| Fault::not_found(user.id.as_str(), "User"))?;
    let schema = schema::of_type(&mut change, &before.type_id).await?;
    let profile = proposed(&before, &schema, Some(changes), Extent::Partial);
    refuse_invalid(schema.check(&profile))?;
    if profile == before.profile {
        return Ok(());
    }
    refuse_unwritable(&schema, &before.profile, &profile, false)?;
    refuse_taken_values(&mut change, &schema, &profile, Some(&before.id)).await?;
    user::update_profile(&mut change, &before.id, &before.type_id, &profile, now)
        .await
        .map_err(Fault::taken("login"))?;
    change.record(Event::new("user.account.update_profile").target(Party::user(&before)));
    group_rules::reconsider(&mut change, &before.id).await?;
    change.commit().await?;
    Ok(())
}
