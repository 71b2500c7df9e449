import { nodeStore } from "@sluice/s3-fetch/node";
import { CREDENTIALS, type Open, REGION } from "../subject.js";
import { downloadFrom } from "./download-from.js";

export const sluiceNode: Open = (terms) =>
  downloadFrom(nodeStore({ endpoint: terms.endpoint, region: REGION, credentials: CREDENTIALS }), terms);
