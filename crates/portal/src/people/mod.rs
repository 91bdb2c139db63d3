//! People: sign-in, sessions, roles, the bridge to the org.

use world::World;

use crate::{PortalConfig, Result};

/// What the people part keeps while the portal runs.
pub struct People {}

impl People {
    pub(crate) fn new(_config: &PortalConfig, _world: &World) -> Result<People> {
        Ok(People {})
    }
}
