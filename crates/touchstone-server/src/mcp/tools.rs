use std::sync::{Arc, LazyLock};
use std::time::Duration;

use actix_web::web;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, Implementation, JsonObject,
    ListToolsResult, PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool, ToolAnnotations,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;
use touchstone_core::{AnswerStatus, AskReport, CheckReport, Verdict};
use touchstone_graph::{GraphFormat, ProtocolQuery, QueryLimits, ResultFormat};

use crate::auth::{Caller, Scope};
use crate::job::{self, Halt};
use crate::problem::Problem;
use crate::routes::ask::{Mode, Question, options_for};
use crate::routes::{chat, check};
use crate::state::State;

/// An assistant reads the result: more than this would fill its memory.
const MAX_ROWS: usize = 1_000;
const MAX_RESULT_BYTES: usize = 256 * 1024;
/// Between two looks whether the model is loaded.
const LOOK: Duration = Duration::from_millis(100);

const ABOUT: &str = "Touchstone checks claims against a knowledge graph. Use `check` for texts before you rely on \
them, `ask` for questions about what the graph may hold, `query_graph` for SPARQL. A verdict of \"unverifiable\" \
means only that the graph does not say.";

/// What is asked.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AskArguments {
    /// The question, in English or Chinese.
    question: String,
    /// Language to reason in (`en`, `zh`); without it, the question's own.
    language: Option<String>,
}

/// What is checked.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CheckArguments {
    /// The text whose claims are checked.
    text: String,
}

/// What is looked up.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct QueryArguments {
    /// A SPARQL 1.1 query for reading: SELECT, ASK, CONSTRUCT or DESCRIBE. All named graphs are asked together.
    query: String,
}

static TOOLS: LazyLock<Vec<Tool>> = LazyLock::new(|| {
    let reading = ToolAnnotations::new().read_only(true).idempotent(true).open_world(false);
    let tool = |name, text| Tool::new(name, text, JsonObject::new()).with_annotations(reading.clone());
    vec![
        tool("ask", "Answer a question in steps that are each checked against the knowledge graph; says whether the answer is verified, partly verified or withheld, with the evidence.")
            .with_input_schema::<AskArguments>()
            .with_output_schema::<AskReport>(),
        tool("check", "Find the claims of a text and say for each whether the knowledge graph supports it, refutes it (with the right value where there is one) or does not say.")
            .with_input_schema::<CheckArguments>()
            .with_output_schema::<CheckReport>(),
        tool("query_graph", "Query the knowledge graph with SPARQL 1.1, for reading only; results as SPARQL JSON, graphs as N-Triples.")
            .with_input_schema::<QueryArguments>(),
    ]
});

/// The tools as one caller has them.
#[derive(Clone)]
pub(super) struct Tools {
    pub(super) state: web::Data<State>,
    /// `None` for the process that started the program: it may do everything.
    pub(super) caller: Option<Caller>,
    /// Whether a call waits until graph and model are loaded.
    pub(super) patient: bool,
    /// Cancelled when the caller has gone.
    pub(super) gone: CancellationToken,
}

impl ServerHandler for Tools {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(
                Implementation::new("touchstone", env!("CARGO_PKG_VERSION")).with_title("Touchstone"),
            )
            .with_instructions(ABOUT)
    }

    async fn list_tools(
        &self,
        _page: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(TOOLS.clone()))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        TOOLS.iter().find(|tool| tool.name == name).cloned()
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let halt = Halt::new(&self.state);
        // The work ends with whatever ends first: the call or its caller.
        let _over = halt.token().clone().drop_guard();
        let called = async {
            match request.name.as_ref() {
                "ask" => self.ask(read(request.arguments)?, &halt).await,
                "check" => self.check(read(request.arguments)?).await,
                "query_graph" => self.query(read(request.arguments)?, &halt).await,
                other => Err(Problem::no_such(format!("there is no tool {other}"))),
            }
        };
        let result = tokio::select! {
            result = called => result,
            () = context.ct.cancelled() => Err(Problem::cancelled()),
            () = self.gone.cancelled() => Err(Problem::cancelled()),
        };
        // What goes wrong is for the assistant to read, not for the protocol.
        Ok(result
            .unwrap_or_else(|problem| CallToolResult::error(vec![ContentBlock::text(problem.detail)]))
            .into())
    }
}

fn read<T: DeserializeOwned>(arguments: Option<JsonObject>) -> Result<T, Problem> {
    serde_json::from_value(serde_json::Value::Object(arguments.unwrap_or_default()))
        .map_err(|error| Problem::wrong_shape(format!("the arguments are not such a call: {error}")))
}

fn told(text: String, report: &impl Serialize) -> Result<CallToolResult, Problem> {
    let value = serde_json::to_value(report).map_err(|error| Problem::internal(error.to_string()))?;
    let mut result = CallToolResult::structured(value);
    result.content = vec![ContentBlock::text(text)];
    Ok(result)
}

impl Tools {
    fn allowed(&self, scope: Scope) -> Result<(), Problem> {
        match &self.caller {
            Some(caller) if !caller.allows(scope) => Err(Problem::not_allowed(scope)),
            _ => Ok(()),
        }
    }

    /// A part of the service, waited for where it is still being loaded.
    async fn part<T>(
        &self,
        halt: &Halt,
        get: impl Fn(&State) -> Result<Arc<T>, Problem>,
    ) -> Result<Arc<T>, Problem> {
        loop {
            match get(&self.state) {
                Err(_) if self.patient && halt.flow().is_continue() => tokio::time::sleep(LOOK).await,
                other => return other,
            }
        }
    }

    async fn ask(&self, arguments: AskArguments, halt: &Halt) -> Result<CallToolResult, Problem> {
        self.allowed(Scope::Ask)?;
        let options = options_for(&self.state, &arguments.question, arguments.language.as_deref())?;
        let question = Question {
            options,
            reasoner: self.part(halt, State::reasoner).await?,
            text: arguments.question,
            mode: Mode::Touchstone,
            caller: self.caller.clone().unwrap_or_default(),
            state: self.state.clone(),
        };
        let ticket = self.state.asks.enter()?;
        let report = job::run(&self.state, ticket, halt, move |halt| question.answer(halt, |_| {})).await?;
        let status = match report.answer.status {
            AnswerStatus::Verified => "verified",
            AnswerStatus::PartlyVerified => "partly verified",
            AnswerStatus::Withheld => "withheld",
        };
        let (answer, _) = chat::cited(&report);
        told(format!("Status: {status}\n{answer}"), &report)
    }

    async fn check(&self, arguments: CheckArguments) -> Result<CallToolResult, Problem> {
        self.allowed(Scope::Check)?;
        if arguments.text.trim().is_empty() {
            return Err(Problem::invalid("\"text\" is empty: give a text to check"));
        }
        self.part(&Halt::new(&self.state), State::checker).await?;
        let caller = self.caller.clone().unwrap_or_default();
        let report = check::run(&self.state, caller, vec![arguments.text]).await?.pop();
        let report = report.ok_or_else(|| Problem::internal("the text was not checked"))?;
        told(summary(&report), &report)
    }

    async fn query(&self, arguments: QueryArguments, halt: &Halt) -> Result<CallToolResult, Problem> {
        self.allowed(Scope::Check)?;
        let checker = self.part(halt, State::checker).await?;
        let ticket = self.state.queries.enter()?;
        let limits = self.state.config.query;
        let limits = QueryLimits { rows: limits.rows.min(MAX_ROWS), ..limits };
        let text = job::run(&self.state, ticket, halt, move |halt| {
            let query = ProtocolQuery { query: arguments.query, ..ProtocolQuery::default() };
            let formats = (ResultFormat::Json, GraphFormat::NTriples);
            let wanted = || halt.flow().is_continue();
            let mut out = Vec::new();
            let store = checker.graph().store();
            store.answer_query(&query, limits, MAX_RESULT_BYTES, formats, &wanted, &mut out)?;
            String::from_utf8(out).map_err(|error| Problem::internal(error.to_string()))
        })
        .await?;
        Ok(CallToolResult::success(vec![ContentBlock::text(text)]))
    }
}

/// A line for each claim.
fn summary(report: &CheckReport) -> String {
    let mut lines = vec![format!(
        "{} supported, {} refuted, {} unverifiable",
        report.summary.supported, report.summary.refuted, report.summary.unverifiable
    )];
    for claim in &report.claims {
        let verdict = match claim.verdict {
            Verdict::Supported => "supported",
            Verdict::Refuted => "refuted",
            Verdict::Unverifiable => "unverifiable",
        };
        let right = claim
            .correction
            .as_ref()
            .map_or(String::new(), |correction| format!("; right would be: {}", correction.replacement));
        lines.push(format!("{verdict}: {} ({}{right})", claim.text, claim.reason));
    }
    lines.join("\n")
}
