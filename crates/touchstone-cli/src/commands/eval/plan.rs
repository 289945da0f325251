//! What a run needs to know before anything slow begins, and what its answers
//! depend on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use touchstone_check::{Checker, deep};
use touchstone_eval::systems::{AnswerFile, Endpoint, Local, Wording, baseline_prompts_sha256};
use touchstone_eval::{Baseline, Calibration, Drop, Mode, Promise, Question, RunInfo, Suite, System, World};
use touchstone_reason::{Prompts, ReasonOptions, Reasoner};

use super::arguments::Arguments;
use super::hash;
use crate::parts;
use crate::parts::ModelPlace;
use crate::progress::Spinner;
use crate::settings::{ConfigFile, Settings, shown};

/// Where the key of an endpoint is looked for.
const KEYS: [&str; 2] = ["TOUCHSTONE_ENDPOINT_KEY", "OPENAI_API_KEY"];

/// What a run needs to know before anything slow begins.
pub(super) struct Plan<'a> {
    pub(super) arguments: &'a Arguments,
    pub(super) split: &'a str,
    pub(super) settings: Settings,
    pub(super) suite: Suite,
    pub(super) mode: Mode,
    pub(super) model: String,
    /// Absent where only an endpoint or a file answers.
    place: Option<ModelPlace>,
    pub(super) calibration: Option<(PathBuf, Calibration, Promise)>,
}

impl<'a> Plan<'a> {
    pub(super) fn new(
        arguments: &'a Arguments,
        split: &'a str,
        config: &ConfigFile,
    ) -> anyhow::Result<Plan<'a>> {
        let settings = arguments.settings(config)?;
        let mut suite = Suite::load(&arguments.suite)?;
        if arguments.as_listed {
            suite.correction.clear();
        }
        let mode = Mode::from(arguments.mode);
        let asks_plain = !arguments.no_plain && arguments.plain.is_none();
        let local = match mode {
            Mode::Answers => false,
            Mode::Endpoint => asks_plain,
            _ => true,
        };
        if local {
            parts::cascade_file(&settings)?;
        }
        if local && suite.graph.is_none() {
            parts::require_store(&settings)?;
        }
        if mode == Mode::Endpoint && local {
            bail!(
                "an endpoint is another model than the local one: compare it with a plain run by --plain DIR, or with nothing by --no-plain"
            );
        }
        let place = local.then(|| parts::model_place(&settings)).transpose()?;
        let model = match mode {
            Mode::Answers => stem(arguments.answers.as_deref()),
            Mode::Endpoint => arguments.endpoint_model.clone(),
            _ => model_name(&settings),
        };
        if arguments.calibration.is_some() && arguments.max_false_rate.len() > 1 {
            bail!("one run keeps one promise: give --max-false-rate once");
        }
        let calibration = match &arguments.calibration {
            Some(path) => {
                let calibration = Calibration::load(path)?;
                let promise = calibration.promise(arguments.max_false_rate.first().copied(), path)?;
                Some((path.clone(), calibration, promise))
            }
            None => None,
        };
        Ok(Plan { arguments, split, settings, suite, mode, model, place, calibration })
    }

    pub(super) fn data(&self) -> anyhow::Result<&Path> {
        let needed = !self.suite.beside && self.suite.splits.values().any(|split| !split.files.is_empty());
        match &self.arguments.data {
            Some(data) => Ok(data),
            None if needed || self.suite.graph.is_some() => bail!(
                "the suite needs its data: give the folder by --data; eval/README.md says where it comes from"
            ),
            None => Ok(Path::new(".")),
        }
    }

    /// The graphs, and the checker of the one that the system may use.
    pub(super) fn world(&self, seed: u64) -> anyhow::Result<(World, Arc<Checker>)> {
        let drop = Drop { share: self.arguments.kg_drop, seed, open: self.arguments.open };
        let with_checker = |world: World| {
            let checker = Arc::new(Checker::new(world.known.clone()));
            (world, checker)
        };
        if let Some(world) = World::of_suite(&self.suite, self.data()?, &drop)? {
            return Ok(with_checker(world));
        }
        // Answers from elsewhere can be judged without a graph.
        if self.place.is_none() && parts::require_store(&self.settings).is_err() {
            return Ok(with_checker(World::empty()?));
        }
        let checker = parts::checker(&self.settings)?;
        let world = World::from_graph(Arc::clone(checker.graph()), &drop)?;
        Ok(if Arc::ptr_eq(&world.full, &world.known) { (world, checker) } else { with_checker(world) })
    }

    fn options(&self) -> ReasonOptions {
        ReasonOptions { mode: self.arguments.mode.reasoning(), ..self.settings.reason() }
    }

    pub(super) fn baseline(&self) -> Baseline<'_> {
        match (&self.arguments.plain, self.mode) {
            (_, Mode::Plain) => Baseline::None,
            (Some(folder), _) => Baseline::Folder(folder),
            (None, Mode::Answers | Mode::Endpoint) => Baseline::None,
            (None, _) if self.arguments.no_plain => Baseline::None,
            (None, _) => Baseline::Ask,
        }
    }

    fn prompts(&self) -> Option<PathBuf> {
        self.settings.prompts().or_else(|| self.suite.prompts.as_ref().map(|p| self.suite.folder.join(p)))
    }

    pub(super) fn out(&self, seed: u64) -> PathBuf {
        self.arguments.out.clone().unwrap_or_else(|| {
            let mode = self.arguments.mode.name();
            let mut name = format!("{}-{}-{}-{mode}", self.suite.name, self.split, self.model);
            if self.arguments.kg_drop > 0.0 {
                name.push_str(&format!("-drop{}", self.arguments.kg_drop));
            }
            if self.arguments.open {
                name.push_str("-open");
            }
            if let Some((.., promise)) = &self.calibration {
                name.push_str(&format!("-max{}", promise.max_false_rate));
            }
            if let Some(limit) = self.arguments.limit {
                name.push_str(&format!("-limit{limit}"));
            }
            Path::new("eval-results").join(format!("{name}-seed{seed}"))
        })
    }

    /// The system under test, with what is loaded for it.
    pub(super) fn system(
        &self,
        world: &World,
        checker: Arc<Checker>,
        questions: &[Question],
        spinner: &Spinner,
    ) -> anyhow::Result<Box<dyn System>> {
        if let Some(path) = &self.arguments.answers {
            let file = AnswerFile::load(path, questions)?;
            let missing = file.missing(questions);
            if missing > 0 {
                spinner.aside(|| {
                    anstream::eprintln!("{missing} questions have no answer in {}: withheld", shown(path));
                });
            }
            return Ok(Box::new(file));
        }
        let prompts = match &self.suite.prompts {
            Some(folder) if self.settings.prompts().is_none() => {
                Prompts::load(Some(&self.suite.folder.join(folder)))?
            }
            _ => parts::prompts(&self.settings)?,
        };
        if let (Mode::Endpoint, Some(url)) = (self.mode, &self.arguments.endpoint) {
            let key = KEYS.iter().find_map(|name| std::env::var(name).ok()).filter(|key| !key.is_empty());
            return Ok(Box::new(Endpoint::new(url, &self.model, key, prompts, self.options())));
        }
        let place = self.place.as_ref().context("a model is needed")?;
        spinner.say("loading the model");
        let sessions = u32::try_from(self.arguments.concurrency).unwrap_or(u32::MAX);
        // The judge reads beside each question's own session.
        let reader = match self.arguments.deep {
            true => Some(parts::Reader::load(&self.settings, sessions.saturating_mul(2))?),
            false => None,
        };
        let engine = match &reader {
            Some(reader) => reader.engine(),
            None => parts::engine(&self.settings, place, sessions)?,
        };
        let line = parts::startup_line(&engine.info(), &world.known)?;
        spinner.aside(|| anstream::eprintln!("{line}"));
        let wording = Wording::load(self.prompts().as_deref())?;
        let engines = parts::Engines::behind(Arc::clone(&engine), &self.settings, sessions)?;
        let mut reasoner = engines.over(Reasoner::new(engine, checker, prompts, self.options()));
        if let Some(reader) = reader {
            let judge = Some(Arc::new(reader.judge()?) as Arc<dyn deep::PassageJudge>);
            let library = deep::Library::given(Vec::new(), judge, deep::DEFAULT_CONFIDENCE);
            reasoner = reasoner.with_library(Arc::new(library));
        }
        Ok(Box::new(Local::new(reasoner, self.options(), world.known.clone(), wording)))
    }
}

/// A listed name, or the name of a file without its folder.
fn model_name(settings: &Settings) -> String {
    if let Some(options) = settings.remote(1) {
        let name = options.model.as_deref().and_then(|model| model.rsplit('/').next());
        return name.unwrap_or("remote").to_owned();
    }
    let name = |model: &str| {
        Path::new(model)
            .file_name()
            .map_or_else(|| model.to_owned(), |name| name.to_string_lossy().into_owned())
    };
    match &settings.cascade {
        Some(larger) => format!("{}+{}", name(&settings.model), name(larger)),
        None => name(&settings.model),
    }
}

fn stem(path: Option<&Path>) -> String {
    let stem = path.and_then(Path::file_stem).map(|stem| stem.to_string_lossy().into_owned());
    stem.unwrap_or_else(|| "answers".to_owned())
}

/// What the answers depend on.
pub(super) fn in_force(
    plan: &Plan<'_>,
    world: &World,
) -> anyhow::Result<BTreeMap<String, serde_json::Value>> {
    const NAMES: [&str; 11] = [
        "context_tokens",
        "threads",
        "gpu_layers",
        "flash_attention",
        "cache_type_k",
        "cache_type_v",
        "max_steps",
        "max_step_tokens",
        "max_repairs",
        "temperature",
        "top_p",
    ];
    let settings = &plan.settings;
    let mut named: BTreeMap<String, serde_json::Value> = BTreeMap::new();
    if let Some(answers) = &plan.arguments.answers {
        named.insert("answers_sha256".to_owned(), hash::file(answers)?.into());
    } else {
        let values = serde_json::to_value(settings)?;
        named.extend(NAMES.iter().map(|name| ((*name).to_owned(), values[*name].clone())));
        if plan.mode == Mode::Touchstone {
            named.insert("reasoning".to_owned(), serde_json::to_value(plan.arguments.mode.reasoning())?);
            if plan.arguments.deep {
                named.insert("deep".to_owned(), true.into());
            }
        }
        named.insert("concurrency".to_owned(), plan.arguments.concurrency.into());
        if plan.mode != Mode::Endpoint {
            named.insert("baseline_prompts_sha256".to_owned(), baseline_prompts_sha256().into());
        }
    }
    if let Some(url) = plan.arguments.endpoint.as_ref().filter(|_| plan.mode == Mode::Endpoint) {
        named.insert("endpoint".to_owned(), url.clone().into());
    }
    match &plan.place {
        Some(ModelPlace::File(file)) => {
            let sha256 = parts::model_sha256(settings, &settings.model, file)?;
            named.insert("model_sha256".to_owned(), sha256.into());
        }
        Some(ModelPlace::Remote) => {
            named.insert("remote".to_owned(), serde_json::to_value(settings)?["remote"].clone());
        }
        None => {}
    }
    if plan.place.is_some() && settings.cascade.is_some() {
        named.insert("cascade".to_owned(), parts::cascade_identity(settings)?);
        named.insert("cascade_below".to_owned(), settings.reason().cascade_below.into());
    }
    if plan.place.is_some() {
        named.insert("withhold_below".to_owned(), settings.reason().withhold_below.into());
    }
    named.insert(RunInfo::GRAPH.to_owned(), world.known_sha256.clone().into());
    named.insert(RunInfo::KG_DROP.to_owned(), plan.arguments.kg_drop.into());
    named.insert("open".to_owned(), plan.arguments.open.into());
    if let Some((path, ..)) = &plan.calibration {
        named.insert("calibration".to_owned(), hash::file(path)?.into());
    }
    if let Some(folder) = plan.prompts() {
        named.insert("prompts_sha256".to_owned(), hash::folder(&folder)?.into());
    }
    Ok(named)
}
