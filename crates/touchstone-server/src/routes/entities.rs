use std::collections::BTreeMap;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use percent_encoding::percent_decode_str;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use touchstone_core::{Language, Term};
use touchstone_graph::model::{GraphName, NamedNode, NamedOrBlankNode, Quad, Term as RdfTerm};
use touchstone_graph::vocabulary::{rdfs, skos};
use touchstone_graph::{EntityId, Graph, Meaning};

use crate::auth::Scope;
use crate::job::{self, Halt};
use crate::openapi::Operation;
use crate::problem::Problem;
use crate::query::Query;
use crate::state::State;

const DEFAULT_FOUND: usize = 20;
const MAX_FOUND: usize = 100;
/// Characters of a name that is searched for.
const MAX_NAME: usize = 200;
const DEFAULT_FACTS: usize = 200;
const MAX_FACTS: usize = 1_000;

pub(crate) fn operations() -> Vec<Operation> {
    vec![
        Operation {
            method: Method::GET,
            path: "/v1/entities",
            scope: Some(Scope::Check),
            describe: |d| {
                d.says("findEntities", "graph", "Find things by name, the best known first.")
                    .details("A name is a label in any language, without regard to case and accents; where none fits, names that differ in a letter or two.")
                    .query::<Search>()
                    .gives::<Found>(200, "application/json", "The things of that name.")
                    .fails(&[422, 504]);
            },
            route: || web::route().to(search),
        },
        Operation {
            method: Method::GET,
            path: "/v1/entities/{iri:.*}",
            scope: Some(Scope::Check),
            describe: |d| {
                d.says("entity", "graph", "One thing with its labels and facts.")
                    .path("iri", "The IRI of the thing, percent-encoded.")
                    .query::<Facts>()
                    .gives::<Entity>(200, "application/json", "The thing.")
                    .fails(&[404, 422, 504]);
            },
            route: || web::route().to(entity),
        },
    ]
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Search {
    /// The name.
    #[schemars(length(min = 1, max = 200))]
    q: String,
    /// BCP 47 tag of the language to show labels in: `en` (default) or `zh`.
    language: Option<String>,
    /// How many things at most, 20 without it.
    #[schemars(range(min = 1, max = 100))]
    limit: Option<usize>,
}

#[derive(Serialize, JsonSchema)]
struct Found {
    /// Whether the name itself is known, or only names like it.
    exact: bool,
    entities: Vec<Candidate>,
}

/// A thing that a name may mean.
#[derive(Serialize, JsonSchema)]
struct Candidate {
    iri: String,
    label: String,
    types: Vec<Term>,
    /// Relative weight, such as a population; 0 when unknown.
    weight: f64,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Facts {
    /// BCP 47 tag of the language to show labels in: `en` (default) or `zh`.
    language: Option<String>,
    /// How many facts in each direction at most, 200 without it.
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<usize>,
}

#[derive(Serialize, JsonSchema)]
struct Entity {
    iri: String,
    label: String,
    /// All labels by language tag; `""` for those without.
    labels: BTreeMap<String, Vec<String>>,
    types: Vec<Term>,
    /// Facts of which the thing is the subject.
    facts: Vec<Fact>,
    /// Facts of which it is the object.
    referred_to_by: Vec<Fact>,
    /// Whether there are more facts than the limit.
    more: bool,
}

/// A statement as the graph holds it.
#[derive(Serialize, JsonSchema)]
struct Fact {
    subject: Term,
    predicate: Term,
    object: Term,
    /// IRI of the named graph that holds it.
    graph: String,
    /// Name of the source, where the graph declares one.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
}

async fn search(state: web::Data<State>, Query(search): Query<Search>) -> Result<HttpResponse, Problem> {
    let language = language(search.language.as_deref())?;
    let limit = limit(search.limit, DEFAULT_FOUND, MAX_FOUND)?;
    let characters = search.q.chars().count();
    if search.q.trim().is_empty() || characters > MAX_NAME {
        return Err(Problem::invalid(format!("\"q\" has {characters} characters: give 1 to {MAX_NAME}")));
    }
    let checker = state.checker()?;
    let found = query(&state, move |_| Ok(find(checker.graph(), &search.q, language, limit))).await?;
    Ok(HttpResponse::Ok().json(found))
}

async fn entity(
    http: HttpRequest,
    state: web::Data<State>,
    Query(facts): Query<Facts>,
) -> Result<HttpResponse, Problem> {
    let language = language(facts.language.as_deref())?;
    let limit = limit(facts.limit, DEFAULT_FACTS, MAX_FACTS)?;
    let node = iri_of(&http, "iri")?;
    let checker = state.checker()?;
    let found = query(&state, move |_| read(checker.graph(), &node, language, limit)).await?;
    Ok(HttpResponse::Ok().json(found))
}

/// Runs something short that reads the graph or the index, in its turn.
pub(super) async fn query<T: Send + 'static>(
    state: &web::Data<State>,
    work: impl FnOnce(&Halt) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let ticket = state.queries.enter()?;
    let halt = Halt::new(state);
    let _gone = halt.token().clone().drop_guard();
    job::run(state, ticket, &halt, work).await
}

pub(super) fn language(tag: Option<&str>) -> Result<Language, Problem> {
    match tag {
        None => Ok(Language::English),
        Some(tag) => Language::from_tag(tag)
            .ok_or_else(|| Problem::invalid(format!("\"language\" is \"{tag}\": it can be en or zh"))),
    }
}

pub(super) fn limit(given: Option<usize>, default: usize, max: usize) -> Result<usize, Problem> {
    match given {
        None => Ok(default),
        Some(limit) if (1..=max).contains(&limit) => Ok(limit),
        Some(limit) => Err(Problem::invalid(format!("\"limit\" is {limit}: it can be 1 to {max}"))),
    }
}

/// The IRI in a path. The router has decoded all but `%2F` and `%25`.
pub(super) fn iri_of(http: &HttpRequest, name: &str) -> Result<NamedNode, Problem> {
    let raw = http.match_info().get(name).unwrap_or_default();
    let text = percent_decode_str(raw)
        .decode_utf8()
        .map_err(|_| Problem::wrong_shape(format!("the {name} in the path is not UTF-8")))?;
    NamedNode::new(text.as_ref())
        .map_err(|error| Problem::wrong_shape(format!("the path does not end in an IRI: {error}")))
}

fn find(graph: &Graph, name: &str, language: Language, limit: usize) -> Found {
    let lexicon = graph.lexicon();
    let named = |meaning: &Meaning| match meaning {
        Meaning::Entity(id) => Some(*id),
        _ => None,
    };
    let mut ids: Vec<EntityId> = lexicon.lookup(name).iter().filter_map(|e| named(&e.meaning)).collect();
    let exact = !ids.is_empty();
    if !exact {
        ids = lexicon.similar(name).iter().filter_map(|e| named(&e.meaning)).collect();
    }
    ids.sort_unstable();
    ids.dedup();
    ids.sort_by(|a, b| lexicon.entity(*b).prior.total_cmp(&lexicon.entity(*a).prior));
    let candidate = |id: &EntityId| {
        let entity = lexicon.entity(*id);
        Candidate {
            iri: entity.iri.as_str().to_owned(),
            label: entity.label(language).to_owned(),
            types: types(graph, *id, language),
            weight: entity.prior,
        }
    };
    Found { exact, entities: ids.iter().take(limit).map(candidate).collect() }
}

fn types(graph: &Graph, id: EntityId, language: Language) -> Vec<Term> {
    let class = |id| {
        let class = graph.ontology().class(id);
        Term::iri(class.label(language), class.iri.as_str())
    };
    graph.lexicon().entity(id).types.iter().map(|id| class(*id)).collect()
}

fn read(graph: &Graph, node: &NamedNode, language: Language, limit: usize) -> Result<Entity, Problem> {
    let store = graph.store().inner();
    let id = graph.lexicon().entity_by_iri(node.as_ref());
    let mut labels: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut facts = Vec::new();
    let mut more = false;
    for quad in store.quads_for_pattern(Some(node.as_ref().into()), None, None, None) {
        let quad = quad.map_err(unreadable)?;
        let is_label = [rdfs::LABEL, skos::PREF_LABEL, skos::ALT_LABEL].contains(&quad.predicate.as_ref());
        if let (true, RdfTerm::Literal(label)) = (is_label, &quad.object) {
            let of = labels.entry(label.language().unwrap_or_default().to_owned()).or_default();
            if !of.iter().any(|known| known == label.value()) {
                of.push(label.value().to_owned());
            }
        } else if facts.len() < limit {
            facts.push(fact(graph, &quad, language));
        } else {
            more = true;
        }
    }
    let mut referred_to_by = Vec::new();
    for quad in store.quads_for_pattern(None, None, Some(node.as_ref().into()), None) {
        let quad = quad.map_err(unreadable)?;
        if referred_to_by.len() == limit {
            more = true;
            break;
        }
        referred_to_by.push(fact(graph, &quad, language));
    }
    if labels.is_empty() && facts.is_empty() && referred_to_by.is_empty() {
        return Err(Problem::no_such(format!("the graph does not know {node}")));
    }
    let label = term(graph, &node.clone().into(), language).label;
    let types = id.map_or_else(Vec::new, |id| types(graph, id, language));
    let iri = node.as_str().to_owned();
    Ok(Entity { iri, label, labels, types, facts, referred_to_by, more })
}

fn unreadable(error: impl std::fmt::Display) -> Problem {
    tracing::error!(%error, "the graph cannot be read");
    Problem::internal("the graph cannot be read; the server's log says more")
}

fn fact(graph: &Graph, quad: &Quad, language: Language) -> Fact {
    let subject: RdfTerm = match &quad.subject {
        NamedOrBlankNode::NamedNode(node) => node.clone().into(),
        NamedOrBlankNode::BlankNode(node) => node.clone().into(),
    };
    let source = match &quad.graph_name {
        GraphName::NamedNode(node) => graph.store().graph_title(node.as_ref()).ok().flatten(),
        _ => None,
    };
    let name = match &quad.graph_name {
        GraphName::NamedNode(node) => node.as_str().to_owned(),
        GraphName::BlankNode(node) => node.to_string(),
        GraphName::DefaultGraph => "default".to_owned(),
    };
    Fact {
        subject: term(graph, &subject, language),
        predicate: term(graph, &quad.predicate.clone().into(), language),
        object: term(graph, &quad.object, language),
        graph: name,
        source,
    }
}

fn term(graph: &Graph, rdf: &RdfTerm, language: Language) -> Term {
    match rdf {
        RdfTerm::NamedNode(node) => {
            let (ontology, lexicon) = (graph.ontology(), graph.lexicon());
            let label = if let Some(id) = lexicon.entity_by_iri(node.as_ref()) {
                lexicon.entity(id).label(language)
            } else if let Some(id) = ontology.predicate_by_iri(node.as_ref()) {
                ontology.predicate(id).label(language)
            } else if let Some(id) = ontology.class_by_iri(node.as_ref()) {
                ontology.class(id).label(language)
            } else {
                node.as_str().rsplit(['/', '#']).next().unwrap_or_default()
            };
            Term::iri(label, node.as_str())
        }
        RdfTerm::Literal(literal) => Term::literal(literal.value()),
        other => Term::literal(other.to_string()),
    }
}
