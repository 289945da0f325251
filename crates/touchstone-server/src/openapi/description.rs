use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::auth::Scope;
use crate::problem::Problem;

/// What the document says of one operation.
pub(crate) struct Description<'a> {
    generator: &'a mut SchemaGenerator,
    scope: Option<Scope>,
    operation: Map<String, Value>,
    parameters: Vec<Value>,
    responses: Map<String, Value>,
    body: Map<String, Value>,
}

impl<'a> Description<'a> {
    pub(crate) fn new(generator: &'a mut SchemaGenerator, scope: Option<Scope>) -> Description<'a> {
        Description {
            generator,
            scope,
            operation: Map::new(),
            parameters: Vec::new(),
            responses: Map::new(),
            body: Map::new(),
        }
    }

    pub(crate) fn says(&mut self, id: &str, tag: &str, summary: &str) -> &mut Self {
        self.operation.insert("operationId".into(), id.into());
        self.operation.insert("tags".into(), json!([tag]));
        self.operation.insert("summary".into(), summary.into());
        self
    }

    pub(crate) fn details(&mut self, text: &str) -> &mut Self {
        self.operation.insert("description".into(), text.into());
        self
    }

    /// The fields of a type as parameters of the query.
    pub(crate) fn query<T: JsonSchema>(&mut self) -> &mut Self {
        let schema = self.generator.root_schema_for::<T>();
        let required: Vec<&str> = schema
            .get("required")
            .and_then(Value::as_array)
            .map_or(Vec::new(), |names| names.iter().filter_map(Value::as_str).collect());
        for (name, field) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let mut field = field.clone();
            let text = field.as_object_mut().and_then(|field| field.remove("description"));
            self.parameters.push(json!({
                "name": name,
                "in": "query",
                "required": required.contains(&name.as_str()),
                "description": text.unwrap_or_default(),
                "schema": not_null(field),
            }));
        }
        self
    }

    pub(crate) fn path(&mut self, name: &str, text: &str) -> &mut Self {
        self.parameter("path", name, text, true, json!({ "type": "string", "minLength": 1 }))
    }

    pub(crate) fn header(&mut self, name: &str, text: &str) -> &mut Self {
        self.parameter("header", name, text, false, json!({ "type": "string" }))
    }

    fn parameter(&mut self, place: &str, name: &str, text: &str, required: bool, schema: Value) -> &mut Self {
        self.parameters.push(
            json!({ "name": name, "in": place, "required": required, "description": text, "schema": schema }),
        );
        self
    }

    pub(crate) fn takes<T: JsonSchema>(&mut self, media: &str) -> &mut Self {
        let schema = self.generator.subschema_for::<T>();
        self.body.insert(media.to_owned(), json!({ "schema": schema }));
        self
    }

    pub(crate) fn takes_text(&mut self, media: &str, text: &str) -> &mut Self {
        self.body.insert(media.to_owned(), json!({ "schema": { "type": "string", "description": text } }));
        self
    }

    pub(crate) fn gives<T: JsonSchema>(&mut self, status: u16, media: &str, text: &str) -> &mut Self {
        let schema = self.generator.subschema_for::<T>();
        self.response(status, media, text, json!(schema))
    }

    pub(crate) fn gives_text(&mut self, status: u16, media: &str, text: &str) -> &mut Self {
        self.response(status, media, text, json!({ "type": "string" }))
    }

    /// A stream of server-sent events with these names. OpenAPI before 3.2 has no
    /// keyword for the parts of a stream; tools take the schema for that of one
    /// event, with the fields that the wire format gives it.
    pub(crate) fn gives_events(&mut self, names: &[&str], text: &str) -> &mut Self {
        let schema = json!({
            "type": "object",
            "description": "One event of the stream.",
            "properties": {
                "id": { "type": "string", "description": "For Last-Event-ID." },
                "event": { "type": "string", "enum": names },
                "data": { "type": "string", "description": "JSON, unless said otherwise." },
            },
            "required": ["event", "data"],
            "additionalProperties": false,
        });
        self.response(200, "text/event-stream", text, schema)
    }

    fn response(&mut self, status: u16, media: &str, text: &str, schema: Value) -> &mut Self {
        let entry = self
            .responses
            .entry(status.to_string())
            .or_insert_with(|| json!({ "description": text, "content": {} }));
        entry["content"][media] = json!({ "schema": schema });
        self
    }

    /// Errors in a form that another protocol prescribes, or as problems.
    pub(crate) fn gives_others(&mut self, statuses: &[u16]) -> &mut Self {
        for status in statuses {
            for media in ["application/json", "text/plain"] {
                self.response(*status, media, "The request was refused.", json!({}));
            }
            self.fails(&[*status]);
        }
        self
    }

    /// The errors that the operation can answer with, besides those of all.
    pub(crate) fn fails(&mut self, statuses: &[u16]) -> &mut Self {
        for status in statuses {
            let text = match status {
                400 => "The request cannot be read, or is not of the form that is taken here.",
                401 => "There is no key, or it is not known.",
                403 => "The key does not allow this, or the server does not.",
                404 => "There is no such thing.",
                406 => "None of the media types that are accepted can be given.",
                408 => "The body came too slowly.",
                409 => "Another change stands in the way.",
                413 => "The body is larger than the limit.",
                415 => "The body's media type is not taken here.",
                422 => "The form is right, but the values cannot be worked on.",
                429 => {
                    "The queue is full or the key's rate is used up; `Retry-After` says when to come back."
                }
                503 => "The service is not ready, busy elsewhere or stopping.",
                504 => "The request was not finished in time.",
                507 => "The disk is full; nothing was changed.",
                _ => "An error inside the server; its log says more.",
            };
            self.gives::<Problem>(*status, "application/problem+json", text);
        }
        self
    }

    pub(crate) fn finish(mut self) -> Value {
        let mut common = vec![400, 500];
        if let Some(scope) = self.scope {
            self.operation.insert("security".into(), json!([{}, { "key": [scope.name()] }]));
            common.extend([401, 403, 429, 503]);
        }
        if !self.body.is_empty() {
            common.extend([408, 413, 415]);
        }
        common.retain(|status| !self.responses.contains_key(&status.to_string()));
        self.fails(&common);
        let Description { mut operation, parameters, responses, body, .. } = self;
        if !parameters.is_empty() {
            operation.insert("parameters".into(), parameters.into());
        }
        if !body.is_empty() {
            operation.insert("requestBody".into(), json!({ "required": true, "content": body }));
        }
        operation.insert("responses".into(), responses.into());
        Value::Object(operation)
    }
}

/// A query has no null: an absent field is an absent parameter.
fn not_null(mut schema: Value) -> Value {
    if let Some(types) = schema.get_mut("type").and_then(Value::as_array_mut) {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            schema["type"] = only.clone();
        }
    }
    if let Some(any) = schema.get_mut("anyOf").and_then(Value::as_array_mut) {
        any.retain(|one| one.get("type").is_none_or(|kind| kind != "null"));
        if let [only] = any.as_slice() {
            return only.clone();
        }
    }
    schema
}
