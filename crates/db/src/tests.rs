//! Both databases give the same answers to the same text.

use world::Instant;

use crate::{Address, Db, Error, Migration, migrate, query};

const FIRST: Migration = Migration::new(
    1,
    "thing",
    "create table thing (id text not null primary key, count bigint, share double precision, content bytea);",
);
const SECOND: Migration = Migration::new(2, "thing_name", "alter table thing add column name text;");

async fn each(test: impl AsyncFn(Db)) {
    let folder = tempfile::tempdir().unwrap();
    test(Db::open(&Address::Sqlite(folder.path().join("meta.db"))).await.unwrap()).await;
    let url = testkit_postgres::Postgres::shared().fresh_database();
    test(Db::open(&url.parse().unwrap()).await.unwrap()).await;
}

#[tokio::test]
async fn every_kind_of_value_comes_back_as_it_went_in() {
    each(async |db| {
        migrate::run(&db, &[FIRST], Instant::EPOCH).await.unwrap();
        let mut tx = db.begin().await.unwrap();
        let insert = "insert into thing (id, count, share, content) values ($1, $2, $3, $4)";
        query(insert).bind("full").bind(7_i64).bind(0.5).bind(vec![0_u8, 255]).execute(&mut tx).await.unwrap();
        let nothing = query(insert).bind("empty").bind(None::<i64>).bind(None::<f64>).bind(None::<Vec<u8>>);
        nothing.execute(&mut tx).await.unwrap();
        tx.commit().await.unwrap();

        let rows = query("select * from thing order by id desc").all(&mut db.read().await.unwrap()).await.unwrap();
        assert_eq!(rows[0].get::<i64>("count").unwrap(), 7);
        assert_eq!(rows[0].get::<f64>("share").unwrap(), 0.5);
        assert_eq!(rows[0].get::<Vec<u8>>("content").unwrap(), [0, 255]);
        assert_eq!(rows[1].get::<Option<i64>>("count").unwrap(), None);
        assert_eq!(rows[1].get::<Option<Vec<u8>>>("content").unwrap(), None);
        assert!(matches!(rows[1].get::<i64>("count"), Err(Error::Column { .. })));
    })
    .await;
}

#[tokio::test]
async fn a_transaction_that_is_dropped_leaves_nothing() {
    each(async |db| {
        migrate::run(&db, &[FIRST], Instant::EPOCH).await.unwrap();
        let mut tx = db.begin().await.unwrap();
        query("insert into thing (id) values ($1)").bind("x").execute(&mut tx).await.unwrap();
        drop(tx);
        // The next transaction begins only after the dropped one is rolled back.
        let mut tx = db.begin().await.unwrap();
        let count = query("select count(*) as n from thing").one(&mut tx).await.unwrap();
        assert_eq!(count.get::<i64>("n").unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_second_row_under_one_key_is_a_conflict() {
    each(async |db| {
        migrate::run(&db, &[FIRST], Instant::EPOCH).await.unwrap();
        let mut tx = db.begin().await.unwrap();
        query("insert into thing (id) values ($1)").bind("x").execute(&mut tx).await.unwrap();
        let second = query("insert into thing (id) values ($1)").bind("x").execute(&mut tx).await;
        assert!(matches!(second, Err(Error::Conflict { .. })));
    })
    .await;
}

#[tokio::test]
async fn migrations_run_once_and_an_edited_or_unknown_one_is_refused() {
    each(async |db| {
        assert_eq!(migrate::run(&db, &[FIRST], Instant::EPOCH).await.unwrap().ran, [1]);
        let second = migrate::run(&db, &[FIRST, SECOND], Instant::EPOCH).await.unwrap();
        assert_eq!(second.ran, [2]);
        assert_eq!(second.copy.is_some_and(|copy| copy.exists()), db.is_sqlite());
        assert_eq!(migrate::run(&db, &[FIRST, SECOND], Instant::EPOCH).await.unwrap().ran, []);
        let edited = Migration::new(1, "thing", "create table thing (id text);");
        assert!(matches!(
            migrate::run(&db, &[edited, SECOND], Instant::EPOCH).await,
            Err(Error::MigrationEdited { .. })
        ));
        assert!(matches!(migrate::run(&db, &[FIRST], Instant::EPOCH).await, Err(Error::Newer { .. })));
    })
    .await;
}

#[tokio::test]
async fn a_migration_that_fails_leaves_nothing_of_itself() {
    each(async |db| {
        let broken = Migration::new(1, "broken", "create table half (id text); create table half (id text);");
        assert!(migrate::run(&db, &[broken], Instant::EPOCH).await.is_err());
        assert_eq!(migrate::run(&db, &[FIRST], Instant::EPOCH).await.unwrap().ran, [1]);
        assert!(query("select * from half").all(&mut db.read().await.unwrap()).await.is_err());
    })
    .await;
}

#[tokio::test]
async fn a_literal_is_a_number_on_both() {
    each(async |db| {
        let row = query("select case when 1 = 1 then 1 else 0 end as flag, 7 as n")
            .one(&mut db.read().await.unwrap())
            .await
            .unwrap();
        assert!(row.get::<bool>("flag").unwrap());
        assert_eq!(row.get::<i64>("n").unwrap(), 7);
    })
    .await;
}

#[test]
fn an_address_with_a_password_is_never_printed() {
    let address: Address = "postgres://wr:hunter2@localhost/meta".parse().unwrap();
    assert!(!format!("{address:?}").contains("hunter2"));
    let unknown = "mysql://wr:hunter2@localhost".parse::<Address>().unwrap_err();
    assert!(!unknown.to_string().contains("hunter2"));
}
