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

impl Catalog {
    /// Adds the next column; tables come one after the other. `false` once the catalog is full.
    pub(crate) fn add(&mut self, schema: &str, table: &str, column: Option<CatalogColumn>) -> bool {
        if self
            .tables
            .iter()
            .map(|table| table.columns.len())
            .sum::<usize>()
            >= CATALOG_COLUMNS_MAX
        {
            self.cut = true;
            return false;
        }
        match self.tables.last_mut() {
            Some(last) if last.schema == schema && last.name == table => {
                last.columns.extend(column)
            }
            _ => self.tables.push(Table {
                schema: schema.to_owned(),
                name: table.to_owned(),
                columns: column.into_iter().collect(),
            }),
        }
        true
    }
}
