import { SECOND } from '../clock.ts'
import { ConfigError, type Environment, findMistakes, given, readGateways } from '../config.ts'
import type { Message } from '../notifications/index.ts'
import type { Modules } from './command.ts'
import { type Finding, ok, problem, warning } from './finding.ts'
import { codeOf, reach } from './reach.ts'

/** The gateways of text messages and calls: each is reached, and `smsTo` gets a test message through each that sends them. */
export async function examineGateways(
  on: Modules<'notifications' | 'outside'>,
  env: Environment,
  smsTo?: string,
): Promise<Finding[]> {
  if (env.LATCHKEY_GATEWAYS) return examineNamed(on, env, smsTo)
  const found = await Promise.all([
    examineGateway(on, env, { name: 'LATCHKEY_SMS_URL', about: 'text messages', smsTo }),
    examineGateway(on, env, { name: 'LATCHKEY_VOICE_URL', about: 'calls' }),
  ])
  return found.flat()
}

/** As long as any message has. */
const SEND_PATIENCE = 10 * SECOND

const test = (to: string): Message => ({
  ...{ channel: 'sms', kind: 'notice', to, from: 'Latchkey', language: 'en', text: 'A test message from Latchkey.' },
})

async function examineGateway(
  { notifications }: Modules<'notifications'>,
  env: Environment,
  {
    name,
    about,
    smsTo,
  }: { name: 'LATCHKEY_SMS_URL' | 'LATCHKEY_VOICE_URL'; about: string; smsTo?: string | undefined },
): Promise<Finding[]> {
  const text = given(env, name)
  if (!text) return [warning(about, `${name} is not set: no ${about} can be sent.`)]
  if (findMistakes(env).some(mistake => mistake.startsWith(name))) return []
  const url = new URL(text)
  const failed = await codeOf(notifications, reach(url))
  if (failed) return [problem(about, `${url.host}: ${failed}`)]
  const works = ok(about, `${url.host} takes the connection; nothing was sent.`)
  if (!smsTo) return [works]
  const sent = await codeOf(notifications, notifications.gatewaySender(text).send(test(smsTo)))
  return [works, sent ? problem(about, `The test: ${sent}`) : ok(about, `${url.host} has taken the test.`)]
}

async function examineNamed(
  { notifications, outside }: Modules<'notifications' | 'outside'>,
  env: Environment,
  smsTo?: string,
): Promise<Finding[]> {
  if (findMistakes(env).some(mistake => mistake.startsWith('LATCHKEY_GATEWAYS'))) return [] // told among the settings
  const opened = await outside.openNamed(readGateways(env)!).catch((error: unknown) => {
    if (error instanceof ConfigError) return error
    throw error
  })
  if (opened instanceof ConfigError) return [problem('gateways', opened.message)]
  const { all, routes } = opened
  const channels = [
    ['sms', 'text messages'],
    ['voice', 'calls'],
  ] as const
  const without = channels.flatMap(([channel, about]) =>
    routes[channel] ? [] : [warning(about, `LATCHKEY_GATEWAYS names no gateway for them: no ${about} can be sent.`)],
  )
  const found = all.map(async (gateway): Promise<Finding[]> => {
    const { name, url } = gateway
    const failed = await codeOf(notifications, gateway.signOn?.(5 * SECOND) ?? reach(url))
    if (failed) return [problem('gateways', `${name} (${url.host}): ${failed}`)]
    const works = ok('gateways', `${name} (${url.host}) takes the connection; nothing was sent.`)
    if (smsTo === undefined || !routes.sms?.order.includes(gateway)) return [works]
    const sent = await codeOf(notifications, notifications.handOver(gateway, test(smsTo), SEND_PATIENCE))
    return [
      works,
      sent ? problem('gateways', `${name}, the test: ${sent}`) : ok('gateways', `${name} has taken the test.`),
    ]
  })
  return [...without, ...(await Promise.all(found)).flat()]
}
