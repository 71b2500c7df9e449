import { pullBytesThrough, pullThrough } from "../../floor/pull-through.js";
import type { Subject } from "../subject.js";

export const subject: Subject = { web: pullThrough, bytes: pullBytesThrough };
