//! Connection profiles and their passwords.

use std::sync::Arc;

use vault::{MasterKey, Secret, Vault};

use super::*;
use crate::{Listing, connection};

fn a_vault() -> Vault {
    Vault::new(&MasterKey::generate(&OsRandom), Arc::new(OsRandom))
}

#[tokio::test]
async fn a_password_is_sealed_for_its_own_row() {
    each(async |db| {
        let vault = a_vault();
        let mut tx = db.begin().await.unwrap();
        let (one, other) = (add_connection(&mut tx, "one").await, add_connection(&mut tx, "other").await);
        assert_eq!(connection::password(&mut tx, &vault, &one).await.unwrap(), None);
        connection::set_password(&mut tx, &vault, &one, Some(&Secret::new("hunter2"))).await.unwrap();
        assert_eq!(connection::password(&mut tx, &vault, &one).await.unwrap(), Some(Secret::new("hunter2")));
        assert!(connection::find(&mut tx, &one).await.unwrap().unwrap().password_set);

        let row = query("select password_sealed from connection where id = $1")
            .bind(one.as_str())
            .one(&mut tx)
            .await
            .unwrap();
        let sealed: Vec<u8> = row.get("password_sealed").unwrap();
        assert!(!sealed.windows(7).any(|window| window == b"hunter2"));
        query("update connection set password_sealed = $1 where id = $2")
            .bind(sealed)
            .bind(other.as_str())
            .execute(&mut tx)
            .await
            .unwrap();
        assert!(
            connection::password(&mut tx, &vault, &other).await.is_err(),
            "a sealed value opens in its own row alone"
        );

        connection::set_password(&mut tx, &vault, &one, None).await.unwrap();
        assert!(!connection::find(&mut tx, &one).await.unwrap().unwrap().password_set);
    })
    .await;
}

#[tokio::test]
async fn a_profile_comes_back_as_it_went_in_and_its_name_is_its_own() {
    each(async |db| {
        let mut tx = db.begin().await.unwrap();
        let kind = ConnectionKind::PostgreSql {
            host: "db.example.com".to_owned(),
            port: 5432,
            database: "sales".to_owned(),
            user: "reader".to_owned(),
            tls: domain::PostgresTls::Verify,
        };
        let profile = Connection { kind, ..a_connection("Sales") };
        connection::insert(&mut tx, &profile, &Publishers::All, NOW).await.unwrap();
        assert_eq!(connection::find(&mut tx, &profile.id).await.unwrap().unwrap().connection, profile);
        let changed = Connection {
            name: "Sales 2".to_owned(),
            budget: Budget { timeout_ms: 1_000, ..profile.budget },
            ..profile
        };
        assert!(connection::update(&mut tx, &changed, &Publishers::All, NOW).await.unwrap());
        assert_eq!(connection::find(&mut tx, &changed.id).await.unwrap().unwrap().connection, changed);
        let taken = connection::insert(&mut tx, &a_connection("SALES 2"), &Publishers::All, NOW).await;
        assert!(taken.unwrap_err().is_conflict());
    })
    .await;
}

#[tokio::test]
async fn a_profile_that_names_its_publishers_is_listed_for_them_alone() {
    each(async |db| {
        let mut tx = db.begin().await.unwrap();
        let (petra, paul) = (add_person(&mut tx, "per_petra").await, add_person(&mut tx, "per_paul").await);
        add_connection(&mut tx, "open").await;
        let named = a_connection("named");
        connection::insert(&mut tx, &named, &Publishers::Only(vec![petra.clone()]), NOW).await.unwrap();
        for (person, expected) in [(&petra, 2), (&paul, 1)] {
            let page = connection::list_of_publisher(&mut tx, person, &Listing::default()).await.unwrap();
            assert_eq!(page.items.len(), expected);
        }
        let stored = connection::find(&mut tx, &named.id).await.unwrap().unwrap();
        assert_eq!(connection::publishers(&mut tx, &stored).await.unwrap(), Publishers::Only(vec![petra]));
        connection::update(&mut tx, &named, &Publishers::All, NOW).await.unwrap();
        let stored = connection::find(&mut tx, &named.id).await.unwrap().unwrap();
        assert_eq!(connection::publishers(&mut tx, &stored).await.unwrap(), Publishers::All);
    })
    .await;
}

#[tokio::test]
async fn a_profile_in_use_is_not_removed() {
    each(async |db| {
        let mut tx = db.begin().await.unwrap();
        let (profile, role) = (add_connection(&mut tx, "one").await, add_role(&mut tx, "User").await);
        let view = add_view(&mut tx, "sales", "per_petra").await;
        let assignment = an_assignment(&view, &profile, &role);
        crate::assignment::assign(&mut tx, &assignment, NOW).await.unwrap();
        assert_eq!(crate::assignment::count_of_connection(&mut tx, &profile).await.unwrap(), 1);
        crate::assignment::delete(&mut tx, &assignment.id).await.unwrap();
        assert!(connection::delete(&mut tx, &profile).await.unwrap());
        assert_eq!(connection::find(&mut tx, &profile).await.unwrap(), None);
    })
    .await;
}
