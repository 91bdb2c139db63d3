//! Lists over HTTP: `?q=&sort=&limit=&after=` in, items and the next cursor out.

use portal::{Listing, Page};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// What a caller asks of a list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// Rows that contain this text, whatever its case.
    pub q: Option<String>,
    /// Column to sort by; with `-` before it from the highest down.
    pub sort: Option<String>,
    /// Rows of the page.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

impl From<ListQuery> for Listing {
    fn from(query: ListQuery) -> Listing {
        Listing { limit: query.limit, after: query.after, q: query.q, sort: query.sort }
    }
}

/// One page of a list.
#[derive(Serialize, ToSchema)]
pub struct List<T> {
    pub items: Vec<T>,
    /// Cursor of the next page; null on the last.
    #[schema(required)]
    pub next: Option<String>,
}

impl<T> List<T> {
    pub fn of<U>(page: Page<U>, body: impl FnMut(U) -> T) -> List<T> {
        List { items: page.items.into_iter().map(body).collect(), next: page.next }
    }

    /// A list that is always whole.
    pub fn whole(items: Vec<T>) -> List<T> {
        List { items, next: None }
    }
}
