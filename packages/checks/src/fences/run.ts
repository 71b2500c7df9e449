import { fork } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** How an example ended: well, unless `what` says otherwise. */
export interface Verdict {
  readonly file: string;
  readonly what?: string;
  /** Of the page. */
  readonly line?: number | undefined;
}

const CHILD = join(import.meta.dirname, "child.ts");
const require = createRequire(import.meta.url);
const TSX = pathToFileURL(require.resolve("tsx")).href;

/** Runs examples of one page in a process of their own; a new one goes on behind each that fails. */
export async function run(files: readonly string[], cwd: string, limit: number): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  while (verdicts.length < files.length) {
    let failed = false;
    const ended = await runUntilFailure(files.slice(verdicts.length), cwd, limit, (verdict) => {
      verdicts.push(verdict);
      failed ||= verdict.what !== undefined;
    });
    const unjudged = files[verdicts.length];
    if (unjudged && !failed) verdicts.push({ file: unjudged, what: ended });
  }
  return verdicts;
}

/** Resolves with how the process ended, in words: at the first failure, or when all have run. */
function runUntilFailure(
  files: readonly string[],
  cwd: string,
  limit: number,
  onVerdict: (verdict: Verdict) => void,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = fork(CHILD, files, {
      cwd,
      execArgv: ["--conditions", "@sluice/source", "--import", TSX],
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    let late = false;
    const arm = () =>
      setTimeout(() => {
        late = true;
        child.kill("SIGKILL");
      }, limit);
    let timer = arm();
    child.on("message", (verdict: Verdict) => {
      onVerdict(verdict);
      clearTimeout(timer);
      timer = arm();
    });
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve(late ? `did not finish in ${limit / 1000} s` : ended(code));
    });
  });
}

// Node's code for a module whose top-level await can never settle.
const STUCK = 13;

const ended = (code: number | null) =>
  code === STUCK ? "waits for something that never happens" : `ended the process with code ${code}`;
