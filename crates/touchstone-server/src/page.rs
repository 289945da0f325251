//! The page, embedded: it asks nothing of any other server.

use std::sync::LazyLock;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use sha2::{Digest, Sha256};

struct File {
    path: &'static str,
    media: &'static str,
    bytes: &'static [u8],
}

macro_rules! files {
    ($($path:literal $media:ident,)*) => {
        &[$(File { path: $path, media: $media, bytes: include_bytes!(concat!("../web/", $path)) },)*]
    };
}

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

static FILES: &[File] = files! {
    "index.html" HTML,
    "docs.html" HTML,
    "icon.svg" SVG,
    "css/base.css" CSS,
    "css/docs.css" CSS,
    "css/parts.css" CSS,
    "css/views.css" CSS,
    "js/api.js" JS,
    "js/ask.js" JS,
    "js/check.js" JS,
    "js/claims.js" JS,
    "js/derivation.js" JS,
    "js/docs.js" JS,
    "js/dom.js" JS,
    "js/events.js" JS,
    "js/evidence.js" JS,
    "js/export.js" JS,
    "js/history.js" JS,
    "js/keys.js" JS,
    "js/main.js" JS,
    "js/problem.js" JS,
    "js/steps.js" JS,
    "js/theme.js" JS,
    "js/words-en.js" JS,
    "js/words-zh.js" JS,
    "js/words.js" JS,
};

/// Scripts, styles and requests of this server only, and nobody's frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(crate) fn configure(app: &mut web::ServiceConfig) {
    for (index, file) in FILES.iter().enumerate() {
        let path = match file.path {
            "index.html" => "/".to_owned(),
            "docs.html" => "/docs".to_owned(),
            other => format!("/{other}"),
        };
        app.service(
            web::resource(path).route(
                web::route()
                    .guard(actix_web::guard::Any(actix_web::guard::Get()).or(actix_web::guard::Head()))
                    .to(move |http: HttpRequest| async move { serve(&http, index) }),
            ),
        );
    }
}

fn serve(http: &HttpRequest, index: usize) -> HttpResponse {
    static TAGS: LazyLock<Vec<String>> = LazyLock::new(|| {
        let tag = |bytes: &[u8]| -> String {
            Sha256::digest(bytes).iter().take(12).map(|byte| format!("{byte:02x}")).collect()
        };
        FILES.iter().map(|file| format!("\"{}\"", tag(file.bytes))).collect()
    });
    let (file, tag) = (&FILES[index], &TAGS[index]);
    let known = http.headers().get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let fresh =
        known.is_some_and(|known| known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag));
    let mut response = if fresh { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .insert_header((header::ETAG, tag.as_str()))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .content_type(file.media);
    if fresh { response.finish() } else { response.body(file.bytes) }
}
