//! Who may do what: keys with scopes, and how much of it at a time.

mod file;
mod gatekeeper;
mod keys;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) use gatekeeper::{Caller, guard};
pub(crate) use keys::Keys;

pub use file::{KeyError, KeyFile, KeyRecord, NewKey};

/// What a key allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Questions and chat.
    Ask,
    /// Texts, entities, passages and SPARQL queries.
    Check,
    /// Changing graphs and passages.
    Graph,
    /// Everything, and the metrics.
    Admin,
}

impl Scope {
    pub const ALL: [Scope; 4] = [Scope::Ask, Scope::Check, Scope::Graph, Scope::Admin];

    pub fn name(self) -> &'static str {
        match self {
            Scope::Ask => "ask",
            Scope::Check => "check",
            Scope::Graph => "graph",
            Scope::Admin => "admin",
        }
    }

    pub fn from_name(name: &str) -> Option<Scope> {
        Scope::ALL.into_iter().find(|scope| scope.name() == name)
    }

    /// What everyone may do where there is no key file.
    pub(crate) fn is_open(self) -> bool {
        !matches!(self, Scope::Graph)
    }
}
