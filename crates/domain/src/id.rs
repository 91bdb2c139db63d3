//! Ids have types, so that a run is never looked up under a view's id.

use serde::{Deserialize, Serialize};
use world::Random;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            pub const PREFIX: &'static str = $prefix;

            /// A new id: the prefix and 20 characters of base62, 119 bits.
            pub fn new(random: &(dyn Random + '_)) -> $name {
                $name(format!(concat!($prefix, "_{}"), random.base62(20)))
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> $name {
                $name(text)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> $name {
                $name(text.to_owned())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

ids! {
    /// A person: one (issuer, subject) pair, or one local account.
    PersonId "per";
    RoleId "rol";
    ViewId "viw";
    ConnectionId "con";
    AssignmentId "asg";
    RunId "run";
    FieldId "fld";
}
