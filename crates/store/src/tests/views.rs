//! Views and their versions.

use super::*;
use crate::{Listing, view};

#[tokio::test]
async fn a_version_comes_back_as_it_was_published() {
    each(async |db| {
        let mut tx = db.begin().await.unwrap();
        let id = add_view(&mut tx, "sales", "per_petra").await;
        let version = view::version(&mut tx, &id, 1).await.unwrap().unwrap();
        assert_eq!(version.definition, a_definition());
        assert_eq!((version.published_by.as_str(), version.note.as_str()), ("per_petra", "first"));
        assert_eq!(view::version(&mut tx, &id, 2).await.unwrap(), None);
        assert_eq!(view::find_by_name(&mut tx, "SALES").await.unwrap().unwrap().id, id);
    })
    .await;
}

#[tokio::test]
async fn of_two_who_publish_the_next_version_one_is_told() {
    each(async |db| {
        let mut tx = db.begin().await.unwrap();
        let id = add_view(&mut tx, "sales", "per_petra").await;
        let next =
            View { version: 2, title: "Sales again".to_owned(), ..view::find(&mut tx, &id).await.unwrap().unwrap() };
        assert!(view::advance(&mut tx, &next).await.unwrap());
        assert!(!view::advance(&mut tx, &next).await.unwrap());
        assert_eq!(view::find(&mut tx, &id).await.unwrap().unwrap(), next);
    })
    .await;
}

#[tokio::test]
async fn a_name_is_taken_whatever_its_case() {
    each(async |db| {
        let mut tx = db.begin().await.unwrap();
        let id = add_view(&mut tx, "sales", "per_petra").await;
        let view = View {
            id: ViewId::new(&OsRandom),
            name: "Sales".to_owned(),
            ..view::find(&mut tx, &id).await.unwrap().unwrap()
        };
        assert!(view::insert(&mut tx, &view, NOW).await.unwrap_err().is_conflict());
    })
    .await;
}

#[tokio::test]
async fn a_publisher_lists_their_own_views_and_removing_one_takes_its_assignments() {
    each(async |db| {
        let mut tx = db.begin().await.unwrap();
        let id = add_view(&mut tx, "sales", "per_petra").await;
        add_view(&mut tx, "stock", "per_paul").await;
        let (connection, role) = (add_connection(&mut tx, "one").await, add_role(&mut tx, "User").await);
        crate::assignment::assign(&mut tx, &an_assignment(&id, &connection, &role), NOW).await.unwrap();
        let all = view::list(&mut tx, None, &Listing::default()).await.unwrap();
        assert_eq!(all.items.len(), 2);
        let own = view::list(&mut tx, Some(&"per_petra".into()), &Listing::default()).await.unwrap();
        assert_eq!(own.items.len(), 1);
        assert_eq!((own.items[0].assignments_count, own.items[0].publisher_name.as_str()), (1, "Petra"));
        assert!(view::delete(&mut tx, &id).await.unwrap());
        assert_eq!(crate::assignment::count_of_view(&mut tx, &id).await.unwrap(), 0);
        assert_eq!(view::versions(&mut tx, &id).await.unwrap(), []);
    })
    .await;
}
