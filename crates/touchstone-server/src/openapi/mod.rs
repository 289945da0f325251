//! The operations of the service, each once: the router and the OpenAPI
//! document are both made of this list, so that neither can say more than
//! the other.

mod description;

use actix_web::Route;
use actix_web::http::Method;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::auth::Scope;

pub(crate) use description::Description;

/// One method of one path.
pub(crate) struct Operation {
    pub(crate) method: Method,
    /// As the router takes it; a parameter that may hold slashes is `{name:.*}`.
    pub(crate) path: &'static str,
    /// What a key must allow; `None` is open to all.
    pub(crate) scope: Option<Scope>,
    pub(crate) describe: fn(&mut Description<'_>),
    pub(crate) route: fn() -> Route,
}

/// OpenAPI 3.1, whose schemas are JSON Schema 2020-12.
pub(crate) fn document(operations: &[Operation]) -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let mut paths: Map<String, Value> = Map::new();
    for operation in operations {
        let mut description = Description::new(&mut generator, operation.scope);
        (operation.describe)(&mut description);
        let path = operation.path.replace(":.*}", "}");
        let entry = paths.entry(path).or_insert_with(|| json!({}));
        entry[operation.method.as_str().to_ascii_lowercase()] = description.finish();
    }
    let schemas = generator.take_definitions(true);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Touchstone",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Answers whose every step is checked, and checks of texts. Errors are problems (RFC 9457).",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" }
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "key": { "type": "http", "scheme": "bearer", "description": "A key made with `touchstone key add`; needed where the server has a key file." }
            }
        }
    })
}
