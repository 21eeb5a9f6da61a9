export type CaptchaErrorCode = 'captcha_failed' | 'captcha_too_early' | 'captcha_script_needed'

/** A reset that may not begin like this, with the stable code that clients see. */
export class CaptchaError extends Error {
  override name = 'CaptchaError'
  code: CaptchaErrorCode
  /** Seconds, where waiting helps. */
  retryAfter: number | undefined

  constructor(code: CaptchaErrorCode, retryAfter?: number) {
    super(code)
    this.code = code
    this.retryAfter = retryAfter
  }
}
