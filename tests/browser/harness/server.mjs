/** The platform under test: the real binary with its demo, on ports and a data directory of its own. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { until } from "./wait.mjs";

async function freePort() {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address();
  listener.close();
  await once(listener, "close");
  return port;
}

export class Server {
  /**
   * @param {string} folder an empty one for the data
   * @param {string} [host] what people call it; passkeys work at a name alone
   */
  static async start(folder, host = "127.0.0.1") {
    const binary = process.env.TONGMA_BINARY;
    if (!binary) throw new Error("TONGMA_BINARY has to name the server's binary; `cargo xtask test browser` sets it");
    const server = new Server();
    Object.assign(server, { binary, data: join(folder, "data"), said: "" });
    server.ports = [await freePort(), await freePort(), await freePort(), await freePort(), await freePort()];
    server.address = `http://${host}:${server.ports[0]}`;
    await server.again();
    return server;
  }

  /** Starts it, also a second time on the same ports and data. */
  async again() {
    const [port, provider, rail, sms, authority] = this.ports.map(String);
    this.said = "";
    const ports = ["--port", port, "--provider-port", provider, "--rail-port", rail, "--sms-port", sms, "--authority-port", authority];
    this.process = spawn(this.binary, ["--data", this.data, "--public-origin", this.address, ...ports], { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.process.stdout, this.process.stderr]) stream.on("data", (part) => { this.said += part; });
    await until("the server to start", () => {
      if (this.process.exitCode !== null) throw new Error(`it ended: ${this.said.slice(-2000)}`);
      return this.said.includes("Ctrl-C");
    }, 60_000);
  }

  /** The pairing code printed for the first point of this kind and scenario. */
  pairingCode(scenario, kind) {
    const line = this.said.split("\n").find((one) => one.includes(`/ ${kind}`) && one.includes(scenario));
    return /^\s*(\d{8})\s/.exec(line ?? "")?.[1];
  }

  /** Asks the administrator's entrance. */
  async administer(path, body) {
    const token = (await readFile(join(this.data, "admin.token"), "utf8")).trim();
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json", "idempotency-key": crypto.randomUUID() };
    const answer = await fetch(`${this.address}/v1/admin/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  /** Ends it. @param {"SIGTERM"|"SIGKILL"} [signal] */
  async stop(signal = "SIGTERM") {
    if (!this.process || this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, "exit");
    this.process.kill(signal);
    await ended;
  }
}
