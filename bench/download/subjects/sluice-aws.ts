import { awsStore } from "@sluice/s3-aws-sdk";
import { awsClient } from "../../upload/subjects/aws-client.js";
import type { Open } from "../subject.js";
import { downloadFrom } from "./download-from.js";

export const sluiceAws: Open = (terms) => downloadFrom(awsStore(awsClient(terms.endpoint)), terms);
