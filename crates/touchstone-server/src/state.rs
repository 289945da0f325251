use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::{ArcSwap, ArcSwapOption};
use tokio_util::sync::CancellationToken;
use touchstone_check::Checker;
use touchstone_check::deep::{self, Library};
use touchstone_graph::Graph;
use touchstone_reason::Reasoner;
use touchstone_text::TextIndex;

use crate::auth::Keys;
use crate::config::ServerConfig;
use crate::gate::Gate;
use crate::metrics::Metrics;
use crate::problem::{Missing, Problem};
use crate::routes::packs::PackInfo;
use crate::routes::users::Ready;
use crate::runs::Runs;

/// How long it holds that the models answer, or not.
const MODELS_SEEN: Duration = Duration::from_secs(1);

/// What is made anew when the graph has changed.
pub struct Parts {
    pub checker: Arc<Checker>,
    pub reasoner: Option<Arc<Reasoner>>,
}

/// Makes the parts that work on a graph; says why where it cannot.
pub type Renew = Box<dyn Fn(Arc<Graph>) -> Result<Parts, String> + Send + Sync>;

/// Reads the configuration again and hands over what has changed.
pub type Reload = Box<dyn Fn() -> Result<(), String> + Send + Sync>;

/// What the requests share.
pub(crate) struct State {
    pub(crate) config: ServerConfig,
    pub(crate) asks: Arc<Gate>,
    pub(crate) checks: Arc<Gate>,
    pub(crate) queries: Arc<Gate>,
    /// Changes of the graph and the passages, one at a time.
    pub(crate) updates: Arc<Gate>,
    /// Cancelled when the time to finish is over: ends every running request.
    pub(crate) abort: CancellationToken,
    pub(crate) metrics: Metrics,
    pub(crate) runs: Runs,
    pub(crate) renew: OnceLock<Renew>,
    pub(crate) reload: OnceLock<Reload>,
    pub(crate) packs: ArcSwap<Vec<PackInfo>>,
    /// What answers users who have facts of their own.
    pub(crate) ready: Ready,
    /// How many short texts to come are checked beside the requests' threads.
    pub(crate) wary_checks: AtomicUsize,
    draining: AtomicBool,
    keys: Option<ArcSwap<Keys>>,
    reasoner: ArcSwapOption<Reasoner>,
    checker: ArcSwapOption<Checker>,
    passages: ArcSwapOption<TextIndex>,
    /// When the models were last asked whether they answer.
    looked_for_models: tokio::sync::Mutex<Option<Instant>>,
    /// Why a part is missing, where more is known than that it is.
    lost: Mutex<BTreeMap<&'static str, String>>,
}

impl State {
    pub(crate) fn new(config: ServerConfig, keys: Option<Keys>) -> State {
        State {
            asks: Gate::new(config.max_running_asks, config.max_waiting_asks),
            checks: Gate::new(config.max_running_checks, config.max_waiting_checks),
            queries: Gate::new(config.max_running_queries, config.max_waiting_queries),
            updates: Gate::new(1, config.max_waiting_queries),
            abort: CancellationToken::new(),
            metrics: Metrics::new(),
            runs: Runs::default(),
            renew: OnceLock::new(),
            reload: OnceLock::new(),
            packs: ArcSwap::default(),
            ready: Ready::default(),
            wary_checks: AtomicUsize::new(0),
            draining: AtomicBool::new(false),
            keys: keys.map(ArcSwap::from_pointee),
            reasoner: ArcSwapOption::empty(),
            checker: ArcSwapOption::empty(),
            passages: ArcSwapOption::empty(),
            looked_for_models: tokio::sync::Mutex::default(),
            lost: Mutex::default(),
            config,
        }
    }

    pub(crate) fn set_checker(&self, checker: Arc<Checker>) {
        self.found("graph");
        self.checker.store(Some(checker));
    }

    pub(crate) fn set_reasoner(&self, reasoner: Arc<Reasoner>) {
        self.found("model");
        self.reasoner.store(Some(reasoner));
    }

    pub(crate) fn set_passages(&self, passages: Arc<TextIndex>) {
        self.passages.store(Some(passages));
    }

    /// Keys can be changed, not taken away: a server with a key file stays
    /// closed.
    pub(crate) fn set_keys(&self, keys: Keys) {
        if let Some(known) = &self.keys {
            known.store(Arc::new(keys));
        }
    }

    pub(crate) fn keys(&self) -> Option<Arc<Keys>> {
        self.keys.as_ref().map(ArcSwap::load_full)
    }

    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Release);
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    /// A part will not work until it is found again.
    pub(crate) fn lose(&self, part: &'static str, why: &str) {
        let before = self.lost.lock().unwrap_or_else(PoisonError::into_inner).insert(part, why.to_owned());
        if before.is_none() {
            tracing::warn!(part, why, "a part is missing");
        }
    }

    /// Asks the models whether they answer, for who wants to know how the
    /// service is. Questions do not wait for it: the graph may answer them.
    pub(crate) async fn look_for_models(&self) {
        let Some(reasoner) = self.reasoner.load_full() else { return };
        let mut looked = self.looked_for_models.lock().await;
        if looked.is_some_and(|at| at.elapsed() < MODELS_SEEN) {
            return;
        }
        match tokio::task::spawn_blocking(move || reasoner.reachable()).await {
            Ok(Ok(())) => self.found("model"),
            Ok(Err(error)) => self.lose("model", &error.to_string()),
            Err(error) => tracing::error!(%error, "the models could not be asked"),
        }
        *looked = Some(Instant::now());
    }

    fn found(&self, part: &'static str) {
        if self.lost.lock().unwrap_or_else(PoisonError::into_inner).remove(part).is_some() {
            tracing::info!(part, "a part is there again");
        }
    }

    fn why_lost(&self, part: &'static str) -> Option<String> {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner).get(part).cloned()
    }

    pub(crate) fn reasoner(&self) -> Result<Arc<Reasoner>, Problem> {
        match self.reasoner.load_full() {
            Some(reasoner) if !self.is_draining() => Ok(reasoner),
            _ => Err(self.unavailable()),
        }
    }

    pub(crate) fn checker(&self) -> Result<Arc<Checker>, Problem> {
        match self.checker.load_full() {
            Some(checker) if !self.is_draining() && self.why_lost("graph").is_none() => Ok(checker),
            _ => Err(self.unavailable()),
        }
    }

    /// The passages as evidence for what the graph leaves open; nothing judges
    /// them.
    pub(crate) fn library(&self) -> Option<Arc<Library>> {
        let index = self.passages()?;
        Some(Arc::new(Library::new(index, None, deep::DEFAULT_CONFIDENCE)))
    }

    /// Also where the graph was changed but could not be read again: the next
    /// change that can be read mends it.
    pub(crate) fn checker_to_change(&self) -> Result<Arc<Checker>, Problem> {
        match self.checker.load_full() {
            Some(checker) if !self.is_draining() => Ok(checker),
            _ => Err(self.unavailable()),
        }
    }

    /// The passages, where there is an index.
    pub(crate) fn passages(&self) -> Option<Arc<TextIndex>> {
        self.passages.load_full()
    }

    fn unavailable(&self) -> Problem {
        if self.is_draining() { Problem::stopping() } else { Problem::not_ready(self.missing()) }
    }

    /// What keeps the service from answering; empty when it is ready.
    pub(crate) fn missing(&self) -> Vec<Missing> {
        let mut missing = Vec::new();
        let mut add = |part: &str, why: &str| {
            missing.push(Missing { part: part.to_owned(), why: why.to_owned() });
        };
        for (part, there) in
            [("graph", self.checker.load().is_some()), ("model", self.reasoner.load().is_some())]
        {
            match self.why_lost(part) {
                Some(why) => add(part, &why),
                None if !there => add(part, "it is being loaded"),
                None => {}
            }
        }
        if self.is_draining() {
            add("time", "the server is stopping");
        }
        missing
    }
}
