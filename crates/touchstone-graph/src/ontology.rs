//! What the predicates and classes of a graph mean, read from the graph.

use std::collections::{BTreeSet, HashMap};

use oxigraph::model::{NamedNode, NamedNodeRef, NamedOrBlankNode, Quad, Term};
use touchstone_core::Language;

use crate::vocabulary::{owl, qudt, rdf, rdfs, skos, ts, xsd};
use crate::{GraphError, Store};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PredicateId(pub u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClassId(pub u32);

/// What stands in the object place of a predicate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    Entity,
    Number,
    Date,
    Boolean,
    Text,
}

/// How an adjective compares by a predicate's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Degree {
    More,
    Less,
    Most,
    Least,
}

/// A label with its language; without a tag it counts for every language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    pub text: String,
    pub language: Option<Language>,
    pub preferred: bool,
}

#[derive(Clone, Debug)]
pub struct Predicate {
    pub id: PredicateId,
    pub iri: NamedNode,
    pub labels: Vec<Label>,
    pub adjectives: Vec<(Degree, Label)>,
    pub domain: Vec<ClassId>,
    pub range: Vec<ClassId>,
    pub value_kind: ValueKind,
    /// At most one value can be true of a subject.
    pub functional: bool,
    pub inverse_functional: bool,
    pub symmetric: bool,
    /// "X is a V" may state it, as "Curie was a physicist" states an occupation.
    pub classifies: bool,
    pub transitive: bool,
    /// The graph holds every value.
    pub closed: bool,
    pub inverses: Vec<PredicateId>,
    /// Itself and everything below it.
    pub sub_properties: Vec<PredicateId>,
    /// Local name of the QUDT unit of its numbers.
    pub unit: Option<String>,
    /// Relative tolerance of its numbers.
    pub tolerance: Option<f64>,
    /// Whether its facts can cease to hold; `None` where nothing is said.
    pub changing: Option<bool>,
    /// Statement nodes that hold its facts with their qualifiers.
    pub statement: Option<Statement>,
}

/// Facts as nodes of their own, as Wikidata has them: the subject points to
/// the statement with `node`, the statement to its value with `value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    pub node: NamedNode,
    pub value: NamedNode,
}

/// What a qualifier says of the time in which a fact holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    From,
    Until,
    /// It was so then, and perhaps before and after.
    At,
}

#[derive(Clone, Debug)]
pub struct Class {
    pub id: ClassId,
    pub iri: NamedNode,
    pub labels: Vec<Label>,
    /// Itself and everything above it.
    pub ancestors: BTreeSet<ClassId>,
    /// Declared disjoint, here or above.
    pub disjoint: BTreeSet<ClassId>,
    /// The graph holds every member.
    pub closed: bool,
}

/// The predicates and classes of a graph.
#[derive(Clone, Debug, Default)]
pub struct Ontology {
    predicates: Vec<Predicate>,
    classes: Vec<Class>,
    predicate_by_iri: HashMap<NamedNode, PredicateId>,
    class_by_iri: HashMap<NamedNode, ClassId>,
    validity: Vec<(NamedNode, Validity)>,
}

/// Namespaces whose terms describe the graph instead of the world.
const DESCRIPTIVE: [&str; 7] = [
    rdf::BASE,
    rdfs::BASE,
    owl::BASE,
    skos::BASE,
    ts::BASE,
    "http://purl.org/dc/",
    "http://www.w3.org/ns/prov#",
];

impl Ontology {
    /// Reads declarations from all named graphs. Predicates that are only
    /// declared as `rdf:Property` count too, so that a graph without an
    /// ontology still has relations with names.
    pub fn read(store: &Store) -> Result<Ontology, GraphError> {
        let reader = Reader { store };
        let mut ontology = Ontology::default();
        ontology.declare_classes(&reader)?;
        ontology.declare_predicates(&reader)?;
        ontology.relate_predicates(&reader)?;
        for (term, validity) in [
            (ts::VALID_FROM, Validity::From),
            (ts::VALID_UNTIL, Validity::Until),
            (ts::VALID_AT, Validity::At),
        ] {
            ontology.validity.extend(reader.declared(term)?.into_iter().map(|iri| (iri, validity)));
        }
        Ok(ontology)
    }

    /// Qualifiers that say when a fact holds.
    pub fn validity(&self) -> &[(NamedNode, Validity)] {
        &self.validity
    }

    pub fn predicates(&self) -> &[Predicate] {
        &self.predicates
    }

    pub fn classes(&self) -> &[Class] {
        &self.classes
    }

    pub fn predicate(&self, id: PredicateId) -> &Predicate {
        &self.predicates[id.0 as usize]
    }

    pub fn class(&self, id: ClassId) -> &Class {
        &self.classes[id.0 as usize]
    }

    pub fn predicate_by_iri(&self, iri: NamedNodeRef<'_>) -> Option<PredicateId> {
        self.predicate_by_iri.get(&iri.into_owned()).copied()
    }

    pub fn class_by_iri(&self, iri: NamedNodeRef<'_>) -> Option<ClassId> {
        self.class_by_iri.get(&iri.into_owned()).copied()
    }

    /// Whether something of these classes may stand where one of `wanted` is
    /// asked for. An empty list on either side asks for nothing.
    pub fn fits(&self, types: &[ClassId], wanted: &[ClassId]) -> bool {
        types.is_empty()
            || wanted.is_empty()
            || types.iter().any(|t| {
                let ancestors = &self.class(*t).ancestors;
                wanted.iter().any(|w| ancestors.contains(w))
            })
    }

    /// Whether every class of `types` is declared disjoint with every class
    /// that is wanted: only then is a misfit a contradiction. A class above
    /// another of them says nothing more.
    pub fn clashes(&self, types: &[ClassId], wanted: &[ClassId]) -> bool {
        let above_other =
            |t: &ClassId| types.iter().any(|other| other != t && self.class(*other).ancestors.contains(t));
        !types.is_empty()
            && !wanted.is_empty()
            && types.iter().filter(|t| !above_other(t)).all(|t| {
                let disjoint = &self.class(*t).disjoint;
                wanted.iter().all(|w| self.class(*w).ancestors.iter().any(|above| disjoint.contains(above)))
            })
    }

    fn declare_classes(&mut self, reader: &Reader<'_>) -> Result<(), GraphError> {
        let mut iris = reader.subjects(rdf::TYPE, rdfs::CLASS)?;
        iris.extend(reader.subjects(rdf::TYPE, owl::CLASS)?);
        iris.retain(|iri| !is_descriptive(iri.as_str()));
        for iri in iris {
            let id = ClassId(self.classes.len() as u32);
            self.class_by_iri.insert(iri.clone(), id);
            let closed = reader.objects(&iri, ts::CLOSED)?.iter().any(is_true);
            self.classes.push(Class {
                id,
                labels: reader.labels(&iri)?,
                iri,
                ancestors: BTreeSet::from([id]),
                disjoint: BTreeSet::new(),
                closed,
            });
        }
        let above = self.class_links(reader, rdfs::SUB_CLASS_OF)?;
        for id in 0..self.classes.len() {
            let mut queue = vec![ClassId(id as u32)];
            while let Some(next) = queue.pop() {
                for parent in &above[next.0 as usize] {
                    if self.classes[id].ancestors.insert(*parent) {
                        queue.push(*parent);
                    }
                }
            }
        }
        let disjoint = self.class_links(reader, owl::DISJOINT_WITH)?;
        for id in 0..self.classes.len() {
            let mut all = BTreeSet::new();
            for ancestor in &self.classes[id].ancestors {
                all.extend(disjoint[ancestor.0 as usize].iter().copied());
                // Disjointness holds in both directions.
                for (other, links) in disjoint.iter().enumerate() {
                    if links.contains(ancestor) {
                        all.insert(ClassId(other as u32));
                    }
                }
            }
            self.classes[id].disjoint = all;
        }
        Ok(())
    }

    fn class_links(
        &self,
        reader: &Reader<'_>,
        predicate: NamedNodeRef<'_>,
    ) -> Result<Vec<Vec<ClassId>>, GraphError> {
        self.classes
            .iter()
            .map(|class| {
                let targets = reader.objects(&class.iri, predicate)?;
                Ok(targets
                    .iter()
                    .filter_map(as_iri)
                    .filter_map(|iri| self.class_by_iri.get(iri).copied())
                    .collect())
            })
            .collect()
    }

    fn declare_predicates(&mut self, reader: &Reader<'_>) -> Result<(), GraphError> {
        let mut iris = BTreeSet::new();
        for class in [
            rdf::PROPERTY,
            owl::OBJECT_PROPERTY,
            owl::DATATYPE_PROPERTY,
            owl::FUNCTIONAL,
            owl::INVERSE_FUNCTIONAL,
            owl::TRANSITIVE,
            owl::SYMMETRIC,
        ] {
            iris.extend(reader.subjects(rdf::TYPE, class)?);
        }
        iris.retain(|iri| !is_descriptive(iri.as_str()));
        for iri in iris {
            let predicate = self.describe(reader, iri)?;
            self.predicate_by_iri.insert(predicate.iri.clone(), predicate.id);
            self.predicates.push(predicate);
        }
        Ok(())
    }

    fn describe(&self, reader: &Reader<'_>, iri: NamedNode) -> Result<Predicate, GraphError> {
        let types: Vec<Term> = reader.objects(&iri, rdf::TYPE)?;
        let is =
            |class: NamedNodeRef<'_>| types.iter().any(|t| as_iri(t).is_some_and(|t| t.as_ref() == class));
        let classes = |predicate| -> Result<Vec<ClassId>, GraphError> {
            Ok(reader
                .objects(&iri, predicate)?
                .iter()
                .filter_map(as_iri)
                .filter_map(|class| self.class_by_iri.get(class).copied())
                .collect())
        };
        let ranges = reader.objects(&iri, rdfs::RANGE)?;
        let datatype = ranges
            .iter()
            .filter_map(as_iri)
            .find_map(|range| range.as_str().strip_prefix(xsd::BASE).map(str::to_owned));
        let changing = reader.objects(&iri, ts::CHANGING)?.first().map(is_true);
        let node = |term| -> Result<Option<NamedNode>, GraphError> {
            Ok(reader.objects(&iri, term)?.iter().find_map(|found| as_iri(found).cloned()))
        };
        let statement = node(ts::STATEMENT)?
            .zip(node(ts::STATEMENT_VALUE)?)
            .map(|(node, value)| Statement { node, value });
        let value_kind = match datatype.as_deref() {
            Some("date" | "dateTime" | "gYear" | "gYearMonth") => ValueKind::Date,
            Some("boolean") => ValueKind::Boolean,
            Some("string" | "anyURI" | "language" | "token") => ValueKind::Text,
            Some(_) => ValueKind::Number,
            None if !ranges.is_empty() => ValueKind::Entity,
            None => reader.sampled_kind(statement.as_ref().map_or(&iri, |statement| &statement.value))?,
        };
        let mut adjectives = Vec::new();
        for (term, degree) in [
            (ts::COMPARATIVE, Degree::More),
            (ts::COMPARATIVE_LESS, Degree::Less),
            (ts::SUPERLATIVE, Degree::Most),
            (ts::SUPERLATIVE_LESS, Degree::Least),
        ] {
            for label in reader.objects(&iri, term)?.iter().filter_map(|t| as_label(t, false)) {
                adjectives.push((degree, label));
            }
        }
        let unit = reader
            .objects(&iri, qudt::HAS_UNIT)?
            .iter()
            .filter_map(as_iri)
            .next()
            .map(|unit| unit.as_str().rsplit(['/', '#']).next().unwrap_or_default().to_owned());
        let tolerance = reader
            .objects(&iri, ts::TOLERANCE)?
            .iter()
            .find_map(|t| if let Term::Literal(l) = t { l.value().parse().ok() } else { None });
        let closed = reader.objects(&iri, ts::CLOSED)?.iter().any(is_true);
        let labels = reader.labels(&iri)?;
        // Neighbours and spouses are so both ways, whether the ontology says
        // it or not.
        let reciprocal = value_kind == ValueKind::Entity && crate::lexicon::reciprocal(&labels);
        let classifies = value_kind == ValueKind::Entity && crate::lexicon::classifies(&labels);
        Ok(Predicate {
            id: PredicateId(self.predicates.len() as u32),
            labels,
            adjectives,
            domain: classes(rdfs::DOMAIN)?,
            range: classes(rdfs::RANGE)?,
            value_kind,
            functional: is(owl::FUNCTIONAL),
            inverse_functional: is(owl::INVERSE_FUNCTIONAL),
            symmetric: is(owl::SYMMETRIC) || reciprocal,
            classifies,
            transitive: is(owl::TRANSITIVE),
            closed,
            inverses: Vec::new(),
            sub_properties: Vec::new(),
            unit,
            tolerance,
            changing,
            statement,
            iri,
        })
    }

    /// Pairs that are inverse by their preferred labels: "capital of" and
    /// "capital".
    fn converses(&self) -> Vec<(PredicateId, PredicateId)> {
        let entities = || self.predicates.iter().filter(|p| p.value_kind == ValueKind::Entity);
        let names = |p: &Predicate| -> Vec<String> {
            p.labels.iter().filter(|l| l.preferred).map(|l| l.text.to_lowercase()).collect()
        };
        let mut by_name: HashMap<String, PredicateId> = HashMap::new();
        for predicate in entities() {
            by_name.extend(names(predicate).into_iter().map(|name| (name, predicate.id)));
        }
        let mut pairs = Vec::new();
        for predicate in entities() {
            for name in names(predicate) {
                if let Some(other) = name.strip_suffix(" of").and_then(|noun| by_name.get(noun)) {
                    pairs.push((predicate.id, *other));
                }
            }
        }
        pairs
    }

    fn relate_predicates(&mut self, reader: &Reader<'_>) -> Result<(), GraphError> {
        let mut below: Vec<Vec<PredicateId>> = vec![Vec::new(); self.predicates.len()];
        let mut inverses: Vec<BTreeSet<PredicateId>> = vec![BTreeSet::new(); self.predicates.len()];
        for predicate in &self.predicates {
            let resolve = |term: &Term| as_iri(term).and_then(|i| self.predicate_by_iri.get(i).copied());
            for parent in reader.objects(&predicate.iri, rdfs::SUB_PROPERTY_OF)?.iter().filter_map(resolve) {
                below[parent.0 as usize].push(predicate.id);
            }
            for other in reader.objects(&predicate.iri, owl::INVERSE_OF)?.iter().filter_map(resolve) {
                inverses[predicate.id.0 as usize].insert(other);
                inverses[other.0 as usize].insert(predicate.id);
            }
        }
        for (id, other) in self.converses() {
            inverses[id.0 as usize].insert(other);
            inverses[other.0 as usize].insert(id);
        }
        for (index, predicate) in self.predicates.iter_mut().enumerate() {
            let mut all = vec![predicate.id];
            let mut next = 0;
            while next < all.len() {
                for child in &below[all[next].0 as usize] {
                    if !all.contains(child) {
                        all.push(*child);
                    }
                }
                next += 1;
            }
            predicate.sub_properties = all;
            predicate.inverses = inverses[index].iter().copied().collect();
        }
        // An inverse says as much of its mirror as the mirror says itself.
        let mirrored: Vec<(usize, Predicate)> = self
            .predicates
            .iter()
            .enumerate()
            .filter_map(|(index, p)| Some((index, self.predicate(*p.inverses.first()?).clone())))
            .collect();
        for (index, other) in mirrored {
            let predicate = &mut self.predicates[index];
            predicate.functional |= other.inverse_functional;
            predicate.inverse_functional |= other.functional;
            predicate.changing = predicate.changing.or(other.changing);
            if predicate.domain.is_empty() {
                predicate.domain = other.range;
            }
            if predicate.range.is_empty() {
                predicate.range = other.domain;
            }
        }
        Ok(())
    }
}

impl Predicate {
    /// The label to show in a language, with the IRI's last part as a fallback.
    pub fn label(&self, language: Language) -> &str {
        best_label(&self.labels, language).unwrap_or_else(|| local_name(self.iri.as_str()))
    }
}

impl Class {
    pub fn label(&self, language: Language) -> &str {
        best_label(&self.labels, language).unwrap_or_else(|| local_name(self.iri.as_str()))
    }
}

fn best_label(labels: &[Label], language: Language) -> Option<&str> {
    labels
        .iter()
        .max_by_key(|label| {
            (
                label.preferred && label.language == Some(language),
                label.language == Some(language),
                label.preferred,
            )
        })
        .map(|label| label.text.as_str())
}

fn local_name(iri: &str) -> &str {
    iri.rsplit(['/', '#']).next().unwrap_or(iri)
}

fn is_true(term: &Term) -> bool {
    matches!(term, Term::Literal(literal) if matches!(literal.value(), "true" | "1"))
}

fn is_descriptive(iri: &str) -> bool {
    DESCRIPTIVE.iter().any(|base| iri.starts_with(base))
}

fn as_iri(term: &Term) -> Option<&NamedNode> {
    if let Term::NamedNode(node) = term { Some(node) } else { None }
}

/// A literal as a label; `None` for languages that no reader understands.
pub(crate) fn as_label(term: &Term, preferred: bool) -> Option<Label> {
    let Term::Literal(literal) = term else { return None };
    let language = match literal.language() {
        Some(tag) => Some(Language::from_tag(tag)?),
        None => None,
    };
    let text = literal.value().trim();
    (!text.is_empty()).then(|| Label { text: text.to_owned(), language, preferred })
}

struct Reader<'a> {
    store: &'a Store,
}

impl Reader<'_> {
    fn quads(
        &self,
        subject: Option<&NamedNode>,
        predicate: NamedNodeRef<'_>,
        object: Option<NamedNodeRef<'_>>,
    ) -> impl Iterator<Item = Result<Quad, GraphError>> + '_ {
        self.store
            .inner()
            .quads_for_pattern(
                subject.map(|s| s.as_ref().into()),
                Some(predicate),
                object.map(Into::into),
                None,
            )
            .map(|quad| quad.map_err(GraphError::from))
    }

    fn objects(&self, subject: &NamedNode, predicate: NamedNodeRef<'_>) -> Result<Vec<Term>, GraphError> {
        self.quads(Some(subject), predicate, None).map(|quad| Ok(quad?.object)).collect()
    }

    fn subjects(
        &self,
        predicate: NamedNodeRef<'_>,
        object: NamedNodeRef<'_>,
    ) -> Result<BTreeSet<NamedNode>, GraphError> {
        let mut found = BTreeSet::new();
        for quad in self.quads(None, predicate, Some(object)) {
            if let NamedOrBlankNode::NamedNode(node) = quad?.subject {
                found.insert(node);
            }
        }
        Ok(found)
    }

    /// What has the term with the value true.
    fn declared(&self, term: NamedNodeRef<'_>) -> Result<Vec<NamedNode>, GraphError> {
        let mut found = Vec::new();
        for quad in self.quads(None, term, None) {
            let quad = quad?;
            if let (NamedOrBlankNode::NamedNode(node), true) = (quad.subject, is_true(&quad.object)) {
                found.push(node);
            }
        }
        Ok(found)
    }

    fn labels(&self, iri: &NamedNode) -> Result<Vec<Label>, GraphError> {
        let mut labels = Vec::new();
        for (predicate, preferred) in
            [(skos::PREF_LABEL, true), (rdfs::LABEL, true), (skos::ALT_LABEL, false)]
        {
            for label in self.objects(iri, predicate)?.iter().filter_map(|t| as_label(t, preferred)) {
                labels.push(label);
            }
        }
        Ok(labels)
    }

    /// The kind of the first value found, for predicates without a range.
    fn sampled_kind(&self, predicate: &NamedNode) -> Result<ValueKind, GraphError> {
        let Some(quad) = self.quads(None, predicate.as_ref(), None).next() else {
            return Ok(ValueKind::Entity);
        };
        Ok(match quad?.object {
            Term::Literal(literal) => match literal.datatype().as_str().strip_prefix(xsd::BASE) {
                Some("date" | "dateTime" | "gYear" | "gYearMonth") => ValueKind::Date,
                Some("boolean") => ValueKind::Boolean,
                Some("string") | None => ValueKind::Text,
                Some(_) => ValueKind::Number,
            },
            _ => ValueKind::Entity,
        })
    }
}
