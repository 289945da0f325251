use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How a model is loaded and how much it may hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LlamaOptions {
    /// Tokens that one session may hold, prompt included; at most what the
    /// model was trained on.
    pub context_tokens: u32,
    /// Sessions that may be open at a time, at most 128. The cache has room
    /// for all of them at their full length.
    pub max_sessions: u32,
    /// CPU threads; by default one per physical core.
    pub threads: Option<u32>,
    /// Layers computed on GPUs; by default as many as fit into their memory.
    pub gpu_layers: Option<u32>,
    /// How layers are divided over several GPUs.
    pub split: Split,
    /// The GPUs to use, by llama.cpp's numbers; none listed means all.
    pub devices: Vec<usize>,
    /// The one that has what is not divided.
    pub main_gpu: u32,
    /// Flash attention; by default where llama.cpp finds it faster.
    pub flash_attention: Option<bool>,
    pub cache_type_k: CacheType,
    /// A quantised one needs flash attention.
    pub cache_type_v: CacheType,
    /// Tokens in one decode, 32 to 2048. A larger number computes long
    /// prompts a little faster and makes everyone else wait longer for it.
    pub batch_tokens: u32,
    /// Sessions that may wait to be opened when all are in use; more are
    /// refused at once.
    pub queue: usize,
    /// How long they wait before they are refused.
    pub queue_wait: Duration,
    /// Where prepared prompts are kept between runs; nowhere by default.
    pub prompt_cache: Option<PromptCache>,
}

/// A folder for the computed state of prepared prompts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptCache {
    pub folder: PathBuf,
    /// What was of no use for longest goes first when there are more.
    pub max_bytes: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// One GPU has all.
    None,
    /// Each has some of the layers.
    #[default]
    Layer,
    /// Each has some rows of every layer.
    Row,
}

/// The numbers in the key-value cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CacheType {
    F32,
    #[default]
    F16,
    Bf16,
    #[serde(rename = "q8_0")]
    Q8,
    #[serde(rename = "q4_0")]
    Q4,
}

impl CacheType {
    pub(crate) fn is_quantised(self) -> bool {
        matches!(self, CacheType::Q8 | CacheType::Q4)
    }

    /// Bytes of 32 numbers.
    pub(crate) fn block_bytes(self) -> u64 {
        match self {
            CacheType::F32 => 128,
            CacheType::F16 | CacheType::Bf16 => 64,
            CacheType::Q8 => 34,
            CacheType::Q4 => 18,
        }
    }
}

impl Default for LlamaOptions {
    fn default() -> Self {
        LlamaOptions {
            context_tokens: 4096,
            max_sessions: 4,
            threads: None,
            gpu_layers: None,
            split: Split::default(),
            devices: Vec::new(),
            main_gpu: 0,
            flash_attention: None,
            cache_type_k: CacheType::default(),
            cache_type_v: CacheType::default(),
            batch_tokens: 256,
            queue: 64,
            queue_wait: Duration::from_secs(30),
            prompt_cache: None,
        }
    }
}
