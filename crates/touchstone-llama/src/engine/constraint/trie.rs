use std::sync::Arc;

use llama_cpp_2::token::LlamaToken;

/// Token sequences by their common beginnings.
#[derive(Debug)]
pub(super) struct Trie {
    nodes: Vec<Node>,
}

#[derive(Debug, Default)]
struct Node {
    /// By token, in rising order.
    children: Vec<(LlamaToken, usize)>,
    complete: bool,
}

impl Default for Trie {
    fn default() -> Self {
        Trie { nodes: vec![Node::default()] }
    }
}

impl Trie {
    pub(super) fn insert(&mut self, tokens: &[LlamaToken]) {
        let mut at = 0;
        for &token in tokens {
            let next = self.nodes.len();
            match self.nodes[at].children.binary_search_by_key(&token, |(token, _)| *token) {
                Ok(place) => at = self.nodes[at].children[place].1,
                Err(place) => {
                    self.nodes[at].children.insert(place, (token, next));
                    self.nodes.push(Node::default());
                    at = next;
                }
            }
        }
        self.nodes[at].complete |= !tokens.is_empty();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.nodes.len() == 1
    }
}

/// A place in a trie and the way to it.
pub(in super::super) struct Walk {
    trie: Arc<Trie>,
    path: Vec<usize>,
}

impl Walk {
    pub(super) fn new(trie: Arc<Trie>) -> Walk {
        Walk { trie, path: vec![0] }
    }

    fn node(&self) -> &Node {
        &self.trie.nodes[self.path.last().copied().unwrap_or(0)]
    }

    pub(super) fn next(&self) -> impl Iterator<Item = LlamaToken> {
        self.node().children.iter().map(|(token, _)| *token)
    }

    pub(super) fn allows(&self, token: LlamaToken) -> bool {
        self.node().children.binary_search_by_key(&token, |(token, _)| *token).is_ok()
    }

    pub(super) fn may_end(&self) -> bool {
        self.node().complete
    }

    pub(super) fn is_complete(&self) -> bool {
        self.node().children.is_empty()
    }

    pub(super) fn forced(&self) -> Vec<LlamaToken> {
        let mut tokens = Vec::new();
        let mut node = self.node();
        while let ([(token, next)], false) = (node.children.as_slice(), node.complete) {
            tokens.push(*token);
            node = &self.trie.nodes[*next];
        }
        tokens
    }

    pub(super) fn accept(&mut self, token: LlamaToken) -> bool {
        let node = self.node();
        match node.children.binary_search_by_key(&token, |(token, _)| *token) {
            Ok(place) => {
                let next = node.children[place].1;
                self.path.push(next);
                true
            }
            Err(_) => false,
        }
    }

    pub(super) fn rollback(&mut self, tokens: usize) {
        self.path.truncate(self.path.len().saturating_sub(tokens).max(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(texts: &[&[i32]]) -> Walk {
        let mut trie = Trie::default();
        for text in texts {
            trie.insert(&text.iter().copied().map(LlamaToken).collect::<Vec<_>>());
        }
        Walk::new(Arc::new(trie))
    }

    #[test]
    fn what_all_texts_share_is_forced() {
        let mut walk = walk(&[&[1, 2, 3], &[1, 2, 4, 5]]);
        assert_eq!(walk.forced(), [LlamaToken(1), LlamaToken(2)]);
        assert!(walk.accept(LlamaToken(1)) && walk.accept(LlamaToken(2)));
        assert_eq!(walk.next().collect::<Vec<_>>(), [LlamaToken(3), LlamaToken(4)]);
        assert!(!walk.accept(LlamaToken(5)) && walk.accept(LlamaToken(4)));
        assert_eq!(walk.forced(), [LlamaToken(5)]);
        walk.rollback(1);
        assert!(walk.accept(LlamaToken(3)) && walk.is_complete());
    }

    #[test]
    fn a_text_that_another_continues_may_end() {
        let mut walk = walk(&[&[1], &[1, 2]]);
        assert_eq!(walk.forced(), [LlamaToken(1)]);
        assert!(walk.accept(LlamaToken(1)));
        assert!(walk.may_end() && !walk.is_complete() && walk.forced().is_empty());
        assert!(walk.accept(LlamaToken(2)) && walk.is_complete());
    }
}
