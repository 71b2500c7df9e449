import { describe, expect, it } from "vitest";
import { fencesOf, headingsOf, linksOf } from "../src/markdown.js";

describe("markdown", () => {
  it("finds fences, also indented ones and those that hold others", () => {
    const page = [
      "````md",
      "```ts run",
      "```",
      "````",
      "- item",
      "  ```ts run",
      "  a();",
      "    b();",
      "  ```",
    ];
    expect(fencesOf(page.join("\n"))).toMatchObject([
      { info: "md", code: "```ts run\n```", line: 2, closed: true },
      { info: "ts run", code: "a();\n  b();", line: 7, closed: true },
    ]);
  });

  it("says of a fence that it is never closed", () => {
    expect(fencesOf("```ts run\na();\n")).toMatchObject([{ closed: false }]);
  });

  it("reads headings and links in prose, not in code", () => {
    const page = [
      "# Title",
      "## What",
      "```sh",
      "## comment",
      "[no](no.md)",
      "```",
      "`[no](no.md)` [yes](yes.md)",
    ];
    expect(headingsOf(page.join("\n"), 2)).toEqual(["What"]);
    expect(linksOf(page.join("\n"))).toEqual([{ target: "yes.md", line: 7 }]);
  });

  it("finds links of every form", () => {
    const page = '![a](a.png) [b](<b.md> "title") [c][c]\n\n[c]: c.md#part';
    expect(linksOf(page).map(({ target }) => target)).toEqual(["a.png", "b.md", "c.md#part"]);
  });
});
