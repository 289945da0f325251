use actix_web::web;
use rmcp::service::serve_server;
use rmcp::transport::async_rw::AsyncRwTransport;
use rmcp::transport::io::stdio;
use tokio_util::sync::CancellationToken;

use super::tools::Tools;
use crate::config::ServerConfig;
use crate::error::ServerError;
use crate::server::ServerHandle;
use crate::state::State;

/// The tools over standard input and output, for a client that starts the
/// program itself. What the parts are is told through the handle, while
/// calls wait for them.
pub struct McpStdio {
    state: web::Data<State>,
}

impl McpStdio {
    pub fn new(config: ServerConfig) -> McpStdio {
        McpStdio { state: web::Data::new(State::new(config, None)) }
    }

    pub fn handle(&self) -> ServerHandle {
        ServerHandle::over(self.state.clone())
    }

    /// Answers until the client closes the input or the handle says stop.
    pub fn run(self) -> Result<(), ServerError> {
        let handle = self.handle();
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(ServerError::Run)?;
        let ended = runtime.block_on(async {
            let gone = CancellationToken::new();
            let _over = gone.clone().drop_guard();
            let limit = self.state.config.max_body_bytes;
            let tools = Tools { state: self.state, caller: None, patient: true, gone };
            let (input, output) = stdio();
            let transport = AsyncRwTransport::new_server(input, output).with_max_line_length(limit);
            let served = async {
                let service = serve_server(tools, transport).await.map_err(std::io::Error::other)?;
                service.waiting().await.map_err(std::io::Error::other)
            };
            tokio::select! {
                ended = served => ended.map(|_| ()),
                () = handle.stopped() => Ok(()),
            }
        });
        handle.abort();
        // A read of standard input cannot be broken off.
        runtime.shutdown_background();
        ended.map_err(ServerError::Run)
    }
}
