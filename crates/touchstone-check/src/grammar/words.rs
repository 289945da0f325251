//! Function words of English and Chinese: the closed classes that hold a
//! sentence together. Words about the world belong in a graph's labels.

use touchstone_core::Language;

pub(crate) const DETERMINERS: &[&str] = &["the", "a", "an", "this", "that", "these", "those", "both", "all"];
pub(crate) const COPULAS: &[&str] = &["is", "are", "was", "were", "equals", "be", "been", "being"];
/// Verbs that say of a thing what it is, at some time.
pub(crate) const BECOMING: &[&str] =
    &["became", "becomes", "remains", "remained", "serves as", "served as", "acts as", "acted as"];
pub(crate) const PERFECT: &[&str] = &["has", "have", "had"];
pub(crate) const HAVE: &[&str] = &["has", "have", "had", "with"];
pub(crate) const DO: &[&str] = &["does", "do", "did"];
pub(crate) const NEGATIONS: &[&str] = &["not", "never", "no", "neither", "nor"];
pub(crate) const NEGATED_COPULAS: &[&str] =
    &["isn't", "aren't", "wasn't", "weren't", "isn’t", "aren’t", "wasn’t", "weren’t"];
pub(crate) const NEGATED_DO: &[&str] =
    &["doesn't", "don't", "didn't", "doesn’t", "don’t", "didn’t", "cannot"];
pub(crate) const NEGATED_HAVE: &[&str] = &["hasn't", "haven't", "hadn't"];
/// Adverbs that leave what is claimed as it is.
pub(crate) const NEUTRAL_ADVERBS: &[&str] = &[
    "also",
    "currently",
    "actually",
    "indeed",
    "therefore",
    "thus",
    "so",
    "hence",
    "then",
    "now",
    "however",
    "moreover",
    "furthermore",
    "additionally",
    "here",
    "first",
    "next",
    "finally",
    "respectively",
    "as",
];
/// Adverbs that make another claim of the one behind them.
pub(crate) const QUALIFYING: &[&str] = &[
    "officially",
    "formally",
    "legally",
    "historically",
    "originally",
    "formerly",
    "previously",
    "once",
    "traditionally",
    "allegedly",
    "reportedly",
    "supposedly",
    "nominally",
    "typically",
    "usually",
    "sometimes",
    "often",
    "mainly",
    "mostly",
    "partly",
    "possibly",
    "probably",
    "perhaps",
    "maybe",
    "apparently",
];
pub(crate) const POSSESSIVES: &[&str] = &["its", "their", "his", "her"];
pub(crate) const PRONOUNS: &[&str] = &["it", "they", "he", "she"];
pub(crate) const OF_LIKE: &[&str] = &["of", "for", "in"];
pub(crate) const CONJUNCTIONS: &[&str] = &["and", "&", "as well as"];
pub(crate) const RELATIVES: &[&str] = &["which", "that", "who"];
/// Nouns that say nothing of what they name.
pub(crate) const GENERIC_NOUNS: &[&str] = &[
    "thing",
    "item",
    "object",
    "entity",
    "one",
    "place",
    "site",
    "work",
    "creation",
    "piece",
    "product",
    "person",
    "someone",
    "something",
    "somebody",
    "individual",
];
pub(crate) const WH: &[&str] = &["what", "which", "who", "whom", "whose", "where", "when", "how", "why"];
/// Prepositions that can end a relation phrase.
pub(crate) const PREPOSITIONS: &[&str] =
    &["of", "in", "by", "to", "with", "at", "on", "for", "from", "as", "into", "near", "through", "than"];

const OTHER_ENGLISH: &[&str] = &[
    "and", "or", "but", "if", "its", "it", "they", "he", "she", "we", "you", "i", "me", "us", "my", "our",
    "your", "there", "than", "more", "less", "most", "least", "about", "over", "under", "between", "while",
    "because", "since", "until", "can", "may", "will", "would", "could", "should", "must", "one", "two",
    "some", "any", "no", "not", "yes", "same", "such", "each", "every", "other", "another", "very", "only",
    "just", "both", "many", "much", "step", "answer", "question", "note", "known", "called", "named",
];

pub(crate) fn is_function_word(folded: &str, language: Language) -> bool {
    match language {
        Language::English => [
            DETERMINERS,
            COPULAS,
            HAVE,
            DO,
            NEGATIONS,
            NEUTRAL_ADVERBS,
            POSSESSIVES,
            PRONOUNS,
            PREPOSITIONS,
            RELATIVES,
            WH,
            OTHER_ENGLISH,
        ]
        .iter()
        .any(|list| list.contains(&folded)),
        Language::Chinese => chinese().any(|word| word == folded),
    }
}

pub(crate) const ZH_COPULAS: &[&str] =
    &["是", "为", "為", "即", "等于", "等於", "叫做", "叫", "就是", "分别是", "分别为", "都是", "则是"];
pub(crate) const ZH_NEGATED_COPULAS: &[&str] = &["不是", "并不是", "并非", "不为", "不等于"];
pub(crate) const ZH_NEGATIONS: &[&str] = &["不", "没有", "没", "并不", "并没有", "未", "从未", "无"];
pub(crate) const ZH_OF: &[&str] = &["的", "之"];
pub(crate) const ZH_AND: &[&str] = &["和", "与", "與", "及", "以及", "、", "跟", "同"];
pub(crate) const ZH_HAVE: &[&str] = &["有", "拥有", "具有", "共有"];
pub(crate) const ZH_PRONOUNS: &[&str] = &["它", "他", "她", "它们", "他们"];
pub(crate) const ZH_POSSESSIVES: &[&str] = &["其", "它的", "他的", "她的", "它们的"];
pub(crate) const ZH_DEMONSTRATIVES: &[&str] = &["该", "这个", "那个", "这", "此", "这座", "这种", "这一"];
pub(crate) const ZH_MEASURES: &[&str] = &[
    "一个",
    "一座",
    "一种",
    "一名",
    "一位",
    "一条",
    "一门",
    "一款",
    "个",
    "座",
    "种",
    "名",
    "位",
    "国家的",
    "一国",
];
pub(crate) const ZH_PASSIVE: &[&str] = &["由", "被"];
pub(crate) const ZH_AT: &[&str] = &["在", "于", "於"];
pub(crate) const ZH_THAN: &[&str] = &["比", "比起"];
pub(crate) const ZH_PARTICLES: &[&str] = &[
    "了",
    "所",
    "也",
    "都",
    "均",
    "还",
    "而",
    "且",
    "并",
    "并且",
    "而且",
    "因此",
    "所以",
    "则",
    "故",
    "那么",
    "其中",
    "已",
    "就",
    "更",
    "要",
    "着",
    "过",
    "被称为",
];
pub(crate) const ZH_QUESTIONS: &[&str] = &[
    "什么",
    "哪个",
    "哪里",
    "哪儿",
    "哪座",
    "哪些",
    "哪种",
    "哪位",
    "哪一个",
    "哪国",
    "哪",
    "谁",
    "多少",
    "几",
    "何",
    "吗",
    "呢",
    "是否",
    "怎么",
    "为什么",
    "何时",
    "哪年",
    "哪一年",
];

/// Nouns for what can be true or false.
pub(crate) const FRAME_NOUNS: &[&str] = &[
    "claim",
    "statement",
    "assertion",
    "idea",
    "notion",
    "belief",
    "suggestion",
    "proposition",
    "view",
    "rumour",
    "rumor",
];
pub(crate) const FRAME_TRUE: &[&str] = &["true", "correct", "right", "accurate", "case", "fact", "truth"];
pub(crate) const FRAME_FALSE: &[&str] = &[
    "false",
    "incorrect",
    "wrong",
    "untrue",
    "inaccurate",
    "mistaken",
    "erroneous",
    "myth",
    "lie",
    "misconception",
    "falsehood",
    "error",
    "mistake",
    "fallacy",
];
/// Adverbs that leave a judgement what it is.
pub(crate) const FRAME_ADVERBS: &[&str] = &[
    "simply",
    "just",
    "actually",
    "indeed",
    "also",
    "clearly",
    "obviously",
    "plainly",
    "certainly",
    "definitely",
];
/// Adverbs of which only the absence may be denied.
pub(crate) const FRAME_DEGREES: &[&str] =
    &["completely", "entirely", "totally", "absolutely", "wholly", "quite", "altogether"];
pub(crate) const FRAME_SAYING: &[&str] = &["say", "claim", "think", "believe", "state", "assert", "suggest"];
/// The longest of those that end alike stand first.
pub(crate) const FRAME_VERDICTS_ZH: &[(&str, bool)] = &[
    ("是不可能的", false),
    ("是不正确的", false),
    ("是不真实的", false),
    ("是不成立的", false),
    ("不是正确的", false),
    ("是错误的", false),
    ("是不对的", false),
    ("是不实的", false),
    ("不是真的", false),
    ("不是事实", false),
    ("并不正确", false),
    ("并不成立", false),
    ("并不属实", false),
    ("并非事实", false),
    ("与事实不符", false),
    ("不符合事实", false),
    ("是错的", false),
    ("是假的", false),
    ("是谬误", false),
    ("是谣言", false),
    ("是误解", false),
    ("是误传", false),
    ("不正确", false),
    ("不真实", false),
    ("不成立", false),
    ("不属实", false),
    ("有误", false),
    ("不对", false),
    ("错了", false),
    ("是正确的", true),
    ("是真实的", true),
    ("是对的", true),
    ("是真的", true),
    ("是事实", true),
    ("没有错", true),
    ("属实", true),
    ("没错", true),
];
/// What leaves it open whether a statement holds.
pub(crate) const FRAME_OPEN_ZH: &[&str] = &[
    "是可能的",
    "是有可能的",
    "是有争议的",
    "有争议",
    "是值得怀疑的",
    "值得怀疑",
    "存疑",
    "有待证实",
    "尚无定论",
];
pub(crate) const FRAME_REFERENTS_ZH: &[&str] = &[
    "这样的说法",
    "这种说法",
    "这个说法",
    "这一说法",
    "那种说法",
    "该说法",
    "此说法",
    "的说法",
    "这种观点",
    "这一观点",
    "的观点",
    "这种看法",
    "的看法",
    "这一断言",
    "的断言",
    "的论断",
    "这一陈述",
    "的陈述",
    "这种传言",
    "的传言",
    "这个判断",
    "这句话",
    "这一点",
    "这件事",
    "这话",
    "这",
    "那",
];
pub(crate) const FRAME_SAYING_ZH: &[&str] = &[
    "有人认为",
    "有人说",
    "人们说",
    "那种认为",
    "认为",
    "声称",
    "宣称",
    "断言",
    "以为",
    "所谓",
    "关于",
    "说",
    "称",
];

const OTHER_CHINESE: &[&str] = &[
    "但",
    "但是",
    "然而",
    "不过",
    "既",
    "曾",
    "曾经",
    "如果",
    "假如",
    "要是",
    "倘若",
    "除非",
    "存在",
    "不存在",
    "不",
    "没有",
    "没",
    "并不",
    "并没有",
    "未",
    "从未",
    "和",
    "与",
    "與",
    "及",
    "以及",
    "跟",
    "同",
    "其",
    "一个",
    "一座",
    "一种",
    "一名",
    "一位",
    "一条",
    "一门",
    "了",
    "所",
    "也",
    "都",
    "均",
    "还",
    "而",
    "且",
    "并",
    "并且",
    "而且",
    "因此",
    "所以",
    "则",
    "故",
    "那么",
    "其中",
    "以",
    "作为",
    "约",
    "大约",
    "更",
    "被称为",
    "就",
    "已",
    "要",
];

fn chinese() -> impl Iterator<Item = &'static str> {
    let lists = [
        ZH_COPULAS,
        ZH_NEGATED_COPULAS,
        ZH_OF,
        ZH_HAVE,
        ZH_PRONOUNS,
        ZH_DEMONSTRATIVES,
        ZH_PASSIVE,
        ZH_AT,
        ZH_THAN,
        ZH_QUESTIONS,
        OTHER_CHINESE,
    ];
    lists.into_iter().flatten().copied()
}

/// The longest function word at the beginning of a text.
pub(crate) fn chinese_function_word(text: &str) -> Option<&'static str> {
    chinese().filter(|word| text.starts_with(word)).max_by_key(|word| word.len())
}
