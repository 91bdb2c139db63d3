//! Assignments and Available.

use super::*;
use crate::{Listing, assignment};

#[tokio::test]
async fn the_same_four_again_renew_the_row() {
    each(async |db| {
        let mut tx = db.begin().await.unwrap();
        let (connection, role) = (add_connection(&mut tx, "one").await, add_role(&mut tx, "User").await);
        let view = add_view(&mut tx, "sales", "per_petra").await;
        let first = an_assignment(&view, &connection, &role);
        let again = Assignment {
            expires_at: Some(NOW),
            category: "New".to_owned(),
            ..an_assignment(&view, &connection, &role)
        };
        let id = assignment::assign(&mut tx, &first, NOW).await.unwrap();
        assert_eq!(assignment::assign(&mut tx, &again, NOW).await.unwrap(), id);
        let found = assignment::find(&mut tx, &id).await.unwrap().unwrap();
        assert_eq!((found.assignment.category.as_str(), found.assignment.expires_at), ("New", Some(NOW)));
        assert_eq!((found.view_name.as_str(), found.role_name.as_str()), ("sales", "User"));
        assert_eq!(assignment::count_of_view(&mut tx, &view).await.unwrap(), 1);
    })
    .await;
}

#[tokio::test]
async fn an_assignment_to_a_role_that_is_not_there_is_a_conflict() {
    each(async |db| {
        let mut tx = db.begin().await.unwrap();
        let connection = add_connection(&mut tx, "one").await;
        let view = add_view(&mut tx, "sales", "per_petra").await;
        let assigned = assignment::assign(&mut tx, &an_assignment(&view, &connection, &"rol_none".into()), NOW).await;
        assert!(assigned.unwrap_err().is_conflict());
    })
    .await;
}

#[tokio::test]
async fn available_is_what_ones_roles_give_and_has_not_lapsed() {
    each(async |db| {
        let mut tx = db.begin().await.unwrap();
        let connection = add_connection(&mut tx, "one").await;
        let (user, other) = (add_role(&mut tx, "User").await, add_role(&mut tx, "Other").await);
        let (sales, stock) =
            (add_view(&mut tx, "sales", "per_petra").await, add_view(&mut tx, "stock", "per_petra").await);
        assignment::assign(&mut tx, &an_assignment(&sales, &connection, &user), NOW).await.unwrap();
        assignment::assign(&mut tx, &an_assignment(&sales, &connection, &other), NOW).await.unwrap();
        let lapsed = Assignment { expires_at: Some(NOW), ..an_assignment(&stock, &connection, &user) };
        assignment::assign(&mut tx, &lapsed, NOW).await.unwrap();

        let person = "per_ursula".into();
        let own = assignment::available(&mut tx, &person, Some(std::slice::from_ref(&user)), NOW, &Listing::default())
            .await
            .unwrap();
        assert_eq!(own.items.len(), 1);
        assert_eq!(own.items[0].listed.assignment.role, user);
        assert_eq!(own.items[0].parameters, a_definition().parameters);
        assert_eq!(own.items[0].last_run_at, None);
        let none = assignment::available(&mut tx, &person, Some(&[]), NOW, &Listing::default()).await.unwrap();
        assert_eq!(none.items, []);
        let all = assignment::available(&mut tx, &person, None, NOW, &Listing::default()).await.unwrap();
        assert_eq!(all.items.len(), 2);
        for sort in [
            "title",
            "-expires_at",
            "last_run_at",
            "-last_run_at",
            "role",
            "-connection",
            "category",
            "type",
            "created",
            "name",
        ] {
            let listing =
                Listing { sort: Some(sort.to_owned()), q: Some("sales".to_owned()), limit: Some(1), after: None };
            let page = assignment::available(&mut tx, &person, Some(&[user.clone(), other.clone()]), NOW, &listing)
                .await
                .unwrap();
            let rest = assignment::available(&mut tx, &person, None, NOW, &Listing { after: page.next, ..listing })
                .await
                .unwrap();
            assert_eq!((rest.items.len(), rest.next), (1, None), "{sort}");
        }
    })
    .await;
}
