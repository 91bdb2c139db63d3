//! What the org knows: every SQL statement of the API half, one file a table family.
//!
//! Invariant: functions take a connection or a transaction and never begin one, so a caller decides what is kept together. Times of
//! resources are whole seconds, as in Okta's answers; those of the System Log are not.

pub mod app;
pub mod app_assignment;
pub mod authenticator;
pub mod change;
pub mod client_secret;
pub mod condition;
pub mod factor;
pub mod group;
pub mod group_list;
pub mod group_owner;
pub mod group_rule;
pub mod id;
pub mod index;
pub mod link;
pub mod linked_object;
pub mod log;
pub mod log_event;
pub mod membership;
pub mod organization;
pub mod password_history;
pub mod policy;
pub mod policy_defaults;
pub mod profile;
pub mod resource;
pub mod role;
pub mod schema;
pub mod stripping;
pub mod token;
pub mod trusted_origin;
pub mod unique;
pub mod user;
pub mod user_list;
pub mod user_type;
pub mod zone;

#[cfg(test)]
mod tests;

use db::Migration;

/// The API half's migrations, 0001 to 0019.
pub const MIGRATIONS: &[Migration] = &[
    Migration::new(1, "org", include_str!("../migrations/0001_org.sql")),
    Migration::new(2, "user", include_str!("../migrations/0002_user.sql")),
    Migration::new(3, "group", include_str!("../migrations/0003_group.sql")),
    Migration::new(4, "app", include_str!("../migrations/0004_app.sql")),
    Migration::new(5, "admin_role", include_str!("../migrations/0005_admin_role.sql")),
    Migration::new(6, "api_token", include_str!("../migrations/0006_api_token.sql")),
    Migration::new(7, "network", include_str!("../migrations/0007_network.sql")),
    Migration::new(8, "log", include_str!("../migrations/0008_log.sql")),
    Migration::new(9, "link", include_str!("../migrations/0009_link.sql")),
];

/// Those of the directory, 0040 to 0049.
pub const DIRECTORY_MIGRATIONS: &[Migration] = &[
    Migration::new(40, "schema", include_str!("../migrations/0040_schema.sql")),
    Migration::new(41, "group_rule", include_str!("../migrations/0041_group_rule.sql")),
    Migration::new(42, "directory", include_str!("../migrations/0042_directory.sql")),
    Migration::new(43, "password_history", include_str!("../migrations/0043_password_history.sql")),
];

/// Those of what is decided at sign-in, 0071 to 0079.
pub const POLICY_MIGRATIONS: &[Migration] = &[
    Migration::new(71, "policy", include_str!("../migrations/0071_policy.sql")),
    Migration::new(72, "sign_in", include_str!("../migrations/0072_sign_in.sql")),
    Migration::new(73, "factor", include_str!("../migrations/0073_factor.sql")),
    Migration::new(74, "authenticator", include_str!("../migrations/0074_authenticator.sql")),
];

/// The form in which text is compared where case does not count. Accents do.
pub fn fold(text: &str) -> String {
    text.to_lowercase()
}

/// A pattern for `like … escape '\'` that matches what begins with `prefix`.
pub fn starts_with(prefix: &str) -> String {
    let mut pattern = literal(prefix);
    pattern.push('%');
    pattern
}

/// `text` with everything that `like` would read specially escaped.
pub fn literal(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 1);
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}
