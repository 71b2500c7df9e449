/** What a Content-Length says, if it says anything. */
export const contentLength = (value: string | null | undefined): number | undefined =>
  /^\d+$/.test(`${value}`) ? Number(value) : undefined;
