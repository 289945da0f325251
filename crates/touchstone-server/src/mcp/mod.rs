//! The Model Context Protocol: asking, checking and querying as tools for
//! assistants and editors, over standard input and output or as one more
//! path of the service. Both go through the same queues and limits as the
//! API.

mod http;
mod stdio;
mod tools;

pub(crate) use http::operations;
pub use stdio::McpStdio;
