//! Lets the executable find llama.cpp's libraries in its own folder; what that
//! takes is decided by touchstone-llama's build script.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=DEP_TOUCHSTONE_LLAMA_LINK_ARGS");
    for argument in std::env::var("DEP_TOUCHSTONE_LLAMA_LINK_ARGS").unwrap_or_default().split_whitespace() {
        println!("cargo::rustc-link-arg={argument}");
    }
}
