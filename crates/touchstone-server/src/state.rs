use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tokio_util::sync::CancellationToken;
use touchstone_check::Checker;
use touchstone_reason::Reasoner;

use crate::config::ServerConfig;
use crate::gate::Gate;
use crate::problem::{Missing, Problem};

/// What the requests share.
pub(crate) struct State {
    pub(crate) config: ServerConfig,
    pub(crate) asks: Arc<Gate>,
    pub(crate) checks: Arc<Gate>,
    /// Cancelled when the time to finish is over: ends every running request.
    pub(crate) abort: CancellationToken,
    draining: AtomicBool,
    reasoner: OnceLock<Arc<Reasoner>>,
    checker: OnceLock<Arc<Checker>>,
    /// Why the engine will not work any more.
    engine_lost: Mutex<Option<String>>,
}

impl State {
    pub(crate) fn new(config: ServerConfig) -> State {
        State {
            asks: Gate::new(config.max_running_asks, config.max_waiting_asks),
            checks: Gate::new(config.max_running_checks, config.max_waiting_checks),
            abort: CancellationToken::new(),
            draining: AtomicBool::new(false),
            reasoner: OnceLock::new(),
            checker: OnceLock::new(),
            engine_lost: Mutex::new(None),
            config,
        }
    }

    /// The first parts given stay.
    pub(crate) fn set_checker(&self, checker: Arc<Checker>) {
        let _ = self.checker.set(checker);
    }

    pub(crate) fn set_reasoner(&self, reasoner: Arc<Reasoner>) {
        let _ = self.reasoner.set(reasoner);
    }

    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Release);
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    pub(crate) fn lose_engine(&self, reason: &str) {
        let mut lost = self.engine_lost.lock().unwrap_or_else(PoisonError::into_inner);
        *lost = Some(reason.to_owned());
    }

    pub(crate) fn reasoner(&self) -> Result<Arc<Reasoner>, Problem> {
        match self.reasoner.get() {
            Some(reasoner) if !self.is_draining() => Ok(Arc::clone(reasoner)),
            _ => Err(self.unavailable()),
        }
    }

    pub(crate) fn checker(&self) -> Result<Arc<Checker>, Problem> {
        match self.checker.get() {
            Some(checker) if !self.is_draining() => Ok(Arc::clone(checker)),
            _ => Err(self.unavailable()),
        }
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
        if self.checker.get().is_none() {
            add("graph", "it is being loaded");
        }
        let lost = self.engine_lost.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(reason) = lost.as_deref() {
            add("model", reason);
        } else if self.reasoner.get().is_none() {
            add("model", "it is being loaded");
        }
        if self.is_draining() {
            add("time", "the server is stopping");
        }
        missing
    }
}
