import { describe } from "vitest";
import { openBun } from "../src/node/serving.js";
import { holdAll } from "./hold.js";

// It may take anything on its stack for a reference, so that nothing says what is garbage.
describe("on Bun", () => holdAll(openBun, { gc: false }));
