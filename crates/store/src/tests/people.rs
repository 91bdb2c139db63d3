//! People, roles, memberships, groups.

use domain::{DEFAULT_ROLES, Permission, Role};

use super::*;
use crate::{
    Listing,
    log_entry::{self, NewEntry},
    membership, org_group,
    person::{self, Seen, Source},
    role, session,
};

fn seen<'a>(subject: &'a str, login: &'a str) -> Seen<'a> {
    let issuer = "https://acme.okta.com";
    Seen { issuer, subject, name: "Pia Person", login, email: login, status: "ACTIVE", is_active: true }
}

#[tokio::test]
async fn a_person_is_issuer_and_subject_and_keeps_their_id_when_all_else_changes() {
    each(async |db| {
        let mut tx = db.begin().await.unwrap();
        let first = person::record(&mut tx, &OsRandom, &seen("00u1", "pia@acme.example"), NOW).await.unwrap();
        let renamed =
            Seen { name: "Pia New", status: "SUSPENDED", is_active: false, ..seen("00u1", "pia.new@acme.example") };
        assert_eq!(person::record(&mut tx, &OsRandom, &renamed, NOW).await.unwrap(), first);
        let found = person::find(&mut tx, &first).await.unwrap().unwrap();
        assert_eq!(
            (found.login.as_str(), found.is_active, found.source),
            ("pia.new@acme.example", false, Source::Okta)
        );
        // The same subject at another issuer is somebody else, and so is the same login under another subject.
        let elsewhere = Seen { issuer: "https://other.okta.com", ..seen("00u1", "pia.new@acme.example") };
        let other = person::record(&mut tx, &OsRandom, &elsewhere, NOW).await.unwrap();
        let namesake = person::record(&mut tx, &OsRandom, &seen("00u2", "pia.new@acme.example"), NOW).await.unwrap();
        assert!(first != other && first != namesake && other != namesake);
        assert_eq!(person::known(&mut tx, "https://acme.okta.com").await.unwrap().len(), 2);
        let by_subject = person::by_subject(&mut tx, "https://acme.okta.com", "00u1").await.unwrap().unwrap();
        assert_eq!(by_subject.id, first);
    })
    .await;
}

#[tokio::test]
async fn a_local_login_is_taken_whatever_its_case_and_never_matches_a_person_of_the_org() {
    each(async |db| {
        let mut tx = db.begin().await.unwrap();
        person::record(&mut tx, &OsRandom, &seen("emergency", "emergency"), NOW).await.unwrap();
        assert!(!person::has_local(&mut tx).await.unwrap());
        let id = PersonId::new(&OsRandom);
        person::insert_local(&mut tx, &id, "Emergency", "Emergency", "", "$argon2id$hash", NOW).await.unwrap();
        let (found, hash) = person::local_by_login(&mut tx, "EMERGENCY").await.unwrap().unwrap();
        assert_eq!((found.id, hash.expose()), (id, "$argon2id$hash"));
        assert!(person::has_local(&mut tx).await.unwrap());
        let again = person::insert_local(&mut tx, &PersonId::new(&OsRandom), "x", "emergency", "", "h", NOW).await;
        assert!(again.unwrap_err().is_conflict());
    })
    .await;
}

#[tokio::test]
async fn the_default_roles_are_made_once_with_their_permissions() {
    each(async |db| {
        let mut tx = db.begin().await.unwrap();
        role::make_defaults(&mut tx, &OsRandom, NOW).await.unwrap();
        role::make_defaults(&mut tx, &OsRandom, NOW).await.unwrap();
        let roles = role::all(&mut tx).await.unwrap();
        assert_eq!(roles.len(), DEFAULT_ROLES.len());
        let admin = role::by_group(&mut tx, "WRAdmin").await.unwrap().unwrap();
        assert!(admin.preset && admin.permissions.has(Permission::Configure));
        let twin = Role { id: RoleId::new(&OsRandom), name: "ADMIN".to_owned(), group: "WRElse".to_owned(), ..admin };
        assert!(role::insert(&mut tx, &twin, NOW).await.unwrap_err().is_conflict());
    })
    .await;
}

#[tokio::test]
async fn memberships_count_active_people_and_a_held_one_is_confirmed_by_the_org() {
    each(async |db| {
        let mut tx = db.begin().await.unwrap();
        role::make_defaults(&mut tx, &OsRandom, NOW).await.unwrap();
        let admin = role::by_group(&mut tx, "WRAdmin").await.unwrap().unwrap();
        let pia = person::record(&mut tx, &OsRandom, &seen("00u1", "pia"), NOW).await.unwrap();
        assert!(membership::add(&mut tx, &pia, &admin.id, Source::Okta, NOW).await.unwrap());
        assert!(membership::set_held(&mut tx, &pia, &admin.id, true).await.unwrap());
        assert!(!membership::set_held(&mut tx, &pia, &admin.id, true).await.unwrap());
        assert_eq!(membership::held(&mut tx).await.unwrap(), ["Pia Person"]);
        assert!(!membership::add(&mut tx, &pia, &admin.id, Source::Okta, NOW).await.unwrap());
        assert_eq!(membership::held(&mut tx).await.unwrap(), Vec::<String>::new());
        assert_eq!(membership::holders(&mut tx, &admin.id).await.unwrap()[0].subject, "00u1");
        assert_eq!(membership::roles_of(&mut tx, &pia).await.unwrap()[0].name, "Admin");
        assert_eq!(membership::role_names_of(&mut tx, std::slice::from_ref(&pia)).await.unwrap()[&pia], ["Admin"]);
        let listing = Listing { q: Some("admin".to_owned()), ..Listing::default() };
        let listed = role::list(&mut tx, &listing).await.unwrap();
        assert_eq!(listed.items.iter().map(|listed| listed.people_count).collect::<Vec<_>>(), [1, 0]);
        membership::set_groups(&mut tx, &pia, &["WRUser".to_owned(), "WRAdmin".to_owned()]).await.unwrap();
        membership::leave_group(&mut tx, &pia, "WRUser").await.unwrap();
        assert_eq!(membership::groups_of(&mut tx, &pia).await.unwrap(), ["WRAdmin"]);
        assert!(membership::remove(&mut tx, &pia, &admin.id).await.unwrap());
        assert_eq!(membership::count_of_person(&mut tx, &pia).await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn ending_a_persons_sessions_moves_their_epoch_and_removes_the_rows() {
    each(async |db| {
        let mut tx = db.begin().await.unwrap();
        let pia = person::record(&mut tx, &OsRandom, &seen("00u1", "pia"), NOW).await.unwrap();
        let new = |hash: &'static str| session::NewSession {
            id_hash: hash,
            person: &pia,
            id_token: None,
            client_address: "::1".to_owned(),
        };
        session::insert(&mut tx, new("one"), NOW).await.unwrap();
        let found = session::find(&mut tx, "one").await.unwrap().unwrap();
        assert_eq!((found.epoch, found.person.epoch), (0, 0));
        person::end_sessions(&mut tx, &pia).await.unwrap();
        assert!(session::find(&mut tx, "one").await.unwrap().is_none());
        session::insert(&mut tx, new("two"), NOW).await.unwrap();
        assert_eq!(session::find(&mut tx, "two").await.unwrap().unwrap().epoch, 1);
        person::end_sessions_of_org(&mut tx).await.unwrap();
        assert!(session::find(&mut tx, "two").await.unwrap().is_none());
        session::insert(&mut tx, new("three"), NOW).await.unwrap();
        assert_eq!(session::delete_over(&mut tx, NOW, NOW).await.unwrap(), 0);
        assert_eq!(session::delete_over(&mut tx, Instant::from_us(NOW.as_us() + 1), NOW).await.unwrap(), 1);
    })
    .await;
}

#[tokio::test]
async fn the_sync_remembers_groups_and_the_log_lists_newest_first() {
    each(async |db| {
        let mut tx = db.begin().await.unwrap();
        let group = org_group::OrgGroup {
            id: "00g1".to_owned(),
            name: "WRUser".to_owned(),
            moved_at: NOW,
            members_count: 2,
            read_at: NOW,
        };
        org_group::record(&mut tx, &group).await.unwrap();
        let renamed = org_group::OrgGroup { name: "WRReaders".to_owned(), ..group };
        org_group::record(&mut tx, &renamed).await.unwrap();
        assert_eq!(org_group::all(&mut tx).await.unwrap(), [renamed]);
        org_group::delete(&mut tx, "00g1").await.unwrap();
        assert_eq!(org_group::all(&mut tx).await.unwrap(), []);

        let pia = PersonId::from("per_pia");
        for (what, at) in [("signed in", 1), ("signed out", 2)] {
            let entry = NewEntry { kind: "session", person: Some(&pia), person_name: "Pia", what, detail: "" };
            log_entry::insert(&mut tx, &OsRandom, &entry, Instant::from_seconds(at)).await.unwrap();
        }
        assert_eq!(log_entry::list(&mut tx, Some(&"per_ben".into()), &Listing::default()).await.unwrap().items, []);
        let page = log_entry::list(&mut tx, Some(&pia), &Listing::default()).await.unwrap();
        assert_eq!(page, log_entry::list(&mut tx, None, &Listing::default()).await.unwrap());
        assert_eq!(page.items.iter().map(|entry| entry.what.as_str()).collect::<Vec<_>>(), ["signed out", "signed in"]);
        assert_eq!(page.items[0].person, Some(pia));
    })
    .await;
}
