import { refusals } from '../refusals.ts'

export const refuse = refusals({ captcha_failed: 400, captcha_too_early: 429, captcha_script_needed: 429 })
