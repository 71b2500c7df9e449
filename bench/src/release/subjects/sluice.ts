import { type Ending, releaseOnEnd } from "@sluice/release";
import type { Subject } from "../subject.js";

const wrap = <S extends Ending>(stream: S, release: () => void): S => releaseOnEnd(stream, release);

export const subject: Subject = { node: wrap, web: wrap, bytes: wrap, iterable: wrap, response: wrap };
