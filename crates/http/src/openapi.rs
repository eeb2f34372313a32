//! The contract as `OpenAPI` 3.1, made from the table of routes and the scenarios' cards.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use tongma_domain::{Action, Field, FieldKind, Starter};
use tongma_service::Scenario;

use crate::{
    dto::ProblemShape,
    routes::{Body, Caller, Operation},
};

/// The whole document.
pub fn document(operations: &[Operation], catalogue: &[&dyn Scenario]) -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let problem = generator.subschema_for::<ProblemShape>();
    let paths = paths(operations, &mut generator);
    let mut schemas = generator.take_definitions(true);
    for scenario in catalogue {
        let card = scenario.card();
        for action in card.actions.iter().filter(|action| is_outside(action)) {
            schemas.insert(format!("{}.{}", card.id, action.id), form(card.id, action));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Tongma 通码",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "One personal code that gets everything done: 一码通办",
            "description": DESCRIPTION,
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": { "Problem": {
                "description": "A refusal: what happened, what to do next, who helps (RFC 9457)",
                "content": { "application/problem+json": { "schema": problem } },
            } },
            "parameters": { "IdempotencyKey": {
                "name": "Idempotency-Key", "in": "header", "required": true,
                "description": "1 to 64 printable ASCII characters; a retry carries the same one",
                "schema": { "type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[ -~]+$" },
            } },
            "securitySchemes": schemes(),
        },
    })
}

/// Every operation under its path and method.
fn paths(operations: &[Operation], generator: &mut schemars::SchemaGenerator) -> Map<String, Value> {
    let mut paths: Map<String, Value> = Map::new();
    for operation in operations {
        let mut answers = Map::new();
        for (status, body) in &operation.answers {
            answers.insert(status.to_string(), answer(body, generator));
        }
        answers.insert("default".into(), json!({ "$ref": "#/components/responses/Problem" }));
        let mut described = json!({
            "operationId": operation_id(operation),
            "summary": operation.summary,
            "tags": [tag(operation)],
            "parameters": parameters(operation),
            "responses": answers,
        });
        if let Some(members) = described.as_object_mut() {
            if let Some(request) = operation.request {
                let schema = request(generator);
                members.insert(
                    "requestBody".into(),
                    json!({ "required": true, "content": { "application/json": { "schema": schema } } }),
                );
            }
            members.insert("security".into(), security(operation.caller));
        }
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        if let Some(methods) = path.as_object_mut() {
            methods.insert(operation.method.as_str().to_ascii_lowercase(), described);
        }
    }
    paths
}

const DESCRIPTION: &str = "Times are Unix milliseconds (`_ms`), money is in fen (`_fen`), ids are 32 hexadecimal digits \
that mean something only to the one they were given to. Lists come in parts: `?limit=&after=` gives `items` and `next`. \
`Accept-Language` picks the language of `title` and `detail` in refusals. The input of an action is the schema named \
`<scenario>.<action>`.";

fn schemes() -> Value {
    json!({
        "citizen": { "type": "apiKey", "in": "cookie", "name": crate::edge::SESSION_COOKIE,
            "description": "Set by signing in; a request that changes something must carry this site's `Origin`" },
        "point": { "type": "apiKey", "in": "header", "name": "Signature",
            "description": "HTTP Message Signatures (RFC 9421) in a fixed profile, with `Content-Digest` and `Signature-Input`; \
                            covered: \"@method\" \"@path\" \"@query\" \"content-digest\"; Ed25519 or ECDSA P-256 with SHA-256" },
        "administrator": { "type": "http", "scheme": "bearer" },
    })
}

fn security(caller: Caller) -> Value {
    match caller {
        Caller::Anyone => json!([]),
        Caller::Citizen => json!([{ "citizen": [] }]),
        Caller::Point => json!([{ "point": [] }]),
        Caller::Administrator => json!([{ "administrator": [] }]),
    }
}

const fn tag(operation: &Operation) -> &'static str {
    match operation.caller {
        Caller::Anyone => "public",
        Caller::Citizen => "citizen",
        Caller::Point => "point",
        Caller::Administrator => "administration",
    }
}

/// A stable name for code generators: `post_v1_me_actions`.
fn operation_id(operation: &Operation) -> String {
    let path = operation.path.replace("{id}", "one").replace(['/', '.'], "_");
    format!("{}{path}", operation.method.as_str().to_ascii_lowercase())
}

fn parameters(operation: &Operation) -> Vec<Value> {
    let id = operation
        .path
        .contains("{id}")
        .then(|| json!({ "name": "id", "in": "path", "required": true, "schema": path_schema(operation.path) }));
    let key = operation.keyed.then(|| json!({ "$ref": "#/components/parameters/IdempotencyKey" }));
    let query = operation.query.iter().map(|parameter| {
        json!({ "name": parameter.name, "in": "query", "required": false, "description": parameter.summary,
                "schema": { "type": "string" } })
    });
    id.into_iter().chain(key).chain(query).collect()
}

/// What stands for `{id}`: the outward id of something, but for two public addresses.
fn path_schema(path: &str) -> Value {
    match path {
        "/vct/{id}" => json!({ "type": "string", "pattern": "^[a-z_]{1,40}$" }),
        "/status/{id}" => json!({ "type": "string", "pattern": "^[0-9]{1,10}$" }),
        _ => json!({ "type": "string", "pattern": "^[0-9a-f]{32}$" }),
    }
}

fn answer(body: &Body, generator: &mut schemars::SchemaGenerator) -> Value {
    match body {
        Body::Json(schema) => {
            let schema = schema(generator);
            json!({ "description": "Done", "content": { "application/json": { "schema": schema } } })
        }
        Body::Other(media_type) => json!({ "description": "Done", "content": { *media_type: {} } }),
        Body::Empty => {
            json!({ "description": "Elsewhere", "headers": { "Location": { "schema": { "type": "string" } } } })
        }
    }
}

/// Whether someone outside the platform may start it.
fn is_outside(action: &Action) -> bool {
    action.by.iter().any(|starter| matches!(starter, Starter::Operator | Starter::Point | Starter::Holder))
}

/// The schema of an action's form.
fn form(scenario: &str, action: &Action) -> Value {
    let properties: Map<String, Value> =
        action.form.iter().map(|field| (field.id.to_owned(), property(field))).collect();
    let required: Vec<&str> = action.form.iter().filter(|field| field.required).map(|field| field.id).collect();
    json!({
        "type": "object",
        "title": format!("{} · {}", action.name.zh, action.name.en),
        "description": format!("The input of `{}` in `{scenario}`", action.id),
        "properties": properties,
        "required": required,
        "additionalProperties": false,
        "x-by": action.by,
        "x-moves-money": action.moves_money,
    })
}

fn property(field: &Field) -> Value {
    let barcode = json!({ "type": "string", "minLength": 1, "maxLength": 32, "pattern": "^[!-~]+$" });
    let mut schema = match field.kind {
        FieldKind::Text { most } => json!({ "type": "string", "maxLength": most }),
        FieldKind::Private { most } => {
            json!({ "type": "string", "maxLength": most, "description": "Sealed by the platform before any rule sees it" })
        }
        FieldKind::Number { least, most } => json!({ "type": "integer", "minimum": least, "maximum": most }),
        FieldKind::Barcode => barcode,
        FieldKind::Barcodes { most } => json!({ "type": "array", "items": barcode, "minItems": 1, "maxItems": most }),
        FieldKind::Amount => json!({ "type": "integer", "minimum": 1, "description": "In fen" }),
        FieldKind::Date => json!({ "type": "string", "format": "date" }),
        FieldKind::Choice { of } => {
            let ids: Vec<&str> = of.iter().map(|(id, _)| *id).collect();
            json!({ "type": "string", "enum": ids })
        }
        FieldKind::PaymentCode => json!({ "type": "string", "pattern": "^[0-9]{16,24}$" }),
        FieldKind::Reference => json!({ "type": "string", "pattern": "^[0-9a-f]{32}$" }),
        FieldKind::Companions { most } => json!({
            "type": "object",
            "properties": {
                "adults": { "type": "integer", "minimum": 0, "maximum": most },
                "children": { "type": "integer", "minimum": 0, "maximum": most },
            },
            "additionalProperties": false,
        }),
    };
    if let Some(members) = schema.as_object_mut() {
        members.insert("title".into(), format!("{} · {}", field.name.zh, field.name.en).into());
    }
    schema
}
