import type { Logger } from 'pino'
import { systemClock } from '../clock.ts'
import { type Config, ConfigError } from '../config.ts'
import type { Metrics } from '../http/index.ts'
import {
  type Channel,
  failureClass,
  type Gateways,
  GatewaysFileError,
  gatewaySender,
  keepFailures,
  type Outside,
  openGateways,
  type Senders,
  smtpSender,
  type Tell,
} from '../notifications/index.ts'
import type { Dns } from '../organization/index.ts'
import { BreachedFileError, type BreachedPasswords, codeOf, openBreachedPasswords } from '../passwords/index.ts'
import type { Store } from '../store/index.ts'
import type { Targets } from '../targets/index.ts'
import { asPart } from '../traces/index.ts'

/** The senders that the configuration names, and the gateways among them that tell what became of messages. Throws `ConfigError`. */
export async function sendersOf({ smtp, smsUrl, voiceUrl, gateways, origin }: Config) {
  const named = gateways === undefined ? undefined : await openNamed(gateways, origin)
  const senders: Senders = {
    ...(smtp && { email: smtpSender(smtp) }),
    ...named?.senders,
    ...(smsUrl && { sms: gatewaySender(smsUrl) }),
    ...(voiceUrl && { voice: gatewaySender(voiceUrl) }),
  }
  return { senders, gateways: named?.all ?? [] }
}

/** Opens the gateways of the file that the configuration names. Throws `ConfigError`. */
export const openNamed = (path: string, origin?: string): Promise<Gateways> =>
  openGateways(path, origin).catch(error => {
    throw error instanceof GatewaysFileError ? new ConfigError(`LATCHKEY_GATEWAYS (${path}): ${error.message}`) : error
  })

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

/** Told of each call to the outside, with a code where it failed. */
type Note = (to: Outside | 'application', code?: string, gateway?: string) => void

/** Counts calls in the figures, and logs their failures. */
export const noteOutcomes =
  (log: Logger, metrics: Metrics | undefined): Note =>
  (to, code, gateway) => {
    const outcome = code === undefined ? 'fine' : failureClass(code)
    if (gateway === undefined) metrics?.outside.inc({ to, outcome })
    else metrics?.gateways.inc({ channel: to, gateway, outcome })
    if (code !== undefined) log.warn({ to, code, gateway }, 'the outside failed')
  }

/** Reports each call to a service of the operator: it is noted, and the database keeps its failure. */
export function tellOutcomes(store: Store, note: Note): Tell {
  const keep = keepFailures(store, systemClock)
  return async (to, code, gateway) => {
    note(to, code, gateway)
    await keep(to, code, gateway)
  }
}

/** The same source, which reports each look-up. */
export function tellingBreached(breached: BreachedPasswords | undefined, tell: Tell): BreachedPasswords | undefined {
  if (!breached) return undefined
  return {
    ...breached,
    async includes(password) {
      const looking = asPart({ kind: 'call', name: 'call breached' }, () => breached.includes(password))
      const found = await looking.catch(async error => {
        await tell('breached', codeOf(error))
        throw error
      })
      await tell('breached')
      return found
    },
  }
}

/** The same senders, each message of which is a part of its job. */
export function timingSenders(senders: Senders): Senders {
  const timed: Senders = {}
  for (const channel of Object.keys(senders) as Channel[]) {
    const sender = senders[channel]!
    timed[channel] = {
      gateway: sender.gateway,
      send: message => asPart({ kind: 'call', name: `call ${channel}` }, () => sender.send(message)),
    }
  }
  return timed
}

/** The same DNS, each check and zone of which is a part of what asks. */
export const timingDns = (dns: Dns): Dns => ({
  check: (name, proof) => asPart({ kind: 'call', name: 'call dns' }, () => dns.check(name, proof)),
  zone: name => asPart({ kind: 'call', name: 'call dns' }, () => dns.zone(name)),
})

/** The same way out, which notes each call. Where a company's application fails, nothing of the operator does. */
export const notingTargets = (targets: Targets, note: Note): Targets => ({
  async post(address, message) {
    const posting = asPart({ kind: 'call', name: 'call application' }, () => targets.post(address, message))
    const answer = await posting.catch(error => {
      note('application', codeOf(error))
      throw error
    })
    note('application')
    return answer
  },
})
