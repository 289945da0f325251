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
    /// Layers computed on the GPU; by default all of them when the build and
    /// the machine have one.
    pub gpu_layers: Option<u32>,
    /// Tokens in one decode, 32 to 2048. A larger number computes long
    /// prompts a little faster and makes everyone else wait longer for it.
    pub batch_tokens: u32,
}

impl Default for LlamaOptions {
    fn default() -> Self {
        LlamaOptions {
            context_tokens: 4096,
            max_sessions: 4,
            threads: None,
            gpu_layers: None,
            batch_tokens: 256,
        }
    }
}
