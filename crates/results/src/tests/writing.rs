//! Files: when they have their names, what reads them meanwhile, what is left of interrupted work.

use std::fs;

use futures::stream;
use sha2::{Digest, Sha256};

use super::*;
use crate::{Error, FillError, Readable, State, Swept};

fn names(folder: &std::path::Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_finished_result_has_its_name_its_rows_and_its_digest() {
    let (folder, results) = results();
    let stored = store_sample(&results, 50_000);
    let file = fs::read(folder.path().join("run_1.parquet")).unwrap();
    assert_eq!(stored.rows, 50_000);
    assert_eq!(stored.bytes, file.len() as u64);
    let digest: String = Sha256::digest(&file).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(stored.sha256, digest);
    assert_eq!(results.sha256(&run()).await.unwrap(), digest);
    assert_eq!(names(folder.path()), ["run_1.parquet", "spill"]);
}

#[test]
fn a_result_that_is_given_up_leaves_no_file_and_says_so() {
    let (folder, results) = results();
    let mut writer = results.create(&run(), &sample_schema()).unwrap();
    writer.write(&sample(0..40_000)).unwrap();
    let progress = writer.progress();
    assert!(folder.path().join("run_1.parquet.part").exists());
    assert!(!folder.path().join("run_1.parquet").exists());
    drop(writer);
    assert_eq!(names(folder.path()), ["spill"]);
    assert_eq!(progress.readable().state, State::GivenUp);
    assert!(results.progress(&run()).is_none());
}

#[tokio::test]
async fn what_a_writer_publishes_after_it_was_given_up_goes_too() {
    let (folder, results) = results();
    let mut writer = results.create(&run(), &sample_schema()).unwrap();
    writer.write(&sample(0..10)).unwrap();
    let id = run();
    let mut discarded = std::pin::pin!(results.discard(&id));
    assert!(futures::poll!(discarded.as_mut()).is_pending());
    writer.finish().unwrap();
    discarded.await.unwrap();
    assert_eq!(names(folder.path()), ["spill"]);
}

#[test]
fn a_killed_process_leaves_a_draft_that_the_next_one_sweeps() {
    let (folder, results) = results();
    let mut writer = results.create(&run(), &sample_schema()).unwrap();
    writer.write(&sample(0..40_000)).unwrap();
    // What a process that is killed does not get to do.
    std::mem::forget(writer);
    fs::write(folder.path().join("spill/left"), "x").unwrap();
    let next = Results::open(folder.path()).unwrap();
    assert_eq!(names(folder.path()), ["run_1.parquet.part", "spill"]);
    let swept = next.sweep(|_| true).unwrap();
    assert_eq!((swept.drafts, swept.results), (1, 0));
    assert_eq!(names(folder.path()), ["spill"]);
    assert_eq!(names(&folder.path().join("spill")), Vec::<String>::new());
}

#[tokio::test]
async fn a_sweep_removes_what_no_run_keeps_and_nothing_else() {
    let (folder, results) = results();
    store_sample(&results, 2_000);
    results.page(&run(), 0..1, &sorted(&[("bucket", true)])).await.unwrap();
    fs::write(folder.path().join("run_2.0123.order"), "x").unwrap();
    fs::write(folder.path().join("notes.txt"), "x").unwrap();
    let writer = results.create(&"run_3".into(), &sample_schema()).unwrap();
    assert_eq!(results.sweep(|id| *id == run()).unwrap(), Swept { orders: 1, bytes: 1, ..Swept::default() });
    let swept = results.sweep(|_| false).unwrap();
    assert_eq!((swept.results, swept.drafts), (1, 0));
    assert_eq!(names(folder.path()), ["notes.txt", "run_3.parquet.part", "spill"]);
    drop(writer);
}

#[tokio::test]
async fn deleting_a_result_takes_its_orders_along() {
    let (folder, results) = results();
    store_sample(&results, 2_000);
    results.page(&run(), 0..1, &sorted(&[("bucket", true)])).await.unwrap();
    results.page(&run(), 0..1, &filtered("bucket", Op::Lt, &["10"])).await.unwrap();
    assert_eq!(names(folder.path()).iter().filter(|name| name.ends_with(".order")).count(), 2);
    results.delete(&run()).unwrap();
    assert_eq!(names(folder.path()), ["spill"]);
    let gone = results.page(&run(), 0..1, &Arrangement::default()).await.unwrap_err();
    assert!(matches!(gone, Error::NoSuchResult(_)));
    results.delete(&run()).unwrap();
}

#[tokio::test]
async fn an_order_outlives_a_restart_and_a_damaged_one_is_made_again() {
    let (folder, results) = results();
    store_sample(&results, 2_000);
    let arrangement = sorted(&[("bucket", true)]);
    let first = results.page(&run(), 500..510, &arrangement).await.unwrap();
    let order = names(folder.path()).into_iter().find(|name| name.ends_with(".order")).unwrap();
    let order = folder.path().join(order);
    let written = fs::metadata(&order).unwrap().modified().unwrap();

    let next = Results::open(folder.path()).unwrap();
    assert_eq!(next.page(&run(), 500..510, &arrangement).await.unwrap().rows, first.rows);
    assert_eq!(fs::metadata(&order).unwrap().modified().unwrap(), written);

    fs::write(&order, b"WRorder1").unwrap();
    let next = Results::open(folder.path()).unwrap();
    assert!(!order.exists());
    assert_eq!(next.page(&run(), 500..510, &arrangement).await.unwrap().rows, first.rows);
}

#[test]
fn one_run_has_one_result() {
    let (_folder, results) = results();
    let writer = results.create(&run(), &sample_schema()).unwrap();
    assert!(matches!(results.create(&run(), &sample_schema()), Err(Error::AlreadyStored(_))));
    assert!(matches!(results.delete(&run()), Err(Error::StillRunning(_))));
    writer.finish().unwrap();
    assert!(matches!(results.create(&run(), &sample_schema()), Err(Error::AlreadyStored(_))));
    for id in ["../run_1", "", "run/1", "run.1"] {
        assert!(matches!(results.create(&id.into(), &sample_schema()), Err(Error::NoSuchResult(_))), "{id}");
    }
}

#[test]
fn other_columns_than_those_it_began_with_are_refused() {
    let (_folder, results) = results();
    let mut writer = results.create(&run(), &sample_schema()).unwrap();
    let other = sample(0..5).project(&[0, 2, 1]).unwrap();
    assert!(matches!(writer.write(&other), Err(Error::ColumnsChanged)));
    let nested = Schema::new(vec![Field::new_list("tags", Field::new("item", DataType::Utf8, true), true)]);
    let refused = results.create(&"run_2".into(), &nested).err().unwrap().to_string();
    assert!(refused.starts_with("column `tags` has the type List"), "{refused}");
}

#[tokio::test]
async fn rows_are_read_while_the_run_goes_on() {
    let (_folder, results) = results();
    let mut writer = results.create(&run(), &sample_schema()).unwrap();
    let mut changes = writer.progress().changes();
    let nothing = results.page(&run(), 0..10, &Arrangement::default()).await.unwrap();
    assert_eq!((nothing.total, nothing.total_final, nothing.rows.num_rows()), (0, false, 0));
    assert_eq!(nothing.rows.num_columns(), 3);

    writer.write(&sample(0..1_500)).unwrap();
    // The first row group ends early, so that there is something to see.
    assert_eq!(*changes.borrow_and_update(), Readable { rows: 1_024, state: State::Writing });
    let page = results.page(&run(), 1_000..1_100, &Arrangement::default()).await.unwrap();
    assert_eq!((page.total, page.total_final), (1_024, false));
    assert_eq!(integers(&page.rows, "id"), (1_000..1_024).collect::<Vec<_>>());

    writer.flush().unwrap();
    assert!(changes.has_changed().unwrap());
    let page = results.page(&run(), 1_000..1_100, &Arrangement::default()).await.unwrap();
    assert_eq!(integers(&page.rows, "id"), (1_000..1_100).collect::<Vec<_>>());

    writer.write(&sample(1_500..100_000)).unwrap();
    let page = results.page(&run(), 60_000..60_050, &Arrangement::default()).await.unwrap();
    assert_eq!(integers(&page.rows, "id"), (60_000..60_050).collect::<Vec<_>>());
    for arrangement in [sorted(&[("id", true)]), filtered("id", Op::Gt, &["5"])] {
        let refused = results.page(&run(), 0..10, &arrangement).await.unwrap_err();
        assert!(matches!(refused, Error::StillRunning(_)));
    }
    assert!(matches!(results.rows(&run(), &Arrangement::default()).await, Err(Error::StillRunning(_))));

    let before = results.page(&run(), 60_000..60_050, &Arrangement::default()).await.unwrap();
    writer.finish().unwrap();
    let after = results.page(&run(), 60_000..60_050, &Arrangement::default()).await.unwrap();
    assert_eq!((after.total, after.total_final), (100_000, true));
    assert_eq!(after.rows, before.rows);
    assert_eq!(changes.borrow_and_update().state, State::Finished);
}

#[tokio::test]
async fn a_stream_fills_a_result_and_its_failure_leaves_none() {
    let (folder, results) = results();
    let writer = results.create(&run(), &sample_schema()).unwrap();
    let batches = (0..30).map(|i| Ok::<_, std::io::Error>(sample(i * 1_000..(i + 1) * 1_000)));
    let stored = writer.fill(stream::iter(batches)).await.unwrap();
    assert_eq!(stored.rows, 30_000);

    let writer = results.create(&"run_2".into(), &sample_schema()).unwrap();
    let lost = std::io::Error::other("the connection was lost");
    let failed = writer.fill(stream::iter([Ok(sample(0..5_000)), Err(lost)])).await.unwrap_err();
    assert!(matches!(&failed, FillError::Source(_)));
    assert_eq!(failed.to_string(), "the connection was lost");

    let writer = results.create(&"run_3".into(), &sample_schema()).unwrap();
    let narrow = sample(0..5).project(&[0]).unwrap();
    let failed = writer.fill(stream::iter([Ok::<_, std::io::Error>(narrow)])).await.unwrap_err();
    assert!(matches!(failed, FillError::Result(Error::ColumnsChanged)));
    assert_eq!(names(folder.path()), ["run_1.parquet", "spill"]);
}

#[tokio::test]
async fn rows_of_a_slow_query_become_readable_by_themselves() {
    let (_folder, results) = results();
    let writer = results.create(&run(), &sample_schema()).unwrap();
    let mut changes = writer.progress().changes();
    let slow = futures::StreamExt::chain(stream::iter([Ok::<_, std::io::Error>(sample(0..7))]), stream::pending());
    let filling = tokio::spawn(writer.fill(slow));
    let readable = *changes.wait_for(|readable| readable.rows > 0).await.unwrap();
    assert_eq!(readable, Readable { rows: 7, state: State::Writing });
    filling.abort();
    let ended = changes.wait_for(|readable| readable.state != State::Writing).await.unwrap().state;
    assert_eq!(ended, State::GivenUp);
}

#[tokio::test]
async fn a_result_without_rows_has_its_columns() {
    let (_folder, results) = results();
    store_sample(&results, 0);
    for arrangement in [Arrangement::default(), sorted(&[("name", false)]), filtered("name", Op::Contains, &["x"])] {
        let page = results.page(&run(), 0..100, &arrangement).await.unwrap();
        assert_eq!((page.total, page.total_final, page.rows.num_rows(), page.rows.num_columns()), (0, true, 0, 3));
    }
}
