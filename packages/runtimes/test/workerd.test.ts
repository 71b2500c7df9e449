import { describe } from "vitest";
import { openWorkerd } from "../src/node/workerd.js";
import { holdAll } from "./hold.js";

describe("on workerd", () => holdAll(openWorkerd));
