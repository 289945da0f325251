//! IRIs of the vocabularies that the graph is read with.

macro_rules! namespace {
    ($($(#[$doc:meta])* $name:ident = $base:literal { $($term:ident = $local:literal),* $(,)? })*) => {
        $($(#[$doc])* pub mod $name {
            pub const BASE: &str = $base;
            $(pub const $term: oxigraph::model::NamedNodeRef<'static> =
                oxigraph::model::NamedNodeRef::new_unchecked(concat!($base, $local));)*
        })*
    };
}

namespace! {
    rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#" {
        TYPE = "type", PROPERTY = "Property", REIFIES = "reifies",
    }
    rdfs = "http://www.w3.org/2000/01/rdf-schema#" {
        LABEL = "label", CLASS = "Class", DOMAIN = "domain", RANGE = "range",
        SUB_CLASS_OF = "subClassOf", SUB_PROPERTY_OF = "subPropertyOf",
    }
    owl = "http://www.w3.org/2002/07/owl#" {
        CLASS = "Class", OBJECT_PROPERTY = "ObjectProperty", DATATYPE_PROPERTY = "DatatypeProperty",
        FUNCTIONAL = "FunctionalProperty", INVERSE_FUNCTIONAL = "InverseFunctionalProperty",
        TRANSITIVE = "TransitiveProperty", SYMMETRIC = "SymmetricProperty",
        INVERSE_OF = "inverseOf", DISJOINT_WITH = "disjointWith",
    }
    skos = "http://www.w3.org/2004/02/skos/core#" {
        PREF_LABEL = "prefLabel", ALT_LABEL = "altLabel",
    }
    qudt = "http://qudt.org/schema/qudt/" {
        HAS_UNIT = "hasUnit",
    }
    xsd = "http://www.w3.org/2001/XMLSchema#" {
        BOOLEAN = "boolean",
    }
    dcterms = "http://purl.org/dc/terms/" {
        TITLE = "title", LICENSE = "license",
    }
    prov = "http://www.w3.org/ns/prov#" {}
    /// What a store says of itself.
    meta = "https://w3id.org/touchstone/ns#" {
        GRAPH = "meta", STORE = "store", FORMAT = "format", EPOCH = "epoch",
    }
    /// Touchstone's own annotations, described in `kg/README.md`.
    ts = "https://w3id.org/touchstone/ns#" {
        CLOSED = "closed", TOLERANCE = "tolerance", PRIOR = "prior", GRANULARITY = "granularity",
        COMPARATIVE = "comparative", COMPARATIVE_LESS = "comparativeLess",
        SUPERLATIVE = "superlative", SUPERLATIVE_LESS = "superlativeLess",
        CHANGING = "changing", STATEMENT = "statement", STATEMENT_VALUE = "statementValue",
        VALID_FROM = "validFrom", VALID_UNTIL = "validUntil", VALID_AT = "validAt",
    }
}
