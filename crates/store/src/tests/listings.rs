//! Lists: search, order, cursors.

use super::*;
use crate::{Error, Listing, connection};

fn listing(limit: u32, sort: &str, after: Option<String>) -> Listing {
    Listing { limit: Some(limit), after, q: None, sort: Some(sort.to_owned()) }
}

#[tokio::test]
async fn pages_follow_one_another_without_gap_or_repeat_in_both_directions() {
    each(async |db| {
        let mut tx = db.begin().await.unwrap();
        for name in ["b", "A", "c", "E", "d"] {
            add_connection(&mut tx, name).await;
        }
        for (sort, expected) in [("name", "A b c d E"), ("-name", "E d c b A")] {
            let mut names = Vec::new();
            let mut after = None;
            loop {
                let page = connection::list(&mut tx, &listing(2, sort, after)).await.unwrap();
                assert!(page.items.len() <= 2);
                names.extend(page.items.into_iter().map(|stored| stored.connection.name));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(names.join(" "), expected);
        }
        // Every row has the same instant here: the id alone says where to go on.
        let first = connection::list(&mut tx, &listing(3, "-created", None)).await.unwrap();
        let second = connection::list(&mut tx, &listing(3, "-created", first.next)).await.unwrap();
        assert_eq!((first.items.len(), second.items.len(), second.next), (3, 2, None));
    })
    .await;
}

#[tokio::test]
async fn a_search_takes_wildcards_as_text_and_ignores_case() {
    each(async |db| {
        let mut tx = db.begin().await.unwrap();
        for name in ["Sales 100%", "Sales 1000", "Stock_one", "Stock-two"] {
            add_connection(&mut tx, name).await;
        }
        for (q, expected) in [("SALES", 2), ("100%", 1), ("k_o", 1), ("\\", 0), ("' or 1=1 --", 0), ("  ", 4)] {
            let listing = Listing { q: Some(q.to_owned()), ..Listing::default() };
            assert_eq!(connection::list(&mut tx, &listing).await.unwrap().items.len(), expected, "{q}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_search_finds_what_is_written_as_the_search_is_whatever_the_letters() {
    each(async |db| {
        let mut tx = db.begin().await.unwrap();
        add_connection(&mut tx, "Ümsätze").await;
        let listing = Listing { q: Some("ÜMSätze".to_owned()), ..Listing::default() };
        assert_eq!(connection::list(&mut tx, &listing).await.unwrap().items.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn an_order_that_is_not_listed_and_a_foreign_cursor_are_refused() {
    each(async |db| {
        let mut tx = db.begin().await.unwrap();
        for name in ["a", "b"] {
            add_connection(&mut tx, name).await;
        }
        let unknown = connection::list(&mut tx, &listing(1, "settings; drop table view", None)).await;
        assert!(matches!(unknown, Err(Error::UnknownSort(_))));
        let cursor = connection::list(&mut tx, &listing(1, "name", None)).await.unwrap().next;
        for (sort, after) in [
            ("-name", cursor.clone()),
            ("created", cursor),
            ("name", Some("zz".to_owned())),
            ("name", Some("ä".to_owned())),
        ] {
            assert!(matches!(connection::list(&mut tx, &listing(1, sort, after)).await, Err(Error::UnknownCursor)));
        }
    })
    .await;
}
