//! Settings in layers: built in, the user's file, the folder's file,
//! environment, flags. This is the only place that reads any of them.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use directories::{BaseDirs, ProjectDirs};
use figment::providers::{Env, Format, Serialized, Toml};
use figment::value::magic::RelativePathBuf;
use figment::value::{Dict, Map};
use figment::{Figment, Metadata, Profile, Provider, Source};
use serde::{Deserialize, Serialize};
use touchstone_graph::{QueryLimits, UserFacts};
use touchstone_llama::{CacheType, LlamaOptions, PromptCache, Split};
use touchstone_llm::Sampling;
use touchstone_llm::remote::RemoteOptions;
use touchstone_reason::{Mode, ReasonOptions};
use touchstone_server::{ServerConfig, TlsFiles};

mod flags;

pub(crate) use flags::{
    ConfigFile, IndexFlags, KeyFlags, ModeFlags, ModelFlags, ReasonFlags, ServeFlags, StoreFlags,
};

const FILE: &str = "touchstone.toml";
const PREFIX: &str = "TOUCHSTONE_";
/// The remote model's key. No setting, so that nothing shows or stores it.
const REMOTE_KEY: &str = "TOUCHSTONE_REMOTE_KEY";

/// Everything that can be set, by the names used in `touchstone.toml`; the
/// environment has them as `TOUCHSTONE_NAME`.
pub(crate) const DEFAULT_MODEL: &str = "qwen2.5-coder-1.5b";

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    store: RelativePathBuf,
    text_index: RelativePathBuf,
    policies: Option<RelativePathBuf>,
    packs: Vec<RelativePathBuf>,
    models: RelativePathBuf,
    model_list: Option<RelativePathBuf>,
    prompts: Option<RelativePathBuf>,
    pub(crate) model: String,
    /// A larger model that writes anew what the first gets wrong or is not
    /// sure of: a name, a file, or the address of a server.
    pub(crate) cascade: Option<String>,
    /// The mean token probability below which it is not.
    cascade_below: f64,
    /// Answers that are less sure are withheld.
    withhold_below: f64,
    context_tokens: u32,
    threads: Option<u32>,
    gpu_layers: Option<u32>,
    split: Split,
    devices: Vec<usize>,
    main_gpu: u32,
    flash_attention: Option<bool>,
    cache_type_k: CacheType,
    cache_type_v: CacheType,
    batch_tokens: u32,
    /// Folder for the computed state of the prompts.
    prompt_cache: RelativePathBuf,
    /// Mebibytes of it; 0 keeps nothing.
    prompt_cache_mib: u64,
    /// A server of the OpenAI API that runs the model instead.
    pub(crate) remote: Option<String>,
    remote_model: Option<String>,
    /// Seconds that it may be silent.
    remote_timeout: u64,
    pub(crate) mode: Mode,
    /// What `eval calibrate` wrote: answers are withheld by it.
    calibration: Option<RelativePathBuf>,
    /// Which of its promises.
    pub(crate) max_false_rate: Option<f64>,
    max_steps: usize,
    max_step_tokens: usize,
    max_repairs: usize,
    temperature: f32,
    top_p: f32,
    seed: u64,
    /// Bytes of one text for `check`.
    pub(crate) max_text_bytes: usize,
    bind: String,
    /// Questions and texts that may wait, each.
    queue: usize,
    /// Questions answered at a time.
    sessions: u32,
    /// Bytes of a request's body.
    body_limit: usize,
    /// Seconds of a request.
    request_timeout: u64,
    /// Seconds that running requests get once the server is told to stop.
    shutdown_timeout: u64,
    /// Whether graphs and passages can be changed over HTTP.
    pub(crate) updates: bool,
    /// Who may do what over HTTP.
    keys: Option<RelativePathBuf>,
    tls_certificate: Option<RelativePathBuf>,
    tls_key: Option<RelativePathBuf>,
    /// Origins whose pages may call the service.
    cors: Vec<String>,
    /// Seconds of a SPARQL query.
    query_timeout: u64,
    /// Rows of a SPARQL query's result.
    query_rows: usize,
    /// Bytes of a graph or of documents that are put over HTTP.
    update_limit: usize,
}

/// The layers, lowest first.
pub(crate) struct Layers {
    figment: Figment,
}

/// One setting as `touchstone config` shows it.
#[derive(Serialize)]
pub(crate) struct InForce {
    pub(crate) name: String,
    pub(crate) value: serde_json::Value,
    pub(crate) from: String,
}

impl Layers {
    pub(crate) fn new(config: &ConfigFile) -> anyhow::Result<Layers> {
        let mut figment =
            Figment::new().merge(Named("built in", Serialized::defaults(Settings::built_in()?)));
        let named =
            config.config_file.clone().or_else(|| std::env::var_os("TOUCHSTONE_CONFIG").map(PathBuf::from));
        match named {
            Some(file) if !file.is_file() => {
                bail!("there is no configuration file {}", file.display())
            }
            Some(file) => figment = figment.merge(Toml::file_exact(file)),
            None => {
                let of_user = project().map(|folders| folders.config_dir().join(FILE));
                let of_folder = PathBuf::from(FILE);
                for file in of_user.into_iter().chain([of_folder]).filter(|file| file.is_file()) {
                    figment = figment.merge(Toml::file_exact(file));
                }
            }
        }
        let names: Vec<String> = serde_json::to_value(Settings::built_in()?)?
            .as_object()
            .into_iter()
            .flatten()
            .map(|(k, _)| k.clone())
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        Ok(Layers { figment: figment.merge(Env::prefixed(PREFIX).only(&names)) })
    }

    pub(crate) fn flags(self, flags: &impl Serialize) -> Layers {
        Layers { figment: self.figment.merge(Named("a flag", Serialized::defaults(flags))) }
    }

    pub(crate) fn settings(&self) -> anyhow::Result<Settings> {
        let settings: Settings = self.figment.extract().map_err(|errors| {
            // The first is enough: the next run tells the next.
            let error = errors.into_iter().next().map(|e| e.to_string()).unwrap_or_default();
            // Without the excerpt that the TOML reader draws.
            let drawn = |line: &str| line.contains(" | ") || line.trim().starts_with('|');
            let mut text = "the configuration cannot be used".to_owned();
            for line in error.lines().filter(|line| !drawn(line)).map(str::trim) {
                text.push_str(if line.starts_with("in ") { " " } else { ": " });
                text.push_str(line);
            }
            anyhow::anyhow!(text)
        })?;
        settings.validate()?;
        Ok(settings)
    }

    /// What is in force and where each value comes from.
    pub(crate) fn in_force(&self) -> anyhow::Result<Vec<InForce>> {
        let settings = self.settings()?;
        let mut values = serde_json::to_value(&settings)?;
        for (name, path) in [
            ("store", Some(settings.store())),
            ("text_index", Some(settings.text_index())),
            ("models", Some(settings.models())),
            ("prompt_cache", Some(settings.prompt_cache.relative())),
            ("policies", settings.policies()),
            ("model_list", settings.model_list()),
            ("prompts", settings.prompts()),
            ("calibration", settings.calibration()),
            ("keys", settings.keys()),
            ("tls_certificate", settings.tls_certificate.as_ref().map(RelativePathBuf::relative)),
            ("tls_key", settings.tls_key.as_ref().map(RelativePathBuf::relative)),
        ] {
            values[name] = path.map(|path| path.display().to_string()).into();
        }
        let from = |name: &String| {
            self.figment.find_metadata(name).map_or_else(|| "built in".to_owned(), |m| source(m, name))
        };
        let entries = values.as_object().into_iter().flatten();
        Ok(entries
            .map(|(name, value)| InForce { name: name.clone(), value: value.clone(), from: from(name) })
            .collect())
    }
}

fn source(metadata: &Metadata, name: &str) -> String {
    match &metadata.source {
        Some(Source::File(path)) => path.display().to_string(),
        _ if metadata.name.contains("environment") => {
            format!("environment {PREFIX}{}", name.to_ascii_uppercase())
        }
        _ => metadata.name.to_string(),
    }
}

impl Settings {
    fn built_in() -> anyhow::Result<Settings> {
        let folders = project().context("the home folder is not known: set HOME, or give --store DIR")?;
        let llama = LlamaOptions::default();
        let reason = ReasonOptions::default();
        let server = ServerConfig::default();
        let remote = RemoteOptions::new("");
        Ok(Settings {
            store: folders.data_dir().join("store").into(),
            text_index: folders.data_dir().join("text").into(),
            policies: None,
            packs: Vec::new(),
            models: folders.cache_dir().join("models").into(),
            model_list: None,
            prompts: None,
            model: DEFAULT_MODEL.to_owned(),
            cascade: None,
            cascade_below: reason.cascade_below,
            withhold_below: reason.withhold_below,
            context_tokens: llama.context_tokens,
            threads: llama.threads,
            gpu_layers: llama.gpu_layers,
            split: llama.split,
            devices: llama.devices,
            main_gpu: llama.main_gpu,
            flash_attention: llama.flash_attention,
            cache_type_k: llama.cache_type_k,
            cache_type_v: llama.cache_type_v,
            batch_tokens: llama.batch_tokens,
            prompt_cache: folders.cache_dir().join("prompts").into(),
            prompt_cache_mib: 1024,
            remote: None,
            remote_model: None,
            remote_timeout: remote.read_timeout.as_secs(),
            mode: reason.mode,
            calibration: None,
            max_false_rate: None,
            max_steps: reason.max_steps,
            max_step_tokens: reason.max_step_tokens,
            max_repairs: reason.max_repairs,
            temperature: reason.sampling.temperature,
            top_p: reason.sampling.top_p,
            seed: reason.sampling.seed,
            max_text_bytes: 4 * 1024 * 1024,
            bind: server.listen,
            queue: server.max_waiting_asks,
            sessions: llama.max_sessions,
            body_limit: server.max_body_bytes,
            request_timeout: server.request_timeout.as_secs(),
            shutdown_timeout: server.shutdown_timeout.as_secs(),
            updates: false,
            keys: None,
            tls_certificate: None,
            tls_key: None,
            cors: server.cors_origins,
            query_timeout: server.query.time.as_secs(),
            query_rows: server.query.rows,
            update_limit: server.max_update_bytes,
        })
    }

    fn validate(&self) -> anyhow::Result<()> {
        fn within<T: PartialOrd + std::fmt::Display>(
            name: &str,
            value: T,
            low: T,
            high: T,
        ) -> anyhow::Result<()> {
            if value < low || value > high {
                bail!("{name} is {value}: it can be {low} to {high}");
            }
            Ok(())
        }
        within("context_tokens", self.context_tokens, 512, 1 << 20)?;
        within("threads", self.threads.unwrap_or(1), 1, 1024)?;
        within("batch_tokens", self.batch_tokens, 32, 2048)?;
        within("remote_timeout", self.remote_timeout, 1, 86_400)?;
        within("max_steps", self.max_steps, 1, 100)?;
        within("max_step_tokens", self.max_step_tokens, 8, 4096)?;
        within("max_repairs", self.max_repairs, 0, 10)?;
        within("cascade_below", self.cascade_below, 0.0, 1.0)?;
        within("withhold_below", self.withhold_below, 0.0, 1.0)?;
        within("temperature", self.temperature, 0.0, 5.0)?;
        within("top_p", self.top_p, 0.0, 1.0)?;
        within("max_text_bytes", self.max_text_bytes, 1, 1 << 30)?;
        within("queue", self.queue, 0, 1_000_000)?;
        within("sessions", self.sessions, 1, 128)?;
        within("body_limit", self.body_limit, 1, 1 << 30)?;
        within("request_timeout", self.request_timeout, 1, 86_400)?;
        within("shutdown_timeout", self.shutdown_timeout, 0, 3_600)?;
        within("query_timeout", self.query_timeout, 1, 86_400)?;
        within("query_rows", self.query_rows, 1, 100_000_000)?;
        within("update_limit", self.update_limit, 1, 1 << 40)?;
        if let (Some(rate), None) = (self.max_false_rate, &self.calibration) {
            bail!(
                "max_false_rate is {rate}, but no calibration is set: a promise needs the file that `touchstone eval calibrate` writes"
            );
        }
        if self.tls_certificate.is_some() != self.tls_key.is_some() {
            bail!("tls_certificate and tls_key belong together: give both, or neither");
        }
        if let Some(origin) = self.cors.iter().find(|origin| *origin != "*" && !is_origin(origin)) {
            bail!("cors holds {origin}: an origin is such as https://example.org, without a path");
        }
        Ok(())
    }

    // Paths in a file are relative to that file.

    pub(crate) fn store(&self) -> PathBuf {
        self.store.relative()
    }

    pub(crate) fn policies(&self) -> Option<PathBuf> {
        self.policies.as_ref().map(RelativePathBuf::relative)
    }

    pub(crate) fn text_index(&self) -> PathBuf {
        self.text_index.relative()
    }

    pub(crate) fn models(&self) -> PathBuf {
        self.models.relative()
    }

    /// The user's own list of models, where there is one.
    pub(crate) fn model_list(&self) -> Option<PathBuf> {
        match &self.model_list {
            Some(path) => Some(path.relative()),
            None => project().map(|p| p.config_dir().join("models.toml")).filter(|path| path.is_file()),
        }
    }

    pub(crate) fn packs(&self) -> Vec<PathBuf> {
        self.packs.iter().map(RelativePathBuf::relative).collect()
    }

    pub(crate) fn prompts(&self) -> Option<PathBuf> {
        self.prompts.as_ref().map(RelativePathBuf::relative)
    }

    pub(crate) fn calibration(&self) -> Option<PathBuf> {
        self.calibration.as_ref().map(RelativePathBuf::relative)
    }

    pub(crate) fn keys(&self) -> Option<PathBuf> {
        self.keys.as_ref().map(RelativePathBuf::relative)
    }

    pub(crate) fn llama(&self, sessions: u32) -> LlamaOptions {
        LlamaOptions {
            context_tokens: self.context_tokens,
            max_sessions: sessions,
            threads: self.threads,
            gpu_layers: self.gpu_layers,
            split: self.split,
            devices: self.devices.clone(),
            main_gpu: self.main_gpu,
            flash_attention: self.flash_attention,
            cache_type_k: self.cache_type_k,
            cache_type_v: self.cache_type_v,
            batch_tokens: self.batch_tokens,
            prompt_cache: (self.prompt_cache_mib > 0).then(|| PromptCache {
                folder: self.prompt_cache.relative(),
                max_bytes: self.prompt_cache_mib.saturating_mul(1 << 20),
            }),
            ..LlamaOptions::default()
        }
    }

    /// The remote model, where one is set.
    pub(crate) fn remote(&self, sessions: u32) -> Option<RemoteOptions> {
        let options = self.server_of(self.remote.as_ref()?, sessions);
        Some(RemoteOptions { model: self.remote_model.clone(), ..options })
    }

    /// The larger model, where it runs on a server.
    pub(crate) fn remote_cascade(&self, sessions: u32) -> Option<RemoteOptions> {
        let url = self.cascade.as_ref().filter(|name| is_address(name))?;
        Some(self.server_of(url, sessions))
    }

    fn server_of(&self, url: &str, sessions: u32) -> RemoteOptions {
        let key = std::env::var(REMOTE_KEY).ok().filter(|key| !key.is_empty());
        RemoteOptions {
            key: key.map(Into::into),
            read_timeout: std::time::Duration::from_secs(self.remote_timeout),
            max_sessions: sessions as usize,
            ..RemoteOptions::new(url)
        }
    }

    pub(crate) fn sessions(&self) -> u32 {
        self.sessions
    }

    pub(crate) fn reason(&self) -> ReasonOptions {
        ReasonOptions {
            mode: self.mode,
            max_steps: self.max_steps,
            max_step_tokens: self.max_step_tokens,
            max_repairs: self.max_repairs,
            cascade_below: self.cascade_below,
            withhold_below: self.withhold_below,
            sampling: Sampling { temperature: self.temperature, top_p: self.top_p, seed: self.seed },
            ..ReasonOptions::default()
        }
    }

    pub(crate) fn server(&self) -> ServerConfig {
        let seconds = std::time::Duration::from_secs;
        ServerConfig {
            listen: self.bind.clone(),
            max_body_bytes: self.body_limit,
            max_running_asks: self.sessions as usize,
            max_waiting_asks: self.queue,
            max_waiting_checks: self.queue,
            request_timeout: seconds(self.request_timeout),
            shutdown_timeout: seconds(self.shutdown_timeout),
            query: QueryLimits { time: seconds(self.query_timeout), rows: self.query_rows },
            max_update_bytes: self.update_limit,
            keys: self.keys(),
            users: Some(UserFacts::of_store(&self.store())),
            tls: self.tls_certificate.as_ref().zip(self.tls_key.as_ref()).map(|(certificate, key)| {
                TlsFiles { certificate: certificate.relative(), key: key.relative() }
            }),
            cors_origins: self.cors.clone(),
            reason: self.reason(),
            ..ServerConfig::default()
        }
    }
}

fn is_address(text: &str) -> bool {
    text.starts_with("http://") || text.starts_with("https://")
}

/// Scheme and host, as browsers send them.
fn is_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|host| !host.is_empty() && !host.contains(['/', '?', '#', ' ']))
}

/// The platform's folders: data for the graph and the texts, cache for what
/// can be fetched again.
fn project() -> Option<ProjectDirs> {
    ProjectDirs::from("", "", "touchstone")
}

/// Where fetched packages are kept.
pub(crate) fn package_cache() -> anyhow::Result<PathBuf> {
    let folders = project().context("the home folder is not known: set HOME")?;
    Ok(folders.cache_dir().join("packages"))
}

/// A path with the home folder as `~`, for people.
pub(crate) fn shown(path: &Path) -> String {
    let below = BaseDirs::new().and_then(|base| path.strip_prefix(base.home_dir()).ok().map(Path::to_owned));
    match below {
        Some(below) if !below.as_os_str().is_empty() => {
            format!("~{}{}", std::path::MAIN_SEPARATOR, below.display())
        }
        _ => path.display().to_string(),
    }
}

/// A provider under the name that people know.
struct Named<P>(&'static str, P);

impl<P: Provider> Provider for Named<P> {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.0)
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        self.1.data()
    }
}
