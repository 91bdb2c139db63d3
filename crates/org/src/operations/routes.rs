//! How handlers get their routes.

use axum::{
    Router,
    handler::Handler,
    middleware,
    routing::{MethodFilter, on},
};

use crate::{Org, api::gate};

/// Routes being put together, each under the id of its row.
#[derive(Default)]
pub struct Routes {
    router: Router<Org>,
    ids: Vec<&'static str>,
}

impl Routes {
    pub fn new() -> Routes {
        Routes::default()
    }

    /// Serves an operation. Panics at start-up, and so in every test, when the table has no such row.
    pub fn on<H, T>(mut self, id: &str, handler: H) -> Routes
    where
        H: Handler<T, Org>,
        T: 'static,
    {
        let operation = super::by_id(id).unwrap_or_else(|| panic!("the operations table has no row `{id}`"));
        let filter = MethodFilter::try_from(operation.method.clone()).expect("the table's methods are those of HTTP");
        let checked =
            on(filter, handler).layer(middleware::from_fn(move |request, next| gate::pass(operation, request, next)));
        self.router = self.router.route(operation.path, checked);
        self.ids.push(operation.id);
        self
    }

    pub fn merge(mut self, other: Routes) -> Routes {
        self.router = self.router.merge(other.router);
        self.ids.extend(other.ids);
        self
    }

    /// The ids of what is served.
    pub fn ids(&self) -> &[&'static str] {
        &self.ids
    }

    pub fn into_router(self) -> Router<Org> {
        self.router
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "has no row")]
    fn a_handler_without_a_row_cannot_be_registered() {
        let _ = Routes::new().on("listUnicorns", async || "unicorns");
    }

    #[test]
    fn every_operation_of_the_api_half_is_registered_once() {
        let routes = crate::api::operations();
        let mut ids = routes.ids().to_vec();
        ids.sort_unstable();
        let count = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }
}
