import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { S3Client } from "@aws-sdk/client-s3";
import { awsStore } from "@sluice/s3-aws-sdk";
import { afterAll, beforeAll, describe, test } from "vitest";
import { embedded, gateway, type World } from "./clients/world.js";
import { KEYS, noise, spawned } from "./harness.js";

const BOTO = fileURLToPath(new URL("./clients/boto.py", import.meta.url));
const fresh = (client: string) => `${client}-${randomBytes(6).toString("hex")}`;

describe.each([
  ["the embedded server", embedded],
  ["the gateway in front of a real server", gateway],
])("%s", (_name, start) => {
  let world: World;
  beforeAll(async () => {
    world = await start();
  });
  afterAll(() => world.close());

  test.concurrent("awscli copies in parts, lists, syncs both ways, signs URLs and removes", async () => {
    await world.bash(`
      B=${fresh("awscli")}
      $AWS s3 mb s3://$B
      $AWS s3 sync --no-progress $TREE s3://$B/tree
      [ -z "$($AWS s3 sync --no-progress $TREE s3://$B/tree)" ]
      $AWS s3 sync --no-progress s3://$B/tree back
      diff -r $TREE back
      $AWS s3 cp --no-progress --copy-props metadata-directive s3://$B/tree/large "s3://$B/a copy+"
      $AWS s3api get-object --bucket $B --key "a copy+" --range bytes=6000000-6000099 part
      cmp part <(tail -c +6000001 $TREE/large | head -c 100)
      curl -sSf "$($AWS s3 presign "s3://$B/a copy+" --expires-in 60)" | cmp - $TREE/large
      [ "$($AWS s3 ls --recursive s3://$B | wc -l)" = 8 ]
      $AWS s3 rb --force s3://$B > removed
      [ "$(grep -c ^delete: removed)" = 8 ]
      ! AWS_SECRET_ACCESS_KEY=wrong $AWS s3 ls 2> error || { cat error; false; }
      grep SignatureDoesNotMatch error || { cat error; false; }
    `);
  });

  test.concurrent("boto3 does what it does", async () => {
    await world.bash(`python3 ${BOTO} $URL ${fresh("boto")} $TREE/large`);
  });

  test.concurrent("s3cmd puts in parts, syncs both ways, copies, moves and removes", async () => {
    await world.bash(`
      B=${fresh("s3cmd")}
      $S3CMD mb s3://$B
      $S3CMD sync $TREE/ s3://$B/tree/
      ! $S3CMD sync $TREE/ s3://$B/tree/ | grep upload:
      $S3CMD put $TREE/large s3://$B/large
      $S3CMD info s3://$B/large
      mkdir back
      $S3CMD sync s3://$B/tree/ back/
      diff -r $TREE back
      $S3CMD cp s3://$B/large "s3://$B/a copy+"
      $S3CMD mv "s3://$B/a copy+" s3://$B/moved
      $S3CMD modify --add-header=x-amz-meta-colour:green s3://$B/moved
      $S3CMD get s3://$B/moved got
      cmp got $TREE/large
      [ "$($S3CMD ls -r s3://$B | wc -l)" = 9 ]
      $S3CMD del -r -f s3://$B
      $S3CMD rb s3://$B
      ! $S3CMD --secret_key=wrong ls 2> error || { cat error; false; }
      grep SignatureDoesNotMatch error || { cat error; false; }
    `);
  });

  test.concurrent("rclone syncs both ways, checks, encrypts, streams and purges", async () => {
    await world.bash(`
      B=${fresh("rclone")}
      export RCLONE_CONFIG_C_TYPE=crypt RCLONE_CONFIG_C_REMOTE=S:$B/secret RCLONE_CONFIG_C_PASSWORD=$(rclone obscure x)
      rclone sync $TREE S:$B/tree
      ! rclone sync -v $TREE S:$B/tree 2>&1 | grep Copied
      rclone check --download $TREE S:$B/tree
      rclone check $TREE S:$B/tree
      rclone copy $TREE C:
      rclone cryptcheck $TREE C:
      rclone sync S:$B/tree back
      diff -r $TREE back
      rclone rcat S:$B/streamed < $TREE/large
      rclone moveto S:$B/streamed "S:$B/a copy+"
      rclone cat --offset 6000000 --count 100 "S:$B/a copy+" | cmp - <(tail -c +6000001 $TREE/large | head -c 100)
      curl -sSf "$(rclone link --expire 1m "S:$B/a copy+")" | cmp - $TREE/large
      [ "$(rclone lsf -R --files-only S:$B | wc -l)" = 15 ]
      rclone delete S:$B/tree
      rclone purge S:$B
      ! RCLONE_S3_SECRET_ACCESS_KEY= RCLONE_CONFIG_S_SECRET_ACCESS_KEY=wrong rclone lsd S: 2> error || { cat error; false; }
      grep SignatureDoesNotMatch error || { cat error; false; }
    `);
  });

  test.concurrent("restic backs up, verifies every byte, restores, forgets and prunes", async () => {
    await world.bash(`
      R="restic -q -o s3.bucket-lookup=path -r s3:$URL/${fresh("restic")}"
      $R init
      $R backup $TREE
      date > more
      $R backup $TREE more
      $R check --read-data
      $R restore latest --target back
      diff -r $TREE back$TREE
      $R forget --keep-last 1 --prune
      $R check
      ! AWS_SECRET_ACCESS_KEY=wrong $R snapshots 2> error || { cat error; false; }
      grep -E 'signature we calculated does not match|Access Denied' error || { cat error; false; }
    `);
  });

  test.concurrent("curl puts, gets, asks for ranges and is told what it did wrong", async () => {
    await world.bash(`
      B=$URL/${fresh("curl")}
      SIGNED="$CURL:$AWS_SECRET_ACCESS_KEY"
      $SIGNED -f -X PUT $B
      $SIGNED -f -T $TREE/large -H 'Content-Type: text/x' $B/a/large
      $SIGNED -f -T $TREE/large -H 'Expect: 100-continue' $B/a/large
      $SIGNED -f $B/a/large | cmp - $TREE/large
      $SIGNED -f -r 100-199 $B/a/large | cmp - <(tail -c +101 $TREE/large | head -c 100)
      $SIGNED -f -I $B/a/large | grep -i 'content-length: 11000000'
      $SIGNED -f "$B?list-type=2&prefix=a%2F" | grep '<Key>a/large</Key>'
      $SIGNED -f -X DELETE $B/a/large
      $SIGNED $B/a/large | grep '<Code>NoSuchKey</Code>'
      $SIGNED -f -X DELETE $B
      $CURL:wrong $URL | grep '<Code>SignatureDoesNotMatch</Code>'
      curl -sS $URL | grep '<Code>AccessDenied</Code>'
    `);
  });

  test.concurrent("a client that is killed half-way leaves no object", async ({ expect }) => {
    const bucket = fresh("killed");
    const client = new S3Client({
      endpoint: world.url,
      region: "us-east-1",
      credentials: KEYS,
      forcePathStyle: true,
    });
    try {
      const store = awsStore(client);
      await store.buckets?.create(bucket);
      const aws = ["-u", "AWS_CA_BUNDLE", "aws", "--endpoint-url", world.url, "s3", "cp", "-"];
      const inParts = spawned("env", [...aws, `s3://${bucket}/in-parts`], world.env);
      inParts.child.stdin?.write(noise(11_000_000));
      const upload = await expect
        .poll(async () => (await store.listMultiparts(bucket)).uploads, { timeout: 30_000 })
        .toHaveLength(1)
        .then(async () => (await store.listMultiparts(bucket)).uploads[0]!);
      await expect
        .poll(async () => (await store.listParts(upload)).parts.length, { timeout: 30_000 })
        .toBeGreaterThan(0);
      inParts.child.kill("SIGKILL");
      await inParts.ended;

      const slow = `${world.env.CURL}:${KEYS.secretAccessKey} -v --limit-rate 100k`.split(" ");
      const inOne = spawned(slow[0]!, [
        ...slow.slice(1),
        "-T",
        `${world.env.TREE}/large`,
        `${world.url}/${bucket}/one`,
      ]);
      await inOne.seen("stderr", /> PUT/);
      inOne.child.kill("SIGKILL");
      await inOne.ended;

      expect((await store.list(bucket)).objects).toEqual([]);
      expect((await store.listMultiparts(bucket)).uploads).toMatchObject([{ key: "in-parts" }]);
      await store.abortMultipart(upload);
      await store.buckets?.delete(bucket);
    } finally {
      client.destroy();
    }
  });
});
