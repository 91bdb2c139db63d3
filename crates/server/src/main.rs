//! The binary `webreports`: see `webreports help`.

fn main() -> std::process::ExitCode {
    server::cli::main()
}
