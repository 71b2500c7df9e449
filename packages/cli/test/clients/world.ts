import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { KEYS, noise, spawned, spawnServer, spawnSluice } from "../harness.js";

// Other people's programs against a server of ours.

/** Names that somebody somewhere forgets to escape, or escapes twice. */
const NAMES = [
  "deep er/a b+ü.txt",
  "deep er/%41&'q/x=y;z,$@!(1).txt",
  'per%20cent & "quote".txt',
  "日本語 😀~#?.txt",
  "plain",
];

export interface World {
  readonly url: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs a script of bash to its end, in a new folder, and returns what it wrote. It must succeed. */
  bash(script: string): Promise<string>;
  close(): Promise<void>;
}

/** The embedded server over a folder. */
export const embedded = () => worldOf((root) => spawnServer(["--dir", join(root, "objects")]));

/** The gateway in front of the server that the environment names. */
export const gateway = () =>
  worldOf(async () => {
    const upstream = process.env.SLUICE_S3_ENDPOINT;
    if (upstream === undefined)
      throw new Error("SLUICE_S3_ENDPOINT must name the server to stand in front of");
    const server = spawnSluice(["gateway", "--port", "0", "--upstream", upstream], {
      SLUICE_ACCESS_KEY: KEYS.accessKeyId,
      SLUICE_SECRET_KEY: KEYS.secretAccessKey,
    });
    const [, url = ""] = await server.seen("stdout", /on (http:\S+),/);
    return { ...server, url };
  });

async function worldOf(
  start: (root: string) => Promise<ReturnType<typeof spawned> & { readonly url: string }>,
): Promise<World> {
  const root = await mkdtemp(join(tmpdir(), "sluice-clients-"));
  const tree = join(root, "tree");
  // Two parts and a little more.
  for (const [name, size] of [
    ...NAMES.map((name) => [name, 20] as const),
    ["empty", 0],
    ["large", 11_000_000],
  ] as const) {
    await mkdir(dirname(join(tree, name)), { recursive: true });
    await writeFile(join(tree, name), noise(size));
  }
  const config =
    "[default]\ns3 =\n  multipart_threshold = 5MB\n  multipart_chunksize = 5MB\n  addressing_style = path\n  signature_version = s3v4\n";
  await writeFile(join(root, "aws-config"), config);
  const server = await start(root);
  const env = environment(server.url, root);
  return {
    url: server.url,
    env,
    async bash(script) {
      const folder = await mkdtemp(join(root, "run-"));
      // Programs read what their user has set up at home, and certificates that are named and missing end some.
      const run = spawned(
        "env",
        ["-u", "AWS_CA_BUNDLE", "bash", "-euxo", "pipefail", "-c", `cd "$0"; ${script}`, folder],
        env,
      );
      const { code } = await run.ended;
      if (code !== 0) throw new Error(`ended with ${code}:\n${run.text("stdout")}\n${run.text("stderr")}`);
      return run.text("stdout");
    },
    async close() {
      server.child.kill();
      await server.ended;
      await rm(root, { recursive: true, force: true });
    },
  };
}

function environment(url: string, root: string): Record<string, string> {
  const host = url.replace("http://", "");
  const { accessKeyId, secretAccessKey } = KEYS;
  const s3cmd = `s3cmd -c /dev/null --no-ssl --no-progress --region=us-east-1 --multipart-chunk-size-mb=5 --host=${host}`;
  return {
    // Debian's, and not what else may be installed.
    PATH: "/usr/bin:/bin",
    URL: url,
    HOME: root,
    TREE: join(root, "tree"),
    AWS: `aws --endpoint-url ${url}`,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_DEFAULT_REGION: "us-east-1",
    AWS_CONFIG_FILE: join(root, "aws-config"),
    S3CMD: `${s3cmd} --host-bucket=${host} --access_key=${accessKeyId} --secret_key=${secretAccessKey}`,
    CURL: `curl -sS --aws-sigv4 aws:amz:us-east-1:s3 -H x-amz-content-sha256:UNSIGNED-PAYLOAD --user ${accessKeyId}`,
    RCLONE_CONFIG_S_TYPE: "s3",
    RCLONE_CONFIG_S_PROVIDER: "Other",
    RCLONE_CONFIG_S_ENDPOINT: url,
    RCLONE_CONFIG_S_REGION: "us-east-1",
    RCLONE_CONFIG_S_ACCESS_KEY_ID: accessKeyId,
    RCLONE_CONFIG_S_SECRET_ACCESS_KEY: secretAccessKey,
    RCLONE_S3_CHUNK_SIZE: "5Mi",
    RCLONE_S3_UPLOAD_CUTOFF: "5Mi",
    RCLONE_S3_COPY_CUTOFF: "5Mi",
    RCLONE_RETRIES: "1",
    RCLONE_LOW_LEVEL_RETRIES: "1",
    RESTIC_PASSWORD: "secret",
  };
}
