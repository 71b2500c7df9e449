// A store's ETag of a sealed body is the MD5 of what nobody but the store has seen. Clients take 32 hex digits for the MD5
// of what they have sent, and refuse it. With a mark, it is a name like any other; those of uploads have a "-N" already.
const MARK = "-sealed";
const MD5 = /^("?)([0-9a-f]{32})("?)$/i;

/** As this store says it. */
export const markedEtag = (etag: string): string => etag.replace(MD5, `$1$2${MARK}$3`);

/** As the store underneath knows it: of one ETag, or of a header with several. */
export const bareEtag = (etag: string): string => etag.replaceAll(MARK, "");

export const bareEtagIn = (etag: string | undefined): string | undefined =>
  etag === undefined ? undefined : bareEtag(etag);
