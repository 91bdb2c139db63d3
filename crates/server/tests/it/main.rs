//! The whole site over HTTP, as a stranger, a person and an SDK see it. One file a resource.

mod architecture;
mod bridge;
mod clients;
mod kill;
mod limits;
mod openapi;
mod outages;
mod pages;
mod permissions;
mod reports;
mod rows;
mod secrets;
mod set_up_command;
mod shutdown;
mod sign_in;
