//! What `eval run` and `eval calibrate` are told.

use std::path::PathBuf;

use touchstone_eval::Mode;
use touchstone_reason::Mode as Reasoning;

use crate::settings::{ConfigFile, Layers, ModelFlags, ReasonFlags, Settings, StoreFlags};

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
    pub(super) mode: AskMode,
    /// Questions asked at a time.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = at_least_one)]
    pub(super) concurrency: usize,
    /// Folder for results.jsonl, summary.json and run.json; by default one in eval-results.
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// The folder of a plain run to compare with, instead of `plain` in --out.
    #[arg(long, value_name = "DIR")]
    pub(super) plain: Option<PathBuf>,
    /// Ask nothing plainly, compare with nothing.
    #[arg(long, conflicts_with = "plain")]
    pub(super) no_plain: bool,
    /// With --mode answers: JSON lines {"id", "answer", "values", "steps", "confidence"}.
    #[arg(long, value_name = "FILE", required_if_eq("mode", "answers"))]
    pub(super) answers: Option<PathBuf>,
    /// With --mode endpoint: base of an OpenAI-compatible API, such as http://localhost:8080/v1.
    #[arg(long, value_name = "URL", required_if_eq("mode", "endpoint"))]
    pub(super) endpoint: Option<String>,
    /// With --mode endpoint: the model's name there.
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub(super) endpoint_model: String,
    /// Leave out this share of the facts, chosen by the seed; the judge has them all.
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = share)]
    pub(super) kg_drop: f64,
    /// No predicate is declared closed or functional.
    #[arg(long)]
    pub(super) open: bool,
    /// Judge by the answers as the files have them, without the suite's corrections.
    #[arg(long)]
    pub(super) as_listed: bool,
    /// Withhold answers by the thresholds that `eval calibrate` wrote.
    #[arg(long, value_name = "FILE")]
    pub(super) calibration: Option<PathBuf>,
    /// Share of questions that may get a false answer: which of the calibration's promises; for
    /// `calibrate`, what to promise, several times if wanted [default there: 0.1, 0.05 and 0.02].
    #[arg(long, value_name = "RATE", value_parser = share)]
    pub(super) max_false_rate: Vec<f64>,
    /// Let the model judge passages, and for suites of claims resolve unknown phrases.
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
pub(super) enum AskMode {
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
    pub(super) fn reasoning(self) -> Reasoning {
        match self {
            AskMode::TouchstoneDraft => Reasoning::Draft,
            AskMode::TouchstoneGraph => Reasoning::Graph,
            _ => Reasoning::Auto,
        }
    }

    /// As it is written on the command line.
    pub(super) fn name(self) -> &'static str {
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
