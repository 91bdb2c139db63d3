//! The demo's business: TPC-H (a trading company's customers, orders, suppliers and shipments) in one SQLite file.
//!
//! The file gets its name only when it is whole, so a seed that was broken off begins anew.

use std::path::Path;

use rusqlite::{Connection, ToSql, params};
use tpchgen::{
    decimal::TPCHDecimal,
    generators::{
        CustomerGenerator, LineItemGenerator, NationGenerator, OrderGenerator, PartGenerator, PartSuppGenerator,
        RegionGenerator, SupplierGenerator,
    },
};
use world::{Draft, files::Readers};

/// The share of TPC-H's scale 1 (6,000,000 order lines) that the demo makes.
pub const SCALE: f64 = 0.05;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the sample database could not be written")]
    File(#[from] std::io::Error),
    #[error("the sample database refused a row")]
    Database(#[from] rusqlite::Error),
}

const TABLES: &str = "
pragma journal_mode = off;
pragma synchronous = off;
create table region   (r_regionkey integer primary key, r_name text not null, r_comment text);
create table nation   (n_nationkey integer primary key, n_name text not null, n_regionkey integer not null references region, n_comment text);
create table supplier (s_suppkey integer primary key, s_name text not null, s_address text, s_nationkey integer not null references nation,
                       s_phone text, s_acctbal decimal(12,2), s_comment text);
create table customer (c_custkey integer primary key, c_name text not null, c_address text, c_nationkey integer not null references nation,
                       c_phone text, c_acctbal decimal(12,2), c_mktsegment text, c_comment text);
create table part     (p_partkey integer primary key, p_name text not null, p_mfgr text, p_brand text, p_type text, p_size integer,
                       p_container text, p_retailprice decimal(12,2), p_comment text);
create table partsupp (ps_partkey integer not null references part, ps_suppkey integer not null references supplier, ps_availqty integer,
                       ps_supplycost decimal(12,2), ps_comment text, primary key (ps_partkey, ps_suppkey)) without rowid;
create table orders   (o_orderkey integer primary key, o_custkey integer not null references customer, o_orderstatus text,
                       o_totalprice decimal(12,2), o_orderdate date, o_orderpriority text, o_clerk text, o_shippriority integer, o_comment text);
create table lineitem (l_orderkey integer not null references orders, l_partkey integer not null references part,
                       l_suppkey integer not null references supplier, l_linenumber integer not null, l_quantity integer,
                       l_extendedprice decimal(12,2), l_discount decimal(4,2), l_tax decimal(4,2), l_returnflag text, l_linestatus text,
                       l_shipdate date, l_commitdate date, l_receiptdate date, l_shipinstruct text, l_shipmode text, l_comment text,
                       primary key (l_orderkey, l_linenumber)) without rowid;
";

const INDEXES: &str = "
create index orders_customer on orders (o_custkey);
create index orders_date on orders (o_orderdate);
create index lineitem_shipdate on lineitem (l_shipdate);
create index lineitem_supplier on lineitem (l_suppkey);
create index customer_nation on customer (c_nationkey);
analyze;
";

/// Makes the file unless it is there. `progress` hears the name of each table before it is filled.
pub fn write(path: &Path, scale: f64, progress: &dyn Fn(&str)) -> Result<(), Error> {
    if path.exists() {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let draft = Draft::create(path, Readers::Usual)?;
    let mut database = Connection::open(draft.temporary())?;
    database.execute_batch(TABLES)?;
    let all = database.transaction()?;
    progress("regions, nations, suppliers");
    for region in RegionGenerator::new(scale, 1, 1).iter() {
        insert(&all, "region", params![region.r_regionkey, region.r_name, region.r_comment])?;
    }
    for nation in NationGenerator::new(scale, 1, 1).iter() {
        insert(&all, "nation", params![nation.n_nationkey, nation.n_name, nation.n_regionkey, nation.n_comment])?;
    }
    for supplier in SupplierGenerator::new(scale, 1, 1).iter() {
        insert(
            &all,
            "supplier",
            params![
                supplier.s_suppkey,
                supplier.s_name.to_string(),
                supplier.s_address.to_string(),
                supplier.s_nationkey,
                supplier.s_phone.to_string(),
                money(supplier.s_acctbal),
                supplier.s_comment,
            ],
        )?;
    }
    progress("customers");
    for customer in CustomerGenerator::new(scale, 1, 1).iter() {
        insert(
            &all,
            "customer",
            params![
                customer.c_custkey,
                customer.c_name.to_string(),
                customer.c_address.to_string(),
                customer.c_nationkey,
                customer.c_phone.to_string(),
                money(customer.c_acctbal),
                customer.c_mktsegment,
                customer.c_comment,
            ],
        )?;
    }
    progress("parts");
    for part in PartGenerator::new(scale, 1, 1).iter() {
        insert(
            &all,
            "part",
            params![
                part.p_partkey,
                part.p_name.to_string(),
                part.p_mfgr.to_string(),
                part.p_brand.to_string(),
                part.p_type,
                part.p_size,
                part.p_container,
                money(part.p_retailprice),
                part.p_comment,
            ],
        )?;
    }
    for offer in PartSuppGenerator::new(scale, 1, 1).iter() {
        insert(
            &all,
            "partsupp",
            params![
                offer.ps_partkey,
                offer.ps_suppkey,
                offer.ps_availqty,
                money(offer.ps_supplycost),
                offer.ps_comment,
            ],
        )?;
    }
    progress("orders");
    for order in OrderGenerator::new(scale, 1, 1).iter() {
        insert(
            &all,
            "orders",
            params![
                order.o_orderkey,
                order.o_custkey,
                order.o_orderstatus.to_string(),
                money(order.o_totalprice),
                order.o_orderdate.to_string(),
                order.o_orderpriority,
                order.o_clerk.to_string(),
                order.o_shippriority,
                order.o_comment,
            ],
        )?;
    }
    progress("order lines");
    for line in LineItemGenerator::new(scale, 1, 1).iter() {
        insert(
            &all,
            "lineitem",
            params![
                line.l_orderkey,
                line.l_partkey,
                line.l_suppkey,
                line.l_linenumber,
                line.l_quantity,
                money(line.l_extendedprice),
                money(line.l_discount),
                money(line.l_tax),
                line.l_returnflag,
                line.l_linestatus,
                line.l_shipdate.to_string(),
                line.l_commitdate.to_string(),
                line.l_receiptdate.to_string(),
                line.l_shipinstruct,
                line.l_shipmode,
                line.l_comment,
            ],
        )?;
    }
    all.commit()?;
    progress("indexes");
    database.execute_batch(INDEXES)?;
    database.close().map_err(|(_, error)| error)?;
    draft.publish()?;
    Ok(())
}

/// SQLite has no decimals: two digits after the point survive a double exactly as they are printed.
fn money(amount: TPCHDecimal) -> f64 {
    amount.as_f64()
}

fn insert(database: &Connection, table: &'static str, values: &[&dyn ToSql]) -> Result<(), Error> {
    let places = vec!["?"; values.len()].join(", ");
    // At scales far below 1 the generator offers a part twice from one supplier: the first offer stands.
    database.prepare_cached(&format!("insert or ignore into {table} values ({places})"))?.execute(values)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_scale_makes_the_same_business_and_leaves_no_half_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sales.db");
        write(&path, 0.001, &|_| ()).unwrap();
        let database = Connection::open(&path).unwrap();
        let count = |table: &str| -> i64 {
            database.query_row(&format!("select count(*) from {table}"), [], |row| row.get(0)).unwrap()
        };
        assert_eq!((count("region"), count("nation"), count("customer"), count("orders")), (5, 25, 150, 1_500));
        assert_eq!(count("lineitem"), 6_005);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
