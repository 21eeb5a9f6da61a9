/** A file of gateways that cannot be used: a sentence for each fault. It repeats no secret. */
export class GatewaysFileError extends Error {
  override name = 'GatewaysFileError'
}
