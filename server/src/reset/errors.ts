import type { JourneyState } from './journey.ts'

/** The account cannot be unlocked with the password that it has: its owner reported that somebody else knows it. The journey asks for a new one from here. */
export class PasswordReported extends Error {
  override name = 'PasswordReported'
  code = 'password_reported' as const

  constructor() {
    super('password_reported')
  }
}

/** The tenant has named nobody to ask, and no help desk. */
export class NobodyToAsk extends Error {
  override name = 'NobodyToAsk'
  code = 'nobody_to_ask' as const

  constructor() {
    super('nobody_to_ask')
  }
}

/** A step that the journey does not allow where it stands, with the stable code that clients see. */
export class OutOfStep extends Error {
  override name = 'OutOfStep'
  code: 'wrong_state' | 'journey_expired' | 'already_finished' | 'blocked' | 'gates_missing'
  /** Seconds, where verification is blocked. */
  retryAfter: number | undefined

  /** `gates`: the step asks for passed gates, and their lack is said before anything else. */
  constructor(journey: { state: JourneyState; blockedFor: number }, gates = false) {
    super(journey.state)
    const { state } = journey
    if (state === 'expired' || state === 'superseded') this.code = 'journey_expired'
    else if (state === 'finished') this.code = 'already_finished'
    else if (gates && state !== 'choose-password') this.code = 'gates_missing'
    else if (state === 'blocked') this.code = 'blocked'
    else this.code = 'wrong_state'
    this.retryAfter = this.code === 'blocked' ? journey.blockedFor : undefined
  }
}
