import { describe } from "vitest";
import { openChromium } from "../src/node/chromium.js";
import { holdAll } from "./hold.js";

describe("in Chromium", () => holdAll(openChromium));
