import { finished } from "node:stream";
import type { Subject } from "../subject.js";

export const subject: Subject = {
  node(stream, release) {
    finished(stream, release);
    return stream;
  },
};
