//! Models behind any server that speaks the OpenAI API: llama-server, vLLM,
//! `touchstone serve`, hosted ones.
//!
//! A session is its chat and the text of the reply so far, and every call
//! sends both: going back and forking cost nothing here, and a server with a
//! cache of prefixes computes little again.

mod client;
mod dialect;
mod options;
mod repeated;
mod reply;
mod session;
mod wire;

use std::sync::Arc;

use client::Client;
use dialect::Dialect;
pub use options::RemoteOptions;
use session::RemoteSession;
use wire::ModelList;

use crate::{Engine, EngineInfo, LlmError, Message, Session};

/// A remote model; see [the module](self).
pub struct RemoteEngine {
    remote: Arc<Remote>,
    info: EngineInfo,
}

/// What the sessions of an engine share.
struct Remote {
    client: Client,
    model: String,
    dialect: Dialect,
}

impl RemoteEngine {
    /// Asks the server what it has.
    pub fn connect(options: &RemoteOptions) -> Result<RemoteEngine, LlmError> {
        let client = Client::new(options)?;
        let list: ModelList = match (client.get("/models"), &options.model) {
            (Ok(list), _) => list,
            // Some servers have no list.
            (Err(LlmError::Refused { status: 404 | 405, .. }), Some(_)) => ModelList::default(),
            (Err(error), _) => return Err(error),
        };
        let entry = match &options.model {
            Some(name) => list.data.iter().find(|entry| entry.id == *name).or(list.data.first()),
            None => {
                let dialect = list.data.first().map_or(Dialect::OpenAi, |entry| Dialect::of(&entry.owned_by));
                list.data.get(dialect.usual(list.data.len()))
            }
        };
        let Some(model) = options.model.clone().or_else(|| entry.map(|entry| entry.id.clone())) else {
            let reason = "it lists no models: say which one to use".to_owned();
            let service = client.service().to_owned();
            return Err(LlmError::Unavailable { service, reason, retry_after: None });
        };
        let dialect = entry.map_or(Dialect::OpenAi, |entry| Dialect::of(&entry.owned_by));
        let said = entry.and_then(|entry| {
            let meta = entry.meta.as_ref();
            entry.max_model_len.or(meta.and_then(|meta| meta.n_ctx.or(meta.n_ctx_train)))
        });
        let info = EngineInfo {
            model: model.clone(),
            kernels: format!("{} ({})", client.service(), dialect.name()),
            context_tokens: options.context_tokens.or(said).unwrap_or(usize::MAX),
            max_sessions: options.max_sessions,
        };
        Ok(RemoteEngine { remote: Arc::new(Remote { client, model, dialect }), info })
    }
}

impl Engine for RemoteEngine {
    fn info(&self) -> EngineInfo {
        self.info.clone()
    }

    fn reachable(&self) -> Result<(), LlmError> {
        match self.remote.client.probe("/models") {
            // Some servers have no list.
            Err(LlmError::Refused { status: 404 | 405, .. }) => Ok(()),
            result => result,
        }
    }

    fn open(&self, chat: &[Message]) -> Result<Box<dyn Session>, LlmError> {
        Ok(Box::new(RemoteSession::new(Arc::clone(&self.remote), chat)))
    }
}
