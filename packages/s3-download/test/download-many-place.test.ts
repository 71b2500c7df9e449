import { expect, test } from "vitest";
import { namesOf } from "../src/node/download-many-place.js";

const fault = (key: string, platform: string) => {
  try {
    namesOf(key, key, platform);
    return undefined;
  } catch (error) {
    return (error as { fault?: unknown }).fault;
  }
};

test.each(["a\\..\\b", "a:b", "NUL", "d/com1.txt", "COM¹", "ends.", "ends ", "what?", "a\tb", "CONIN$"])(
  "on Windows, %j is no name; elsewhere it is",
  (key) => {
    expect([fault(key, "win32"), fault(key, "linux")]).toEqual(["not a name on Windows", undefined]);
  },
);

test("names that only look like those of devices are fine everywhere", () => {
  for (const key of ["console", "d/nullify.txt", "com10", ".hidden", "a.b c"]) {
    expect(fault(key, "win32")).toBe(undefined);
  }
});

test("NUL bytes and drive letters are refused everywhere", () => {
  for (const platform of ["win32", "linux"]) {
    expect([fault("a\0", platform), fault("z:/a", platform)]).toEqual(["NUL", "drive letter"]);
  }
});
