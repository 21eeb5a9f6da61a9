import { createPrivateKey, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { ErrorObject, ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { Channel, Senders } from '../senders.ts'
import { GatewaysFileError } from './errors.ts'
import { type Gateway, type Route, routedSender, type Way } from './route.ts'
import { smppGateway } from './smpp.ts'
import { twilioGateway } from './twilio.ts'
import { vonageGateway } from './vonage.ts'
import type { Application } from './vonageCalls.ts'
import { webhookGateway } from './webhook.ts'

/** The gateways that a file names, and the ways of messages through them. */
export interface Gateways {
  all: readonly Gateway[]
  routes: { sms?: Route; voice?: Route }
  senders: Senders
}

type ByCountry = Record<string, string>
type Settings = { from?: string | ByCountry; prices?: ByCountry; secretFile: string } & (
  | { kind: 'twilio'; url?: string; account: string }
  | {
      kind: 'vonage'
      url?: string
      key: string
      signatureSecretFile?: string
      application?: { id: string; privateKeyFile: string; url?: string }
    }
  | { kind: 'smpp'; url: string; systemId: string }
  | { kind: 'webhook'; url: string }
)
interface RouteSettings {
  order: string[]
  countries?: Record<string, string[]>
}
interface File {
  gateways: Record<string, Settings>
  sms?: RouteSettings
  voice?: RouteSettings
}

/** What each kind does, where its API is unless the file says, and whether it can call; `vonage` by an application alone. */
const kinds = {
  twilio: { url: 'https://api.twilio.com', calls: true },
  vonage: { url: 'https://rest.nexmo.com', calls: true },
  smpp: { url: '', calls: false },
  webhook: { url: '', calls: true },
} as const

const VONAGE_CALLS = 'https://api.nexmo.com'

const canCall = (settings: Settings) =>
  kinds[settings.kind].calls && (settings.kind !== 'vonage' || settings.application !== undefined)

/** As `openGateways`. */
export async function readGateways(path: string, origin?: string): Promise<Gateways> {
  const file = judge(await readText(path, 'it'))
  const gateways = new Map<string, Gateway>()
  for (const [name, settings] of Object.entries(file.gateways))
    gateways.set(name, await open(name, settings, { folder: dirname(path), origin }))
  const routes: Gateways['routes'] = {}
  const senders: Senders = {}
  for (const channel of ['sms', 'voice'] as const) {
    const route = file[channel]
    if (!route) continue
    routes[channel] = routeOf(route, channel, { gateways, settings: file.gateways })
    senders[channel] = routedSender(routes[channel])
  }
  return { all: [...gateways.values()], routes, senders }
}

async function open(
  name: string,
  settings: Settings,
  { folder, origin }: { folder: string; origin: string | undefined },
): Promise<Gateway> {
  const place = `gateways.${name}`
  const { kind, from = {}, prices = {}, url = kinds[kind].url } = settings
  const target = readPlace(`${place}.url`, url, kind === 'smpp' ? 'smpps:' : 'https:')
  const readSecret = async (member: string, file: string) => {
    const secret = (await readText(resolve(folder, file), `${place}.${member}`)).trim()
    if (secret === '') throw new GatewaysFileError(`${place}.${member} is empty.`)
    return secret
  }
  const secret = await readSecret('secretFile', settings.secretFile)
  const signatureFile = settings.kind === 'vonage' ? settings.signatureSecretFile : undefined
  const signatureSecret =
    signatureFile === undefined ? undefined : await readSecret('signatureSecretFile', signatureFile)
  const application =
    settings.kind === 'vonage' && settings.application
      ? await readApplication(settings.application, { place: `${place}.application`, folder, signatureSecret })
      : undefined
  return {
    ...{ name, url: target, prices, from: typeof from === 'string' ? { '*': from } : from },
    channels: canCall(settings) ? ['sms', 'voice'] : ['sms'],
    receiptsAt: origin && `${origin}/messages/receipts/${name}/`,
    callsAt: origin && `${origin}/messages/calls/${name}/`,
    ...wayOf({ ...settings, url }, { secret, signatureSecret, application }),
  }
}

/** The key that asks for calls: Vonage takes RS256 alone. */
async function readApplication(
  { id, privateKeyFile, url = VONAGE_CALLS }: { id: string; privateKeyFile: string; url?: string },
  { place, folder, signatureSecret }: { place: string; folder: string; signatureSecret: string | undefined },
): Promise<Application> {
  const pem = await readText(resolve(folder, privateKeyFile), `${place}.privateKeyFile`)
  let privateKey: KeyObject | undefined
  try {
    privateKey = createPrivateKey(pem)
  } catch {} // told below, without what the file holds
  if (privateKey?.asymmetricKeyType !== 'rsa')
    throw new GatewaysFileError(`${place}.privateKeyFile holds no RSA key in PEM.`)
  return { url: readPlace(`${place}.url`, url, 'https:').href, id, privateKey, signatureSecret }
}

function wayOf(
  settings: Settings & { url: string },
  {
    secret,
    signatureSecret,
    application,
  }: { secret: string; signatureSecret: string | undefined; application: Application | undefined },
): Way {
  if (settings.kind === 'twilio') return twilioGateway({ ...settings, secret })
  if (settings.kind === 'vonage') return vonageGateway({ ...settings, secret, signatureSecret, application })
  if (settings.kind === 'smpp') return smppGateway({ ...settings, secret })
  return webhookGateway({ ...settings, secret })
}

/** Numbers and codes go there, so only this machine is reached without TLS. */
function readPlace(place: string, text: string, protocol: 'https:' | 'smpps:'): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url?.hostname) throw new GatewaysFileError(`${place} is no URL.`)
  const isNear = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname)
  if (url.protocol !== protocol && !(isNear && url.protocol === protocol.replace('s:', ':')))
    throw new GatewaysFileError(`${place} must begin with ${protocol}//, because codes go there.`)
  if (url.username || url.password) throw new GatewaysFileError(`${place} takes no user name or password.`)
  if (protocol === 'smpps:' && !url.port) throw new GatewaysFileError(`${place} needs a port, such as 3550.`)
  return url
}

function routeOf(
  { order, countries = {} }: RouteSettings,
  channel: Channel,
  { gateways, settings }: { gateways: ReadonlyMap<string, Gateway>; settings: File['gateways'] },
): Route {
  const find = (name: string) => {
    const found = gateways.get(name)
    if (!found) throw new GatewaysFileError(`${channel} names "${name}", which is none of the gateways.`)
    const { kind } = settings[name]!
    if (channel === 'voice' && !canCall(settings[name]!))
      throw new GatewaysFileError(
        `voice names "${name}", but a gateway of the kind ${kind} cannot call${kind === 'vonage' ? ' without an application' : ''}.`,
      )
    return found
  }
  return {
    order: order.map(find),
    countries: new Map(Object.entries(countries).map(([country, names]) => [country, names.map(find)])),
  }
}

async function readText(path: string, what: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new GatewaysFileError(`${what} cannot be read (${error.code}).`)
  })
}

function judge(text: string): File {
  let file: unknown
  try {
    file = JSON.parse(text)
  } catch {
    throw new GatewaysFileError('it is no JSON.')
  }
  const fits = compile()
  if (fits(file)) return file
  throw new GatewaysFileError([...new Set((fits.errors ?? []).filter(isTold).map(sentence))].join(' '))
}

const compile = (): ValidateFunction<File> =>
  new Ajv2020({ allErrors: true, strict: false, discriminator: true }).compile<File>(
    JSON.parse(readFileSync(new URL('./gateways.schema.json', import.meta.url), 'utf8')),
  )

/** What a choice says of all its branches tells less than what a branch says. */
const isTold = ({ keyword }: ErrorObject) => keyword !== 'oneOf' && keyword !== 'anyOf' && keyword !== 'if'

function sentence({ keyword, instancePath, params, message = '' }: ErrorObject): string {
  const place = instancePath.slice(1).replaceAll('/', '.') || 'it'
  const within = place === 'it' ? '' : `${place}.`
  if (keyword === 'required') return `${within}${params.missingProperty} is missing.`
  if (keyword === 'additionalProperties') return `${within}${params.additionalProperty} is unknown.`
  if (keyword === 'discriminator') return `${within}kind is one of ${Object.keys(kinds).join(', ')}.`
  return `${place} ${message}.`
}
