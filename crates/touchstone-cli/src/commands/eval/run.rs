use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, bail};
use touchstone_check::Checker;
use touchstone_eval::claims::ClaimSuite;
use touchstone_eval::judge::Judge;
use touchstone_eval::systems::{AnswerFile, Endpoint, Local, Wording, baseline_prompts_sha256};
use touchstone_eval::{
    Baseline, Calibration, Drop, Mode, Outcome, Promise, Question, QuestionSet, Run, RunInfo, Suite, System,
    World,
};
use touchstone_reason::{Mode as Reasoning, Prompts, ReasonOptions, Reasoner};

use super::progress::Bar;
use super::{claims, hash};
use crate::parts::ModelPlace;
use crate::progress::Spinner;
use crate::settings::{ConfigFile, Layers, ModelFlags, ReasonFlags, Settings, StoreFlags, shown};
use crate::{interrupt, output, parts};

pub(super) const DEFAULT_SPLIT: &str = "dev";
/// Where the key of an endpoint is looked for.
const KEYS: [&str; 2] = ["TOUCHSTONE_ENDPOINT_KEY", "OPENAI_API_KEY"];

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The suite, such as eval/suites/trivia.toml.
    pub(super) suite: PathBuf,
    /// Folder with the suite's data; eval/README.md says where they come from.
    #[arg(long, value_name = "DIR", env = "TOUCHSTONE_DATA", hide_env_values = true)]
    pub(super) data: Option<PathBuf>,
    /// Part of the data [default: dev, or calibration for `calibrate`].
    #[arg(long)]
    pub(super) split: Option<String>,
    /// Ask so many questions, chosen by the seed.
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(super) limit: Option<usize>,
    /// The system under test; all but plain and answers are compared with plain on the same questions.
    #[arg(long, value_enum, default_value_t)]
    mode: AskMode,
    /// Questions asked at a time.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = at_least_one)]
    concurrency: usize,
    /// Folder for results.jsonl, summary.json and run.json; by default one in eval-results.
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// The folder of a plain run to compare with, instead of `plain` in --out.
    #[arg(long, value_name = "DIR")]
    plain: Option<PathBuf>,
    /// Ask nothing plainly, compare with nothing.
    #[arg(long, conflicts_with = "plain")]
    no_plain: bool,
    /// With --mode answers: JSON lines {"id", "answer", "values", "steps", "confidence"}.
    #[arg(long, value_name = "FILE", required_if_eq("mode", "answers"))]
    answers: Option<PathBuf>,
    /// With --mode endpoint: base of an OpenAI-compatible API, such as http://localhost:8080/v1.
    #[arg(long, value_name = "URL", required_if_eq("mode", "endpoint"))]
    endpoint: Option<String>,
    /// With --mode endpoint: the model's name there.
    #[arg(long, value_name = "NAME", default_value = "default")]
    endpoint_model: String,
    /// Leave out this share of the facts, chosen by the seed; the judge has them all.
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = share)]
    pub(super) kg_drop: f64,
    /// No predicate is declared closed or functional.
    #[arg(long)]
    pub(super) open: bool,
    /// Withhold answers by the thresholds that `eval calibrate` wrote.
    #[arg(long, value_name = "FILE")]
    calibration: Option<PathBuf>,
    /// Share of questions that may get a false answer: which of the calibration's promises; for
    /// `calibrate`, what to promise, several times if wanted [default there: 0.1, 0.05 and 0.02].
    #[arg(long, value_name = "RATE", value_parser = share)]
    pub(super) max_false_rate: Vec<f64>,
    /// Suites of claims: let the model judge passages and resolve unknown phrases.
    #[arg(long)]
    pub(super) deep: bool,
    /// Suites of claims against passages: find the passages in an index of all of them.
    #[arg(long, requires = "deep")]
    pub(super) retrieve: bool,
    /// Suites of claims: show so many examples of each kind of mistake.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) show: usize,
    /// The summary as JSON instead of the table.
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) model: ModelFlags,
    #[command(flatten)]
    pub(super) reason: ReasonFlags,
    #[command(flatten)]
    pub(super) store: StoreFlags,
}

impl Arguments {
    pub(super) fn settings(&self, config: &ConfigFile) -> anyhow::Result<Settings> {
        Layers::new(config)?.flags(&self.store).flags(&self.model).flags(&self.reason).settings()
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum AskMode {
    /// Every step checked: from the graph where the question can be read to its end, else drafted.
    #[default]
    Touchstone,
    /// Every step drafted by the model and checked.
    TouchstoneDraft,
    /// From the graph or not at all.
    TouchstoneGraph,
    /// The same prompt, sampling and limits, nothing checked.
    Plain,
    /// Plain, with evidence from the graph and the question's passages in the prompt.
    Rag,
    /// Chain-of-verification with the same model.
    Cove,
    /// The answer of most of five samples.
    SelfConsistency,
    /// A model behind an OpenAI-compatible server.
    Endpoint,
    /// A file of answers from anywhere; needs no model.
    Answers,
}

impl From<AskMode> for Mode {
    fn from(mode: AskMode) -> Mode {
        match mode {
            AskMode::Touchstone | AskMode::TouchstoneDraft | AskMode::TouchstoneGraph => Mode::Touchstone,
            AskMode::Plain => Mode::Plain,
            AskMode::Rag => Mode::Rag,
            AskMode::Cove => Mode::Cove,
            AskMode::SelfConsistency => Mode::SelfConsistency,
            AskMode::Endpoint => Mode::Endpoint,
            AskMode::Answers => Mode::Answers,
        }
    }
}

impl AskMode {
    fn reasoning(self) -> Reasoning {
        match self {
            AskMode::TouchstoneDraft => Reasoning::Draft,
            AskMode::TouchstoneGraph => Reasoning::Graph,
            _ => Reasoning::Auto,
        }
    }

    /// As it is written on the command line.
    fn name(self) -> &'static str {
        match self {
            AskMode::TouchstoneDraft => "touchstone-draft",
            AskMode::TouchstoneGraph => "touchstone-graph",
            other => Mode::from(other).name(),
        }
    }
}

pub(super) fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("it is at least one".to_owned()),
        Ok(number) => Ok(number),
        Err(_) => Err("it is a whole number".to_owned()),
    }
}

pub(super) fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (0.0..=1.0).contains(&value) => Ok(value),
        _ => Err("it is a share between 0 and 1".to_owned()),
    }
}

pub(super) fn run(arguments: &Arguments, config: &ConfigFile) -> anyhow::Result<ExitCode> {
    if let Some(suite) = ClaimSuite::load(&arguments.suite)? {
        return claims::run(&suite, arguments, config);
    }
    let (outcome, out) = measure(arguments, DEFAULT_SPLIT, config)?;
    finish(&outcome, &out, arguments.json)
}

/// What a run needs to know before anything slow begins.
struct Plan<'a> {
    arguments: &'a Arguments,
    split: &'a str,
    settings: Settings,
    suite: Suite,
    mode: Mode,
    model: String,
    /// Absent where only an endpoint or a file answers.
    place: Option<ModelPlace>,
    calibration: Option<(PathBuf, Calibration, Promise)>,
}

impl<'a> Plan<'a> {
    fn new(arguments: &'a Arguments, split: &'a str, config: &ConfigFile) -> anyhow::Result<Plan<'a>> {
        let settings = arguments.settings(config)?;
        let suite = Suite::load(&arguments.suite)?;
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

    fn data(&self) -> anyhow::Result<&Path> {
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
    fn world(&self, seed: u64) -> anyhow::Result<(World, Arc<Checker>)> {
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

    fn baseline(&self) -> Baseline<'_> {
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

    fn out(&self, seed: u64) -> PathBuf {
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
    fn system(
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
        let engine = parts::engine(&self.settings, place, sessions)?;
        let line = parts::startup_line(&engine.info(), &world.known)?;
        spinner.aside(|| anstream::eprintln!("{line}"));
        let wording = Wording::load(self.prompts().as_deref())?;
        let engines = parts::Engines::behind(Arc::clone(&engine), &self.settings, sessions)?;
        let reasoner = engines.over(Reasoner::new(engine, checker, prompts, self.options()));
        Ok(Box::new(Local::new(reasoner, self.options(), world.known.clone(), wording)))
    }
}

/// `default_split` is what is asked where no split is named.
pub(super) fn measure(
    arguments: &Arguments,
    default_split: &str,
    config: &ConfigFile,
) -> anyhow::Result<(Outcome, PathBuf)> {
    let split = arguments.split.as_deref().unwrap_or(default_split);
    let plan = Plan::new(arguments, split, config)?;
    let seed = plan.settings.reason().sampling.seed;
    let data = plan.data()?;
    let spinner = Spinner::new(!arguments.json);
    for file in touchstone_eval::data::altered(&plan.suite, data)? {
        let touchstone_eval::data::State::Altered { found_sha256 } = &file.state else { continue };
        spinner.aside(|| {
            anstream::eprintln!(
                "{} is not the published file: SHA-256 {found_sha256}, published {}",
                file.path,
                file.sha256
            );
        });
    }
    spinner.say("loading the graph");
    let (world, checker) = plan.world(seed)?;
    spinner.say("reading the questions");
    let questions = QuestionSet::read(&plan.suite, plan.split, data, &world, seed)?;
    for reason in &questions.skipped {
        spinner.aside(|| anstream::eprintln!("left out: {reason}"));
    }
    let program = hash::this_program()?;
    let settings = in_force(&plan, &world)?;
    if let Some((_, calibration, _)) = &plan.calibration {
        calibration.fits(plan.mode, &plan.model, &settings)?;
    }
    let out = plan.out(seed);
    spinner.say("reading the facts for the judge");
    let judge = Judge::with_facts(&world.full)?;
    let all = questions.questions.clone();
    let mut prepared = Run {
        suite: &plan.suite,
        split: plan.split,
        questions,
        limit: arguments.limit,
        seed,
        mode: plan.mode,
        model: &plan.model,
        program: &program,
        settings,
        out: &out,
        baseline: plan.baseline(),
        concurrency: arguments.concurrency,
        judge: &judge,
        promise: plan.calibration.as_ref().map(|(.., promise)| *promise),
    }
    .prepare()?;
    interrupt::watch()?;

    let (before, total) = (prepared.progress().done, prepared.progress().total);
    spinner.aside(|| {
        if prepared.repaired() > 0 {
            anstream::eprintln!(
                "{} ended in a half-written line: its {} bytes are removed, and the question asked again",
                shown(&out),
                prepared.repaired()
            );
        }
        if before > 0 {
            anstream::eprintln!("{before} of {total} answers are in {} already", shown(&out));
        }
    });
    if !prepared.is_complete() {
        let system = plan.system(&world, checker, &all, &spinner)?;
        drop(spinner);
        let mut bar = Bar::new(&prepared.progress());
        prepared.ask(system.as_ref(), &interrupt::asked, &mut |progress| bar.set(&progress))?;
        bar.finish();
    }
    Ok((prepared.finish()?, out))
}

pub(super) fn finish(outcome: &Outcome, out: &Path, json: bool) -> anyhow::Result<ExitCode> {
    let mut stdout = anstream::stdout().lock();
    if json {
        output::json(&mut stdout, &outcome.summary)?;
    } else {
        writeln!(stdout, "{}", touchstone_eval::table(outcome))?;
        for note in touchstone_eval::notes(&outcome.summary) {
            writeln!(stdout, "{note}")?;
        }
        stdout.flush()?;
    }
    if outcome.complete {
        anstream::eprintln!("results in {}", shown(out));
        return Ok(ExitCode::SUCCESS);
    }
    bail!("stopped after {} of {} answers: the same command goes on from there", outcome.done, outcome.total);
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
fn in_force(plan: &Plan<'_>, world: &World) -> anyhow::Result<BTreeMap<String, serde_json::Value>> {
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
