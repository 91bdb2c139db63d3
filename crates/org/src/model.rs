//! What the org knows: every SQL statement of the API half, one file a table family.
//!
//! Invariant: functions take a connection or a transaction and never begin one, so a caller decides what is kept together. Times of
//! resources are whole seconds, as in Okta's answers; those of the System Log are not.

pub mod app;
pub mod app_assignment;
pub mod app_certificate;
pub mod app_feature;
pub mod app_key;
pub mod app_logo;
pub mod authenticator;
pub mod behavior;
pub mod binding;
pub mod change;
pub mod client_key;
pub mod client_secret;
pub mod condition;
pub mod custom_role;
pub mod endpoint;
pub mod event_hook;
pub mod factor;
pub mod feature;
pub mod group;
pub mod group_list;
pub mod group_owner;
pub mod group_rule;
pub mod hook_key;
pub mod id;
pub mod index;
pub mod inline_hook;
pub mod link;
pub mod linked_object;
pub mod log;
pub mod log_event;
pub mod membership;
pub mod organization;
pub mod password_history;
pub mod policy;
pub mod policy_defaults;
pub mod principal_limit;
pub mod profile;
pub mod reach;
pub mod resource;
pub mod resource_name;
pub mod resource_set;
pub mod role;
pub mod role_target;
pub mod schema;
pub mod setting;
pub mod sms_template;
pub mod stripping;
pub mod subscription;
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

/// Those of what apps carry and of who may administer what, 0060 to 0069.
pub const APP_MIGRATIONS: &[Migration] = &[
    Migration::new(60, "app_credential", include_str!("../migrations/0060_app_credential.sql")),
    Migration::new(61, "admin_scope", include_str!("../migrations/0061_admin_scope.sql")),
];

/// Those of hooks and settings, 0080 to 0089.
pub const SETTING_MIGRATIONS: &[Migration] = &[
    Migration::new(80, "hook", include_str!("../migrations/0080_hook.sql")),
    Migration::new(81, "setting", include_str!("../migrations/0081_setting.sql")),
    Migration::new(82, "outbox_due", include_str!("../migrations/0082_outbox_due.sql")),
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
