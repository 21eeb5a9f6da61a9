import type { Logger } from 'pino'
import { systemClock } from '../clock.ts'
import { type Config, ConfigError } from '../config.ts'
import type { Metrics } from '../http/index.ts'
import {
  failureClass,
  gatewaySender,
  keepFailures,
  type Senders,
  smtpSender,
  type Tell,
} from '../notifications/index.ts'
import { BreachedFileError, type BreachedPasswords, codeOf, openBreachedPasswords } from '../passwords/index.ts'
import type { Store } from '../store/index.ts'

/** The senders that the configuration names. */
export function sendersOf({ smtp, smsUrl, voiceUrl }: Config): Senders {
  return {
    ...(smtp && { email: smtpSender(smtp.url, smtp.from) }),
    ...(smsUrl && { sms: gatewaySender(smsUrl) }),
    ...(voiceUrl && { voice: gatewaySender(voiceUrl) }),
  }
}

/** Opens the source of breached passwords that the configuration names, if any. Throws `ConfigError`. */
export async function openBreached(url: URL | undefined): Promise<BreachedPasswords | undefined> {
  return (
    url &&
    openBreachedPasswords(url).catch(error => {
      throw error instanceof BreachedFileError
        ? new ConfigError(`LATCHKEY_BREACHED_PASSWORDS: ${error.message}`)
        : error
    })
  )
}

/** Reports each call to the outside: the figures count it, the log and the database keep its failure. */
export function tellOutcomes(store: Store, log: Logger, metrics: Metrics | undefined): Tell {
  const keep = keepFailures(store, systemClock)
  return async (to, code) => {
    metrics?.outside.inc({ to, outcome: code === undefined ? 'fine' : failureClass(code) })
    if (code !== undefined) log.warn({ to, code }, 'the outside failed')
    await keep(to, code)
  }
}

/** The same source, which reports each look-up. */
export function tellingBreached(breached: BreachedPasswords | undefined, tell: Tell): BreachedPasswords | undefined {
  if (!breached) return undefined
  return {
    ...breached,
    async includes(password) {
      const found = await breached.includes(password).catch(async error => {
        await tell('breached', codeOf(error))
        throw error
      })
      await tell('breached')
      return found
    },
  }
}
