/** What went wrong on the way to a server, in words that say what to mend, by the code of the connection. */
const SENTENCES: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'it cut the connection',
  EPIPE: 'it cut the connection',
  EHOSTUNREACH: 'no way leads there',
  ENETUNREACH: 'no way leads there',
  ENOTFOUND: 'its name is unknown here',
  EAI_AGAIN: 'its name is unknown here',
  ETIMEDOUT: 'it does not answer',
  ENOSTARTTLS: 'it does not offer StartTLS',
  CERT_HAS_EXPIRED: 'its certificate has expired, renew it',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet, look at the clocks',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is not trusted, look at caFile',
  UNABLE_TO_GET_ISSUER_CERT: 'its certificate is not trusted, look at caFile',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is not trusted, look at caFile',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is not trusted, look at caFile',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is not trusted, look at caFile',
}

export const isTimeout = (error: unknown) => /timeout|timed out/i.test((error as Error).message)

/** Says it in words, with the code for those who search for it. */
export function faultOf(error: unknown): string {
  const { code, message, name } = error as NodeJS.ErrnoException
  // ldapts has words of its own for a server that does not answer in time, and for one that cuts.
  const known = code ?? (isTimeout(error) ? 'ETIMEDOUT' : /socket|closed/i.test(message) ? 'ECONNRESET' : name)
  if (typeof known !== 'string') return name
  const sentence = SENTENCES[known]
  return sentence === undefined ? known : `${sentence} (${known})`
}

/** By how much clocks may differ: a request lives ten seconds, judged by this machine's. */
const SKEW_AT_MOST = 5_000

/** `skew`: milliseconds by which the server's clock is ahead. Undefined where this machine's is right enough. */
export function clockFault(skew: number): string | undefined {
  if (Math.abs(skew) <= SKEW_AT_MOST) return undefined
  const way = skew > 0 ? 'behind' : 'ahead of'
  return `this machine's clock is ${Math.round(Math.abs(skew) / 1_000)} seconds ${way} the server's`
}
