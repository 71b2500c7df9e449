import { describe } from "vitest";
import { openDeno } from "../src/node/serving.js";
import { holdAll } from "./hold.js";

describe("on Deno", () => holdAll(openDeno, { gc: true }));
