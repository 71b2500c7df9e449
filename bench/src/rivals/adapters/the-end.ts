/** What the laws take for the end of a channel, where a rival tells of it in another way. */
export class TheEnd extends Error {
  override readonly name = "TheEnd";
  readonly code = "ERR_CLOSED";
}
