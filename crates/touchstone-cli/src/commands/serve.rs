use std::process::ExitCode;
use std::sync::Arc;

use touchstone_server::{Server, ServerHandle};

use crate::parts;
use crate::settings::{
    ConfigFile, Layers, ModeFlags, ModelFlags, ReasonFlags, ServeFlags, Settings, StoreFlags,
};

#[derive(clap::Args)]
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
}

pub(crate) fn run(arguments: &Arguments, config: &ConfigFile) -> anyhow::Result<ExitCode> {
    let settings = Layers::new(config)?
        .flags(&arguments.store)
        .flags(&arguments.model)
        .flags(&arguments.mode)
        .flags(&arguments.reason)
        .flags(&arguments.serve)
        .settings()?;
    parts::require_store(&settings)?;
    let model = parts::model_place(&settings)?;
    let server = Server::bind(settings.server())?;
    anstream::eprintln!("listening on http://{}", server.address());
    let handle = server.handle();
    // Answers /healthz and /readyz while the parts are loaded.
    let loader = std::thread::spawn(move || {
        let loaded = load(&settings, &model, &handle);
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

fn load(settings: &Settings, model: &parts::ModelPlace, handle: &ServerHandle) -> anyhow::Result<()> {
    let checker = parts::checker(settings)?;
    handle.set_checker(Arc::clone(&checker));
    let engine = parts::engine(settings, model, settings.sessions())?;
    anstream::eprintln!("{}", parts::startup_line(&engine.info(), checker.graph())?);
    handle.set_reasoner(Arc::new(parts::reasoner(settings, engine, checker)?));
    Ok(())
}
