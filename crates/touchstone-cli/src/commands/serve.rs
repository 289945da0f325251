use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::bail;
use touchstone_check::deep::{self, Library};
use touchstone_graph::{Graph, GraphError, Store};
use touchstone_llm::{Engine, LlmError};
use touchstone_server::{Parts, Server, ServerConfig, ServerHandle, align};
use touchstone_text::TextIndex;

use crate::pack::Pack;
use crate::parts::{self, Engines, ModelPlace};
use crate::settings::{
    ConfigFile, IndexFlags, Layers, ModeFlags, ModelFlags, ReasonFlags, ServeFlags, Settings, StoreFlags,
};

/// How long between two tries to open a store that another process holds, or
/// to reach a model that does not answer.
const TRY_AGAIN: Duration = Duration::from_secs(2);

#[derive(clap::Args, Clone)]
pub(crate) struct Arguments {
    #[command(flatten)]
    serve: ServeFlags,
    #[command(flatten)]
    model: ModelFlags,
    #[command(flatten)]
    mode: ModeFlags,
    #[command(flatten)]
    reason: ReasonFlags,
    #[command(flatten)]
    store: StoreFlags,
    #[command(flatten)]
    index: IndexFlags,
}

impl Arguments {
    pub(super) fn settings(&self, config: &ConfigFile) -> anyhow::Result<Settings> {
        Layers::new(config)?
            .flags(&self.store)
            .flags(&self.index)
            .flags(&self.model)
            .flags(&self.mode)
            .flags(&self.reason)
            .flags(&self.serve)
            .settings()
    }
}

pub(crate) fn run(arguments: Arguments, config: &ConfigFile) -> anyhow::Result<ExitCode> {
    let settings = arguments.settings(config)?;
    let model = requirements(&settings)?;
    let server = Server::bind(ServerConfig { reason: parts::reason(&settings)?, ..settings.server() })?;
    let scheme = if settings.server().tls.is_some() { "https" } else { "http" };
    anstream::eprintln!("listening on {scheme}://{}", server.address());
    let handle = server.handle();
    let again = (arguments, config.clone());
    // Answers /healthz and /readyz while the parts are loaded.
    let loader = std::thread::spawn(move || {
        let loaded = load(&settings, &model, &handle, again);
        if loaded.is_err() {
            handle.stop();
        }
        loaded
    });
    server.run()?;
    match loader.join() {
        Ok(loaded) => loaded?,
        Err(_) => anyhow::bail!("the thread that loads the model failed"),
    }
    Ok(ExitCode::SUCCESS)
}

/// Refuses early what cannot work; where the model is.
pub(super) fn requirements(settings: &Settings) -> anyhow::Result<ModelPlace> {
    parts::require_store(settings)?;
    if settings.updates && !settings.packs().is_empty() {
        bail!("--updates and --pack do not go together: what a pack adds is in memory only");
    }
    parts::cascade_file(settings)?;
    parts::model_place(settings)
}

pub(super) fn load(
    settings: &Settings,
    model: &ModelPlace,
    handle: &ServerHandle,
    (arguments, config): (Arguments, ConfigFile),
) -> anyhow::Result<()> {
    let Some(graph) = open_graph(settings, handle)? else { return Ok(()) };
    let index = open_index(settings, graph.store())?.map(Arc::new);
    handle.set_packs(parts::packs(settings)?.iter().map(Pack::info).collect());
    if let Some(index) = &index {
        handle.set_passages(Arc::clone(index));
    }
    let library = index.map(unjudged);
    let checker = parts::checker_over(settings, graph, parts::remembered(settings)?)?;
    handle.set_checker(Arc::clone(&checker));
    let Some(engines) = reach_engines(settings, model, handle)? else { return Ok(()) };
    anstream::eprintln!("{}", parts::startup_line(&engines.first.info(), checker.graph())?);
    let reasoner = parts::reasoner(settings, &engines, checker, library.clone())?;

    // What a reload reads counts for every later change of the graph too.
    let current = Arc::new(Mutex::new((settings.clone(), library)));
    let (own, shared) = (Arc::clone(&current), engines.clone());
    handle.set_renew(Box::new(move |graph| {
        let (settings, library) = own.lock().unwrap_or_else(PoisonError::into_inner).clone();
        parts_over(&settings, graph, &shared, library).map_err(|error| format!("{error:#}"))
    }));
    let to = handle.clone();
    handle.set_reload(Box::new(move || {
        let library = current.lock().unwrap_or_else(PoisonError::into_inner).1.clone();
        let read =
            reload(&arguments, &config, &to, (&engines, library)).map_err(|error| format!("{error:#}"))?;
        *current.lock().unwrap_or_else(PoisonError::into_inner) = read;
        Ok(())
    }));
    // Last: who is told that the service is ready can change graphs, too.
    handle.set_reasoner(Arc::new(reasoner));
    Ok(())
}

fn parts_over(
    settings: &Settings,
    graph: Arc<Graph>,
    engines: &Engines,
    library: Option<Arc<Library>>,
) -> anyhow::Result<Parts> {
    let checker = parts::checker_over(settings, graph, parts::remembered(settings)?)?;
    let reasoner = parts::reasoner(settings, engines, Arc::clone(&checker), library)?;
    Ok(Parts { checker, reasoner: Some(Arc::new(reasoner)) })
}

/// Policies, prompts and limits as they are configured now, and graph and
/// passages as they are on disk. Address, queues and the model stay as they were.
fn reload(
    arguments: &Arguments,
    config: &ConfigFile,
    handle: &ServerHandle,
    (engines, library): (&Engines, Option<Arc<Library>>),
) -> anyhow::Result<(Settings, Option<Arc<Library>>)> {
    let settings = arguments.settings(config)?;
    let graph = match handle.checker() {
        // This process is the only one that changes it.
        Some(checker) if settings.updates => {
            checker.graph().refreshed()?.map_or_else(|| Arc::clone(checker.graph()), Arc::new)
        }
        _ => Arc::new(parts::graph(&settings)?),
    };
    let index = if settings.updates { None } else { open_index(&settings, graph.store())?.map(Arc::new) };
    let library = index.as_ref().map(|index| unjudged(Arc::clone(index))).or(library);
    let Parts { checker, reasoner } = parts_over(&settings, graph, engines, library.clone())?;
    if let Some(index) = index {
        handle.set_passages(index);
    }
    handle.set_packs(parts::packs(&settings)?.iter().map(Pack::info).collect());
    handle.set_checker(checker);
    if let Some(reasoner) = reasoner {
        handle.set_reasoner(reasoner);
    }
    Ok((settings, library))
}

/// Passages as evidence; nothing judges them.
fn unjudged(index: Arc<TextIndex>) -> Arc<Library> {
    Arc::new(Library::new(index, None, deep::DEFAULT_CONFIDENCE))
}

/// Waits for a store that another process holds; `None` once the server is
/// told to stop.
fn open_graph(settings: &Settings, handle: &ServerHandle) -> anyhow::Result<Option<Arc<Graph>>> {
    loop {
        let opened = if settings.updates {
            Graph::open(&settings.store()).map_err(anyhow::Error::from)
        } else {
            parts::graph(settings)
        };
        match opened {
            Ok(graph) => return Ok(Some(Arc::new(graph))),
            Err(error) if matches!(error.downcast_ref(), Some(GraphError::Locked(_))) => {
                handle.lose("graph", &error.to_string());
                std::thread::sleep(TRY_AGAIN);
                if handle.is_stopping() {
                    return Ok(None);
                }
            }
            Err(error) => return Err(error),
        }
    }
}

/// Waits for models elsewhere that cannot be reached; what needs no model
/// works meanwhile. `None` once the server is told to stop.
fn reach_engines(
    settings: &Settings,
    model: &ModelPlace,
    handle: &ServerHandle,
) -> anyhow::Result<Option<Engines>> {
    let sessions = settings.sessions();
    let mut first: Option<Arc<dyn Engine>> = None;
    loop {
        let reached = match &first {
            Some(engine) => Ok(Arc::clone(engine)),
            None => parts::engine(settings, model, sessions),
        };
        let reached =
            reached.and_then(|engine| Engines::behind(Arc::clone(first.insert(engine)), settings, sessions));
        match reached {
            Ok(engines) => return Ok(Some(engines)),
            Err(error) if matches!(error.downcast_ref(), Some(LlmError::Unavailable { .. })) => {
                handle.lose("model", &error.to_string());
                std::thread::sleep(TRY_AGAIN);
                if handle.is_stopping() {
                    return Ok(None);
                }
            }
            Err(error) => return Err(error),
        }
    }
}

/// The passages; where they can be changed, at the epoch of the store.
fn open_index(settings: &Settings, store: &Store) -> anyhow::Result<Option<TextIndex>> {
    let dir = settings.text_index();
    if settings.updates {
        let index = TextIndex::create(&dir)?;
        align(store, &index)?;
        return Ok(Some(index));
    }
    if dir.join("meta.json").exists() { Ok(Some(TextIndex::open(&dir)?)) } else { Ok(None) }
}
