//! Signing in, OAuth, the console and https, as a browser and an OIDC client meet them.

mod access_policies;
mod account_page;
mod authn;
mod authorize;
mod browser;
pub(super) mod client;
mod client_limit;
mod code_flow;
mod consent;
mod console;
mod custom_servers;
mod device;
mod granted;
mod group_rules;
mod https;
mod hybrid;
mod lockout;
mod logout;
mod management;
mod outbox;
mod password_grant;
mod passwords;
mod policies;
mod postgres;
mod pushed;
mod refresh;
mod registration;
mod relying_party;
mod second_factor;
mod sessions;
mod sign_in;
mod token_preview;

use super::site::Site;

/// Everything that lies in the data folder, as text: what a thief of the disk would search.
async fn dump(site: &Site) -> String {
    let mut tx = site.running.org.db.begin().await.unwrap();
    db::query("insert into org_setting (name, value, updated_us) values ('dump', 'dump', 0)")
        .execute(&mut tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let mut text = String::new();
    for entry in std::fs::read_dir(site.folder.path().join("data")).unwrap() {
        text.push_str(&String::from_utf8_lossy(&std::fs::read(entry.unwrap().path()).unwrap()));
    }
    assert!(text.contains("dump") && text.contains("ada@example.com"), "the dump holds what was written");
    text
}
