//! The flags that set something, in groups as commands take them. What is not
//! given leaves the lower layers as they are.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use touchstone_reason::Mode;

/// `--config FILE`, for every command.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ConfigFile {
    /// Read settings from FILE instead of the user's and the folder's touchstone.toml.
    #[arg(long = "config", value_name = "FILE", global = true)]
    pub(crate) config_file: Option<PathBuf>,
}

#[derive(Args, Clone, Debug, Default, Serialize)]
pub(crate) struct StoreFlags {
    /// Folder of the knowledge graph.
    #[arg(long, value_name = "DIR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) store: Option<PathBuf>,
    /// A policy file, or a folder of them: rules that texts and answers must keep.
    #[arg(long, value_name = "FILE|DIR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    policies: Option<PathBuf>,
    /// A domain pack: a folder with facts, names, examples and rules of a field; may be given again.
    #[arg(long = "pack", value_name = "DIR")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    packs: Vec<PathBuf>,
}

#[derive(Args, Clone, Debug, Default, Serialize)]
pub(crate) struct IndexFlags {
    /// Folder of the text index.
    #[arg(long = "index", value_name = "DIR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    text_index: Option<PathBuf>,
}

const CACHE_TYPES: [&str; 5] = ["f32", "f16", "bf16", "q8_0", "q4_0"];

#[derive(Args, Clone, Debug, Default, Serialize)]
pub(crate) struct ModelFlags {
    /// Model: a name from `touchstone model list`, or a GGUF file.
    #[arg(long, value_name = "NAME|PATH")]
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    /// CPU threads; by default one per physical core.
    #[arg(long, value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    threads: Option<u32>,
    /// Layers computed on GPUs; by default as many as fit.
    #[arg(long, value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    gpu_layers: Option<u32>,
    /// How the model is divided over several GPUs: none, layer, row.
    #[arg(long, value_name = "HOW", value_parser = ["none", "layer", "row"])]
    #[serde(skip_serializing_if = "Option::is_none")]
    split: Option<String>,
    /// The GPUs to use, by llama.cpp's numbers: 0,1; by default all.
    #[arg(long, value_name = "N,N", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    devices: Vec<usize>,
    /// The GPU that has what is not divided.
    #[arg(long, value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    main_gpu: Option<u32>,
    /// Flash attention: true or false; by default where it is faster.
    #[arg(long, value_name = "BOOL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    flash_attention: Option<bool>,
    /// Numbers of the cache's keys: f32, f16, bf16, q8_0, q4_0.
    #[arg(long, value_name = "TYPE", value_parser = CACHE_TYPES)]
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_type_k: Option<String>,
    /// Numbers of the cache's values, likewise.
    #[arg(long, value_name = "TYPE", value_parser = CACHE_TYPES)]
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_type_v: Option<String>,
    /// Ask the model of a server with the OpenAI API (llama-server, vLLM, touchstone serve, hosted
    /// ones) instead of a local one; its key comes from the environment, TOUCHSTONE_REMOTE_KEY.
    #[arg(long, value_name = "URL", conflicts_with = "model")]
    #[serde(skip_serializing_if = "Option::is_none")]
    remote: Option<String>,
    /// The model's name at that server; by default the first that it lists.
    #[arg(long, value_name = "NAME")]
    #[serde(skip_serializing_if = "Option::is_none")]
    remote_model: Option<String>,
    /// Tokens that one question may fill, its prompt included.
    #[arg(long, value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    context_tokens: Option<u32>,
}

/// Not for `eval`, whose `--mode` is the system under test.
#[derive(Args, Clone, Debug, Default, Serialize)]
pub(crate) struct ModeFlags {
    /// From the graph where it can be, else drafted and repaired (auto);
    /// always drafted (draft); from the graph or not at all (graph).
    #[arg(long, value_name = "auto|draft|graph", value_parser = mode)]
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<Mode>,
    /// Withhold answers by the thresholds that `touchstone eval calibrate` wrote.
    #[arg(long, value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    calibration: Option<PathBuf>,
    /// Share of questions that may get a false answer: which of the calibration's promises.
    #[arg(long, value_name = "RATE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    max_false_rate: Option<f64>,
}

#[derive(Args, Clone, Debug, Default, Serialize)]
pub(crate) struct ReasonFlags {
    /// A larger model behind the first, by name, GGUF file or a server's address: it writes anew what is
    /// refuted, and what the first is not sure of.
    #[arg(long, value_name = "NAME|PATH|URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    cascade: Option<String>,
    /// Mean token probability of a line below which the first model is not sure of it.
    #[arg(long, value_name = "P")]
    #[serde(skip_serializing_if = "Option::is_none")]
    cascade_below: Option<f64>,
    /// Withhold unverified answers with less confidence [default: 0.46]; 0 gives all, said to be unverified.
    #[arg(long, value_name = "P")]
    #[serde(skip_serializing_if = "Option::is_none")]
    withhold_below: Option<f64>,
    /// Seed of the sampling.
    #[arg(long, value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    /// Drafts that may be checked before the answer is forced.
    #[arg(long, value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    max_steps: Option<usize>,
    /// Tokens of one step.
    #[arg(long, value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    max_step_tokens: Option<usize>,
    /// New drafts of one refuted step.
    #[arg(long, value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    max_repairs: Option<usize>,
    /// Sampling temperature; 0 takes the likeliest token.
    #[arg(long, value_name = "T")]
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f32>,
    /// Folder whose prompt files take the place of the built-in ones.
    #[arg(long, value_name = "DIR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    prompts: Option<PathBuf>,
}

#[derive(Args, Clone, Debug, Default, Serialize)]
pub(crate) struct ServeFlags {
    /// Host and port to listen on; port 0 takes any free one.
    #[arg(long, value_name = "HOST:PORT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    bind: Option<String>,
    /// Requests that may wait for their turn; more are refused (429).
    #[arg(long, value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    queue: Option<usize>,
    /// Questions answered at a time.
    #[arg(long, value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    sessions: Option<u32>,
    /// Bytes of a request's body; larger ones are refused (413).
    #[arg(long, value_name = "BYTES")]
    #[serde(skip_serializing_if = "Option::is_none")]
    body_limit: Option<usize>,
    /// Seconds that a request may take, waiting included.
    #[arg(long, value_name = "SECONDS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    request_timeout: Option<u64>,
    /// Seconds that running requests get once the server is told to stop.
    #[arg(long, value_name = "SECONDS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    shutdown_timeout: Option<u64>,
    /// Let keys with the scope `graph` change graphs and passages.
    #[arg(long)]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    updates: bool,
    /// Key file (`touchstone key add`): without it everyone may ask, check and query.
    #[arg(long, value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    keys: Option<PathBuf>,
    /// Serve HTTPS with this certificate chain (PEM).
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    #[serde(skip_serializing_if = "Option::is_none")]
    tls_certificate: Option<PathBuf>,
    /// The certificate's private key (PEM).
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    #[serde(skip_serializing_if = "Option::is_none")]
    tls_key: Option<PathBuf>,
    /// Let pages of this origin call the service, such as https://example.org; can be given several times.
    #[arg(long, value_name = "ORIGIN")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cors: Vec<String>,
}

#[derive(Args, Clone, Debug, Default, Serialize)]
pub(crate) struct KeyFlags {
    /// Key file.
    #[arg(long, value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    keys: Option<PathBuf>,
}

fn mode(text: &str) -> Result<Mode, String> {
    match text {
        "auto" => Ok(Mode::Auto),
        "draft" => Ok(Mode::Draft),
        "graph" => Ok(Mode::Graph),
        other => Err(format!("\"{other}\" is none of auto, draft, graph")),
    }
}
