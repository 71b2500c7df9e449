import type { Sinner } from "../law.js";
import { ReferenceChannel } from "./reference.js";
import type { ChannelLikeOptions, MakeChannel, Parcel } from "./subject.js";
import type { SlowChannel } from "./twin.js";

type ChannelSinner = Sinner<MakeChannel>;

/** A sinner whose sin is in what it decides. */
export const decides = (sin: string, Twin: typeof SlowChannel): ChannelSinner => ({
  sin,
  make: (options) => new ReferenceChannel(options, Twin),
});

/** A sinner whose sin is in how it treats its callers. */
export const treats = (
  sin: string,
  Sinful: new (options: ChannelLikeOptions<Parcel>) => ReferenceChannel<Parcel>,
): ChannelSinner => ({ sin, make: (options) => new Sinful(options) });
