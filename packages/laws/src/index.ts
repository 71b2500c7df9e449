export { acquitted } from "./acquitted.js";
export { CHANNEL_LAWS, channelLaws } from "./channel/laws.js";
export { ReferenceChannel } from "./channel/reference.js";
export { ReferenceSharer } from "./channel/reference-sharing.js";
export type {
  ChannelLike,
  ChannelLikeOptions,
  MakeChannel,
  Parcel,
  SeatLike,
  WhenFull,
} from "./channel/subject.js";
export { SlowChannel } from "./channel/twin.js";
export { DOWNLOAD_LAWS, downloadLaws } from "./download/laws.js";
export type {
  DownloadLike,
  DownloadLikeOptions,
  DownloadResultLike,
  DownloadSubject,
  MakeDownload,
} from "./download/subject.js";
export { GATEWAY_LAWS, gatewayLaws } from "./gateway/laws.js";
export type {
  CredentialsLike,
  GatewayLike,
  GatewayLikeOptions,
  GatewaySubject,
  LookupLike,
  MakeGateway,
} from "./gateway/subject.js";
export { hold } from "./hold.js";
export { join, type LawRun, type Waivers } from "./join.js";
export type {
  Effort,
  Feature,
  Judging,
  Law,
  LawId,
  LawKind,
  Played,
  Sinner,
  UncheckedLaw,
} from "./law.js";
export { type LawSubject, LEDGER, type LedgerEntry } from "./ledger.js";
export { ADAPTIVE_LAWS, adaptiveLaws } from "./read-slots/adaptive-laws.js";
export type { AdaptiveLike, Bounds, MakeAdaptive } from "./read-slots/adaptive-subject.js";
export { READ_SLOT_LAWS, type ReadSlotLaw, readSlotLaws, type Where } from "./read-slots/laws.js";
export type { MakeReadSlots, ReadSlotsLike, SourceLike } from "./read-slots/subject.js";
export { RELEASE_LAWS, releaseLaws, webKinds } from "./release/laws.js";
export { nodeReadableKind, type ReadableClass } from "./release/node-kind.js";
export type {
  AdmitLike,
  AdmittingLike,
  Consumer,
  MakeRelease,
  ReleaseLike,
  ReleaseLikeOptions,
  ReleaseOnEndLike,
  ReleaseSubject,
  Source,
  SourcePlan,
  StreamKind,
} from "./release/subject.js";
export { SEMAPHORE_LAWS, semaphoreLaws } from "./semaphore/laws.js";
export { ReferenceSemaphore } from "./semaphore/reference.js";
export type {
  MakeSemaphore,
  PermitLike,
  SemaphoreLike,
  SemaphoreLikeOptions,
  WaitLike,
} from "./semaphore/subject.js";
export { SlowSemaphore } from "./semaphore/twin.js";
export { settle } from "./settle.js";
export { STORE_LAWS, storeLaws } from "./store/laws.js";
export type { MakeStore, StoreSubject } from "./store/subject.js";
export { UPLOAD_LAWS, uploadLaws } from "./upload/laws.js";
export type {
  DiskFileLike,
  DiskLike,
  MakeUpload,
  RetryLike,
  SpoolLike,
  UploadBodyLike,
  UploadLike,
  UploadLikeOptions,
  UploadResultLike,
  UploadSubject,
} from "./upload/subject.js";
export { BadWaiverError, Breach, Counterexample, LawBrokenError, NoVerdictError } from "./verdicts.js";
