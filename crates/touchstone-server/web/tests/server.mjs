// A real server whose model replays fixed lines (examples/recorded.rs).
import { spawn } from "node:child_process";
import { once } from "node:events";
import readline from "node:readline";

const PROGRAM = process.env.TOUCHSTONE_RECORDED;

/** Starts a server on a free port: {url, key, stop}. */
export async function serve(folder = null, ...more) {
  if (!PROGRAM) throw new Error("TOUCHSTONE_RECORDED names no program: run `make test-web`");
  const child = spawn(PROGRAM, ["127.0.0.1:0", ...(folder ? [folder, ...more] : [])], { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, TOUCHSTONE_LOG: "warn" } });
  const found = { url: null, key: null };
  for await (const line of readline.createInterface({ input: child.stdout })) {
    if (line.startsWith("key ")) found.key = line.slice(4);
    if (line.startsWith("listening on ")) {
      found.url = line.slice("listening on ".length);
      break;
    }
  }
  if (!found.url) throw new Error("the server did not start");
  const stop = async () => {
    child.kill("SIGTERM");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  };
  const kill = async () => {
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  };
  return { ...found, stop, kill };
}
