//! The limits of what a caller may send, for whoever describes the API. Each stands beside the code that enforces it.

pub use domain::{template::SQL_CHARS_MAX, value::LIST_MAX as VALUES_MAX};
pub use results::{FILTERS_MAX, IN_VALUES_MAX, PAGE_ROWS_MAX, SORT_KEYS_MAX};
pub use store::listing::{CURSOR_CHARS_MAX, LIMIT_DEFAULT, LIMIT_MAX, SEARCH_CHARS_MAX};

pub use crate::{
    assignments::{
        ASSIGNED_AT_ONCE_MAX, CATEGORY_CHARS_MAX as ASSIGNMENT_CATEGORY_CHARS_MAX,
        DESCRIPTION_CHARS_MAX as ASSIGNMENT_DESCRIPTION_CHARS_MAX, EXPIRATION_DAYS_MAX,
    },
    connections::{CONCURRENT_MAX, NAME_CHARS_MAX as CONNECTION_NAME_CHARS_MAX, ROWS_MAX, TIMEOUT_MS},
    fields::{DESCRIPTION_CHARS_MAX as FIELD_DESCRIPTION_CHARS_MAX, NAME_CHARS_MAX as FIELD_NAME_CHARS_MAX},
    people::limits::*,
    runs::IDEMPOTENCY_KEY_CHARS_MAX,
    views::{
        CATEGORY_CHARS_MAX as VIEW_CATEGORY_CHARS_MAX, COLUMNS_MAX,
        DESCRIPTION_CHARS_MAX as VIEW_DESCRIPTION_CHARS_MAX, LABEL_CHARS_MAX, NOTE_CHARS_MAX, PARAMETERS_MAX,
        TITLE_CHARS_MAX as VIEW_TITLE_CHARS_MAX, WIDTH_MAX,
    },
};

/// The orders that the lists can be had in, by the words of `?sort=`.
pub mod sorts {
    pub use store::{
        assignment::SORTS as ASSIGNMENTS, connection::SORTS as CONNECTIONS, field::SORTS as DEFINED_FIELDS,
        listing::SortKey, log_entry::SORTS as LOGS, person::SORTS as PEOPLE, role::SORTS as ROLES, run::SORTS as RUNS,
        view::SORTS as VIEWS,
    };
}
