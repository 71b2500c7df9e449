import type { Difference } from "./different.js";
import type { SAME, Scenario } from "./same.js";

/** The page `docs/lib-storage.md`. */
export const pageOf = (same: typeof SAME, different: readonly Difference[]): string => `# Beside lib-storage

<!-- Written by packages/s3-upload/test/lib-storage.same.test.ts: vitest run -u. -->

Every row below is played on \`Upload\` of [\`@sluice/s3-upload/lib-storage\`](migrating-from-lib-storage.md) and on that of
\`@aws-sdk/lib-storage\`, each with a client of its own over the same S3 in memory. Compared are all requests as they were
signed, with their headers and bodies, the answer, the error, the progress, and what is left on the server.

## Where it does something else

| what the caller does | lib-storage | the drop-in |
| -------------------- | ----------- | ----------- |
${different.map(({ title, there, here }) => `| ${title} | ${there} | ${here} |`).join("\n")}

## Where there is no difference

After an abort the drop-in also sends a ListParts, to see whether a part has arrived late. Apart from that, what works:

${list(same.resolved)}

And what does not:

${list(same.rejected)}
`;

const list = (scenarios: readonly Scenario[]) => scenarios.map(({ title }) => `- ${title}`).join("\n");
