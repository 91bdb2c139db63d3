//! The demo's Views: business questions to the sample database, and the roles that may ask them.

use domain::DataType;

pub struct DemoView {
    pub name: &'static str,
    pub title: &'static str,
    pub category: &'static str,
    pub description: &'static str,
    pub roles: &'static [&'static str],
    pub parameters: &'static [DemoParameter],
    /// Labels and formats of columns: (column, label, format).
    pub columns: &'static [(&'static str, &'static str, Option<&'static str>)],
    pub sql: &'static str,
}

pub struct DemoParameter {
    pub name: &'static str,
    pub label: &'static str,
    pub data_type: DataType,
    pub required: bool,
    pub default: Option<&'static str>,
}

const fn asked(
    name: &'static str,
    label: &'static str,
    data_type: DataType,
    default: Option<&'static str>,
) -> DemoParameter {
    DemoParameter { name, label, data_type, required: true, default }
}

const EVERYBODY: &[&str] = &["User", "Scheduler", "Queue", "API"];

pub const VIEWS: &[DemoView] = &[
    DemoView {
        name: "pricing_summary",
        title: "Pricing summary",
        category: "Finance",
        description: "What was billed, discounted and taxed for everything shipped up to a day, by return flag and line status.",
        roles: EVERYBODY,
        parameters: &[asked("ShippedUntil", "Shipped until", DataType::Date, Some("1998-09-02"))],
        columns: &[
            ("return_flag", "Return flag", None),
            ("line_status", "Line status", None),
            ("quantity", "Quantity", Some("integer")),
            ("base_price", "Base price", Some("money")),
            ("discounted", "After discount", Some("money")),
            ("charged", "With tax", Some("money")),
            ("average_discount", "Average discount", Some("percent")),
            ("line_count", "Lines", Some("integer")),
        ],
        sql: "select l_returnflag as return_flag, l_linestatus as line_status, sum(l_quantity) as quantity,
       round(sum(l_extendedprice), 2) as base_price,
       round(sum(l_extendedprice * (1 - l_discount)), 2) as discounted,
       round(sum(l_extendedprice * (1 - l_discount) * (1 + l_tax)), 2) as charged,
       avg(l_discount) as average_discount, count(*) as line_count
from lineitem
where l_shipdate <= ?ShippedUntil?
group by l_returnflag, l_linestatus
order by l_returnflag, l_linestatus",
    },
    DemoView {
        name: "revenue_by_nation",
        title: "Revenue by nation and month",
        category: "Sales",
        description: "Revenue after discount, month by month, for the nations of one region in one year.",
        roles: &["User", "Scheduler", "API"],
        parameters: &[
            asked("Year", "Year of the order", DataType::Integer, Some("1995")),
            asked("Region", "Region (AFRICA, AMERICA, ASIA, EUROPE, MIDDLE EAST)", DataType::Text, Some("EUROPE")),
        ],
        columns: &[
            ("nation", "Nation", None),
            ("month", "Month", None),
            ("orders", "Orders", Some("integer")),
            ("revenue", "Revenue", Some("money")),
        ],
        sql: "select n_name as nation, substr(o_orderdate, 1, 7) as month, count(distinct o_orderkey) as orders,
       round(sum(l_extendedprice * (1 - l_discount)), 2) as revenue
from orders
join lineitem on l_orderkey = o_orderkey
join customer on c_custkey = o_custkey
join nation on n_nationkey = c_nationkey
join region on r_regionkey = n_regionkey
where r_name = ?Region? and cast(substr(o_orderdate, 1, 4) as integer) = ?Year?
group by n_name, substr(o_orderdate, 1, 7)
order by nation, month",
    },
    DemoView {
        name: "late_suppliers",
        title: "Suppliers who kept orders waiting",
        category: "Purchasing",
        description: "Suppliers of one nation by the number of order lines that arrived after the promised day.",
        roles: &["User", "Queue"],
        parameters: &[asked("Nation", "Nation", DataType::Text, Some("GERMANY"))],
        columns: &[
            ("supplier", "Supplier", None),
            ("phone", "Phone", None),
            ("late_lines", "Late lines", Some("integer")),
            ("lines", "Lines", Some("integer")),
            ("late_share", "Share late", Some("percent")),
            ("days_late_on_average", "Days late on average", Some("decimal")),
        ],
        sql: "select s_name as supplier, s_phone as phone,
       sum(l_receiptdate > l_commitdate) as late_lines, count(*) as lines,
       avg(l_receiptdate > l_commitdate) as late_share,
       round(avg(case when l_receiptdate > l_commitdate then julianday(l_receiptdate) - julianday(l_commitdate) end), 1)
         as days_late_on_average
from supplier
join nation on n_nationkey = s_nationkey
join lineitem on l_suppkey = s_suppkey
where n_name = ?Nation?
group by s_suppkey
order by late_lines desc, supplier",
    },
    DemoView {
        name: "top_customers",
        title: "Top customers of my region",
        category: "Sales",
        description: "The customers of the reader's own region (Defined Field @RegionID) by revenue.",
        roles: EVERYBODY,
        parameters: &[asked("Top", "How many", DataType::Integer, Some("100"))],
        columns: &[
            ("customer", "Customer", None),
            ("nation", "Nation", None),
            ("segment", "Segment", None),
            ("orders", "Orders", Some("integer")),
            ("revenue", "Revenue", Some("money")),
            ("balance", "Account balance", Some("money")),
        ],
        sql: "select c_name as customer, n_name as nation, c_mktsegment as segment, count(*) as orders,
       round(sum(o_totalprice), 2) as revenue, c_acctbal as balance
from customer
join nation on n_nationkey = c_nationkey
join orders on o_custkey = c_custkey
where n_regionkey = @RegionID
group by c_custkey
order by revenue desc
limit ?Top?",
    },
    DemoView {
        name: "order_detail",
        title: "Order lines",
        category: "Operations",
        description: "Every order line between two days, with its order, customer and part: the long list.",
        roles: &["User", "Queue", "API"],
        parameters: &[
            asked("From", "Ordered from", DataType::Date, Some("1992-01-01")),
            asked("Until", "Ordered until", DataType::Date, Some("1998-12-31")),
        ],
        columns: &[
            ("order_number", "Order", None),
            ("line", "Line", None),
            ("ordered", "Ordered", Some("date")),
            ("customer", "Customer", None),
            ("part", "Part", None),
            ("quantity", "Quantity", Some("integer")),
            ("price", "Price", Some("money")),
            ("discount", "Discount", Some("percent")),
            ("shipped", "Shipped", Some("date")),
            ("ship_mode", "Ship mode", None),
        ],
        sql: "select o_orderkey as order_number, l_linenumber as line, o_orderdate as ordered, c_name as customer, p_name as part,
       l_quantity as quantity, l_extendedprice as price, l_discount as discount, l_shipdate as shipped, l_shipmode as ship_mode
from orders
join customer on c_custkey = o_custkey
join lineitem on l_orderkey = o_orderkey
join part on p_partkey = l_partkey
where o_orderdate between ?From? and ?Until?
order by o_orderdate, o_orderkey, l_linenumber",
    },
    DemoView {
        name: "open_orders",
        title: "Open orders by priority",
        category: "Operations",
        description: "Orders that were not shipped in full on a day, by priority.",
        roles: &["User", "Queue", "Scheduler"],
        parameters: &[asked("Day", "Open on", DataType::Date, Some("1995-06-17"))],
        columns: &[
            ("priority", "Priority", None),
            ("orders", "Orders", Some("integer")),
            ("value", "Value", Some("money")),
            ("oldest", "Oldest order", Some("date")),
        ],
        sql: "select o_orderpriority as priority, count(*) as orders, round(sum(o_totalprice), 2) as value, min(o_orderdate) as oldest
from orders
where o_orderdate <= ?Day?
  and exists (select 1 from lineitem where l_orderkey = o_orderkey and l_shipdate > ?Day?)
group by o_orderpriority
order by o_orderpriority",
    },
    DemoView {
        name: "shipping_modes",
        title: "Shipping modes and delay",
        category: "Operations",
        description: "How late each mode of shipping was in one year, and for how many urgent orders.",
        roles: &["User", "Scheduler"],
        parameters: &[asked("Year", "Year of receipt", DataType::Integer, Some("1994"))],
        columns: &[
            ("mode", "Mode", None),
            ("lines", "Lines", Some("integer")),
            ("late", "Late", Some("integer")),
            ("urgent_late", "Urgent and late", Some("integer")),
            ("late_share", "Share late", Some("percent")),
        ],
        sql: "select l_shipmode as mode, count(*) as lines, sum(l_receiptdate > l_commitdate) as late,
       sum(l_receiptdate > l_commitdate and o_orderpriority in ('1-URGENT', '2-HIGH')) as urgent_late,
       avg(l_receiptdate > l_commitdate) as late_share
from lineitem
join orders on o_orderkey = l_orderkey
where cast(substr(l_receiptdate, 1, 4) as integer) = ?Year?
group by l_shipmode
order by late_share desc",
    },
    DemoView {
        name: "segment_revenue",
        title: "Revenue by market segment",
        category: "Finance",
        description: "Orders, customers and revenue of each market segment, year by year, for the reader's own region.",
        roles: &["RoleAdmin", "User"],
        parameters: &[],
        columns: &[
            ("segment", "Segment", None),
            ("year", "Year", None),
            ("customers", "Customers", Some("integer")),
            ("orders", "Orders", Some("integer")),
            ("revenue", "Revenue", Some("money")),
        ],
        sql: "select c_mktsegment as segment, cast(substr(o_orderdate, 1, 4) as integer) as year,
       count(distinct c_custkey) as customers, count(*) as orders, round(sum(o_totalprice), 2) as revenue
from orders
join customer on c_custkey = o_custkey
join nation on n_nationkey = c_nationkey
where n_regionkey = @RegionID
group by segment, year
order by segment, year",
    },
    DemoView {
        name: "stock_value",
        title: "Stock value by brand",
        category: "Purchasing",
        description: "What the stock of each brand cost, for parts of at least a size.",
        roles: &["Queue", "Publisher", "User"],
        parameters: &[
            DemoParameter {
                name: "MinimumSize",
                label: "Size at least (all when empty)",
                data_type: DataType::Integer,
                required: false,
                default: None,
            },
            DemoParameter {
                name: "CostAbove",
                label: "Unit cost above (all when empty)",
                data_type: DataType::Decimal,
                required: false,
                default: None,
            },
        ],
        columns: &[
            ("brand", "Brand", None),
            ("manufacturer", "Manufacturer", None),
            ("parts", "Parts", Some("integer")),
            ("pieces", "Pieces", Some("integer")),
            ("value", "Value", Some("money")),
        ],
        sql: "select p_brand as brand, p_mfgr as manufacturer, count(distinct p_partkey) as parts, sum(ps_availqty) as pieces,
       round(sum(ps_availqty * ps_supplycost), 2) as value
from part
join partsupp on ps_partkey = p_partkey
where (?MinimumSize? is null or p_size >= ?MinimumSize?)
  and (?CostAbove? is null or ps_supplycost > ?CostAbove?)
group by p_brand, p_mfgr
order by value desc",
    },
    DemoView {
        name: "returned_goods",
        title: "Customers who return goods",
        category: "Sales",
        description: "Customers of the reader's own region by the value of what they sent back in one quarter.",
        roles: &["RoleAdmin", "User"],
        parameters: &[
            asked("From", "Quarter from", DataType::Date, Some("1993-10-01")),
            asked("Until", "Quarter until", DataType::Date, Some("1993-12-31")),
        ],
        columns: &[
            ("customer", "Customer", None),
            ("nation", "Nation", None),
            ("phone", "Phone", None),
            ("returned", "Returned", Some("money")),
            ("balance", "Account balance", Some("money")),
        ],
        sql: "select c_name as customer, n_name as nation, c_phone as phone,
       round(sum(l_extendedprice * (1 - l_discount)), 2) as returned, c_acctbal as balance
from customer
join nation on n_nationkey = c_nationkey
join orders on o_custkey = c_custkey
join lineitem on l_orderkey = o_orderkey
where n_regionkey = @RegionID and l_returnflag = 'R' and o_orderdate between ?From? and ?Until?
group by c_custkey
order by returned desc",
    },
    DemoView {
        name: "urgent_only",
        title: "Urgent orders only",
        category: "Operations",
        description: "Orders by whether they are urgent, above a value, placed by customers in debt or not.",
        roles: &["Scheduler", "API"],
        parameters: &[
            asked("Urgent", "Urgent only", DataType::Boolean, Some("true")),
            asked("Above", "Value above", DataType::Decimal, Some("300000.00")),
        ],
        columns: &[
            ("order_number", "Order", None),
            ("ordered", "Ordered", Some("date")),
            ("priority", "Priority", None),
            ("customer", "Customer", None),
            ("value", "Value", Some("money")),
            ("in_debt", "In debt", None),
        ],
        sql: "select o_orderkey as order_number, o_orderdate as ordered, o_orderpriority as priority, c_name as customer,
       o_totalprice as value, case when c_acctbal < 0 then 'yes' end as in_debt
from orders
join customer on c_custkey = o_custkey
where o_totalprice > ?Above? and (o_orderpriority = '1-URGENT' or not ?Urgent?)
order by o_totalprice desc",
    },
];
