use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_cors::Cors;
use actix_web::middleware::{Compress, Condition, from_fn};
use actix_web::{App, HttpServer, web};
use tokio_util::sync::CancellationToken;
use touchstone_check::Checker;
use touchstone_reason::Reasoner;
use touchstone_text::TextIndex;

use crate::auth::{self, KeyFile, Keys};
use crate::config::ServerConfig;
use crate::error::ServerError;
use crate::request_log;
use crate::routes;
use crate::routes::packs::PackInfo;
use crate::state::{Reload, Renew, State};
use crate::tls::Certificate;

/// What unfinished requests get, after the time to finish, to be told so.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// How long a browser may remember what another origin may do.
const CORS_MAX_AGE: usize = 600;

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
    certificate: Option<Arc<Certificate>>,
    stop: CancellationToken,
}

impl Server {
    pub fn bind(config: ServerConfig) -> Result<Server, ServerError> {
        let failed = |source| ServerError::listen(&config.listen, source);
        let listener = TcpListener::bind(&config.listen).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let keys = config.keys.as_deref().map(KeyFile::load).transpose()?;
        let certificate = config.tls.as_ref().map(Certificate::load).transpose()?;
        let state = web::Data::new(State::new(config, keys.as_ref().map(Keys::new)));
        let handle = ServerHandle { state, certificate, stop: CancellationToken::new() };
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
        let tls = self.handle.certificate.as_ref().map(Certificate::config).transpose()?;
        actix_web::rt::System::new().block_on(self.serve(tls)).map_err(ServerError::Run)
    }

    async fn serve(self, tls: Option<rustls::ServerConfig>) -> std::io::Result<()> {
        let reloading = self.handle.clone();
        let ServerHandle { state, stop, .. } = self.handle;
        let app_state = state.clone();
        let config = &state.config;
        let server = HttpServer::new(move || {
            let origins = &app_state.config.cors_origins;
            App::new()
                .app_data(app_state.clone())
                .wrap(from_fn(auth::guard))
                .wrap(Compress::default())
                .wrap(Condition::new(!origins.is_empty(), cors(origins)))
                .wrap(from_fn(request_log::log))
                .configure(routes::configure)
        });
        let server = match tls {
            Some(tls) => server.listen_rustls_0_23(self.listener, tls)?,
            None => server.listen(self.listener)?,
        }
        .disable_signals()
        .client_request_timeout(config.receive_timeout)
        .shutdown_timeout((config.shutdown_timeout + LAST_WORDS).as_secs())
        // A client that closes its side is gone: its request is dropped, and
        // with it the sequence in the engine.
        .h1_allow_half_closed(false)
        .run();
        tracing::info!(address = %self.address, "listening");

        if config.handle_signals {
            actix_web::rt::spawn(reload_on_signal(reloading));
        }
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
    /// Of parts that no server listens for.
    pub(crate) fn over(state: web::Data<State>) -> ServerHandle {
        ServerHandle { state, certificate: None, stop: CancellationToken::new() }
    }

    pub(crate) async fn stopped(&self) {
        self.stop.cancelled().await;
    }

    /// Ends everything that runs.
    pub(crate) fn abort(&self) {
        self.state.drain();
        self.state.abort.cancel();
    }

    /// From here on `/v1/check` answers.
    pub fn set_checker(&self, checker: Arc<Checker>) {
        self.state.set_checker(checker);
    }

    /// From here on `/v1/ask` answers.
    pub fn set_reasoner(&self, reasoner: Arc<Reasoner>) {
        self.state.set_reasoner(reasoner);
    }

    /// Passages that can be searched; from here on `/v1/search` answers.
    pub fn set_passages(&self, passages: Arc<TextIndex>) {
        self.state.set_passages(passages);
    }

    /// How to make the parts anew for a changed graph. Without it, and
    /// without a store that can be written to, graphs cannot be changed.
    pub fn set_renew(&self, renew: Renew) {
        let _ = self.state.renew.set(renew);
    }

    /// The domain packs that are loaded, for `/v1/packs`.
    pub fn set_packs(&self, packs: Vec<PackInfo>) {
        self.state.packs.store(Arc::new(packs));
    }

    /// What SIGHUP does besides reading keys and certificate again.
    pub fn set_reload(&self, reload: Reload) {
        let _ = self.state.reload.set(reload);
    }

    /// A part (`graph` or `model`) is missing until it is set again: the
    /// service says so and does not answer without it.
    pub fn lose(&self, part: &'static str, why: &str) {
        self.state.lose(part, why);
    }

    /// Whether the server has been told to stop.
    pub fn is_stopping(&self) -> bool {
        self.stop.is_cancelled() || self.state.is_draining()
    }

    /// The checker in force, also where its graph could not be read again
    /// after a change.
    pub fn checker(&self) -> Option<Arc<Checker>> {
        self.state.checker_to_change().ok()
    }

    /// Reads keys, certificate and configuration again. What cannot be used
    /// is refused, and what was in force stays.
    pub fn reload(&self) -> Result<(), String> {
        if let Some(path) = &self.state.config.keys {
            let file = KeyFile::load(path).map_err(|error| error.to_string())?;
            self.state.set_keys(Keys::new(&file));
        }
        if let Some(certificate) = &self.certificate {
            certificate.reload().map_err(|error| error.to_string())?;
        }
        self.state.reload.get().map_or(Ok(()), |reload| reload())
    }

    /// Stops accepting and lets running requests finish, as SIGTERM does.
    pub fn stop(&self) {
        self.stop.cancel();
    }
}

fn cors(origins: &[String]) -> Cors {
    let cors = Cors::default()
        .allowed_methods(["GET", "POST", "PUT", "DELETE"])
        .allowed_headers([
            "authorization",
            "content-type",
            "accept",
            "last-event-id",
            "x-api-key",
            "x-request-id",
        ])
        .expose_headers(["x-request-id", "retry-after"])
        .max_age(CORS_MAX_AGE);
    if origins.iter().any(|origin| origin == "*") {
        return cors.allow_any_origin().send_wildcard();
    }
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}

/// Reads everything again whenever SIGHUP comes.
#[cfg(unix)]
async fn reload_on_signal(handle: ServerHandle) {
    use tokio::signal::unix::{SignalKind, signal};
    let mut hangup = match signal(SignalKind::hangup()) {
        Ok(hangup) => hangup,
        Err(error) => {
            tracing::warn!(%error, "SIGHUP cannot be handled");
            return;
        }
    };
    while hangup.recv().await.is_some() {
        let handle = handle.clone();
        match tokio::task::spawn_blocking(move || handle.reload()).await {
            Ok(Ok(())) => tracing::info!("reloaded"),
            Ok(Err(why)) => tracing::error!(why, "not reloaded: what was in force stays"),
            Err(error) => tracing::error!(%error, "the thread that reloads failed"),
        }
    }
}

#[cfg(not(unix))]
async fn reload_on_signal(_handle: ServerHandle) {}

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
