//! From settings to the parts that do the work.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, bail};
use touchstone_check::deep::phrases::{Calibration, Learner, Memory, PhraseResolver, Phrases};
use touchstone_check::policy::Policies;
use touchstone_check::{Checker, deep, policy};
use touchstone_graph::{Graph, Store, UserFacts};
use touchstone_llama::LlamaEngine;
use touchstone_llama::models::{ModelCache, ModelList};
use touchstone_llm::remote::RemoteEngine;
use touchstone_llm::{Engine, EngineInfo};
use touchstone_reason::{Prompts, ReasonOptions, Reasoner, Threshold};
use touchstone_text::TextIndex;

use crate::output;
use crate::pack::Pack;
use crate::settings::{Settings, shown};

/// Refuses early, before anything slow, when there is no graph; a pack can be
/// one.
pub(crate) fn require_store(settings: &Settings) -> anyhow::Result<PathBuf> {
    let dir = settings.store();
    if !dir.join("CURRENT").exists() && settings.packs().is_empty() {
        bail!(
            "there is no graph store in {}: make the demonstration graph with `touchstone kg demo`, load your own with `touchstone kg import`, or give --store DIR",
            shown(&dir)
        );
    }
    Ok(dir)
}

/// Opened for reading: several programs can check against one store.
pub(crate) fn checker(settings: &Settings) -> anyhow::Result<Arc<Checker>> {
    checker_with(settings, remembered(settings)?)
}

/// With the facts that only this user's questions see.
pub(crate) fn checker_for(settings: &Settings, user: Option<&str>) -> anyhow::Result<Arc<Checker>> {
    let Some(user) = user else { return checker(settings) };
    let facts = UserFacts::of_store(&settings.store());
    if facts.version(user)?.is_none() {
        bail!("the user {user} has no facts: give some with `touchstone kg user put {user} FILE`");
    }
    let own = facts.over(&graph(settings)?, user)?;
    checker_over(settings, Arc::new(own), remembered(settings)?)
}

/// What a model has made of phrases before.
pub(crate) fn remembered(settings: &Settings) -> anyhow::Result<Phrases> {
    phrases(settings, None)
}

pub(crate) fn checker_with(settings: &Settings, phrases: Phrases) -> anyhow::Result<Arc<Checker>> {
    checker_over(settings, Arc::new(graph(settings)?), phrases)
}

/// The graph for reading, with what packs add, which lasts as long as the run.
pub(crate) fn graph(settings: &Settings) -> anyhow::Result<Graph> {
    let dir = require_store(settings)?;
    let packs = packs(settings)?;
    if packs.is_empty() {
        return Ok(Graph::open_read_only(&dir)?);
    }
    let store = if dir.join("CURRENT").exists() {
        Store::open_read_only(&dir)?.copy_in_memory()?
    } else {
        Store::in_memory()?
    };
    packs.iter().try_for_each(|pack| pack.load(&store))?;
    Ok(Graph::from_store(store)?)
}

/// With the rules that the settings and the packs name.
pub(crate) fn checker_over(
    settings: &Settings,
    graph: Arc<Graph>,
    phrases: Phrases,
) -> anyhow::Result<Arc<Checker>> {
    let packs = packs(settings)?;
    let checker = Checker::new(Arc::clone(&graph)).with_phrases(phrases);
    let mut policies = Policies::default();
    let of_packs = packs.iter().filter_map(|pack| pack.part("policies"));
    for path in settings.policies().into_iter().chain(of_packs) {
        policies.extend(policy::load(&path, &graph)?);
    }
    Ok(Arc::new(if policies.is_empty() { checker } else { checker.with_policies(policies) }))
}

pub(crate) fn packs(settings: &Settings) -> anyhow::Result<Vec<Pack>> {
    settings.packs().iter().map(|folder| Pack::open(folder)).collect()
}

/// The phrases that a model has resolved for this store.
pub(crate) fn phrases(settings: &Settings, confidence: Option<f64>) -> anyhow::Result<Phrases> {
    let confidence = confidence.unwrap_or(deep::phrases::DEFAULT_CONFIDENCE);
    Ok(Phrases::new(Memory::open(&Memory::file_of(&settings.store()))?, confidence))
}

/// What the model does under `--deep`.
pub(crate) struct Reader {
    engine: Arc<dyn Engine>,
    name: String,
    sha256: String,
}

impl Reader {
    pub(crate) fn load(settings: &Settings, sessions: u32) -> anyhow::Result<Reader> {
        if settings.remote.is_some() {
            bail!("--deep needs a model on this machine: the weights for reading its numbers go by its file");
        }
        let file = model_file(settings, &settings.model)?;
        let sha256 = model_sha256(settings, &settings.model, &file)?;
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Reader { engine: engine(settings, &ModelPlace::File(file), sessions)?, name, sha256 })
    }

    pub(crate) fn engine(&self) -> Arc<dyn Engine> {
        Arc::clone(&self.engine)
    }

    /// Hash of the model's file.
    pub(crate) fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Judges passages.
    pub(crate) fn judge(&self) -> anyhow::Result<deep::ModelJudge> {
        let probe =
            deep::Probe::shipped(&self.sha256).with_context(|| self.uncalibrated("judging passages"))?;
        Ok(deep::ModelJudge::new(Arc::clone(&self.engine), probe))
    }

    /// Resolves phrases, for a checker that reads them.
    pub(crate) fn learner(&self, phrases: Phrases) -> anyhow::Result<Learner> {
        let calibration =
            Calibration::shipped(&self.sha256).with_context(|| self.uncalibrated("resolving phrases"))?;
        let resolver = PhraseResolver::new(Arc::clone(&self.engine), calibration);
        Ok(Learner::new(resolver, phrases, &self.name, &self.sha256))
    }

    fn uncalibrated(&self, what: &str) -> String {
        format!(
            "{} has no calibration for {what}, and without one its word counts for nothing: --deep needs the model {}",
            self.name,
            crate::settings::DEFAULT_MODEL
        )
    }
}

/// The passages to look claims up in, where there is an index; judged where
/// there is a reader.
pub(crate) fn library(
    settings: &Settings,
    reader: Option<&Reader>,
    confidence: Option<f64>,
) -> anyhow::Result<Option<deep::Library>> {
    let confidence = confidence.unwrap_or(deep::DEFAULT_CONFIDENCE);
    let dir = settings.text_index();
    if !dir.join("meta.json").exists() {
        return Ok(None);
    }
    let judge = match reader {
        Some(reader) => Some(Arc::new(reader.judge()?) as Arc<dyn deep::PassageJudge>),
        None => None,
    };
    Ok(Some(deep::Library::new(TextIndex::open(&dir)?, judge, confidence)))
}

pub(crate) fn model_list(settings: &Settings) -> anyhow::Result<ModelList> {
    Ok(ModelList::load(settings.model_list().as_deref())?)
}

/// Where the model of the settings is.
pub(crate) enum ModelPlace {
    File(PathBuf),
    Remote,
}

/// A server, when one is set; else the file of a listed name, or a path.
pub(crate) fn model_place(settings: &Settings) -> anyhow::Result<ModelPlace> {
    if settings.remote.is_some() {
        return Ok(ModelPlace::Remote);
    }
    model_file(settings, &settings.model).map(ModelPlace::File)
}

/// The file of the larger model behind it, where there is one on this machine.
pub(crate) fn cascade_file(settings: &Settings) -> anyhow::Result<Option<PathBuf>> {
    match &settings.cascade {
        Some(name) if settings.remote_cascade(1).is_none() => model_file(settings, name).map(Some),
        _ => Ok(None),
    }
}

fn model_file(settings: &Settings, name: &str) -> anyhow::Result<PathBuf> {
    let list = model_list(settings)?;
    if let Some(model) = list.find(name) {
        let cache = ModelCache::new(settings.models());
        return cache.path(model).with_context(|| {
            format!("the model {name} is not on this machine: fetch it with `touchstone model pull {name}`")
        });
    }
    let path = PathBuf::from(name);
    if path.is_file() {
        return Ok(path);
    }
    if name.ends_with(".gguf") || name.contains(std::path::MAIN_SEPARATOR) {
        bail!("there is no model file {name}");
    }
    bail!(
        "there is no model named {name}: `touchstone model list` shows the known ones, or give the path of a GGUF file"
    );
}

pub(crate) fn engine(
    settings: &Settings,
    model: &ModelPlace,
    sessions: u32,
) -> anyhow::Result<Arc<dyn Engine>> {
    Ok(match (model, settings.remote(sessions)) {
        (ModelPlace::File(file), _) => Arc::new(LlamaEngine::load(file, &settings.llama(sessions))?),
        (ModelPlace::Remote, Some(options)) => Arc::new(RemoteEngine::connect(&options)?),
        (ModelPlace::Remote, None) => bail!("no remote model is set"),
    })
}

/// The models that answer.
#[derive(Clone)]
pub(crate) struct Engines {
    pub(crate) first: Arc<dyn Engine>,
    larger: Option<Arc<dyn Engine>>,
}

impl Engines {
    /// The larger one is loaded too, as it would be needed in the middle of a
    /// question.
    pub(crate) fn behind(
        first: Arc<dyn Engine>,
        settings: &Settings,
        sessions: u32,
    ) -> anyhow::Result<Engines> {
        let larger: Option<Arc<dyn Engine>> =
            match (settings.remote_cascade(sessions), cascade_file(settings)?) {
                (Some(options), _) => Some(Arc::new(RemoteEngine::connect(&options)?)),
                (None, Some(file)) => Some(Arc::new(LlamaEngine::load(&file, &settings.llama(sessions))?)),
                (None, None) => None,
            };
        Ok(Engines { first, larger })
    }

    pub(crate) fn over(&self, reasoner: Reasoner) -> Reasoner {
        match &self.larger {
            Some(larger) => reasoner.with_larger(Arc::clone(larger)),
            None => reasoner,
        }
    }
}

/// A listed model's hash, else that of its file.
pub(crate) fn model_sha256(
    settings: &Settings,
    name: &str,
    file: &std::path::Path,
) -> anyhow::Result<String> {
    match model_list(settings)?.find(name) {
        Some(model) => Ok(model.sha256.clone()),
        None => {
            touchstone_llama::models::sha256(file).with_context(|| format!("cannot read {}", shown(file)))
        }
    }
}

/// What the larger model is, for what holds for one only.
pub(crate) fn cascade_identity(settings: &Settings) -> anyhow::Result<serde_json::Value> {
    Ok(match (&settings.cascade, cascade_file(settings)?) {
        (Some(name), Some(file)) => model_sha256(settings, name, &file)?.into(),
        (Some(address), None) => address.clone().into(),
        (None, _) => serde_json::Value::Null,
    })
}

pub(crate) fn prompts(settings: &Settings) -> anyhow::Result<Prompts> {
    let mut prompts = Prompts::load(settings.prompts().as_deref())?;
    for folder in packs(settings)?.iter().filter_map(|pack| pack.part("prompts")) {
        prompts.add_examples(&folder)?;
    }
    Ok(prompts)
}

pub(crate) fn reasoner(
    settings: &Settings,
    engines: &Engines,
    checker: Arc<Checker>,
    library: Option<Arc<deep::Library>>,
) -> anyhow::Result<Reasoner> {
    let first = Arc::clone(&engines.first);
    let reasoner = engines.over(Reasoner::new(first, checker, prompts(settings)?, reason(settings)?));
    Ok(match library {
        Some(library) => reasoner.with_library(library),
        None => reasoner,
    })
}

/// With the threshold below which answers are withheld, where one is set.
pub(crate) fn reason(settings: &Settings) -> anyhow::Result<ReasonOptions> {
    let Some(path) = settings.calibration() else { return Ok(settings.reason()) };
    let calibration = touchstone_eval::Calibration::load(&path)?;
    let promise = calibration.promise(settings.max_false_rate, &path)?;
    // A promise holds for the model and the way of reasoning that it was made
    // with. The graph may grow: its facts are checked, whatever they are.
    let model = match model_place(settings)? {
        ModelPlace::File(file) => model_sha256(settings, &settings.model, &file)?.into(),
        ModelPlace::Remote => serde_json::Value::Null,
    };
    let mode = serde_json::to_value(settings.mode)?;
    let larger = cascade_identity(settings)?;
    for (what, name, now) in
        [("model", "model_sha256", model), ("larger model", "cascade", larger), ("mode", "reasoning", mode)]
    {
        let stored = calibration.settings.get(name).cloned().unwrap_or_default();
        if stored != now {
            bail!(
                "{} was made for another {what} ({stored}, now {now}): its promise does not hold for this one; run `touchstone eval calibrate` for it",
                shown(&path)
            );
        }
    }
    let threshold = Threshold { max_false_rate: promise.max_false_rate, confidence: promise.threshold };
    Ok(ReasonOptions { threshold: Some(threshold), ..settings.reason() })
}

/// What runs, in one line for standard error.
pub(crate) fn startup_line(info: &EngineInfo, graph: &Graph) -> anyhow::Result<String> {
    let triples = graph.store().inner().len()? as u64;
    Ok(format!("model {} on {}; graph with {} triples", info.model, info.kernels, output::grouped(triples)))
}
