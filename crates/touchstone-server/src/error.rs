use std::io;

use crate::auth::KeyError;

/// Why the server could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    #[error(
        "the address {listen} is already in use: stop the program that holds it, or listen on another port"
    )]
    AddressInUse { listen: String },
    #[error(
        "the address {listen} needs more rights than this user has: take a port above 1023, or give the right"
    )]
    NotPermitted { listen: String },
    #[error("cannot listen on {listen}: {source} (give host and port, such as 127.0.0.1:8080)")]
    Listen { listen: String, source: io::Error },
    #[error("HTTPS cannot be served: {0}")]
    Tls(String),
    #[error(transparent)]
    Keys(#[from] KeyError),
    #[error("the server cannot run: {0}")]
    Run(#[source] io::Error),
}

impl ServerError {
    pub(crate) fn listen(listen: &str, source: io::Error) -> ServerError {
        let listen = listen.to_owned();
        match source.kind() {
            io::ErrorKind::AddrInUse => ServerError::AddressInUse { listen },
            io::ErrorKind::PermissionDenied => ServerError::NotPermitted { listen },
            _ => ServerError::Listen { listen, source },
        }
    }
}
