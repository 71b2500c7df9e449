import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** What a process left behind. `code` is 128 and the signal's number for one that a signal ended, as in a shell. */
export interface Exit {
  readonly code: number;
  /** The last of what it complained about. */
  readonly said: string;
}

/** A process of this command, which talks in lines of JSON, and ends when its stdin does. */
export class Program {
  readonly exit: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  #said = "";

  constructor(command: readonly string[], signal: AbortSignal) {
    const [file, ...args] = command;
    this.#child = spawn(file!, args, { stdio: ["pipe", "pipe", "pipe"], signal });
    const { stdin, stdout, stderr } = this.#child;
    // It may be killed at any time; its exit tells.
    stdin?.on("error", () => undefined);
    stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#said = (this.#said + text).slice(-2_000);
    });
    this.#lines = createInterface({ input: stdout! })[Symbol.asyncIterator]();
    this.exit = new Promise((resolve) => {
      this.#child.on("error", (error) => {
        if (this.#child.pid === undefined) resolve({ code: 127, said: error.message });
      });
      this.#child.once("close", (code, killedBy) => {
        resolve({ code: code ?? (killedBy === "SIGKILL" ? 137 : 143), said: this.#said.trim() });
      });
    });
  }

  /**
   * The next line, parsed; undefined if it ended without another one.
   *
   * - **Order:** as they were said.
   * - **Abort:** the process is stopped by the signal that it was started with, and then there is no next line.
   * - **Errors:** what is no JSON.
   */
  async next<T>(): Promise<T | undefined> {
    const { value, done } = await this.#lines.next();
    return done ? undefined : (JSON.parse(value) as T);
  }

  /** Asks it to end; `exit` tells when it has. It has a deadline of its own. */
  end(): void {
    this.#child.stdin?.end();
  }
}
