//! An arrangement read against the columns of one result.
//!
//! Invariant: what stands here names columns by position and holds typed values. The engine's expressions are built
//! from it and from nothing else.

use arrow::datatypes::{DataType, Schema};
use datafusion::{
    logical_expr::{Expr, Like, SortExpr, cast, expr::InList, lit},
    prelude::ident,
    scalar::ScalarValue,
};
use sha2::{Digest, Sha256};

use crate::{
    Arrangement, Error, FILTERS_MAX, Filter, IN_VALUES_MAX, Op, ROW, Result, SORT_KEYS_MAX, literal,
    schema::name_in_file,
};

/// An [`Arrangement`] whose names and values were found to fit a result.
#[derive(Clone, Debug)]
pub(crate) struct Fitted {
    /// Positions of the shown columns.
    pub(crate) columns: Vec<usize>,
    pub(crate) sort: Vec<(usize, Direction)>,
    filter: Vec<FittedFilter>,
    identity: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Ascending,
    Descending,
}

#[derive(Clone, Debug)]
struct FittedFilter {
    column: usize,
    expression: Expr,
}

impl Fitted {
    /// `shown` is the run's schema: real names, no row number.
    pub(crate) fn new(shown: &Schema, arrangement: &Arrangement) -> Result<Fitted> {
        let columns: Vec<usize> = match &arrangement.columns {
            None => (0..shown.fields().len()).collect(),
            Some(names) => names.iter().map(|name| position(shown, name)).collect::<Result<Vec<_>>>()?,
        };
        if columns.is_empty() {
            return Err(Error::NoColumns);
        }
        if arrangement.sort.len() > SORT_KEYS_MAX {
            return Err(Error::TooManySortKeys);
        }
        if arrangement.filter.len() > FILTERS_MAX {
            return Err(Error::TooManyFilters);
        }
        let among_shown = |name: &str| {
            let position = position(shown, name)?;
            if columns.contains(&position) { Ok(position) } else { Err(Error::NoSuchColumn(name.to_owned())) }
        };
        let mut sort: Vec<(usize, Direction)> = Vec::new();
        for key in &arrangement.sort {
            let column = among_shown(&key.column)?;
            // A column that sorted already has nothing left to say.
            if !sort.iter().any(|(sorted, _)| *sorted == column) {
                sort.push((column, if key.descending { Direction::Descending } else { Direction::Ascending }));
            }
        }
        let mut filter = Vec::new();
        let mut identity = Sha256::new();
        identity.update(format!("order 1 {sort:?}"));
        for wanted in &arrangement.filter {
            let column = among_shown(&wanted.column)?;
            let expression = expression(column, shown.field(column).data_type(), wanted)?;
            identity.update(format!(" {column} {} {:?}", wanted.op, wanted.values));
            filter.push(FittedFilter { column, expression });
        }
        let identity = identity.finalize()[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Fitted { columns, sort, filter, identity })
    }

    pub(crate) fn is_as_stored(&self) -> bool {
        self.sort.is_empty() && self.filter.is_empty()
    }

    pub(crate) fn has_filter(&self) -> bool {
        !self.filter.is_empty()
    }

    /// 32 hexadecimal digits that differ where sort or filter differ, whatever columns are shown.
    pub(crate) fn identity(&self) -> &str {
        &self.identity
    }

    /// Positions of the columns that sort and filter look at.
    pub(crate) fn looked_at(&self) -> impl Iterator<Item = usize> {
        self.sort.iter().map(|(column, _)| *column).chain(self.filter.iter().map(|filter| filter.column))
    }

    pub(crate) fn predicate(&self) -> Option<Expr> {
        self.filter.iter().map(|filter| filter.expression.clone()).reduce(Expr::and)
    }

    /// The order, row numbers last, so that no two rows are equal; empty for the database's order.
    pub(crate) fn order(&self) -> Vec<SortExpr> {
        let mut order: Vec<SortExpr> = (self.sort.iter())
            .map(|(column, direction)| ident(name_in_file(*column)).sort(*direction == Direction::Ascending, false))
            .collect();
        if !order.is_empty() {
            order.push(ident(ROW).sort(true, false));
        }
        order
    }
}

fn position(shown: &Schema, name: &str) -> Result<usize> {
    shown.index_of(name).map_err(|_| Error::NoSuchColumn(name.to_owned()))
}

fn expression(column: usize, data_type: &DataType, filter: &Filter) -> Result<Expr> {
    let operand = ident(name_in_file(column));
    let count = |takes| Error::ValueCount { column: filter.column.clone(), op: filter.op, takes };
    let only = || match filter.values.as_slice() {
        [value] => Ok(value.as_str()),
        _ => Err(count("one value")),
    };
    let literal = |text: &str| {
        literal::read(data_type, text).map_err(|why| Error::Value {
            column: filter.column.clone(),
            value: text.chars().take(60).collect(),
            why,
        })
    };
    let compare = |build: fn(Expr, Expr) -> Expr| -> Result<Expr> {
        let literal = literal(only()?)?;
        let operand = match literal.widen {
            Some(wider) => cast(operand.clone(), wider),
            None => operand.clone(),
        };
        Ok(build(operand, lit(literal.value)))
    };
    match filter.op {
        Op::Null | Op::NotNull if !filter.values.is_empty() => Err(count("no value")),
        Op::Null => Ok(operand.is_null()),
        Op::NotNull => Ok(operand.is_not_null()),
        Op::Eq => compare(Expr::eq),
        Op::Ne => compare(Expr::not_eq),
        Op::Lt => compare(Expr::lt),
        Op::Le => compare(Expr::lt_eq),
        Op::Gt => compare(Expr::gt),
        Op::Ge => compare(Expr::gt_eq),
        Op::In if filter.values.is_empty() => Err(count("at least one value")),
        Op::In if filter.values.len() > IN_VALUES_MAX => Err(Error::TooManyValues),
        Op::In => {
            let mut list = Vec::new();
            let mut wide = Vec::new();
            for text in &filter.values {
                match literal(text)? {
                    literal::Literal { value, widen: None } => list.push(lit(value)),
                    literal::Literal { value, widen: Some(wider) } => {
                        wide.push(cast(operand.clone(), wider).eq(lit(value)));
                    }
                }
            }
            let listed = Expr::InList(InList::new(Box::new(operand), list, false));
            Ok(wide.into_iter().fold(listed, Expr::or))
        }
        Op::Contains | Op::Starts => {
            if !matches!(data_type, DataType::Utf8 | DataType::LargeUtf8) {
                let holds = holds(data_type);
                return Err(Error::NotText { column: filter.column.clone(), op: filter.op, holds });
            }
            let before = if filter.op == Op::Contains { "%" } else { "" };
            let pattern = format!("{before}{}%", escaped(only()?));
            let pattern = match data_type {
                DataType::LargeUtf8 => ScalarValue::LargeUtf8(Some(pattern)),
                _ => ScalarValue::Utf8(Some(pattern)),
            };
            Ok(Expr::Like(Like::new(false, Box::new(operand), Box::new(lit(pattern)), None, true)))
        }
    }
}

/// Text with the signs that a pattern would read as its own.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

fn holds(data_type: &DataType) -> &'static str {
    match data_type {
        DataType::Boolean => "true or false",
        DataType::Binary | DataType::LargeBinary => "bytes",
        DataType::Date32 => "dates",
        DataType::Time64(_) => "times of day",
        DataType::Timestamp(_, _) => "date-times",
        _ => "numbers",
    }
}
