//! The model gives the same answers on both databases.

use std::{sync::Arc, time::Duration};

use db::{Db, migrate};
use vault::{MasterKey, Vault};
use world::{Instant, ManualClock, OsRandom, World};

use super::{
    app, app_assignment, client_secret,
    condition::Condition,
    group::{self, GroupType},
    group_list,
    id::AppId,
    link::{self, Purpose},
    log::{self, Event, Reading, Window},
    profile::Profile,
    role::{self, Assignee, RoleType},
    token::{self, Network},
    user::{self, NewUser, Provider, Status, User},
    user_list,
    zone::{self, AddressRange, ZoneContent},
};

const BEGINNING: Instant = Instant::from_seconds(1_800_000_000);

struct Base {
    db: Db,
    vault: Vault,
    world: World,
    clock: Arc<ManualClock>,
}

async fn each(test: impl AsyncFn(Base)) {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = db::Address::Sqlite(folder.path().join("org.db"));
    let postgres = testkit_postgres::Postgres::shared().fresh_database().parse().unwrap();
    for address in [sqlite, postgres] {
        let db = Db::open(&address).await.unwrap();
        migrate::run(&db, &crate::start::migrations(), BEGINNING).await.unwrap();
        let clock = Arc::new(ManualClock::at(BEGINNING));
        let world = World { clock: clock.clone(), random: Arc::new(OsRandom) };
        let vault = Vault::new(&MasterKey::generate(&OsRandom), Arc::new(OsRandom));
        let mut tx = db.begin().await.unwrap();
        user::create_type(&mut tx, &world, "user", true).await.unwrap();
        group::create(&mut tx, &world, GroupType::BuiltIn, group::EVERYONE, None).await.unwrap();
        tx.commit().await.unwrap();
        test(Base { db, vault, world, clock }).await;
    }
}

impl Base {
    async fn person(&self, conn: &mut db::Conn, login: &str) -> User {
        let type_id = user::default_type(conn).await.unwrap().id;
        let profile = Profile::of(login, login, "Ada", "Byron");
        let new = NewUser {
            type_id,
            status: Status::Active,
            profile,
            password_hash: None,
            provider: Provider::okta(),
            recovery: None,
        };
        let user = user::create(conn, &self.world, &new).await.unwrap();
        group::add_to_everyone(conn, &user.id, self.world.now()).await.unwrap();
        user
    }
}

#[tokio::test]
async fn people_are_found_changed_and_sorted() {
    each(async |base| {
        let mut tx = base.db.begin().await.unwrap();
        let ada = base.person(&mut tx, "Ada@example.com").await;
        base.clock.advance(Duration::from_secs(1));
        let bob = base.person(&mut tx, "bob@example.com").await;
        assert_eq!(user::find(&mut tx, "ADA").await.unwrap().unwrap().id, ada.id);
        assert_eq!(user::by_login(&mut tx, "ada@EXAMPLE.com").await.unwrap().unwrap().id, ada.id);
        assert!(!ada.has_password);
        user::set_password_hash(&mut tx, &ada.id, Some("hash"), base.world.now()).await.unwrap();
        assert!(user::by_id(&mut tx, &ada.id).await.unwrap().unwrap().has_password);
        user::set_password_hash(&mut tx, &ada.id, None, base.world.now()).await.unwrap();
        assert_eq!(user::password_hash(&mut tx, &ada.id).await.unwrap(), None);
        let changed = ada.profile.clone().merged(
            [("city".to_owned(), "Göttingen".into()), ("lastName".to_owned(), "Zuse".into())].into_iter().collect(),
        );
        user::update_profile(&mut tx, &ada.id, &ada.type_id, &changed, base.world.now()).await.unwrap();
        user::set_status(&mut tx, &bob.id, Status::Suspended, base.world.now()).await.unwrap();
        let listing = user_list::Listing {
            key: user_list::Key::Attribute("lastName".to_owned()),
            ..user_list::Listing::default()
        };
        let first = user_list::list(&mut tx, &listing, 1).await.unwrap();
        assert_eq!(first[0].0.id, bob.id);
        let rest = user_list::Listing { after: Some(first[0].1.clone()), ..listing };
        assert_eq!(user_list::list(&mut tx, &rest, 5).await.unwrap()[0].0.id, ada.id);
        let by_time =
            user_list::Listing { key: user_list::Key::Created, descending: true, ..user_list::Listing::default() };
        assert_eq!(user_list::list(&mut tx, &by_time, 5).await.unwrap()[0].0.id, bob.id);
        assert_eq!(user_list::quick(&mut tx, "zus", 5, None).await.unwrap()[0].id, ada.id);
        assert_eq!(user::count_by_status(&mut tx).await.unwrap(), [(Status::Active, 1), (Status::Suspended, 1)]);
        user::delete(&mut tx, &ada.id).await.unwrap();
        assert!(user::by_id(&mut tx, &ada.id).await.unwrap().is_none());
        tx.commit().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_second_login_of_other_case_is_a_conflict() {
    each(async |base| {
        let mut tx = base.db.begin().await.unwrap();
        let ada = base.person(&mut tx, "ada@example.com").await;
        let new = NewUser {
            type_id: ada.type_id.clone(),
            status: Status::Staged,
            profile: Profile::of("ADA@example.com", "x@example.com", "A", "B"),
            password_hash: None,
            provider: Provider::okta(),
            recovery: None,
        };
        let refused = user::create(&mut tx, &base.world, &new).await;
        assert!(matches!(refused, Err(crate::Error::Database(db::Error::Conflict { .. }))));
    })
    .await;
}

#[tokio::test]
async fn memberships_and_roles_follow_each_other() {
    each(async |base| {
        let mut tx = base.db.begin().await.unwrap();
        let ada = base.person(&mut tx, "ada@example.com").await;
        let team = group::create(&mut tx, &base.world, GroupType::OktaGroup, "Team", Some("Ärzte")).await.unwrap();
        let now = base.world.now();
        assert!(group::add_member(&mut tx, &team.id, &ada.id, now).await.unwrap());
        assert!(!group::add_member(&mut tx, &team.id, &ada.id, now).await.unwrap());
        assert_eq!(group::groups_of(&mut tx, &ada.id).await.unwrap().len(), 2);
        let assignee = Assignee::Group(team.id.clone());
        assert!(role::grant(&mut tx, &base.world, RoleType::SuperAdmin, &assignee).await.unwrap().is_some());
        assert!(role::grant(&mut tx, &base.world, RoleType::SuperAdmin, &assignee).await.unwrap().is_none());
        assert_eq!(role::roles_of(&mut tx, &ada.id).await.unwrap()[0].kind, RoleType::SuperAdmin);
        assert_eq!(role::count_active_super_administrators(&mut tx).await.unwrap(), 1);
        let condition = Condition::sql("(g.description_folded like ").text("%ärz%").then(" escape '\\')");
        let listing = group_list::Listing {
            within: None,
            condition: Some(condition),
            prefix: None,
            key: group_list::Key::Name,
            descending: false,
            after: None,
        };
        assert_eq!(group_list::list(&mut tx, &listing, 5).await.unwrap()[0].0.id, team.id);
        assert!(group::remove_member(&mut tx, &team.id, &ada.id, now).await.unwrap());
        assert_eq!(role::count_active_super_administrators(&mut tx).await.unwrap(), 0);
        assert!(role::roles_of(&mut tx, &ada.id).await.unwrap().is_empty());
        tx.commit().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_token_is_known_by_its_value_until_it_ends() {
    each(async |base| {
        let mut tx = base.db.begin().await.unwrap();
        let ada = base.person(&mut tx, "ada@example.com").await;
        let content = ZoneContent {
            name: "Office".to_owned(),
            usage: "POLICY".to_owned(),
            gateways: vec![AddressRange::parse("CIDR", "192.0.2.0/24").unwrap()],
            proxies: Vec::new(),
        };
        let zone = zone::create(&mut tx, &base.world, &content, false).await.unwrap();
        let network = Network::Zone { include: vec![zone.clone()], exclude: Vec::new() };
        let (row, value) =
            token::create(&mut tx, &base.vault, &base.world, &ada.id, "Integration", &network).await.unwrap();
        assert!(value.expose().starts_with("00") && value.len() == 42);
        let (found, owner) =
            token::authenticate(&mut tx, &base.vault, &value, base.world.now()).await.unwrap().unwrap();
        assert_eq!((found.id.clone(), owner.id), (row.id.clone(), ada.id.clone()));
        assert!(found.network.allows(&mut tx, Some("192.0.2.7".parse().unwrap())).await.unwrap());
        assert!(!found.network.allows(&mut tx, Some("198.51.100.7".parse().unwrap())).await.unwrap());
        assert!(!found.network.allows(&mut tx, None).await.unwrap());
        assert!(token::names_zone(&mut tx, &zone).await.unwrap());
        base.clock.advance(token::WINDOW - Duration::from_secs(1));
        token::touch(&mut tx, &row.id, base.world.now()).await.unwrap();
        base.clock.advance(Duration::from_secs(60));
        assert!(token::authenticate(&mut tx, &base.vault, &value, base.world.now()).await.unwrap().is_some());
        let listing = token::Listing { owner: Some(&ada.id), after: None, query: Some("INTEG") };
        assert_eq!(token::list(&mut tx, &listing, base.world.now(), 10).await.unwrap().len(), 1);
        user::set_status(&mut tx, &ada.id, Status::Suspended, base.world.now()).await.unwrap();
        assert!(token::authenticate(&mut tx, &base.vault, &value, base.world.now()).await.unwrap().is_none());
        user::set_status(&mut tx, &ada.id, Status::LockedOut, base.world.now()).await.unwrap();
        assert!(
            token::authenticate(&mut tx, &base.vault, &value, base.world.now()).await.unwrap().is_some(),
            "a stranger must not stop it by guessing"
        );
        assert_eq!(token::revoke_all(&mut tx, &ada.id, base.world.now()).await.unwrap(), std::slice::from_ref(&row.id));
        assert!(!token::revoke(&mut tx, &row.id, base.world.now()).await.unwrap());
        assert!(token::by_id(&mut tx, &row.id, base.world.now()).await.unwrap().is_none());
        tx.commit().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn apps_secrets_and_assignments() {
    each(async |base| {
        let mut tx = base.db.begin().await.unwrap();
        let ada = base.person(&mut tx, "ada@example.com").await;
        let id = AppId::new(&base.world);
        let new = app::NewApp {
            client_id: Some(id.to_string()),
            id,
            name: "oidc_client".to_owned(),
            label: "Portal".to_owned(),
            sign_on_mode: app::SignOnMode::OpenIdConnect,
            active: true,
            document: serde_json::Map::new(),
        };
        let portal = app::create(&mut tx, &base.world, &new).await.unwrap();
        let secret = client_secret::generate(&base.world);
        let kept = client_secret::create(&mut tx, &base.vault, &base.world, &portal.id, &secret, true).await.unwrap();
        assert_eq!(app::secrets(&mut tx, &portal.id).await.unwrap()[0].open(&base.vault).unwrap(), secret);
        assert!(client_secret::matches(&mut tx, &base.vault, &portal.id, &secret).await.unwrap());
        assert!(
            !client_secret::matches(&mut tx, &base.vault, &portal.id, &client_secret::generate(&base.world))
                .await
                .unwrap()
        );
        client_secret::set_active(&mut tx, &kept.id, false, base.world.now()).await.unwrap();
        assert!(!client_secret::matches(&mut tx, &base.vault, &portal.id, &secret).await.unwrap());

        assert!(!app::assigned(&mut tx, &portal, &ada).await.unwrap());
        let everyone = group::by_name(&mut tx, "everyone").await.unwrap().unwrap();
        app_assignment::assign_group(
            &mut tx,
            &portal.id,
            &everyone.id,
            None,
            &serde_json::Map::new(),
            base.world.now(),
        )
        .await
        .unwrap();
        assert!(app::assigned(&mut tx, &portal, &ada).await.unwrap());
        assert!(!app_assignment::app_user(&mut tx, &portal.id, &ada.id).await.unwrap().unwrap().direct);
        app_assignment::assign_user(
            &mut tx,
            &portal.id,
            &ada.id,
            Some("Ada"),
            &serde_json::Map::new(),
            base.world.now(),
        )
        .await
        .unwrap();
        let users = app_assignment::app_users(&mut tx, &portal.id, None, Some("AD"), 10, None).await.unwrap();
        assert_eq!((users.len(), users[0].direct, users[0].user_name.as_str()), (1, true, "Ada"));
        assert_eq!(app::assigned_to(&mut tx, &ada.id).await.unwrap()[0].id, portal.id);
        assert_eq!(app_assignment::apps_of_group(&mut tx, &everyone.id, None, 5, None).await.unwrap().len(), 1);
        user::set_status(&mut tx, &ada.id, Status::Deprovisioned, base.world.now()).await.unwrap();
        assert!(app_assignment::app_users(&mut tx, &portal.id, None, None, 10, None).await.unwrap().is_empty());
        app::set_active(&mut tx, &portal.id, false, base.world.now()).await.unwrap();
        let portal = app::by_client_id(&mut tx, portal.id.as_str()).await.unwrap().unwrap();
        assert!(!app::assigned(&mut tx, &portal, &ada).await.unwrap());
        tx.commit().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_link_is_used_once_and_a_newer_one_ends_it() {
    each(async |base| {
        let mut tx = base.db.begin().await.unwrap();
        let ada = base.person(&mut tx, "ada@example.com").await;
        let old = link::create(&mut tx, &base.vault, &base.world, &ada.id, Purpose::Welcome).await.unwrap();
        let new = link::create(&mut tx, &base.vault, &base.world, &ada.id, Purpose::ResetPassword).await.unwrap();
        let now = base.world.now();
        assert_eq!(link::peek(&mut tx, &base.vault, Purpose::Welcome, &old, now).await.unwrap(), None);
        assert_eq!(
            link::peek(&mut tx, &base.vault, Purpose::Welcome, &new, now).await.unwrap(),
            None,
            "another purpose's token is none"
        );
        assert_eq!(
            link::peek(&mut tx, &base.vault, Purpose::ResetPassword, &new, now).await.unwrap(),
            Some(ada.id.clone())
        );
        assert_eq!(
            link::consume(&mut tx, &base.vault, Purpose::ResetPassword, &new, now).await.unwrap(),
            Some(ada.id.clone())
        );
        assert_eq!(link::consume(&mut tx, &base.vault, Purpose::ResetPassword, &new, now).await.unwrap(), None);
        let late = link::create(&mut tx, &base.vault, &base.world, &ada.id, Purpose::ResetPassword).await.unwrap();
        base.clock.advance(Duration::from_secs(3_601));
        assert_eq!(
            link::consume(&mut tx, &base.vault, Purpose::ResetPassword, &late, base.world.now()).await.unwrap(),
            None
        );
        tx.commit().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn positions_of_the_log_are_in_the_order_of_commits() {
    each(async |base| {
        let writers = (0..20).map(|_| async {
            let mut tx = base.db.begin().await.unwrap();
            log::write(&mut tx, &base.world, &Event::new("group.lifecycle.create")).await.unwrap();
            tx.commit().await.unwrap();
        });
        futures::future::join_all(writers).await;
        let mut reader = base.db.read().await.unwrap();
        assert_eq!(log::last_position(&mut reader).await.unwrap(), 20);
        let window =
            Window { since: Instant::EPOCH, until: None, event_type: None, reading: Reading::Polling { after: 5 } };
        let events = log::read(&mut reader, &window, 100).await.unwrap();
        let positions: Vec<_> = events.iter().map(|event| event.position).collect();
        assert_eq!(positions, (6..=20).collect::<Vec<_>>());
        drop(reader);
        let mut tx = base.db.begin().await.unwrap();
        assert_eq!(log::forget_old(&mut tx, base.world.now(), 100).await.unwrap(), 0);
        assert_eq!(
            log::forget_old(&mut tx, base.world.now().plus(log::KEPT + Duration::from_secs(1)), 7).await.unwrap(),
            7
        );
        tx.commit().await.unwrap();
    })
    .await;
}
