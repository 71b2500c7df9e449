import { fetchStore } from "@sluice/s3-fetch";
import { CREDENTIALS, type Open, REGION } from "../subject.js";
import { downloadFrom } from "./download-from.js";

export const sluiceFetch: Open = (terms) =>
  downloadFrom(fetchStore({ endpoint: terms.endpoint, region: REGION, credentials: CREDENTIALS }), terms);
