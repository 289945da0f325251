use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};
use tokio_util::sync::CancellationToken;
use touchstone_check::Checker;
use touchstone_reason::Reasoner;

use crate::config::ServerConfig;
use crate::error::ServerError;
use crate::request_log;
use crate::routes;
use crate::state::State;

/// What unfinished requests get, after the time to finish, to be told so.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Serves until SIGTERM, SIGINT or an error ends it.
pub fn run(config: ServerConfig, reasoner: Arc<Reasoner>, checker: Arc<Checker>) -> Result<(), ServerError> {
    let server = Server::bind(config)?;
    let handle = server.handle();
    handle.set_checker(checker);
    handle.set_reasoner(reasoner);
    server.run()
}

/// A server that holds its address but does not answer yet.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    handle: ServerHandle,
}

/// Reaches a server from other threads.
#[derive(Clone)]
pub struct ServerHandle {
    state: web::Data<State>,
    stop: CancellationToken,
}

impl Server {
    pub fn bind(config: ServerConfig) -> Result<Server, ServerError> {
        let failed = |source| ServerError::listen(&config.listen, source);
        let listener = TcpListener::bind(&config.listen).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let state = web::Data::new(State::new(config));
        let handle = ServerHandle { state, stop: CancellationToken::new() };
        Ok(Server { listener, address, handle })
    }

    /// The address that clients can reach, with its real port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn handle(&self) -> ServerHandle {
        self.handle.clone()
    }

    /// Answers requests on this thread and its own until it is stopped.
    pub fn run(self) -> Result<(), ServerError> {
        actix_web::rt::System::new().block_on(self.serve()).map_err(ServerError::Run)
    }

    async fn serve(self) -> std::io::Result<()> {
        let ServerHandle { state, stop } = self.handle;
        let app_state = state.clone();
        let config = &state.config;
        let server = HttpServer::new(move || {
            App::new()
                .app_data(app_state.clone())
                .wrap(from_fn(request_log::log))
                .configure(routes::configure)
        })
        .listen(self.listener)?
        .disable_signals()
        .client_request_timeout(config.receive_timeout)
        .shutdown_timeout((config.shutdown_timeout + LAST_WORDS).as_secs())
        // A client that closes its side is gone: its request is dropped, and
        // with it the sequence in the engine.
        .h1_allow_half_closed(false)
        .run();
        tracing::info!(address = %self.address, "listening");

        let running = server.handle();
        let handle_signals = config.handle_signals;
        let finish = config.shutdown_timeout;
        let ending = state.clone();
        actix_web::rt::spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = signal(), if handle_signals => {}
            }
            tracing::info!("stopping: running requests finish first");
            ending.drain();
            actix_web::rt::spawn(async move {
                // A second signal means that the operator will not wait.
                tokio::select! {
                    () = tokio::time::sleep(finish) => {}
                    () = signal(), if handle_signals => {}
                }
                tracing::warn!("the time to finish is over: unfinished requests are ended");
                ending.abort.cancel();
            });
            running.stop(true).await;
        });

        let ended = server.await;
        state.abort.cancel();
        tracing::info!("stopped");
        ended
    }
}

impl ServerHandle {
    /// From here on `/v1/check` answers.
    pub fn set_checker(&self, checker: Arc<Checker>) {
        self.state.set_checker(checker);
    }

    /// From here on `/v1/ask` answers.
    pub fn set_reasoner(&self, reasoner: Arc<Reasoner>) {
        self.state.set_reasoner(reasoner);
    }

    /// Stops accepting and lets running requests finish, as SIGTERM does.
    pub fn stop(&self) {
        self.stop.cancel();
    }
}

/// Comes back when the operator asks for the end.
#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
        }
        Err(error) => {
            tracing::warn!(%error, "SIGTERM cannot be handled");
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

#[cfg(not(unix))]
async fn signal() {
    let _ = tokio::signal::ctrl_c().await;
}
