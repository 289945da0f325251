use std::process::ExitCode;

use touchstone_server::McpStdio;

use super::serve;
use crate::settings::ConfigFile;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Serve streamable HTTP at http://HOST:PORT/mcp (see --bind) instead of standard input and
    /// output: the same as `touchstone serve`, with its keys and limits.
    #[arg(long)]
    http: bool,
    #[command(flatten)]
    serve: serve::Arguments,
}

pub(crate) fn run(arguments: Arguments, config: &ConfigFile) -> anyhow::Result<ExitCode> {
    if arguments.http {
        return serve::run(arguments.serve, config);
    }
    let settings = arguments.serve.settings(config)?;
    let model = serve::requirements(&settings)?;
    let server = McpStdio::new(settings.server());
    let handle = server.handle();
    let again = (arguments.serve, config.clone());
    // The client is answered while the parts are loaded; calls wait for them.
    let loader = std::thread::spawn(move || {
        let loaded = serve::load(&settings, &model, &handle, again);
        if loaded.is_err() {
            handle.stop();
        }
        loaded
    });
    server.run()?;
    // A client that has gone does not wait for a model.
    if loader.is_finished() {
        match loader.join() {
            Ok(loaded) => loaded?,
            Err(_) => anyhow::bail!("the thread that loads the model failed"),
        }
    }
    Ok(ExitCode::SUCCESS)
}
