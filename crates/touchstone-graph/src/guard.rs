//! Ends queries where the evaluator itself does not look.
//!
//! oxigraph notices a cancelled query whenever it reads from the store, but
//! not while it combines rows that it holds in memory: the product of two
//! patterns without a common variable can go on for days and fill the memory.
//! So each query is rewritten before it runs: patterns without a common
//! variable are joined under a filter, whose function is asked for every row
//! and unwinds the stack when the query must end. The same is done for
//! functions whose results can be much longer than what they are given.
//! (salsa, in rust-analyzer, ends its queries in the same way.)

use std::cell::Cell;
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use oxigraph::model::{Literal, NamedNode, Term, Variable};
use oxigraph::sparql::SparqlEvaluator;
use spargebra::Query;
use spargebra::algebra::{AggregateExpression, Expression, Function, GraphPattern, OrderExpression};
use spargebra::term::{NamedNodePattern, TermPattern, TriplePattern};

use crate::GraphError;

const ALIVE: &str = "urn:touchstone:alive";
const SHORT: &str = "urn:touchstone:short";
/// Bytes that one call of a function that makes texts longer may be given.
const MAX_TEXT: usize = 1 << 20;
/// A replacement stands for every match.
const MAX_REPLACEMENT: usize = 1 << 10;
const MAX_REPLACED: usize = 1 << 16;
/// Bytes of texts that go through such functions in one query.
const MAX_TEXTS: usize = 256 << 20;

/// Whether a query must end, seen by every row of a product.
#[derive(Clone, Default)]
pub(crate) struct Guard {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    ended: AtomicBool,
    texts: AtomicUsize,
}

/// What a query is unwound with.
struct Ended;

/// The query was ended from inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// As it was told to.
    Told,
    /// It makes texts of more than the limit.
    Texts,
}

impl Guard {
    /// The query that runs ends with its next row.
    pub(crate) fn end(&self) {
        self.shared.ended.store(true, Ordering::Release);
    }

    /// Runs a guarded query.
    pub(crate) fn watch<T>(&self, query: impl FnOnce() -> T) -> Result<T, Stopped> {
        // What a query leaves behind is its own: nothing of it is seen again.
        match catch_unwind(AssertUnwindSafe(query)) {
            Ok(done) => Ok(done),
            Err(payload) if payload.is::<Ended>() => {
                let told = self.shared.ended.load(Ordering::Acquire);
                Err(if told { Stopped::Told } else { Stopped::Texts })
            }
            Err(panic) => resume_unwind(panic),
        }
    }

    /// An evaluator that knows the functions of [`guarded`] queries.
    pub(crate) fn evaluator(&self) -> SparqlEvaluator {
        let (rows, texts) = (Arc::clone(&self.shared), Arc::clone(&self.shared));
        SparqlEvaluator::new()
            .with_custom_function(NamedNode::new_unchecked(ALIVE), move |_| {
                rows.look();
                Some(Literal::from(true).into())
            })
            .with_custom_function(NamedNode::new_unchecked(SHORT), move |arguments| {
                let [text, limit] = arguments else { return None };
                let Term::Literal(limit) = limit else { return None };
                texts.look();
                let bytes = match text {
                    Term::Literal(literal) => literal.value().len(),
                    Term::NamedNode(node) => node.as_str().len(),
                    _ => 0,
                };
                let all = texts.texts.fetch_add(bytes, Ordering::Relaxed) + bytes;
                if bytes > limit.value().parse().ok()? || all > MAX_TEXTS {
                    resume_unwind(Box::new(Ended));
                }
                Some(text.clone())
            })
    }
}

impl Shared {
    fn look(&self) {
        if self.ended.load(Ordering::Relaxed) {
            resume_unwind(Box::new(Ended));
        }
    }
}

/// The query with its products and its growing texts under guard; one that
/// asks another server anywhere is refused, as SILENT would hide it.
pub(crate) fn guarded(query: Query, text: &str) -> Result<Query, GraphError> {
    // A variable that the query does not have keeps the optimiser from
    // evaluating the guard before the join.
    let name = (0..).map(|n| format!("unbound{n}")).find(|name| !text.contains(name.as_str()));
    let unbound = Variable::new_unchecked(name.unwrap_or_default());
    let rewrite = Rewrite { unbound, asks_others: Cell::new(false) };
    let query = match query {
        Query::Select { dataset, pattern, base_iri } => {
            Query::Select { dataset, pattern: rewrite.pattern(pattern), base_iri }
        }
        Query::Construct { template, dataset, pattern, base_iri } => {
            Query::Construct { template, dataset, pattern: rewrite.pattern(pattern), base_iri }
        }
        Query::Describe { dataset, pattern, base_iri } => {
            Query::Describe { dataset, pattern: rewrite.pattern(pattern), base_iri }
        }
        Query::Ask { dataset, pattern, base_iri } => {
            Query::Ask { dataset, pattern: rewrite.pattern(pattern), base_iri }
        }
    };
    if rewrite.asks_others.get() { Err(GraphError::ServiceRefused) } else { Ok(query) }
}

struct Rewrite {
    unbound: Variable,
    asks_others: Cell<bool>,
}

impl Rewrite {
    fn pattern(&self, pattern: GraphPattern) -> GraphPattern {
        use GraphPattern as P;
        let inner = |inner: Box<P>| Box::new(self.pattern(*inner));
        match pattern {
            P::Bgp { .. } | P::Join { .. } => self.join(pattern),
            P::LeftJoin { left, right, expression } => self.watched(P::LeftJoin {
                left: inner(left),
                right: inner(right),
                expression: expression.map(|e| self.expression(e)),
            }),
            P::Lateral { left, right } => self.watched(P::Lateral { left: inner(left), right: inner(right) }),
            P::Minus { left, right } => P::Minus { left: inner(left), right: inner(right) },
            P::Union { left, right } => P::Union { left: inner(left), right: inner(right) },
            P::Filter { expr, inner: of } => P::Filter { expr: self.expression(expr), inner: inner(of) },
            P::Graph { name, inner: of } => P::Graph { name, inner: inner(of) },
            P::Extend { inner: of, variable, expression } => {
                P::Extend { inner: inner(of), variable, expression: self.expression(expression) }
            }
            P::OrderBy { inner: of, expression } => {
                let orders = expression.into_iter().map(|order| match order {
                    OrderExpression::Asc(e) => OrderExpression::Asc(self.expression(e)),
                    OrderExpression::Desc(e) => OrderExpression::Desc(self.expression(e)),
                });
                P::OrderBy { inner: inner(of), expression: orders.collect() }
            }
            P::Project { inner: of, variables } => P::Project { inner: inner(of), variables },
            P::Distinct { inner: of } => P::Distinct { inner: inner(of) },
            P::Reduced { inner: of } => P::Reduced { inner: inner(of) },
            P::Slice { inner: of, start, length } => P::Slice { inner: inner(of), start, length },
            P::Group { inner: of, variables, aggregates } => {
                let aggregates = aggregates.into_iter().map(|(to, one)| (to, self.aggregate(one)));
                P::Group { inner: inner(of), variables, aggregates: aggregates.collect() }
            }
            P::Service { .. } => {
                self.asks_others.set(true);
                pattern
            }
            P::Path { .. } | P::Values { .. } => pattern,
        }
    }

    /// Joins what has common variables as one, so that it can be ordered, and
    /// those parts with each other under guard. Parts that are no patterns of
    /// the store are joined under guard too: they hold rows by themselves.
    fn join(&self, pattern: GraphPattern) -> GraphPattern {
        let mut parts: Vec<(GraphPattern, HashSet<String>)> = Vec::new();
        let mut todo = vec![pattern];
        while let Some(one) = todo.pop() {
            match one {
                GraphPattern::Join { left, right } => todo.extend([*right, *left]),
                GraphPattern::Bgp { patterns } => {
                    for pattern in patterns {
                        let names = names_of(&pattern);
                        parts.push((GraphPattern::Bgp { patterns: vec![pattern] }, names));
                    }
                }
                other => {
                    let other = self.pattern(other);
                    let mut names = HashSet::new();
                    other.on_in_scope_variable(|variable| {
                        names.insert(variable.as_str().to_owned());
                    });
                    // A path's blank nodes are hidden from the rest.
                    if let GraphPattern::Path { subject, object, .. } = &other {
                        term_names(subject, &mut names);
                        term_names(object, &mut names);
                    }
                    parts.push((other, names));
                }
            }
        }
        let mut whole: Option<GraphPattern> = None;
        while !parts.is_empty() {
            let component = self.component(&mut parts);
            whole = Some(match whole {
                None => component,
                Some(before) => self.product(before, component),
            });
        }
        whole.unwrap_or(GraphPattern::Bgp { patterns: Vec::new() })
    }

    /// Takes out the first part and all that hang together with it.
    fn component(&self, parts: &mut Vec<(GraphPattern, HashSet<String>)>) -> GraphPattern {
        let (first, mut names) = parts.remove(0);
        let mut taken = vec![first];
        while let Some(at) = parts.iter().position(|(_, other)| !other.is_disjoint(&names)) {
            let (part, more) = parts.remove(at);
            names.extend(more);
            taken.push(part);
        }
        let mut patterns = Vec::new();
        let mut others = Vec::new();
        for part in taken {
            match part {
                GraphPattern::Bgp { patterns: more } => patterns.extend(more),
                other => others.push(other),
            }
        }
        let begin = (!patterns.is_empty()).then_some(GraphPattern::Bgp { patterns });
        let mut whole = begin;
        for other in others {
            whole = Some(match (whole, other) {
                (None, other) => other,
                // A path reads from the store, and may be ordered with the rest.
                (Some(before), path @ GraphPattern::Path { .. }) => {
                    GraphPattern::Join { left: Box::new(before), right: Box::new(path) }
                }
                (Some(before), other) => self.product(before, other),
            });
        }
        whole.unwrap_or(GraphPattern::Bgp { patterns: Vec::new() })
    }

    fn product(&self, left: GraphPattern, right: GraphPattern) -> GraphPattern {
        self.watched(GraphPattern::Join { left: Box::new(left), right: Box::new(right) })
    }

    fn watched(&self, pattern: GraphPattern) -> GraphPattern {
        let here = Expression::Coalesce(vec![
            Expression::Variable(self.unbound.clone()),
            Expression::Literal(Literal::from(true)),
        ]);
        let alive = Function::Custom(NamedNode::new_unchecked(ALIVE));
        GraphPattern::Filter { expr: Expression::FunctionCall(alive, vec![here]), inner: Box::new(pattern) }
    }

    fn aggregate(&self, aggregate: AggregateExpression) -> AggregateExpression {
        match aggregate {
            AggregateExpression::FunctionCall { name, expr, distinct } => {
                let expr = self.short(self.expression(expr), MAX_TEXT);
                AggregateExpression::FunctionCall { name, expr, distinct }
            }
            count @ AggregateExpression::CountSolutions { .. } => count,
        }
    }

    fn short(&self, text: Expression, limit: usize) -> Expression {
        let limit = Expression::Literal(Literal::from(i64::try_from(limit).unwrap_or(i64::MAX)));
        Expression::FunctionCall(Function::Custom(NamedNode::new_unchecked(SHORT)), vec![text, limit])
    }

    fn expression(&self, expression: Expression) -> Expression {
        use Expression as E;
        let one = |e: Box<E>| Box::new(self.expression(*e));
        let all = |es: Vec<E>| es.into_iter().map(|e| self.expression(e)).collect::<Vec<E>>();
        match expression {
            E::NamedNode(_) | E::Literal(_) | E::Variable(_) | E::Bound(_) => expression,
            E::Or(a, b) => E::Or(one(a), one(b)),
            E::And(a, b) => E::And(one(a), one(b)),
            E::Equal(a, b) => E::Equal(one(a), one(b)),
            E::SameTerm(a, b) => E::SameTerm(one(a), one(b)),
            E::Greater(a, b) => E::Greater(one(a), one(b)),
            E::GreaterOrEqual(a, b) => E::GreaterOrEqual(one(a), one(b)),
            E::Less(a, b) => E::Less(one(a), one(b)),
            E::LessOrEqual(a, b) => E::LessOrEqual(one(a), one(b)),
            E::In(a, list) => E::In(one(a), all(list)),
            E::Add(a, b) => E::Add(one(a), one(b)),
            E::Subtract(a, b) => E::Subtract(one(a), one(b)),
            E::Multiply(a, b) => E::Multiply(one(a), one(b)),
            E::Divide(a, b) => E::Divide(one(a), one(b)),
            E::UnaryPlus(a) => E::UnaryPlus(one(a)),
            E::UnaryMinus(a) => E::UnaryMinus(one(a)),
            E::Not(a) => E::Not(one(a)),
            E::If(a, b, c) => E::If(one(a), one(b), one(c)),
            E::Coalesce(list) => E::Coalesce(all(list)),
            E::Exists(pattern) => E::Exists(Box::new(self.pattern(*pattern))),
            E::FunctionCall(function, arguments) => {
                let arguments = all(arguments);
                let arguments = match &function {
                    Function::Concat => {
                        let each = MAX_TEXT / arguments.len().max(1);
                        arguments.into_iter().map(|a| self.short(a, each)).collect()
                    }
                    Function::EncodeForUri => {
                        arguments.into_iter().map(|a| self.short(a, MAX_TEXT)).collect()
                    }
                    Function::Replace => {
                        let limits = [MAX_REPLACED, MAX_REPLACEMENT, MAX_REPLACEMENT, MAX_REPLACEMENT];
                        arguments.into_iter().zip(limits).map(|(a, limit)| self.short(a, limit)).collect()
                    }
                    _ => arguments,
                };
                E::FunctionCall(function, arguments)
            }
        }
    }
}

/// What a pattern shares with others: variables, and blank nodes, which are
/// variables without a name.
fn names_of(pattern: &TriplePattern) -> HashSet<String> {
    let mut names = HashSet::new();
    term_names(&pattern.subject, &mut names);
    if let NamedNodePattern::Variable(variable) = &pattern.predicate {
        names.insert(variable.as_str().to_owned());
    }
    term_names(&pattern.object, &mut names);
    names
}

fn term_names(term: &TermPattern, names: &mut HashSet<String>) {
    match term {
        TermPattern::Variable(variable) => {
            names.insert(variable.as_str().to_owned());
        }
        TermPattern::BlankNode(node) => {
            names.insert(format!("_:{}", node.as_str()));
        }
        TermPattern::Triple(triple) => names.extend(names_of(triple)),
        TermPattern::NamedNode(_) | TermPattern::Literal(_) => {}
    }
}
