// This file is long because everything that Latchkey depends on is examined here, part by part.

import { existsSync } from 'node:fs'
import { readFile, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { DAY, MINUTE, plus, SECOND, systemClock } from '../clock.ts'
import {
  type Environment,
  findMistakes,
  given,
  readBounceMailbox,
  readOperatorSecrets,
  readPasskeyRpId,
  readResolvers,
  readSmtp,
  readStorage,
} from '../config.ts'
import type { Failure, MailWay, Outside } from '../notifications/index.ts'
import type { Store } from '../store/index.ts'
import { type Modules, modules, print, sentence, UsageError, type Values } from './command.ts'
import { type Finding, ok, problem, warning } from './finding.ts'
import { examineGateways } from './gateways.ts'
import { adviceFor, codeOf, reach } from './reach.ts'
import { examineSender } from './sender.ts'

/** Checks everything that Latchkey depends on and prints the findings. Ends the program with 1 after a problem. */
export async function doctor({ 'send-to': sendTo, 'sms-to': smsTo }: Values) {
  if (sendTo !== undefined && !/^[^\s@]+@[^\s@]+$/.test(String(sendTo)))
    throw new UsageError('--send-to takes an email address.')
  if (smsTo !== undefined && !/^\+\d{6,15}$/.test(String(smsTo)))
    throw new UsageError('--sms-to takes a number such as +12065550110.')
  const findings = await examine(process.env, { sendTo: sendTo as string, smsTo: smsTo as string })
  const width = Math.max(...findings.map(({ about }) => about.length))
  print(...findings.map(({ state, about, text }) => `${state.padEnd(8)} ${about.padEnd(width)}  ${text}`))
  if (findings.some(({ state }) => state === 'problem')) process.exitCode = 1
}

/** Examines every part, even where another fails. `sendTo`, `smsTo`: the recipients of a test message. */
export async function examine(
  env: Environment,
  { sendTo, smsTo }: { sendTo?: string | undefined; smsTo?: string | undefined } = {},
): Promise<Finding[]> {
  const on = await modules(
    ...([
      'audit',
      'crypto',
      'directory',
      'notifications',
      'organization',
      'outside',
      'passkeys',
      'receipts',
      'seals',
      'storage',
      'store',
    ] as const),
  )
  const parts = [
    () => examineSettings(env),
    () => examineVersions(),
    () => examineDisk(env),
    () => examineDatabase(on, env),
    () => examineMail(on, env, sendTo),
    () => examineMailbox(on, env),
    () => examineGateways(on, env, smsTo),
    () => examineFiles(on, env),
    () => examineFormerHost(on, env),
    () => examineDns(on, env),
  ]
  const found = await Promise.all(parts.map(part => part().catch((error: Error) => [problem('doctor', told(error))])))
  return found.flat()
}

const told = (error: Error & { code?: string }) => sentence(error) ?? `It failed (${error.code ?? error.name}).`

async function examineSettings(env: Environment): Promise<Finding[]> {
  const mistakes = findMistakes(env).map(mistake => problem('settings', mistake))
  const found = mistakes.length > 0 ? mistakes : [ok('settings', 'Every setting can be read.')]
  if (env.LATCHKEY_CAPTCHA === 'off')
    found.push(warning('settings', 'LATCHKEY_CAPTCHA is off: programs can begin resets.'))
  if (env.LATCHKEY_FLOOD_LIMITS === 'off')
    found.push(warning('settings', 'LATCHKEY_FLOOD_LIMITS is off: only a proxy in front limits requests per address.'))
  if (env.LATCHKEY_API_LIMITS === 'off')
    found.push(warning('settings', 'LATCHKEY_API_LIMITS is off: one program can keep the server busy.'))
  const behind = /^https:/.test(env.LATCHKEY_ORIGIN ?? '')
  if (behind && !env.LATCHKEY_TRUSTED_PROXIES)
    found.push(
      warning(
        'proxies',
        'LATCHKEY_TRUSTED_PROXIES is not set, so everybody behind the proxy counts as one address: name the proxy, as in LATCHKEY_TRUSTED_PROXIES=127.0.0.1.',
      ),
    )
  else if (behind) found.push(ok('proxies', `X-Forwarded-For is believed from ${env.LATCHKEY_TRUSTED_PROXIES}.`))
  return found
}

async function examineVersions(): Promise<Finding[]> {
  const { version, engines } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'))
  const needed = /\d+(\.\d+)?/.exec(engines.node)![0]
  const [major = 0, minor = 0] = needed.split('.').map(Number)
  const [ours = 0, oursMinor = 0] = process.versions.node.split('.').map(Number)
  const text = `Latchkey ${version} on Node ${process.versions.node}`
  if (ours > major || (ours === major && oursMinor >= minor)) return [ok('versions', `${text}.`)]
  return [problem('versions', `${text}, which is too old: install Node ${needed} or newer.`)]
}

async function examineDisk(env: Environment): Promise<Finding[]> {
  const { databaseUrl, dataFolder } = readStorage(env)
  if (databaseUrl || !existsSync(dataFolder)) return []
  const { bavail, bsize } = await statfs(dataFolder)
  const free = bavail * bsize
  const text = `${dataFolder} has ${(free / 1024 ** 3).toFixed(1)} GB left`
  if (free < 512 * 1024 ** 2) return [problem('disk', `${text}: make room, or the database stops.`)]
  return [free < 2 * 1024 ** 3 ? warning('disk', `${text}: make room soon.`) : ok('disk', `${text}.`)]
}

async function examineDatabase(
  on: Modules<'crypto' | 'directory' | 'notifications' | 'passkeys' | 'seals' | 'storage' | 'store'>,
  env: Environment,
): Promise<Finding[]> {
  const config = readStorage(env)
  if (!config.databaseUrl && !existsSync(join(config.dataFolder, 'postgres')))
    return [warning('database', `There is no database in ${config.dataFolder} yet: latchkey start makes it.`)]
  const opened = await on.storage.openStorage(config, 'latchkey doctor').catch((error: Error) => error)
  if (opened instanceof Error) return [problem('database', told(opened))]
  try {
    const { store } = opened
    const found = await examineServer(store, config.databaseUrl !== undefined)
    const pending = await on.store.findPendingMigrations(store)
    if (pending === undefined)
      return [
        ...found,
        problem('tables', 'A newer Latchkey has changed the database: run that version or a later one.'),
      ]
    if (pending.length > 0)
      return [
        ...found,
        problem('tables', `The database lacks ${pending.join(', ')}: run latchkey migrate, or start the server.`),
      ]
    found.push(ok('tables', 'They are of this version.'))
    const parts = [examineSecrets(on, store, env), examinePasskeys(on, store, env), examineWork(on, store)]
    return [...found, ...(await Promise.all(parts)).flat()]
  } catch (error) {
    return [problem('database', told(error as Error))]
  } finally {
    await opened.close()
  }
}

async function examineServer({ pool }: Store, ownServer: boolean): Promise<Finding[]> {
  const asked = Date.now()
  const { rows } = await pool.query(
    `select current_setting('server_version') as version, current_setting('max_connections')::int as most,
      (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as used,
      extract(epoch from clock_timestamp())::float8 * 1000 as now, rolsuper as super
     from pg_roles where rolname = current_user`,
  )
  const { version, most, used, now, super: isSuper } = rows[0]
  const found = [ok('database', `PostgreSQL ${version} answers.`)]
  const many = `${used} of ${most} connections are in use`
  found.push(
    used > 0.8 * most ? warning('connections', `${many}: raise max_connections.`) : ok('connections', `${many}.`),
  )
  const off = Math.round((now - (asked + Date.now()) / 2) / SECOND)
  const differ = `The database's clock differs by ${Math.abs(off)} seconds from this one`
  if (Math.abs(off) * SECOND > MINUTE)
    found.push(problem('clock', `${differ}: codes expire at the wrong time. Let both use a time server.`))
  else if (Math.abs(off) > 5) found.push(warning('clock', `${differ}: let both use a time server.`))
  else found.push(ok('clock', 'The database and this machine tell the same time.'))
  if (ownServer && isSuper)
    found.push(
      warning('roles', 'The user of DATABASE_URL is a superuser. Latchkey needs no superuser: use an ordinary one.'),
    )
  else found.push(ok('roles', 'No role that serves people can look past its tenant.'))
  return found
}

async function examineSecrets(
  on: Modules<'crypto' | 'seals' | 'store'>,
  db: Store,
  env: Environment,
): Promise<Finding[]> {
  const { crypto, store } = on
  const secrets = await readOperatorSecrets(env).catch(() => undefined)
  if (!secrets) return [] // told among the settings
  const fact = await store.inSystem(db, trx =>
    trx.selectFrom('facts').select('value').where('name', '=', 'keys').executeTakeFirst(),
  )
  if (!fact) return [warning('secrets', 'The database has not been used with a secret yet.')]
  const known = secrets.findIndex(secret =>
    crypto.keyring([secret]).matches(Buffer.from(fact.value, 'hex'), 'fingerprint'),
  )
  const count = `LATCHKEY_SECRETS holds ${secrets.length}`
  if (known < 0)
    return [
      problem(
        'secrets',
        `${count}, and the database was written with none of them: set the ones that it was written with.`,
      ),
    ]
  if (known > 0)
    return [
      warning('secrets', `${count}; the database knows number ${known + 1} and takes the first at the next start.`),
    ]
  return [ok('secrets', `${count}; the database knows the first.`), await examineSeals(on, db, secrets)]
}

/** Says whether a secret that was replaced can go. */
async function examineSeals(
  { crypto, seals }: Modules<'crypto' | 'seals'>,
  db: Store,
  secrets: readonly string[],
): Promise<Finding> {
  const counts = await seals.countAllSeals(db, crypto.keyring(secrets))
  const bySecret = counts.secrets.map((rows, place) => `number ${place + 1}: ${rows}`).join(', ')
  if (counts.unknown > 0)
    return problem(
      'seals',
      `${counts.unknown} values are sealed with a secret that is not in LATCHKEY_SECRETS: add it at the end.`,
    )
  const waiting = counts.plain + counts.secrets.slice(1).reduce((sum, rows) => sum + rows, 0)
  const open = counts.plain > 0 ? `, in the clear: ${counts.plain}` : ''
  if (waiting > 0)
    return warning(
      'seals',
      `Values by secret: ${bySecret}${open}. Keep every secret until the first one seals all values. A worker sees to that at its start and daily.`,
    )
  return ok('seals', `Values by secret: ${bySecret}.${secrets.length > 1 ? ' A secret that seals none can go.' : ''}`)
}

/** The relying party of these settings; undefined where they cannot be read, which is told among them. */
function partyOf(env: Environment) {
  if (!env.LATCHKEY_ORIGIN || findMistakes(env).some(mistake => /ORIGIN|RP_ID/.test(mistake))) return undefined
  return { origin: env.LATCHKEY_ORIGIN, passkeyRpId: readPasskeyRpId(env) }
}

/** Says how many passkeys work no more, because they were made for another domain. */
async function examinePasskeys(
  on: Modules<'directory' | 'passkeys' | 'store'>,
  db: Store,
  env: Environment,
): Promise<Finding[]> {
  const party = partyOf(env)
  if (!party) return []
  const own = on.passkeys.rpIdOf(party)
  let all = 0
  const lost = new Map<string, number>()
  for (const { id } of await on.directory.listTenants(db))
    for (const { rpId, count } of await on.store.inTenant(db, id, trx => on.passkeys.countByRpId(trx))) {
      all += count
      if (rpId !== own) lost.set(rpId, (lost.get(rpId) ?? 0) + count)
    }
  if (lost.size === 0) return [ok('passkeys', `${all} are on record, all for ${own}.`)]
  const counts = [...lost].map(([rpId, count]) => `${count} for ${rpId}`).join(', ')
  const text = `They are used for ${own}. Of ${all} on record, these work no more: ${counts}. Set LATCHKEY_PASSKEY_RP_ID or LATCHKEY_FORMER_ORIGIN back, or have people set new ones up.`
  return [warning('passkeys', text)]
}

/** After a move, asks the former host whether it vouches for the new origin, as browsers do (WebAuthn, §5.11). */
async function examineFormerHost(on: Modules<'notifications' | 'passkeys'>, env: Environment): Promise<Finding[]> {
  const party = partyOf(env)
  if (!party || on.passkeys.isOwnDomain(party)) return []
  return [await examineRelated(on, `https://${on.passkeys.rpIdOf(party)}/.well-known/webauthn`, party.origin)]
}

/** Examines whether the document of related origins at this address names the origin. */
export async function examineRelated(on: Modules<'notifications'>, address: string, origin: string): Promise<Finding> {
  let named: unknown
  const asking = fetch(address, { signal: AbortSignal.timeout(5 * SECOND) }).then(
    async answer => {
      named = answer.ok ? (await answer.json().catch(() => undefined))?.origins : undefined
    },
    ({ name, cause }) => {
      throw Object.assign(new Error(), { code: name === 'TimeoutError' ? 'timeout' : cause?.code })
    },
  )
  const failed = await codeOf(on.notifications, asking)
  if (Array.isArray(named) && named.includes(origin)) return ok('passkeys', `${address} names ${origin}.`)
  const why = failed ?? 'It does not: have the former host answer with this server’s answer there.'
  return problem('passkeys', `Browsers use passkeys of a former host only where ${address} names ${origin}. ${why}`)
}

/** Asks each resolver that domains are proven by for the origin's own host. Any answer will do, also that there is no record. */
async function examineDns({ organization }: Modules<'organization'>, env: Environment): Promise<Finding[]> {
  if (!env.LATCHKEY_DNS || !env.LATCHKEY_ORIGIN || findMistakes(env).some(one => /DNS|ORIGIN/.test(one))) return []
  const host = new URL(env.LATCHKEY_ORIGIN).hostname
  const asked = readResolvers(env).map(async server => {
    const { result } = await organization.openDns([server]).check(host, '')
    const silent = 'does not answer, so that no domain can be proven: take it out of LATCHKEY_DNS, or mend it.'
    return result === 'error' ? problem('dns', `${server} ${silent}`) : ok('dns', `${server} answers.`)
  })
  return Promise.all(asked)
}

const names: Record<Outside, string> = {
  email: 'mail',
  sms: 'text messages',
  voice: 'calls',
  breached: 'breached passwords',
  bounces: 'returned mails',
}

async function examineWork(
  { notifications, store }: Modules<'notifications' | 'store'>,
  db: Store,
): Promise<Finding[]> {
  const waiting = await store.findWaitingJobs(db)
  const jobs = waiting.map(({ task, count, waited }) => {
    const text = `${count} of ${task} wait, the oldest for ${Math.round(waited / SECOND)} seconds`
    return waited > MINUTE
      ? warning('jobs', `${text}: check that a server with the role worker runs.`)
      : ok('jobs', `${text}.`)
  })
  const channels = Object.entries(await notifications.findFailures(db)) as [Outside, Failure][]
  const gateways = await notifications.findGatewayFailures(db, plus(systemClock(), -7 * DAY))
  const failures = [
    ...channels.map(([outside, failure]) => [names[outside], failure] as const),
    ...gateways.map(({ channel, gateway, failure }) => [`${names[channel]} by ${gateway}`, failure] as const),
  ]
  return [
    ...(jobs.length > 0 ? jobs : [ok('jobs', 'No job waits.')]),
    ...failures.map(([about, { code, since, at, over }]) =>
      over
        ? ok(about, `It last failed at ${at} (${code}), and has worked since ${over}.`)
        : warning(
            about,
            `It has failed since ${since}, last at ${at} (${code}). ${adviceFor(notifications.failureClass(code))}`,
          ),
    ),
  ]
}

async function examineMail(
  { notifications }: Modules<'notifications'>,
  env: Environment,
  sendTo?: string,
): Promise<Finding[]> {
  if (!given(env, 'LATCHKEY_SMTP_URL')) return [warning('mail', 'LATCHKEY_SMTP_URL is not set: no mail can be sent.')]
  if (findMistakes(env).some(mistake => /SMTP|MAIL_FROM|DKIM/.test(mistake))) return [] // told among the settings
  const { url, fallbackUrl, from, dkim } = readSmtp(env)!
  const urls = [url, ...(fallbackUrl === undefined ? [] : [fallbackUrl])]
  const [servers, names] = await Promise.all([
    Promise.all(urls.map(one => examineMailServer({ notifications }, { url: one, from, dkim }, sendTo))),
    examineSender({ notifications }, env, { from, dkim }),
  ])
  return [...servers.flat(), ...names]
}

/** Signs on to the mailbox of returned mails, and reads none. */
async function examineMailbox(
  { notifications, receipts }: Modules<'notifications' | 'receipts'>,
  env: Environment,
): Promise<Finding[]> {
  if (findMistakes(env).some(mistake => mistake.startsWith('LATCHKEY_BOUNCES'))) return [] // told among the settings
  const mailbox = readBounceMailbox(env)
  if (!mailbox) return []
  const where = `${mailbox.host}:${mailbox.port}`
  const trying = receipts.tryMailbox(mailbox)
  const failed = await codeOf(notifications, trying)
  if (failed) return [problem('returned mails', `${where}: ${failed}`)]
  return [
    ok('returned mails', `${where} takes the password; ${await trying} mails wait in ${mailbox.folder} to be read.`),
  ]
}

async function examineMailServer(
  { notifications }: Modules<'notifications'>,
  way: MailWay,
  sendTo?: string,
): Promise<Finding[]> {
  const server = notifications.readMailServer(way.url)
  const where = `${server.host}:${server.port}`
  const failed = await codeOf(notifications, notifications.tryMailServer(server))
  if (failed) return [problem('mail', `${where}: ${failed}`)]
  const works = ok('mail', `${where} takes the connection${server.user ? ' and the password' : ''}.`)
  if (!sendTo) return [works]
  const text = 'Somebody sent this test with latchkey doctor. There is nothing to do.\n'
  const sent = await codeOf(
    notifications,
    notifications.smtpSender(way).send({
      ...{ channel: 'email', kind: 'notice', to: sendTo, from: 'Latchkey', language: 'en' },
      ...{ subject: 'A test message from Latchkey', text },
    }),
  )
  return [works, sent ? problem('mail', `The test mail: ${sent}`) : ok('mail', `${where} has taken the test mail.`)]
}

async function examineFiles(
  { outside, audit, notifications }: Modules<'outside' | 'audit' | 'notifications'>,
  env: Environment,
): Promise<Finding[]> {
  const found: Finding[] = []
  const { LATCHKEY_BREACHED_PASSWORDS: source, LATCHKEY_PLACES: places } = env
  if (source && URL.canParse(source)) {
    const url = new URL(source)
    const about = 'breached passwords'
    const failed =
      url.protocol === 'file:'
        ? await outside.openBreached(url).then(opened => opened?.close(), told)
        : await codeOf(notifications, reach(url))
    found.push(failed ? problem(about, failed) : ok(about, `${url.host || url.pathname} can be asked.`))
  }
  if (places)
    found.push(
      await audit.openPlaces(places).then(
        () => ok('places', `${places} can be read.`),
        (error: Error) => problem('places', error.message),
      ),
    )
  return found
}
