mod command;
mod constraint;
mod generation;
mod load;
mod owner;
mod prefix;
mod sampling;
mod saved;
mod score;
mod session;
mod slot;
mod thread;
mod vocabulary;

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::time::Duration;

use touchstone_llm::{Engine, EngineInfo, LlmError, Message, Session};

use crate::models::hash;
use crate::options::PromptCache;
use crate::{LlamaOptions, kernels};
use command::Command;
use owner::Limits;
use saved::Saved;
use session::LlamaSession;
use thread::EngineThread;
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
/// When the thread fails it is started again: sessions that were open end
/// with [`LlmError::Restarted`], new ones can be opened.
///
/// Dropping the engine and its last session ends the thread and frees the
/// model.
pub struct LlamaEngine {
    shared: Arc<Shared>,
    info: EngineInfo,
}

/// What the engine and its sessions have in common.
pub(crate) struct Shared {
    thread: EngineThread,
    vocabulary: Arc<Vocabulary>,
    context_tokens: usize,
    max_sessions: usize,
    queue_wait: Duration,
    saved: Option<Saved>,
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
        let limits = Limits::new(options);
        let (model, gpu_layers) = load::model(path, options, &limits).map_err(&failed)?;
        let model = Arc::new(model);
        let limits = limits.within(model.n_ctx_train());
        let cells = limits.cells().map_err(&failed)?;
        if gpu_layers == 0 {
            load::require_cache(&model, options, cells).map_err(&failed)?;
        }
        let info = EngineInfo {
            model: path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default(),
            kernels: kernels::describe(limits.threads, gpu_layers, model.n_layer() + 1),
            context_tokens: limits.context_tokens,
            max_sessions: limits.max_sessions,
        };
        let vocabulary = Arc::new(Vocabulary::new(Arc::clone(&model)).map_err(&failed)?);
        let thread = EngineThread::start(model, Arc::clone(&vocabulary), limits).map_err(&failed)?;
        let shared = Shared {
            thread,
            vocabulary,
            context_tokens: info.context_tokens,
            max_sessions: info.max_sessions,
            queue_wait: options.queue_wait,
            saved: options.prompt_cache.as_ref().map(|cache| saved(path, cache, options)),
        };
        Ok(LlamaEngine { shared: Arc::new(shared), info })
    }
}

impl LlamaEngine {
    fn ask<T>(&self, command: impl FnOnce(Sender<T>) -> Command) -> Result<T, LlmError> {
        let (reply, replies) = mpsc::channel();
        let thread = &self.shared.thread;
        thread.send(thread.running(), command(reply))?;
        replies.recv().map_err(|_| thread.lost())
    }
}

/// Prompts on disk, keyed by all that their state depends on.
fn saved(path: &Path, cache: &PromptCache, options: &LlamaOptions) -> Saved {
    let (path, folder) = (path.to_owned(), cache.folder.clone());
    let kind = format!(
        "{} {:?} {:?} {:?}",
        kernels::version(),
        options.cache_type_k,
        options.cache_type_v,
        options.flash_attention
    );
    Saved::new(&cache.folder, cache.max_bytes, move || {
        Ok(format!("{} {kind}", hash::remembered(&path, &folder)?))
    })
}

impl Engine for LlamaEngine {
    fn info(&self) -> EngineInfo {
        self.info.clone()
    }

    fn reachable(&self) -> Result<(), LlmError> {
        self.shared.thread.alive()
    }

    fn open(&self, chat: &[Message]) -> Result<Box<dyn Session>, LlmError> {
        let prompt = self.shared.vocabulary.prompt(chat, self.shared.context_tokens)?;
        Ok(Box::new(LlamaSession::open(Arc::clone(&self.shared), prompt)?))
    }

    fn prepare(&self, beginning: &[Message]) -> Result<(), LlmError> {
        let tokens = self.shared.vocabulary.beginning(beginning, self.shared.context_tokens)?;
        if tokens.len() < prefix::WORTH_KEEPING
            || self.ask(|reply| Command::IsPrepared { tokens: tokens.clone(), reply })?
        {
            return Ok(());
        }
        if let Some(state) = self.shared.saved.as_ref().and_then(|saved| saved.load(&tokens))
            && self.ask(|reply| Command::Restore { tokens: tokens.clone(), state, reply })?
        {
            return Ok(());
        }
        let mut session = LlamaSession::open(Arc::clone(&self.shared), tokens.clone())?;
        let state = session.compute_and_keep()?;
        if let (Some(saved), Some(state)) = (&self.shared.saved, state) {
            saved.store(&tokens, &state);
        }
        Ok(())
    }
}
