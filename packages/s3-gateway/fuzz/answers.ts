import { parseXml } from "@rgrove/parse-xml";
import { demand } from "./target.js";

/** Demands that an answer is a success, or a refusal as S3 words it. */
export function checkAnswer(status: number, headers: Headers, text: string, method: string): void {
  demand(
    /^[0-9A-F]{16}$/.test(headers.get("x-amz-request-id") ?? ""),
    `an answer of ${status} without a request id`,
  );
  demand(status >= 200 && status <= 599, `the status ${status}`);
  demand(status < 500 || status === 501, `the status ${status}: ${text.slice(0, 300)}`);
  if (status < 400) return;
  if (method === "HEAD") {
    demand(text === "", "a body for HEAD");
    return;
  }
  const { root } = parseXml(text);
  demand(root?.name === "Error", `the answer ${text.slice(0, 300)}`);
  const names = root.children.map((child) => ("name" in child ? child.name : ""));
  demand(names.includes("Code") && names.includes("Message"), `the error ${text.slice(0, 300)}`);
}
