//! Which code computes: finds llama.cpp's backends, says which are in use,
//! and keeps llama.cpp's own log away from standard error.

use std::ffi::{CStr, c_char, c_void};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::{LlamaBackendDeviceType, list_llama_ggml_backend_devices};

static BACKEND: OnceLock<Result<LlamaBackend, String>> = OnceLock::new();
static LOG: Mutex<Log> = Mutex::new(Log { errors: None, cpu: None });

/// What is worth keeping of llama.cpp's log.
struct Log {
    /// The errors since [`capture_errors`] was called.
    errors: Option<Vec<String>>,
    /// The file of the CPU kernels that were loaded.
    cpu: Option<String>,
}

/// llama.cpp's global state, with the backends loaded.
pub(crate) fn backend() -> Result<&'static LlamaBackend, String> {
    BACKEND.get_or_init(start).as_ref().map_err(Clone::clone)
}

fn start() -> Result<LlamaBackend, String> {
    route_log();
    load_backends()?;
    LlamaBackend::init().map_err(|error| error.to_string())
}

#[cfg(feature = "dynamic-backends")]
fn load_backends() -> Result<(), String> {
    let folders = backend_folders();
    for folder in &folders {
        if has_cpu_backend(folder) && folder.to_str().is_some() {
            // Only this folder: left to itself, ggml would also load
            // libraries from the current directory.
            match without_amx(folder) {
                Some(usable) => llama_cpp_2::llama_backend::load_backends_from_path(usable.path()),
                None => llama_cpp_2::llama_backend::load_backends_from_path(folder),
            }
            if !list_llama_ggml_backend_devices().is_empty() {
                return Ok(());
            }
        }
    }
    let tried: Vec<String> = folders.iter().map(|f| f.display().to_string()).collect();
    Err(format!(
        "no libggml-cpu library in {}: keep llama.cpp's libraries in the executable's folder",
        tried.join(", ")
    ))
}

#[cfg(not(feature = "dynamic-backends"))]
fn load_backends() -> Result<(), String> {
    Ok(())
}

/// The executable's folder, the `lib` folder of an installation, and where
/// this build left them.
#[cfg(feature = "dynamic-backends")]
fn backend_folders() -> Vec<PathBuf> {
    let mut folders = Vec::new();
    let executable = std::env::current_exe().and_then(|path| path.canonicalize());
    if let Some(folder) = executable.ok().as_deref().and_then(Path::parent) {
        folders.push(folder.to_path_buf());
        if let Some(above) = folder.parent() {
            folders.push(above.join("lib").join("touchstone"));
        }
    }
    folders.extend(llama_cpp_sys_2::BACKENDS_DIR.map(PathBuf::from));
    folders
}

/// The kernels that use AMX. GCC before 14 leaves out the stores that its
/// `_tile_loadconfig` reads, as the intrinsic does not say that it reads them
/// (ggml zeroes the tile configuration, and the first tile load is an illegal
/// instruction), so these kernels cannot be trusted, whoever built them.
#[cfg(all(feature = "dynamic-backends", unix))]
const AMX: &str = "ggml-cpu-sapphirerapids";

/// A folder that has the libraries of `folder` but those that use AMX; it may
/// go when they are loaded. `None` where there is nothing to leave out, or no
/// room for the folder.
#[cfg(all(feature = "dynamic-backends", unix))]
fn without_amx(folder: &Path) -> Option<tempfile::TempDir> {
    let libraries: Vec<PathBuf> = std::fs::read_dir(folder)
        .ok()?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().contains("ggml-")))
        .collect();
    let uses_amx = |path: &PathBuf| path.to_string_lossy().contains(AMX);
    if !libraries.iter().any(uses_amx) {
        return None;
    }
    let usable = tempfile::tempdir().ok()?;
    for path in libraries.iter().filter(|path| !uses_amx(path)) {
        std::os::unix::fs::symlink(path, usable.path().join(path.file_name()?)).ok()?;
    }
    Some(usable)
}

#[cfg(all(feature = "dynamic-backends", not(unix)))]
fn without_amx(_folder: &Path) -> Option<tempfile::TempDir> {
    None
}

#[cfg(feature = "dynamic-backends")]
fn has_cpu_backend(folder: &Path) -> bool {
    std::fs::read_dir(folder).is_ok_and(|entries| {
        entries.flatten().any(|entry| entry.file_name().to_string_lossy().contains("ggml-cpu"))
    })
}

/// The kernels in words, for example "CPU (zen4), 2 threads".
pub(crate) fn describe(threads: u32, gpu_layers: u32, layers: u32) -> String {
    let mut parts: Vec<String> = Vec::new();
    if gpu_layers > 0 {
        for device in list_llama_ggml_backend_devices() {
            if is_gpu(device.device_type) {
                parts.push(format!(
                    "{} ({}), {} of {layers} layers",
                    device.name,
                    device.description,
                    gpu_layers.min(layers)
                ));
            }
        }
    }
    let cpu = lock().cpu.as_deref().map_or("portable".to_owned(), variant);
    let plural = if threads == 1 { "" } else { "s" };
    parts.push(format!("CPU ({cpu}), {threads} thread{plural}"));
    parts.join("; ")
}

/// The version of ggml that this was built with.
#[allow(unsafe_code)]
pub(crate) fn version() -> String {
    // SAFETY: both give strings that live as long as the program.
    let parts = unsafe { [llama_cpp_sys_2::ggml_version(), llama_cpp_sys_2::ggml_commit()] };
    let text = |part: *const c_char| {
        if part.is_null() {
            return String::new();
        }
        // SAFETY: not null, and ends in a zero byte.
        unsafe { CStr::from_ptr(part) }.to_string_lossy().into_owned()
    };
    parts.map(text).join(" ")
}

pub(crate) fn has_gpu() -> bool {
    list_llama_ggml_backend_devices().iter().any(|device| is_gpu(device.device_type))
}

fn is_gpu(kind: LlamaBackendDeviceType) -> bool {
    matches!(kind, LlamaBackendDeviceType::Gpu | LlamaBackendDeviceType::IntegratedGpu)
}

/// The processor generation in a library's name: `libggml-cpu-zen4.so`.
fn variant(file: &str) -> String {
    let path = PathBuf::from(file);
    let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    match stem.split_once("ggml-cpu-") {
        Some((_, name)) => name.to_owned(),
        None => "generic".to_owned(),
    }
}

/// Runs `load` and returns the first error that llama.cpp logged beside its
/// result, as its functions themselves only say that they failed.
pub(crate) fn capture_errors<T>(load: impl FnOnce() -> T) -> (T, Option<String>) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    lock().errors = Some(Vec::new());
    let result = load();
    let errors = lock().errors.take().unwrap_or_default();
    let reason = errors
        .iter()
        .find_map(|line| line.split_once("error loading model: ").map(|(_, reason)| reason))
        .or_else(|| {
            errors.first().map(|line| line.split_once(": ").map_or(line.as_str(), |(_, reason)| reason))
        });
    (result, reason.map(str::to_owned))
}

fn lock() -> MutexGuard<'static, Log> {
    LOG.lock().unwrap_or_else(PoisonError::into_inner)
}

#[allow(unsafe_code)]
pub(crate) fn route_log() {
    unsafe extern "C" fn receive(
        level: llama_cpp_sys_2::ggml_log_level,
        text: *const c_char,
        _: *mut c_void,
    ) {
        if text.is_null() {
            return;
        }
        // SAFETY: llama.cpp passes a string that ends in a zero byte and lives
        // for the length of this call.
        let text = unsafe { CStr::from_ptr(text) }.to_string_lossy();
        keep(level, text.trim_end());
    }
    // SAFETY: the function lives as long as the program and takes no data.
    unsafe { llama_cpp_sys_2::llama_log_set(Some(receive), std::ptr::null_mut()) };
}

/// Every failure that matters comes back as an error value, so the log is for
/// those who look for it.
fn keep(level: llama_cpp_sys_2::ggml_log_level, line: &str) {
    if line.is_empty() {
        return;
    }
    if let Some((_, file)) = line.split_once("loaded CPU backend from ") {
        lock().cpu = Some(file.to_owned());
    }
    if level == llama_cpp_sys_2::GGML_LOG_LEVEL_ERROR
        && let Some(errors) = lock().errors.as_mut()
    {
        errors.push(line.to_owned());
    }
    if level == llama_cpp_sys_2::GGML_LOG_LEVEL_ERROR || level == llama_cpp_sys_2::GGML_LOG_LEVEL_WARN {
        tracing::debug!(target: "llama.cpp", "{line}");
    } else {
        tracing::trace!(target: "llama.cpp", "{line}");
    }
}

#[cfg(test)]
mod tests {
    use super::variant;

    #[test]
    fn a_variant_is_read_from_its_file_name() {
        assert_eq!(variant("/opt/touchstone/libggml-cpu-zen4.so"), "zen4");
        assert_eq!(variant("libggml-cpu.so"), "generic");
    }
}
