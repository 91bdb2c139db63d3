//! Signing in, OAuth, the console and https, as a browser and an OIDC client meet them.

mod authn;
mod authorize;
mod browser;
mod client;
mod code_flow;
mod console;
mod https;
mod lockout;
mod logout;
mod passwords;
mod postgres;
mod refresh;
mod sessions;
mod sign_in;
