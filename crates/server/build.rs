//! A new build of the pages is a new binary: `rust-embed` alone does not notice files that were added.

fn main() {
    println!("cargo::rerun-if-changed=../../web/portal/build");
}
