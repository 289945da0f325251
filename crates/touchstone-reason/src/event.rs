use touchstone_core::{Answer, Claim, Step};

/// What a listener sees while a question is worked on. Breaking off ends the
/// request with [`ReasonError::Cancelled`](crate::ReasonError::Cancelled).
///
/// `index` is the number that the step gets when it is kept, from 1; the
/// answer has the number after the last step.
#[derive(Clone, Debug)]
pub enum Event<'a> {
    /// What the question takes for granted and that does not hold, or cannot
    /// be verified; told before anything else.
    Premises {
        claims: &'a [Claim],
    },
    /// More of a line has been generated; nothing of it is checked yet.
    Drafting {
        index: usize,
        text_so_far: &'a str,
    },
    /// A line is complete.
    Drafted {
        index: usize,
        text: &'a str,
    },
    /// A line has its verdicts.
    Checked {
        index: usize,
        claims: &'a [Claim],
    },
    /// A draft was refuted and taken back.
    Rewound {
        index: usize,
        draft: &'a str,
        why: &'a str,
    },
    /// A step stands: it is what later steps see.
    Accepted {
        step: &'a Step,
    },
    /// A step that stood has other verdicts now, because a later one or one
    /// that it builds on spoke against it; it may be taken out.
    Revised {
        step: &'a Step,
    },
    Answered {
        answer: &'a Answer,
    },
}
