//! The client half of the bridge: sign-in with OpenID Connect, people and groups through the API token.
//!
//! Invariant: token and secrets go to the configured org's own origin alone; every answer is judged before it is used, and an
//! error says which of the many things that can go wrong did. Only public calls of Okta's are made.

mod address;
mod answer;
mod api;
mod applications;
mod budget;
mod directory;
mod discovery;
mod error;
mod id_token;
mod sign_in;
mod tokens;

pub use address::{AddressProblem, OrgAddress};
pub use api::{Api, Urgency};
pub use applications::{Application, NewApplication};
pub use directory::{Group, Org, User};
pub use error::{Error, IdTokenFault, Result};
pub use sign_in::{Begun, Finished, Reached, SignIn};
pub use tokens::{AdminRole, Token};

#[cfg(test)]
mod tests;
