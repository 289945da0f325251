//! Where the small model for tests is.

use std::path::PathBuf;

use touchstone_llama::LlamaOptions;

const FILE: &str = "SmolLM2-135M-Instruct.Q4_1.gguf";

/// None when it is not on this machine, and the tests need not have it.
pub(crate) fn model() -> Option<PathBuf> {
    let folder = std::env::var_os("TOUCHSTONE_MODELS")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache/touchstone/models")))?;
    let path = folder.join(FILE);
    if path.is_file() {
        return Some(path);
    }
    assert!(std::env::var_os("TOUCHSTONE_REQUIRE_MODEL").is_none(), "{FILE} is not in {}", folder.display());
    eprintln!("skipped: {FILE} is not there; `make model` fetches it");
    None
}

/// One thread for each engine, as tests run beside each other: threads that
/// wait for each other take the longer the busier a machine is.
pub(crate) fn options() -> LlamaOptions {
    LlamaOptions { threads: Some(1), ..LlamaOptions::default() }
}
