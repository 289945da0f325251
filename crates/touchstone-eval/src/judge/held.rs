//! Whether the facts hold an answer list at all: published lists are made from
//! more facts than the published graph has.

use std::collections::{HashMap, HashSet};

use super::facts::{FactBase, Node};
use super::normal::normalise;

/// Facts on a path from the thing asked about to its answers.
const MAX_FACTS: usize = 3;

/// A relation, and whether it is followed from its subject.
type Way = (usize, bool);

/// What is beside what, along both directions of every relation.
pub(super) struct Paths {
    /// Without case and marks; amounts stand behind the things.
    names: Vec<String>,
    next: HashMap<Node, HashMap<Way, Vec<Node>>>,
    named: HashMap<String, Vec<Node>>,
}

impl Paths {
    pub(super) fn of(base: &FactBase) -> Paths {
        let mut names: Vec<String> = base.names.iter().map(|name| plain(name)).collect();
        let mut named: HashMap<String, Vec<Node>> = HashMap::new();
        for (node, name) in (0..).zip(&names) {
            named.entry(name.clone()).or_default().push(node);
        }
        let mut next: HashMap<Node, HashMap<Way, Vec<Node>>> = HashMap::new();
        let mut add = |from, way, to| next.entry(from).or_default().entry(way).or_default().push(to);
        for ((subject, relation), objects) in &base.links {
            for object in objects {
                add(*subject, (*relation, true), *object);
                add(*object, (*relation, false), *subject);
            }
        }
        let mut amounts: HashMap<String, Node> = HashMap::new();
        for ((subject, relation), values) in &base.amounts {
            for value in values {
                let amount = *amounts.entry(plain(value)).or_insert_with_key(|name| {
                    names.push(name.clone());
                    (names.len() - 1) as Node
                });
                add(*subject, (*relation, true), amount);
            }
        }
        Paths { names, next, named }
    }

    /// Whether a path of relations leads from the topic to exactly these
    /// answers. The topic itself may be left out on the way: a film is none of
    /// those that share an actor with it.
    pub(super) fn lead(&self, topic: &str, answers: &[String]) -> bool {
        let topics = self.named.get(&plain(topic)).map_or(&[][..], Vec::as_slice);
        let answers: HashSet<String> = answers.iter().map(|answer| plain(answer)).collect();
        [&[][..], topics].into_iter().any(|left_out| {
            let search = Search { paths: self, answers: &answers, left_out };
            search.leads(topics, MAX_FACTS)
        })
    }
}

fn plain(name: &str) -> String {
    normalise(name).concat()
}

struct Search<'a> {
    paths: &'a Paths,
    answers: &'a HashSet<String>,
    left_out: &'a [Node],
}

impl Search<'_> {
    fn leads(&self, from: &[Node], facts: usize) -> bool {
        let next = || from.iter().filter_map(|node| self.paths.next.get(node));
        let ways: HashSet<&Way> = next().flat_map(HashMap::keys).collect();
        ways.into_iter().any(|way| {
            let reached = || {
                let nodes = next().filter_map(|ways| ways.get(way)).flatten().copied();
                nodes.filter(|node| !self.left_out.contains(node))
            };
            if self.are_the_answers(reached()) {
                return true;
            }
            facts > 1 && {
                let reached: HashSet<Node> = reached().collect();
                self.leads(&Vec::from_iter(reached), facts - 1)
            }
        })
    }

    /// Ends at the first that is no answer: most paths lead elsewhere.
    fn are_the_answers(&self, nodes: impl Iterator<Item = Node>) -> bool {
        let mut seen = HashSet::new();
        for node in nodes {
            let Some(name) = self.paths.names.get(node as usize).filter(|name| self.answers.contains(*name))
            else {
                return false;
            };
            seen.insert(name);
        }
        !seen.is_empty() && seen.len() == self.answers.len()
    }
}

#[cfg(test)]
mod tests {
    use super::super::facts::facts_tests::base;
    use super::*;

    const FILMS: &str = r#"
@prefix : <https://example.org/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
:by a owl:ObjectProperty ; rdfs:label "directed by"@en .
:year a owl:DatatypeProperty ; rdfs:label "year"@en .
:A rdfs:label "Alba"@en ; :by :x ; :year 1950 .
:B rdfs:label "Bora"@en ; :by :x ; :year 1951 , 1952 .
:C rdfs:label "Cers"@en ; :by :y ; :year 1953 .
:x rdfs:label "X. Young"@en . :y rdfs:label "Y"@en .
"#;

    #[test]
    fn a_list_is_held_where_a_path_leads_to_all_of_it_and_to_nothing_else() {
        let paths = Paths::of(&base(FILMS));
        let lead = |topic: &str, answers: &[&str]| {
            let answers: Vec<String> = answers.iter().map(|&answer| answer.to_owned()).collect();
            paths.lead(topic, &answers)
        };
        assert!(lead("Alba", &["x young"]));
        assert!(!lead("Alba", &["X. Young", "Y"]));
        // Both with the film itself and without.
        assert!(lead("Alba", &["Alba", "Bora"]));
        assert!(lead("Alba", &["Bora"]));
        assert!(lead("Alba", &["1951", "1952"]));
        assert!(!lead("Alba", &["1951"]));
        assert!(!lead("Alba", &["Cers"]));
        assert!(!lead("Dust", &["Cers"]));
    }
}
