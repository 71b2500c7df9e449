import { Readable } from "node:stream";
import { nodeReadableKind, releaseLaws, webKinds } from "@sluice/laws";
import { type Ending, releaseOnEnd } from "@sluice/release";
import { test } from "vitest";

const subject = <S extends object>(stream: S, release: () => void) =>
  releaseOnEnd(stream as unknown as Ending, release) as unknown as S;

for (const kind of [...webKinds(), nodeReadableKind(Readable as never)]) {
  for (const { id, says, run } of releaseLaws(() => subject, {}, [kind])) {
    test(`${id}, ${kind.name}: ${says}`, () => run());
  }
}
