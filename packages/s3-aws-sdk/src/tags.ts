import {
  DeleteObjectTaggingCommand,
  GetObjectTaggingCommand,
  PutObjectTaggingCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import type { ObjectSource, TagStore } from "@sluice/object-store";
import { exchange } from "./exchange.js";
import { sdkOwner } from "./storage-fields.js";

/** The part of the port that deals with the tags of objects. */
export const tags = (client: S3Client): TagStore => ({
  async get(source, options = {}) {
    const command = new GetObjectTaggingCommand({ ...at(source), ...sdkOwner(options) });
    const { output } = await exchange(client, command, { signal: options.signal });
    return Object.fromEntries((output.TagSet ?? []).map(({ Key = "", Value = "" }) => [Key, Value]));
  },

  async put(source, wanted, options = {}) {
    const TagSet = Object.entries(wanted).map(([Key, Value]) => ({ Key, Value }));
    const command = new PutObjectTaggingCommand({ ...at(source), Tagging: { TagSet }, ...sdkOwner(options) });
    await exchange(client, command, { signal: options.signal });
  },

  async delete(source, options = {}) {
    const command = new DeleteObjectTaggingCommand({ ...at(source), ...sdkOwner(options) });
    await exchange(client, command, { signal: options.signal });
  },
});

const at = ({ bucket, key, versionId }: ObjectSource) => ({ Bucket: bucket, Key: key, VersionId: versionId });
