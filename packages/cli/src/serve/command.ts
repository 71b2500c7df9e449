import { type Command, Option } from "commander";
import { budgetOption, count, httpUrl, percent, port, seconds } from "../arguments.js";
import type { Io } from "../io.js";

/** `sluice serve` and `sluice gateway`. They load what they need when they run. */
export function addServing(program: Command, io: Io): void {
  listener(program.command("serve"))
    .description("an S3 server in this process, for tests and demos")
    .addOption(new Option("--memory", "keep objects in memory (the default)").conflicts("dir"))
    .option("--dir <folder>", "keep objects in a folder")
    .option("--scratch", "remove the folder at the end; it must be empty at the start")
    .option("--bucket <name...>", "make these buckets at the start")
    .action(async (options) => {
      const { runServer } = await import("./serve.js");
      const { openStore } = await import("./open-store.js");
      const { openEncrypted } = await import("./encrypt.js");
      await runServer(options, () => openEncrypted(options.encryptKeyFile, () => openStore(options)), io);
    });

  listener(program.command("gateway"))
    .description("a proxy in front of an S3 server, with keys of its own, that holds no more than its budget")
    .requiredOption("--upstream <url>", "the S3 server, reached with AWS_ACCESS_KEY_ID and so on", httpUrl)
    .option("--region <name>", "of the upstream (default: AWS_REGION, then the profile)")
    .action(async ({ upstream, ...options }) => {
      const { runServer } = await import("./serve.js");
      const { openUpstream } = await import("./open-upstream.js");
      const { openEncrypted } = await import("./encrypt.js");
      const open = () => openUpstream({ endpoint: upstream, region: options.region });
      await runServer(options, () => openEncrypted(options.encryptKeyFile, open), io);
    });
}

const listener = (command: Command): Command =>
  command
    .option("--port <n>", "0 takes a free one", port, 9000)
    .option("--hostname <name>", "the address to listen on", "127.0.0.1")
    .addOption(new Option("--access-key <id>", "default: a new one").env("SLUICE_ACCESS_KEY"))
    .addOption(new Option("--secret-key <key>", "default: a new one").env("SLUICE_SECRET_KEY"))
    .addOption(new Option("--anonymous", "let everybody in, unsigned").conflicts(["accessKey", "secretKey"]))
    .option("--encrypt-key-file <file>", "encrypt all objects; one key a line, 32 bytes in hex or base64")
    .addOption(budgetOption())
    .option("--wait <seconds>", "for room in the budget, before 503 SlowDown (default: 30)", seconds)
    .option("--max-waiting <n>", "how many may wait for it (default: 256)", count)
    .option("--max-share <percent>", "of the budget, for one key or address (default: 100%)", percent)
    .option("--max-connections <n>", "one more is closed at once (default: 4096)", count)
    .option("--tls-cert <file>", "serve HTTPS with this certificate, in PEM")
    .option("--tls-key <file>", "its private key, in PEM")
    .option("--admin-port <n>", "serve /health/live, /health/ready and /metrics there", port)
    .option("--grace <seconds>", "for what is in progress at the end (default: 10)", seconds);
