//! Settings, models, schemas, and commands that need a model that is not there.

use serde_json::Value;

use crate::sandbox::{Sandbox, demo_store, outcome};

fn setting<'a>(settings: &'a Value, name: &str) -> (&'a Value, &'a str) {
    let all = settings.as_array().unwrap();
    let one = all.iter().find(|s| s["name"] == name).unwrap();
    (&one["value"], one["from"].as_str().unwrap())
}

#[test]
fn later_layers_win_and_say_so() {
    let sandbox = Sandbox::new();
    sandbox
        .write("touchstone.toml", "queue = 7\nbind = \"127.0.0.1:9000\"\nstore = \"world\"\nmax_steps = 3\n");
    let mut command = sandbox.command(&["config", "--json", "--max-steps", "5"]);
    command.env("TOUCHSTONE_QUEUE", "8").env("TOUCHSTONE_MAX_STEPS", "4").env("TOUCHSTONE_OTHER", "x");
    let settings = outcome(command).json();
    assert_eq!(setting(&settings, "max_steps"), (&Value::from(5), "a flag"));
    assert_eq!(setting(&settings, "queue"), (&Value::from(8), "environment TOUCHSTONE_QUEUE"));
    let (bind, from) = setting(&settings, "bind");
    assert_eq!(bind, "127.0.0.1:9000");
    assert!(from.ends_with("touchstone.toml"), "{from}");
    let store = setting(&settings, "store").0.as_str().unwrap();
    assert!(store.ends_with("world"), "{store}");
    assert_eq!(setting(&settings, "temperature").1, "built in");
}

#[test]
fn a_wrong_setting_is_named() {
    let sandbox = Sandbox::new();
    let wrong = |text: &str| {
        let file = sandbox.write("wrong.toml", text);
        sandbox.run(&["config", "--config", &file]).sentence().to_owned()
    };
    assert!(wrong("colour = 1").contains("colour"));
    assert!(wrong("queue = \"many\"").contains("queue"));
    assert!(wrong("queue = ").contains("wrong.toml"));
    assert!(wrong("max_steps = 0").contains("max_steps is 0: it can be 1 to 100"));
    assert!(sandbox.run(&["config", "--config", "none.toml"]).sentence().contains("none.toml"));
}

#[test]
fn schemas_describe_the_reports() {
    let sandbox = Sandbox::new();
    let check = sandbox.run(&["schema", "check"]).json();
    for field in ["claims", "summary"] {
        assert!(check["required"].as_array().unwrap().contains(&field.into()), "{check}");
    }
    let ask = sandbox.run(&["schema", "ask"]).json();
    for field in ["question", "answer", "steps", "usage", "timings"] {
        assert!(ask["required"].as_array().unwrap().contains(&field.into()), "{ask}");
    }
}

#[test]
fn the_known_models_are_listed_with_what_is_here() {
    let sandbox = Sandbox::new();
    let models = sandbox.run(&["model", "list", "--json"]).json();
    let default = models.as_array().unwrap().iter().find(|m| m["default"] == true).unwrap();
    assert_eq!(default["name"], "qwen2.5-coder-1.5b");
    assert_eq!(default["here"], false);
    assert_eq!(default["sha256"].as_str().unwrap().len(), 64);
    assert!(sandbox.run(&["model", "list"]).stdout.contains("qwen2.5-coder-0.5b"));
    assert!(sandbox.run(&["model", "pull", "nosuch"]).sentence().contains("touchstone model list"));
}

#[test]
fn commands_that_need_a_model_say_how_to_get_it() {
    let sandbox = Sandbox::new();
    let store = demo_store().display().to_string();
    for command in [&["ask", "What is the capital of Ecuador?"][..], &["serve", "--bind", "127.0.0.1:0"]] {
        let run = |more: &[&str]| sandbox.run(&[command, &["--store", &store], more].concat());
        assert!(run(&[]).sentence().contains("touchstone model pull qwen2.5-coder-1.5b"));
        assert!(run(&["--model", "nosuch"]).sentence().contains("touchstone model list"));
        assert!(run(&["--model", "none.gguf"]).sentence().contains("none.gguf"));
        assert!(sandbox.run(command).sentence().contains("touchstone kg demo"));
    }
    let broken = sandbox.write("broken.gguf", b"GGUF\x03\0\0\0");
    let outcome = sandbox.run(&["ask", "Who?", "--store", &store, "--model", &broken]);
    assert_eq!(outcome.code, 2, "{}", outcome.stdout);
    assert!(outcome.stderr.contains("cannot load the model"), "{}", outcome.stderr);
}

#[test]
fn a_port_in_use_is_told_before_anything_is_loaded() {
    let sandbox = Sandbox::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let bind = taken.local_addr().unwrap().to_string();
    let model = sandbox.write("broken.gguf", b"GGUF\x03\0\0\0");
    let store = demo_store().display().to_string();
    let outcome = sandbox.run(&["serve", "--bind", &bind, "--model", &model, "--store", &store]);
    assert!(outcome.sentence().contains("already in use"), "{}", outcome.stderr);
}

#[test]
fn every_shell_gets_a_script() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = Sandbox::new().run(&["completions", shell]).stdout;
        assert!(script.contains("touchstone") && script.contains("check"), "{shell}");
    }
}
