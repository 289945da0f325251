//! The verdict behind every reason, and its words in the claim's language.

use touchstone_core::{Evidence, Language, ReasonCode, Verdict};

pub(crate) fn verdict_of(code: ReasonCode) -> Verdict {
    use ReasonCode::*;
    match code {
        Asserted | Inverse | SubProperty | Transitive | WithinTolerance | ComparisonHolds | CountHolds
        | Exists | ArithmeticRight | FollowsFromStep | PassageSupports | DenialHolds => Verdict::Supported,
        FunctionalOther | ClosedPredicate | OutsideTolerance | DateDiffers | TypeClash | ComparisonFails
        | CountDiffers | ArithmeticWrong | ContradictsStep | DenialFails | PassageRefutes
        | PolicyViolation => Verdict::Refuted,
        NoEvidence | UnknownEntity | UnknownRelation | Ambiguous | SourcesDisagree | UnsupportedLanguage
        | NotUnderstood | OperandUnknown | LimitReached | TimeUnknown | OtherTime | ImpossibleDate => {
            Verdict::Unverifiable
        }
    }
}

/// The reason in a sentence for people.
pub fn plain(code: ReasonCode, language: Language) -> String {
    use ReasonCode::*;
    let (english, chinese) = match code {
        Asserted => ("the graph says so", "图谱中有此事实"),
        Inverse => ("the graph says so, seen from the other side", "图谱中有相应的反向事实"),
        SubProperty => ("a more specific fact of the graph says so", "图谱中更具体的事实表明如此"),
        Transitive => ("a chain of facts leads there", "由图谱中的一串事实得出"),
        WithinTolerance => ("the number agrees within its precision", "数值在精度范围内相符"),
        ComparisonHolds => ("the two values compare as stated", "两个数值的比较成立"),
        CountHolds => ("so many are known", "数目与图谱相符"),
        Exists => ("the graph knows it", "图谱中确有其物"),
        ArithmeticRight => ("the calculation is right", "计算正确"),
        FollowsFromStep => ("it follows from an earlier step", "由前面的步骤得出"),
        DenialHolds => ("what is denied is refuted", "所否认的内容确实不成立"),
        PassageSupports => ("a passage says so", "有段落支持此说"),
        PassageRefutes => ("a passage says otherwise", "有段落表明并非如此"),
        PolicyViolation => ("a rule forbids it", "违反规则"),
        FunctionalOther => {
            ("the graph holds another value, and there can be only one", "图谱中是另一个值，而该值只能有一个")
        }
        ClosedPredicate => {
            ("the graph holds every value, and this is none of them", "图谱已收录全部取值，其中没有此值")
        }
        OutsideTolerance => ("the number differs from the graph's", "数值与图谱不符"),
        DateDiffers => ("the date differs from the graph's", "日期与图谱不符"),
        TypeClash => ("it is a thing of another kind", "所指事物的类型不符"),
        ComparisonFails => ("the two values compare the other way", "两个数值的比较不成立"),
        CountDiffers => ("their number differs from the graph's", "数目与图谱不符"),
        ArithmeticWrong => ("the calculation is wrong", "计算错误"),
        ContradictsStep => ("it contradicts an earlier step", "与前面的步骤矛盾"),
        DenialFails => ("what is denied is supported", "所否认的内容其实成立"),
        NoEvidence => ("no evidence for or against it was found", "没有找到支持或反驳的证据"),
        UnknownEntity => ("it names something that the graph does not know", "其中的名称不在图谱中"),
        UnknownRelation => ("the relation is not known", "其中的关系未知"),
        Ambiguous => {
            ("its names can be understood in more than one way", "其中的名称有不止一种理解，无法判定")
        }
        SourcesDisagree => ("sources disagree", "来源之间不一致"),
        UnsupportedLanguage => ("the language of this sentence is not supported", "不支持该句的语言"),
        NotUnderstood => ("no claim that can be checked was recognised in it", "未能识别出可核查的断言"),
        OperandUnknown => ("a number in the calculation comes from nowhere", "算式中有来历不明的数"),
        LimitReached => ("a limit was reached before it could be checked", "达到限制，未能核查"),
        TimeUnknown => ("the graph does not say when it is so", "图谱未说明其时间"),
        OtherTime => ("the graph says so of another time", "图谱所载为另一时期的事实"),
        ImpossibleDate => ("there is no such day", "不存在这一天"),
    };
    match language {
        Language::English => english.to_owned(),
        Language::Chinese => chinese.to_owned(),
    }
}

/// The reason with the facts that it rests on.
pub(crate) fn with_evidence(code: ReasonCode, evidence: &[Evidence], language: Language) -> String {
    let mut text = plain(code, language);
    let facts: Vec<String> = evidence
        .iter()
        .filter_map(|e| match e {
            Evidence::Triple { subject, predicate, object, qualifiers, .. } => {
                let dash = match language {
                    Language::English => " – ",
                    Language::Chinese => "－",
                };
                let mut fact = [subject, predicate, object].map(|term| term.label.as_str()).join(dash);
                let said: Vec<String> =
                    qualifiers.iter().map(|q| format!("{} {}", q.predicate.label, q.value.label)).collect();
                if !said.is_empty() {
                    fact.push_str(&match language {
                        Language::English => format!(" ({})", said.join(", ")),
                        Language::Chinese => format!("（{}）", said.join("，")),
                    });
                }
                Some(fact)
            }
            Evidence::Calculation { expression, result, .. } => Some(format!("{expression} = {result}")),
            Evidence::Passage { .. } | Evidence::Step { .. } => None,
        })
        .take(4)
        .collect();
    if !facts.is_empty() {
        text.push_str(match language {
            Language::English => ": ",
            Language::Chinese => "：",
        });
        text.push_str(&facts.join(match language {
            Language::English => "; ",
            Language::Chinese => "；",
        }));
    }
    text
}
