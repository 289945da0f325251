//! The owner thread as sessions see it. When it fails it is started again on
//! the same model: sessions of before are lost and told so, new ones go on.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use llama_cpp_2::model::LlamaModel;
use touchstone_llm::LlmError;

use super::command::Command;
use super::owner::{Limits, Owner};
use super::vocabulary::Vocabulary;

/// An engine that fails this often within [`PERIOD`] stays down.
const MAX_FAILURES: usize = 3;
const PERIOD: Duration = Duration::from_secs(60);

pub(super) struct EngineThread {
    commands: Option<Sender<Sent>>,
    handle: Option<JoinHandle<()>>,
    status: Arc<Status>,
}

/// A command and the start of the owner that it is for.
struct Sent {
    start: u64,
    command: Command,
}

#[derive(Default)]
struct Status {
    /// How often the owner was started again.
    start: AtomicU64,
    failure: Mutex<Failure>,
}

#[derive(Clone, Default)]
struct Failure {
    reason: Option<String>,
    final_one: bool,
}

impl Status {
    fn failure(&self) -> Failure {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, reason: String, final_one: bool) {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) =
            Failure { reason: Some(reason), final_one };
    }
}

impl EngineThread {
    /// Starts the thread and waits until its context stands.
    pub(super) fn start(
        model: Arc<LlamaModel>,
        vocabulary: Arc<Vocabulary>,
        limits: Limits,
    ) -> Result<EngineThread, String> {
        let (commands, inbox) = mpsc::channel();
        let (ready, opened) = mpsc::channel();
        let status = Arc::<Status>::default();
        let watched = Arc::clone(&status);
        let handle = std::thread::Builder::new()
            .name("llama".to_owned())
            .spawn(move || supervise(&model, &vocabulary, limits, &inbox, &watched, &ready))
            .map_err(|error| format!("cannot start the engine's thread: {error}"))?;
        match opened.recv() {
            Ok(Ok(())) => Ok(EngineThread { commands: Some(commands), handle: Some(handle), status }),
            Ok(Err(reason)) => Err(reason),
            Err(_) => Err("the engine's thread failed while it made the context".to_owned()),
        }
    }

    /// Which start of the owner is running; a session belongs to one.
    pub(super) fn running(&self) -> u64 {
        self.status.start.load(Ordering::Acquire)
    }

    pub(super) fn send(&self, start: u64, command: Command) -> Result<(), LlmError> {
        if start != self.running() {
            return Err(self.lost());
        }
        match &self.commands {
            Some(commands) => commands.send(Sent { start, command }).map_err(|_| self.lost()),
            None => Err(self.lost()),
        }
    }

    /// Fails where it will not be started again.
    pub(super) fn alive(&self) -> Result<(), LlmError> {
        if self.status.failure().final_one { Err(self.lost()) } else { Ok(()) }
    }

    /// Why a command gets no reply.
    pub(super) fn lost(&self) -> LlmError {
        let failure = self.status.failure();
        let reason = failure.reason.unwrap_or_else(|| "its thread has ended".to_owned());
        if failure.final_one { LlmError::Stopped { reason } } else { LlmError::Restarted { reason } }
    }
}

impl Drop for EngineThread {
    fn drop(&mut self) {
        // The thread ends when the last sender is gone.
        self.commands = None;
        if let Some(handle) = self.handle.take()
            && handle.join().is_err()
        {
            tracing::warn!("the engine's thread panicked");
        }
    }
}

fn supervise(
    model: &LlamaModel,
    vocabulary: &Vocabulary,
    limits: Limits,
    inbox: &Receiver<Sent>,
    status: &Status,
    ready: &Sender<Result<(), String>>,
) {
    let mut failures: VecDeque<Instant> = VecDeque::new();
    loop {
        let mut owner = match Owner::new(model, vocabulary, limits) {
            Ok(owner) => owner,
            Err(reason) => {
                status.set(reason.clone(), true);
                // Only the first start has a listener.
                let _ = ready.send(Err(reason));
                return;
            }
        };
        let _ = ready.send(Ok(()));
        let start = status.start.load(Ordering::Acquire);
        let commands = || loop {
            // A command of a session that is lost is dropped, and so its reply.
            match inbox.try_recv() {
                Ok(sent) if sent.start == start => return Ok(Some(sent.command)),
                Ok(_) => {}
                Err(mpsc::TryRecvError::Empty) => return Ok(None),
                Err(mpsc::TryRecvError::Disconnected) => return Err(mpsc::RecvError),
            }
        };
        let next = || loop {
            match inbox.recv() {
                Ok(sent) if sent.start == start => return Ok(sent.command),
                Ok(_) => {}
                Err(error) => return Err(error),
            }
        };
        let run = AssertUnwindSafe(|| owner.serve(&next, &commands));
        let Err(panic) = catch_unwind(run) else {
            return;
        };
        let reason = panic
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned()))
            .unwrap_or_else(|| "its thread failed".to_owned());
        failures.push_back(Instant::now());
        failures.retain(|failure| failure.elapsed() < PERIOD);
        let final_one = failures.len() >= MAX_FAILURES;
        tracing::error!(reason, final_one, "the engine's thread failed");
        // Before the owner drops the replies, so that whoever waits for one
        // learns why.
        status.set(reason, final_one);
        status.start.fetch_add(1, Ordering::AcqRel);
        drop(owner);
        if final_one {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::ops::ControlFlow;
    use std::path::PathBuf;

    use touchstone_llm::{Engine, Message, Role, Sampling, Until};

    use super::super::LlamaEngine;
    use super::*;
    use crate::LlamaOptions;

    fn engine() -> Option<LlamaEngine> {
        let folder = std::env::var_os("TOUCHSTONE_MODELS")
            .map(PathBuf::from)
            .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache/touchstone/models")))?;
        let path = folder.join("SmolLM2-135M-Instruct.Q4_1.gguf");
        let required = std::env::var_os("TOUCHSTONE_REQUIRE_MODEL").is_some();
        assert!(path.is_file() || !required, "the model for tests is not in {}", folder.display());
        let options = LlamaOptions {
            context_tokens: 256,
            max_sessions: 2,
            threads: Some(1),
            ..LlamaOptions::default()
        };
        path.is_file().then(|| LlamaEngine::load(&path, &options).unwrap())
    }

    fn fail(engine: &LlamaEngine) {
        let thread = &engine.shared.thread;
        let start = thread.running();
        thread.send(start, Command::Panic).unwrap();
        let begun = Instant::now();
        while thread.running() == start {
            assert!(begun.elapsed() < Duration::from_secs(60));
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    #[test]
    fn a_dead_thread_is_started_again_until_it_fails_too_often() {
        let Some(engine) = engine() else { return };
        let chat = [Message::new(Role::User, "Say hello.")];
        let until = Until::line(4, Sampling::default());
        for _ in 1..MAX_FAILURES {
            let mut session = engine.open(&chat).unwrap();
            session.generate(&until, &mut |_| ControlFlow::Continue(())).unwrap();
            fail(&engine);
            let error = session.generate(&until, &mut |_| ControlFlow::Continue(())).unwrap_err();
            assert!(matches!(error, LlmError::Restarted { .. }), "{error}");
            assert!(session.fork().is_err() && session.score(&["x"]).is_err());
        }
        let mut waiting = engine.open(&chat).unwrap();
        waiting.generate(&until, &mut |_| ControlFlow::Continue(())).unwrap();
        assert!(engine.reachable().is_ok());
        fail(&engine);
        assert!(matches!(engine.open(&chat), Err(LlmError::Stopped { .. })));
        assert!(matches!(engine.reachable(), Err(LlmError::Stopped { .. })));
    }

    #[test]
    fn who_waits_for_a_reply_is_told_of_a_failure() {
        let Some(engine) = engine() else { return };
        let mut session = engine.open(&[Message::new(Role::User, "Tell a long story.")]).unwrap();
        let until = Until::turn(200, Sampling::default());
        let mut failed = false;
        let error = session.generate(&until, &mut |text| {
            if !text.is_empty() && !failed {
                failed = true;
                fail(&engine);
            }
            ControlFlow::Continue(())
        });
        assert!(matches!(error, Err(LlmError::Restarted { .. })));
        assert!(engine.open(&[Message::new(Role::User, "Hello")]).is_ok());
    }
}
