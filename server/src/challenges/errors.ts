import { refusals } from '../refusals.ts'

export const refuse = refusals({ invalid_request: 400, throttled: 429 })

/** What was typed is no code: it guesses at nothing and counts for nothing. */
export const malformedCode = () => refuse('invalid_request', { errors: [{ field: 'code', code: 'invalid' }] })
