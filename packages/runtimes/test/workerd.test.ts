import { describe } from "vitest";
import { openWorkerd } from "../src/node/workerd.js";
import { holdAll } from "./hold.js";

// Nothing makes workerd collect its garbage.
describe("on workerd", () => holdAll(openWorkerd, { gc: false }));
