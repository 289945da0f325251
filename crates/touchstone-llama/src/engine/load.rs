//! A model into memory, and whether there is enough of it.

use std::ffi::CString;
use std::path::Path;
use std::pin::pin;

use llama_cpp_2::context::params::KvCacheType;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::{LlamaModelParams, LlamaSplitMode};

use super::owner::Limits;
use crate::options::{CacheType, Split};
use crate::{LlamaOptions, kernels};

const MIB: u64 = 1 << 20;
/// Memory of a GPU that is left to others.
const GPU_MARGIN: usize = 512 << 20;

/// The model, and how many of its layers are on GPUs.
pub(super) fn model(
    path: &Path,
    options: &LlamaOptions,
    limits: &Limits,
) -> Result<(LlamaModel, u32), String> {
    if options.cache_type_v.is_quantised() && options.flash_attention == Some(false) {
        return Err("a quantised cache of values needs flash attention".to_owned());
    }
    let backend = kernels::backend()?;
    let name = path.to_str().and_then(|path| CString::new(path).ok()).ok_or("its path is not UTF-8")?;
    let mut parameters = LlamaModelParams::default().with_split_mode(split_mode(options.split));
    if !options.devices.is_empty() {
        parameters = parameters.with_devices(&options.devices).map_err(|error| error.to_string())?;
    }
    let main_gpu = i32::try_from(options.main_gpu).map_err(|_| "there is no such main GPU".to_owned())?;
    parameters = parameters.with_main_gpu(main_gpu);
    if let Some(layers) = options.gpu_layers {
        parameters = parameters.with_n_gpu_layers(layers.min(u32::MAX >> 1));
    } else if !kernels::has_gpu() {
        parameters = parameters.with_n_gpu_layers(0);
    }
    let mut parameters = pin!(parameters);
    if options.gpu_layers.is_none() && kernels::has_gpu() {
        let mut context = limits.context_parameters(limits.cells()?);
        let mut margins = vec![GPU_MARGIN; llama_cpp_2::max_devices()];
        let fitted = parameters.as_mut().fit_params(
            &name,
            &mut context,
            &mut margins,
            0,
            llama_cpp_sys_2::GGML_LOG_LEVEL_ERROR,
        );
        // It changes where the log goes.
        kernels::route_log();
        if let Err(error) = fitted {
            tracing::warn!("cannot tell how many layers fit on the GPU ({error}): all are tried");
        }
    }
    let gpu_layers = match parameters.n_gpu_layers() {
        // llama.cpp's sign for all of them.
        negative if negative < 0 => u32::MAX >> 1,
        layers => layers.unsigned_abs(),
    };
    if gpu_layers == 0 {
        let weights = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
        require(weights, "its weights take")?;
    }
    let (model, reason) = kernels::capture_errors(|| LlamaModel::load_from_file(backend, path, &parameters));
    let model = model.map_err(|error| {
        format!("{}; check or pull the file again", reason.unwrap_or_else(|| error.to_string()))
    })?;
    Ok((model, gpu_layers))
}

/// Refuses a cache that does not fit: the system would end the program when
/// the cache is first written to.
pub(super) fn require_cache(model: &LlamaModel, options: &LlamaOptions, cells: u32) -> Result<(), String> {
    let heads = u64::from(model.n_head().max(1));
    let per_head = u64::from(model.n_embd().unsigned_abs()) / heads;
    let numbers = u64::from(cells) * u64::from(model.n_layer()) * u64::from(model.n_head_kv()) * per_head;
    let bytes = numbers / 32 * (options.cache_type_k.block_bytes() + options.cache_type_v.block_bytes());
    require(bytes, &format!("the cache for {cells} tokens takes"))
}

fn require(bytes: u64, what: &str) -> Result<(), String> {
    match available() {
        Some(available) if available < bytes => Err(format!(
            "{what} {} MiB of memory and {} MiB are free; ask for fewer sessions, a shorter context, a smaller type of cache or a smaller model",
            bytes / MIB,
            available / MIB
        )),
        _ => Ok(()),
    }
}

/// Bytes of memory that can be had, within the limits of the container.
fn available() -> Option<u64> {
    let mut system = sysinfo::System::new();
    system.refresh_memory();
    let free = system.available_memory();
    let here = system.cgroup_limits().map(|limits| limits.free_memory).filter(|free| *free > 0);
    // A system that does not say counts as one that has enough.
    (free > 0).then(|| here.map_or(free, |here| free.min(here)))
}

fn split_mode(split: Split) -> LlamaSplitMode {
    match split {
        Split::None => LlamaSplitMode::None,
        Split::Layer => LlamaSplitMode::Layer,
        Split::Row => LlamaSplitMode::Row,
    }
}

pub(super) fn cache_type(kind: CacheType) -> KvCacheType {
    match kind {
        CacheType::F32 => KvCacheType::F32,
        CacheType::F16 => KvCacheType::F16,
        CacheType::Bf16 => KvCacheType::BF16,
        CacheType::Q8 => KvCacheType::Q8_0,
        CacheType::Q4 => KvCacheType::Q4_0,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_does_not_fit_is_refused_with_what_would_help() {
        assert!(require(1, "it takes").is_ok());
        if available().is_some() {
            let error = require(u64::MAX, "it takes").unwrap_err();
            assert!(error.contains("MiB are free; ask for fewer sessions"), "{error}");
        }
    }
}
