//! Refusing a password that somebody had before, as far back as the policy says.

use vault::Secret;

use super::password_policy;
use crate::{
    Org, Result,
    model::{id::UserId, password_history, user},
};

/// What is said to somebody who chose an old password.
pub const REUSED: &str = "Password has been used too recently";

/// Whether the password is one of the last that the policy remembers. Each of them costs one check of a password.
pub async fn is_reused(org: &Org, user: &UserId, password: &Secret) -> Result<bool> {
    let hashes = {
        let mut reader = org.db.read().await?;
        let Some(found) = user::by_id(&mut reader, user).await? else { return Ok(false) };
        let count = password_policy::of(&mut reader, &found).await?.history_count;
        password_history::last(&mut reader, user, i64::from(count)).await?
    };
    for hash in hashes {
        if org.passwords.verify(password, Some(&hash)).await? {
            return Ok(true);
        }
    }
    Ok(false)
}
