//! Puts llama.cpp's shared libraries where the executables of this build look
//! for them.
//!
//! With `dynamic-backends`, llama.cpp is a set of shared libraries, one of
//! them per processor generation. llama-cpp-sys-2 links their development
//! names into the target folder, but the loader asks for the names with a
//! version, and the kernels stay behind in its own output folder. Here all of
//! them are linked beside the executables, which then need nothing but their
//! own folder: it can be copied anywhere.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> Result<(), String> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=DEP_LLAMA_BACKENDS_DIR");
    // Only set by llama-cpp-sys-2 when the backends are separate libraries.
    let Some(backends) = env::var_os("DEP_LLAMA_BACKENDS_DIR").map(PathBuf::from) else {
        return Ok(());
    };
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo did not set OUT_DIR")?);
    let profile = out.ancestors().nth(3).ok_or("OUT_DIR is not three folders deep")?;
    let built = backends.parent().ok_or("the backends have no parent folder")?;
    let libraries: Vec<PathBuf> = [backends.clone(), built.join("lib"), built.join("bin")]
        .iter()
        .flat_map(|folder| shared_libraries(folder))
        .collect();
    for folder in [profile.to_path_buf(), profile.join("deps"), profile.join("examples")] {
        fs::create_dir_all(&folder).map_err(|e| format!("cannot create {}: {e}", folder.display()))?;
        for library in &libraries {
            place(library, &folder)
                .map_err(|e| format!("cannot link {} into {}: {e}", library.display(), folder.display()))?;
        }
    }
    for argument in loader_arguments(&env::var("CARGO_CFG_TARGET_OS").unwrap_or_default()) {
        println!("cargo::rustc-link-arg={argument}");
    }
    // A build script's link arguments end at its own package: the executables
    // of other packages read this as DEP_TOUCHSTONE_LLAMA_LINK_ARGS.
    println!(
        "cargo::metadata=LINK_ARGS={}",
        loader_arguments(&env::var("CARGO_CFG_TARGET_OS").unwrap_or_default()).join(" ")
    );
    Ok(())
}

/// The libraries of a folder under the names by which they are loaded.
fn shared_libraries(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
            name.contains(".so") || name.ends_with(".dylib") || name.ends_with(".dll")
        })
        .collect()
}

/// Links the file itself, as the names in llama.cpp's output folder are
/// symbolic links that would dangle anywhere else.
fn place(library: &Path, folder: &Path) -> io::Result<()> {
    let file = library.canonicalize()?;
    let name = library.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let target = folder.join(name);
    match fs::remove_file(&target) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::hard_link(&file, &target).or_else(|_| fs::copy(&file, &target).map(|_| ()))
}

fn loader_arguments(system: &str) -> &'static [&'static str] {
    match system {
        "windows" => &[],
        "macos" => &["-Wl,-rpath,@executable_path", "-Wl,-rpath,@executable_path/../lib/touchstone"],
        // The old kind of entry (DT_RPATH), because the new one does not count
        // for the libraries that libllama itself needs.
        _ => &["-Wl,--disable-new-dtags,-rpath,$ORIGIN:$ORIGIN/../lib/touchstone"],
    }
}
