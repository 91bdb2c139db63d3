//! Two million rows, paged to the end after a sort.

use super::*;

const ROWS: i64 = 2_000_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_million_rows_are_paged_to_the_end_after_a_sort() {
    let (_folder, results) = results();
    let schema = Arc::new(Schema::new(vec![
        Field::new("id", DataType::Int64, false),
        Field::new("bucket", DataType::Int64, true),
    ]));
    let mut writer = results.create(&run(), &schema).unwrap();
    for first in (0..ROWS).step_by(50_000) {
        let batch = sample(first..first + 50_000).project(&[0, 1]).unwrap();
        writer.write(&batch).unwrap();
    }
    assert_eq!(writer.finish().unwrap().rows, ROWS as u64);

    // 2,000 rows in each of 1,000 buckets: where every row belongs can be told by itself.
    let arrangement = sorted(&[("bucket", true), ("id", true)]);
    let per_bucket = ROWS / 1_000;
    let mut offsets: Vec<i64> = (0..ROWS).step_by(199_500).collect();
    offsets.extend([ROWS - 500, ROWS - 1, ROWS]);
    for offset in offsets {
        let page = results.page(&run(), offset as u64..offset as u64 + 500, &arrangement).await.unwrap();
        assert_eq!((page.total, page.total_final), (ROWS as u64, true));
        assert_eq!(page.rows.num_rows() as i64, 500.min(ROWS - offset));
        let ids = integers(&page.rows, "id");
        for (position, (id, found)) in ids.iter().zip(integers(&page.rows, "bucket")).enumerate() {
            let rank = offset + position as i64;
            assert_eq!(found, 999 - rank / per_bucket, "bucket at {rank}");
            assert_eq!(bucket(*id), found);
            // The ids of a bucket are 1,000 apart; the largest comes first.
            assert_eq!(id / 1_000, per_bucket - 1 - rank % per_bucket, "id at {rank}");
        }
    }

    let total = results.page(&run(), 0..10, &filtered("bucket", Op::Ge, &["990"])).await.unwrap().total;
    assert_eq!(total, 10 * per_bucket as u64);

    // The first batches of an export are the first rows of the grid.
    let mut rows = results.rows(&run(), &arrangement).await.unwrap();
    let batch = futures::StreamExt::next(&mut rows).await.unwrap().unwrap();
    let page = results.page(&run(), 0..100, &arrangement).await.unwrap();
    assert_eq!(integers(&batch, "id")[..100], integers(&page.rows, "id"));
}
