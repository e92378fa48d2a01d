import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { pathToFileURL } from "node:url";

const PROGRAM = process.env["CHROMIUM"] ?? "chromium";

/** Whether there is a Chromium to try pages in. */
export const hasBrowser = spawnSync(PROGRAM, ["--version"]).status === 0;

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly request?: { readonly url: string } };
  readonly result?: unknown;
  readonly error?: unknown;
}

/** A page in a real browser without a window, which speaks the protocol of its developer tools. */
export class Browser implements AsyncDisposable {
  /** Addresses that were asked for, the page's own first. */
  readonly requests: string[] = [];
  readonly #process: ChildProcess;
  readonly #profile: string;
  readonly #input: Writable;
  readonly #waiting = new Map<number, (message: Message) => void>();
  #session: string | undefined;
  #onLoad: () => void = () => undefined;
  #calls = 0;

  private constructor(child: ChildProcess, profile: string) {
    this.#process = child;
    this.#profile = profile;
    this.#input = child.stdio[3] as Writable;
    let text = "";
    (child.stdio[4] as Readable).setEncoding("utf8").on("data", (more: string) => {
      const parts = (text + more).split("\0");
      text = parts.pop() ?? "";
      for (const part of parts) this.#receive(JSON.parse(part));
    });
  }

  /** @param size of the window, as `1200,900` */
  static async start(size: string): Promise<Browser> {
    const profile = await mkdtemp(join(tmpdir(), "baton-browser-"));
    const flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe"];
    const child = spawn(PROGRAM, [...flags, `--window-size=${size}`, `--user-data-dir=${profile}`], {
      stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
    });
    const browser = new Browser(child, profile);
    const { targetId } = await browser.call<{ targetId: string }>("Target.createTarget", {
      url: "about:blank",
    });
    const attach = { targetId, flatten: true };
    const { sessionId } = await browser.call<{ sessionId: string }>("Target.attachToTarget", attach);
    browser.#session = sessionId;
    await browser.call("Page.enable");
    await browser.call("Network.enable");
    return browser;
  }

  async open(path: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onLoad = resolve;
    await this.call("Page.navigate", { url: pathToFileURL(path).href });
    await promise;
  }

  /** The value of an expression in the page. */
  async read<T>(expression: string): Promise<T> {
    const answer = await this.call<{ result: { value: T }; exceptionDetails?: unknown }>("Runtime.evaluate", {
      expression,
      returnByValue: true,
    });
    if (answer.exceptionDetails !== undefined) throw new Error(JSON.stringify(answer.exceptionDetails));
    return answer.result.value;
  }

  /** Presses a key such as `Tab` or `ArrowRight`. */
  async press(key: string, code: number): Promise<void> {
    for (const type of ["rawKeyDown", "keyUp"])
      await this.call("Input.dispatchKeyEvent", { type, key, code: key, windowsVirtualKeyCode: code });
  }

  call<T>(method: string, params: object = {}): Promise<T> {
    this.#calls += 1;
    const id = this.#calls;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#waiting.set(id, ({ error, result }) =>
      error === undefined ? resolve(result as T) : reject(new Error(`${method}: ${JSON.stringify(error)}`)),
    );
    this.#input.write(`${JSON.stringify({ id, method, params, sessionId: this.#session })}\0`);
    return promise;
  }

  #receive(message: Message): void {
    if (message.id !== undefined) this.#waiting.get(message.id)?.(message);
    if (message.method === "Network.requestWillBeSent")
      this.requests.push(message.params?.request?.url ?? "");
    if (message.method === "Page.loadEventFired") this.#onLoad();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await ended;
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}
