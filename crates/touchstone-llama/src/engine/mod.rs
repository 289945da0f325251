mod command;
mod forbidden;
mod generation;
mod owner;
mod prefix;
mod sampling;
mod score;
mod session;
mod slot;
mod vocabulary;

use std::path::Path;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;
use touchstone_llm::{Engine, EngineInfo, LlmError, Message, Session};

use crate::{LlamaOptions, kernels};
use command::Command;
use owner::Limits;
use session::LlamaSession;
use vocabulary::Vocabulary;

/// A model in memory and the thread that computes with it.
///
/// A session's text begins after its prompt, and a
/// [`Checkpoint`](touchstone_llm::Checkpoint) is an offset in it, in bytes.
/// After each call a session holds exactly what its caller saw: the text that
/// was appended and the text that was returned. A generation that stopped at
/// a line's end has that line without its newline, and the next `append`
/// brings the newline; where the model would write both as one token, they
/// become that one token again.
///
/// Greedy replies are the same in every run on one machine with the same
/// options. Which other sessions run at the time can change the last bits of
/// a probability, and so the reply where two tokens are equally likely.
///
/// Dropping the engine and its last session ends the thread and frees the
/// model.
pub struct LlamaEngine {
    shared: Arc<Shared>,
    info: EngineInfo,
}

/// What the engine and its sessions have in common.
pub(crate) struct Shared {
    commands: Option<Sender<Command>>,
    thread: Option<JoinHandle<()>>,
    /// Why the thread ended, when it did before its time.
    death: Arc<Mutex<Option<String>>>,
    vocabulary: Arc<Vocabulary>,
    context_tokens: usize,
}

impl LlamaEngine {
    /// Loads a GGUF file. Takes a second or two; the file is mapped, not read.
    pub fn load(path: &Path, options: &LlamaOptions) -> Result<LlamaEngine, LlmError> {
        let failed = |reason: String| LlmError::Load { path: path.display().to_string(), reason };
        if !path.is_file() {
            return Err(failed("there is no such file".to_owned()));
        }
        if path.to_str().is_none_or(|path| path.contains('\0')) {
            return Err(failed("its path is not UTF-8".to_owned()));
        }
        let backend = kernels::backend().map_err(&failed)?;
        let gpu_layers = options.gpu_layers.unwrap_or(if kernels::has_gpu() { u32::MAX >> 1 } else { 0 });
        let parameters = LlamaModelParams::default().with_n_gpu_layers(gpu_layers.min(u32::MAX >> 1));
        let (model, reason) =
            kernels::capture_errors(|| LlamaModel::load_from_file(backend, path, &parameters));
        let model = Arc::new(model.map_err(|error| {
            failed(format!("{}; check or pull the file again", reason.unwrap_or_else(|| error.to_string())))
        })?);

        let trained = model.n_ctx_train().max(1);
        let limits = Limits::new(options, trained);
        let info = EngineInfo {
            model: path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default(),
            kernels: kernels::describe(limits.threads, gpu_layers, model.n_layer() + 1),
            context_tokens: limits.context_tokens,
            max_sessions: limits.max_sessions,
        };
        let vocabulary = Arc::new(Vocabulary::new(Arc::clone(&model)).map_err(&failed)?);
        let (commands, inbox) = mpsc::channel();
        let death = Arc::default();
        let thread =
            start(model, Arc::clone(&vocabulary), limits, inbox, Arc::clone(&death)).map_err(&failed)?;
        let context_tokens = info.context_tokens;
        let shared =
            Shared { commands: Some(commands), thread: Some(thread), death, vocabulary, context_tokens };
        Ok(LlamaEngine { shared: Arc::new(shared), info })
    }
}

/// Starts the owner thread and waits until its context stands.
fn start(
    model: Arc<LlamaModel>,
    vocabulary: Arc<Vocabulary>,
    limits: Limits,
    inbox: Receiver<Command>,
    death: Arc<Mutex<Option<String>>>,
) -> Result<JoinHandle<()>, String> {
    let (ready, opened) = mpsc::channel();
    let thread = std::thread::Builder::new()
        .name("llama".to_owned())
        .spawn(move || {
            let run =
                std::panic::AssertUnwindSafe(|| owner::run(&model, &vocabulary, limits, &inbox, &ready));
            if let Err(panic) = std::panic::catch_unwind(run) {
                let reason = panic
                    .downcast_ref::<String>()
                    .cloned()
                    .or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned()))
                    .unwrap_or_else(|| "its thread failed".to_owned());
                *death.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason);
            }
        })
        .map_err(|error| format!("cannot start the engine's thread: {error}"))?;
    match opened.recv() {
        Ok(Ok(())) => Ok(thread),
        Ok(Err(reason)) => Err(reason),
        Err(_) => Err("the engine's thread failed while it made the context".to_owned()),
    }
}

impl Engine for LlamaEngine {
    fn info(&self) -> EngineInfo {
        self.info.clone()
    }

    fn open(&self, chat: &[Message]) -> Result<Box<dyn Session>, LlmError> {
        Ok(Box::new(LlamaSession::open(Arc::clone(&self.shared), chat)?))
    }
}

impl Shared {
    fn send(&self, command: Command) -> Result<(), LlmError> {
        match &self.commands {
            Some(commands) => commands.send(command).map_err(|_| self.stopped()),
            None => Err(self.stopped()),
        }
    }

    fn stopped(&self) -> LlmError {
        let death = self.death.lock().unwrap_or_else(PoisonError::into_inner);
        LlmError::Stopped { reason: death.clone().unwrap_or_else(|| "its thread has ended".to_owned()) }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // The thread ends when the last sender is gone.
        self.commands = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::warn!("the engine's thread panicked");
        }
    }
}
