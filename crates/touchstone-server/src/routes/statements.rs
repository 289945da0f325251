//! Places that hold statements: named graphs and the facts of users. They are
//! read, put, added to and taken out in the same way.

use actix_web::http::Method;
use actix_web::{HttpRequest, Route};
use schemars::JsonSchema;

use crate::auth::Scope;
use crate::body;
use crate::openapi::{Description, Operation};
use crate::problem::Problem;

/// What can be sent, and the ending that the importer knows it by.
const TAKEN: [(&str, &str); 6] = [
    ("text/turtle", "ttl"),
    ("application/n-triples", "nt"),
    ("application/rdf+xml", "rdf"),
    ("application/ld+json", "jsonld"),
    ("application/n-quads", "nq"),
    ("application/trig", "trig"),
];

/// What the API's document says of such a place.
pub(super) trait Place {
    const PATH: &'static str;
    /// The parameter in the path, and what it can be.
    const NAME: (&'static str, &'static str);
    const TAG: &'static str;
    /// What a key must allow to change it.
    const WRITE: Scope;
    /// Of get, put, post and delete: the operation's id, and what it does.
    const SAYS: [(&'static str, &'static str); 4];
    /// From when on a change counts, and for whom.
    const COUNTS: &'static str;
    /// Media types that it is shown in.
    const GIVEN: &'static [&'static str];
    /// Whether a change tells what is new (201) from what was there.
    const TELLS_NEW: bool;
    type Changed: JsonSchema;
}

/// The operations of a place, with the routes of get, put, post and delete.
pub(super) fn operations<P: Place>(routes: [fn() -> Route; 4]) -> Vec<Operation> {
    let of = |method: Method, scope: Scope, describe: fn(&mut Description<'_>), route: fn() -> Route| {
        Operation { method, path: P::PATH, scope: Some(scope), describe, route }
    };
    let [get, put, post, delete] = routes;
    vec![
        of(Method::GET, Scope::Check, shown::<P>, get),
        of(Method::PUT, P::WRITE, |d| changed::<P>(d, P::SAYS[1]), put),
        of(Method::POST, P::WRITE, |d| changed::<P>(d, P::SAYS[2]), post),
        of(Method::DELETE, P::WRITE, removed::<P>, delete),
    ]
}

fn named<'a, 'b, P: Place>(
    d: &'a mut Description<'b>,
    (id, summary): (&str, &str),
) -> &'a mut Description<'b> {
    let (name, text) = P::NAME;
    d.says(id, P::TAG, summary).path(name, text)
}

fn shown<P: Place>(d: &mut Description<'_>) {
    named::<P>(d, P::SAYS[0]).fails(&[404, 422, 504]);
    for media in P::GIVEN {
        d.gives_text(200, media, "The statements.");
    }
    if P::GIVEN.len() > 1 {
        d.fails(&[406]);
    }
}

fn changed<P: Place>(d: &mut Description<'_>, says: (&str, &str)) {
    named::<P>(d, says)
        .details(&format!("All or nothing. {}", P::COUNTS))
        .gives::<P::Changed>(200, "application/json", "They are stored.")
        .fails(&[422, 504, 507]);
    if P::TELLS_NEW {
        d.gives::<P::Changed>(201, "application/json", "They are stored, and nothing was there before.");
    }
    for (media, _) in TAKEN {
        d.takes_text(media, "The statements; those of other graphs are refused.");
    }
}

fn removed<P: Place>(d: &mut Description<'_>) {
    named::<P>(d, P::SAYS[3])
        .gives::<P::Changed>(200, "application/json", "They are taken out.")
        .fails(&[404, 422, 504, 507]);
}

/// How a file with the request's body must end for the importer to read it.
pub(super) fn ending(http: &HttpRequest) -> Result<&'static str, Problem> {
    TAKEN.iter().find(|(media, _)| body::is_media_type(http, media)).map(|(_, ending)| *ending).ok_or_else(
        || {
            let taken = TAKEN.map(|(media, _)| media).join(", ");
            Problem::unsupported_media(format!("send the statements as one of {taken}"))
        },
    )
}
