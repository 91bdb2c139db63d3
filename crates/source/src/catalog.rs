//! What a database holds, as far as the connection's user may read it.

use domain::DataType;

/// Columns of a whole catalog at most; what comes after is left out and said so.
pub const CATALOG_COLUMNS_MAX: usize = 50_000;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalog {
    /// Ordered by schema and name.
    pub tables: Vec<Table>,
    /// There is more than [`CATALOG_COLUMNS_MAX`] columns.
    pub cut: bool,
}

/// A table or a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    pub schema: String,
    pub name: String,
    pub columns: Vec<CatalogColumn>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogColumn {
    pub name: String,
    pub data_type: DataType,
}

/// A catalog being read, column by column.
#[derive(Default)]
pub(crate) struct Reading {
    catalog: Catalog,
    columns_count: usize,
}

impl Reading {
    /// Adds the next column; tables come one after the other. `false` once the catalog is full.
    pub(crate) fn add(&mut self, schema: &str, table: &str, column: CatalogColumn) -> bool {
        if self.columns_count >= CATALOG_COLUMNS_MAX {
            self.catalog.cut = true;
            return false;
        }
        self.columns_count += 1;
        match self.catalog.tables.last_mut() {
            Some(last) if last.schema == schema && last.name == table => last.columns.push(column),
            _ => self.catalog.tables.push(Table {
                schema: schema.to_owned(),
                name: table.to_owned(),
                columns: vec![column],
            }),
        }
        true
    }

    pub(crate) fn done(self) -> Catalog {
        self.catalog
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_catalog_that_is_too_long_says_so() {
        let mut reading = Reading::default();
        let column = CatalogColumn { name: "c".to_owned(), data_type: DataType::Text };
        let added =
            (0..=CATALOG_COLUMNS_MAX).filter(|index| reading.add("main", &format!("t{}", index / 100), column.clone()));
        assert_eq!(added.count(), CATALOG_COLUMNS_MAX);
        let catalog = reading.done();
        assert_eq!((catalog.tables.len(), catalog.cut), (CATALOG_COLUMNS_MAX / 100, true));
    }
}
