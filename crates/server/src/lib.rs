//! HTTP, command line and start-up: the binary `webreports`.
