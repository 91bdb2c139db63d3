//! What people do: sign in, publish, assign, execute, download. Permissions are asked here.
