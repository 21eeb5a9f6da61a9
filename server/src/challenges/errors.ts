import { refusals } from '../refusals.ts'

export const refuse = refusals({ invalid_request: 400, throttled: 429 })

/** The typed text is no code: it guesses at nothing and is not counted. */
export const malformedCode = () => refuse('invalid_request', { errors: [{ field: 'code', code: 'invalid' }] })
