//! Queries that want more than to read, and files that are nobody's source.

use std::fs;

use super::*;
use crate::Error;

const TABLE: &str = "create table t (a integer); insert into t values (1);";

#[tokio::test]
async fn sqlite_refuses_whatever_is_not_reading() {
    let made = Made::by(TABLE);
    let other = Made::by("create table secret (x); insert into secret values ('found');");
    let attach = format!("attach database '{}' as o", other.path().display());
    let refused = [
        "insert into t values (2)",
        "update t set a = 3",
        "delete from t",
        "with x as (select 1) insert into t select * from x",
        "with x as (select 1) delete from t where a in (select * from x) returning a",
        "replace into t values (1) returning a",
        "drop table t",
        "create table u (x)",
        "create temp table u as select 1",
        "create temp view u as select 1",
        "alter table t rename to u",
        "begin",
        "savepoint s",
        "vacuum",
        "vacuum into '/tmp/copy-of-it.db'",
        "reindex",
        "analyze",
        attach.as_str(),
        "detach database main",
        "pragma query_only = 0",
        "pragma writable_schema = 1",
        "pragma journal_mode = wal",
        "pragma database_list",
        "select * from pragma_database_list",
        "select load_extension('/tmp/x.so')",
        "create virtual table v using fts5(x)",
    ];
    for sql in refused {
        let error = refusal(&made.profile(), &query(sql)).await;
        let expected = matches!(error, Error::NotReading { .. } | Error::NoColumns | Error::Database(_));
        assert!(expected, "{sql}: {error:?}");
    }
    let error = refusal(&made.profile(), &query(&attach)).await;
    assert_eq!(error.to_string(), "a query may only read, and this one wants to attach another database");
    assert_eq!(shown(&made.profile(), &query("select * from t")).await.unwrap(), "a Integer\nInt64\n1");
}

#[tokio::test]
async fn sqlite_knows_no_second_statement_and_no_placeholder_of_the_querys_own() {
    let made = Made::by(TABLE);
    assert!(Template::parse("select 1; delete from t").is_err());
    // A name in brackets is SQLite's alone, so the template sees a quote that SQLite does not.
    let error = refusal(&made.profile(), &query("select 1 as [it's]; select 2 --'")).await;
    assert!(matches!(error, Error::SecondStatement), "{error:?}");
    let error = refusal(&made.profile(), &query("select 1 as [it's]; delete from t --'")).await;
    assert!(matches!(error, Error::NotReading { .. }), "{error:?}");
    for sql in ["select :name", "select * from t where a = $name"] {
        let error = refusal(&made.profile(), &query(sql)).await;
        assert!(matches!(error, Error::OwnPlaceholder), "{sql}: {error:?}");
    }
}

#[tokio::test]
async fn sqlite_fills_no_memory_with_one_cell() {
    let made = Made::by(TABLE);
    for sql in ["select zeroblob(1000000000)", "select randomblob(1000000000)"] {
        let error = refusal(&made.profile(), &query(sql)).await;
        assert_eq!(error.to_string(), "string or blob too big", "{sql}");
    }
    let text = shown(&made.profile(), &query("select printf('%.*c', 1000000000, 'x') as x")).await;
    assert_eq!(text.unwrap(), "x Text\nUtf8\nNULL");
}

#[tokio::test]
async fn the_portals_own_files_are_no_source_under_any_spelling() {
    let made = Made::by("create table person (secret); insert into person values ('found');");
    let folder = made.folder.path().to_owned();
    let own = folder.join("data.db");
    let keys = folder.join("keys");
    fs::create_dir(&keys).unwrap();
    fs::copy(&own, keys.join("other.db")).unwrap();
    fs::copy(&own, folder.join("data.db-wal")).unwrap();
    std::os::unix::fs::symlink(&own, folder.join("link.db")).unwrap();
    std::os::unix::fs::symlink(&folder, folder.join("around")).unwrap();
    fs::hard_link(&own, folder.join("hard.db")).unwrap();
    let elsewhere = Made::by(TABLE);
    std::os::unix::fs::symlink(&own, elsewhere.folder.path().join("innocent.db")).unwrap();

    let sources = Sources::new(vec![own.clone(), keys.clone()]);
    let shown = folder.display();
    let spellings = [
        own.display().to_string(),
        format!("{shown}/./data.db"),
        format!("{shown}//data.db"),
        format!("{shown}/keys/../data.db"),
        format!("{shown}/link.db"),
        format!("{shown}/hard.db"),
        format!("{shown}/around/around/data.db"),
        format!("{shown}/data.db-wal"),
        format!("{shown}/keys/other.db"),
        elsewhere.folder.path().join("innocent.db").display().to_string(),
        // Not files at all, as far as this driver is concerned.
        format!("file:{shown}/data.db"),
        format!("file://{shown}/data.db?mode=ro"),
        format!("{shown}/data.db?mode=ro"),
        format!("{shown}/DATA.DB\0"),
        "data.db".to_owned(),
        ":memory:".to_owned(),
        String::new(),
        shown.to_string(),
        "/dev/null".to_owned(),
    ];
    for path in spellings {
        let profile = profile(ConnectionKind::Sqlite { path: path.clone() }, None);
        let bound = query("select * from person");
        let answer = sources.run(&profile, &bound, limits(), CancellationToken::new()).await;
        assert!(matches!(answer, Err(Error::File { .. })), "{path}: {answer:?}");
        assert!(matches!(sources.catalog(&profile).await, Err(Error::File { .. })), "{path}");
        assert!(matches!(sources.columns(&profile, &bound).await, Err(Error::File { .. })), "{path}");
        assert!(!sources.test(&profile).await[0].ok, "{path}");
    }
    assert!(sources.catalog(&elsewhere.profile()).await.is_ok());
}

#[tokio::test]
async fn a_view_made_by_somebody_else_calls_nothing_with_effects() {
    let made = Made::by(
        "create view v as select load_extension('/tmp/x.so') as x; create view w as select fts3_tokenizer('simple') as x",
    );
    for sql in ["select * from v", "select * from w"] {
        let error = refusal(&made.profile(), &query(sql)).await;
        assert!(matches!(error, Error::NotReading { .. } | Error::Database(_)), "{error:?}");
    }
}

#[tokio::test]
async fn postgresql_refuses_whatever_is_not_reading() {
    let (profile, name) = database();
    Postgres::shared().execute(
        &name,
        "create table t (a int); insert into t values (1); create sequence s;
         create function sly() returns int language plpgsql as $$ begin delete from t; return 1; end $$;
         create function slier() returns int language plpgsql as $$
           begin set transaction read write; delete from t; return 1; end $$;",
    );
    let refused = [
        "insert into t values (2)",
        "insert into t values (2) returning a",
        "with gone as (delete from t returning a) select * from gone",
        "update t set a = 2 returning a",
        "select sly()",
        "select slier()",
        "select set_config('transaction_read_only', 'off', false), sly()",
        "select set_config('transaction_read_only', 'off', true), sly()",
        "select set_config('default_transaction_read_only', 'off', false), sly()",
        "select nextval('s')",
        "select setval('s', 9)",
        "select a from t for update",
        "select a into u from t",
        "create table u as select 1",
        "truncate t",
        "drop table t",
        "commit",
        "rollback",
        "begin",
        "set transaction read write",
        "set session characteristics as transaction read write",
        "copy t to '/tmp/it.csv'",
        "copy (select 1) to program 'true'",
        "do $$ begin delete from t; end $$",
        "call sly()",
        "explain analyze delete from t",
        "listen x",
        "vacuum",
    ];
    for sql in refused {
        let error = refusal(&profile, &query(sql)).await;
        assert!(matches!(error, Error::Database(_) | Error::NoColumns), "{sql}: {error:?}");
    }
    let error = refusal(&profile, &query("with gone as (delete from t returning a) select * from gone")).await;
    assert_eq!(error.to_string(), "cannot execute SELECT in a read-only transaction");
    assert_eq!(Postgres::shared().execute(&name, "select count(*), min(a) from t"), "1|1");
}

#[tokio::test]
async fn what_a_server_lets_through_is_rolled_back() {
    let (profile, name) = database();
    // Before version 16 large objects could be made in a read-only transaction.
    for sql in ["select lo_create(0) as made", "select lo_from_bytea(0, 'x') as made"] {
        if let Ok(rows) = run(&profile, &query(sql), limits()).await {
            assert!(rows.stream.try_collect::<Vec<_>>().await.is_ok());
        }
    }
    let left = "select count(*) from pg_largeobject_metadata";
    assert_eq!(Postgres::shared().execute(&name, left), "0");
}

#[tokio::test]
async fn postgresql_knows_no_second_statement_and_no_placeholder_of_the_querys_own() {
    let (profile, name) = database();
    Postgres::shared().execute(&name, TABLE);
    // An escaped quote ends a text for the template, and goes on for PostgreSQL.
    let error = refusal(&profile, &query("select E'\\''; delete from t where '1' = '1")).await;
    assert!(matches!(error, Error::SecondStatement | Error::Database(_)), "{error:?}");
    let error = refusal(&profile, &query("select E'\\'' , $1 --'")).await;
    assert!(matches!(error, Error::OwnPlaceholder), "{error:?}");
    // A query that closes the bracket that is put around it for a cast.
    let sql = "select array[1]) as q (c1); delete from t; select (1";
    assert!(Template::parse(sql).is_err());
    let error = refusal(&profile, &query("select array[1]) as q (c1) union all (select 'x'")).await;
    assert!(matches!(error, Error::Database(_)), "{error:?}");
    assert_eq!(Postgres::shared().execute(&name, "select count(*) from t"), "1");
}

#[tokio::test]
async fn a_host_is_a_host_and_nothing_else() {
    for host in ["/var/run/postgresql", "a,b", "user@host", "host/db?sslmode=disable", "", "host name", "@socket"] {
        let kind = ConnectionKind::PostgreSql {
            host: host.to_owned(),
            port: 5432,
            database: "d".to_owned(),
            user: "u".to_owned(),
            tls: PostgresTls::Disable,
        };
        let error = refusal(&profile(kind, None), &query("select 1")).await;
        assert!(matches!(error, Error::Host { .. }), "{host}: {error:?}");
    }
}
