/** Thrown where no more codes may be sent for a while; the caller's transaction fails with it, so that nothing stays counted. */
export class SendLimited extends Error {
  override name = 'SendLimited'
  code = 'throttled' as const
  /** Seconds. */
  retryAfter: number

  constructor(retryAfter: number) {
    super('throttled')
    this.retryAfter = retryAfter
  }
}
