import { readFile } from 'node:fs/promises'
import type { Wording } from '../notifications/index.ts'
import type { Language } from '../words/index.ts'
import {
  type CommandGroup,
  columns,
  flag,
  inTenantOf,
  type Modules,
  modules,
  needed,
  readTenantOf,
  show,
  text,
  UsageError,
  type Values,
} from './command.ts'

const NONE: Wording = { subject: null, opening: null, closing: null }

async function list({ json }: Values, domain: string) {
  const on = await modules('branding', 'directory', 'store')
  const notices = await readTenantOf(on, domain, trx => on.branding.listNotices(trx))
  const told = notices.map(({ kind, isOn, canBeOff = false, words, fills = [], needs = [], wordings }) => ({
    ...{ kind, isOn, canBeOff, words, placeholders: ['organization', ...fills], needed: needs, wordings },
  }))
  show(json, told, () =>
    columns(
      told.map(({ kind, isOn, canBeOff, wordings }) => [
        ...[kind, canBeOff ? (isOn ? 'on' : 'off') : 'always'],
        wordings.map(({ language }) => language).join(' '),
      ]),
    ),
  )
}

const turn =
  (isOn: boolean) =>
  async ({ json }: Values, domain: string, kind: string) => {
    const on = await modules('branding', 'directory', 'notifications', 'store')
    checkKind(on, kind)
    await inTenantOf(on, domain, (trx, act) => on.branding.switchNotice(trx, act, { kind }, isOn))
    show(json, { kind, isOn }, () => [`${kind} is ${isOn ? 'on' : 'off'}.`])
  }

async function set({ json }: Values, ...[domain = '', kind = '', language = '', file = '']: string[]) {
  const on = await modules('branding', 'directory', 'notifications', 'store', 'words')
  checkKind(on, kind)
  checkLanguage(on, language)
  const wording = await readWording(file)
  const origin = originOf()
  await inTenantOf(on, domain, (trx, act) => on.branding.putWording(trx, act, { kind, language }, { wording, origin }))
  const isUsual = Object.values(wording).every(one => one === null)
  show(json, { kind, language, ...wording }, () => [
    isUsual ? `${kind} has its usual words again (${language}).` : `${kind} has these words now (${language}).`,
  ])
}

async function preview({ json, words: file, html }: Values, domain: string, kind: string, language: string) {
  const on = await modules('branding', 'directory', 'looks', 'notifications', 'store', 'words')
  checkKind(on, kind)
  checkLanguage(on, language)
  const typed = typeof file === 'string' ? await readWording(file) : undefined
  const means = { words: on.words.loadWords(), origin: originOf() }
  const mail = await inTenantOf(on, domain, async (trx, act) => {
    const kept = (await on.branding.listNotices(trx)).find(one => one.kind === kind)
    const wording = typed ?? kept?.wordings.find(one => one.language === language) ?? NONE
    const { subject, opening, closing } = wording
    const shown = { kind, language: language as Language, wording: { subject, opening, closing } }
    const { from, subject: said = '', text, ...more } = await on.branding.previewNotice(trx, act, means, shown)
    const { color } = await on.looks.readLooks(trx, language)
    const written = on.looks.documentOf({ ...more, from, subject: said, text }, means.origin, {
      color,
      logo: undefined,
    })
    return { from, subject: said, text, html: written }
  })
  show(json, mail, () =>
    html ? [mail.html] : [`From: ${mail.from}`, `Subject: ${mail.subject}`, '', mail.text.trimEnd()],
  )
}

function checkKind({ notifications }: Modules<'notifications'>, kind: string): void {
  if (notifications.noticeKind(kind)) return
  throw new UsageError(
    `"${kind}" is no kind of notice. There are ${Object.keys(notifications.noticeKinds).join(', ')}.`,
  )
}

function checkLanguage({ words }: Modules<'words'>, language: string): void {
  if (words.languages.some(one => one === language)) return
  throw new UsageError(`"${language}" is no language of notices. There are ${words.languages.join(', ')}.`)
}

/** Where words may lead. */
const originOf = () => needed(process.env.LATCHKEY_ORIGIN, 'LATCHKEY_ORIGIN')

/** Words of a JSON file. Throws `UsageError` where it holds anything else. */
async function readWording(file: string): Promise<Wording> {
  const read = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${file} cannot be read (${error.code}).`)
  })
  const wrong = new UsageError(`${file} takes JSON with "subject", "opening" and "closing", each a text or null.`)
  let parsed: unknown
  try {
    parsed = JSON.parse(read)
  } catch {
    throw wrong
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw wrong
  const fits = Object.entries(parsed).every(
    ([name, value]) => Object.hasOwn(NONE, name) && (value === null || typeof value === 'string'),
  )
  if (!fits) throw wrong
  return { ...NONE, ...parsed }
}

export const noticeCommands: CommandGroup = {
  about:
    'the mails to a company’s people and administrators: which are sent, and in whose words. FILE is JSON with subject, opening and closing.',
  commands: {
    list: {
      usage: 'DOMAIN [--json]',
      about: 'every kind of notice, whether it is sent, and the languages with own words; --json has the placeholders',
      options: { json: flag },
      takes: ['DOMAIN'],
      run: list,
    },
    set: {
      usage: 'DOMAIN KIND LANGUAGE FILE [--json]',
      about: 'put the words of a file into a notice; {} gives it its usual words back. Takes LATCHKEY_ORIGIN',
      options: { json: flag },
      takes: ['DOMAIN', 'KIND', 'LANGUAGE', 'FILE'],
      run: set,
    },
    preview: {
      usage: 'DOMAIN KIND LANGUAGE [--words FILE] [--html] [--json]',
      about: 'show the mail of the saved words, or of a file’s, and send nothing. Takes LATCHKEY_ORIGIN',
      options: { words: text, html: flag, json: flag },
      takes: ['DOMAIN', 'KIND', 'LANGUAGE'],
      run: preview,
    },
    off: {
      usage: 'DOMAIN KIND [--json]',
      about: 'send a kind of notice no more; what protects an account is always sent',
      options: { json: flag },
      takes: ['DOMAIN', 'KIND'],
      run: turn(false),
    },
    on: {
      usage: 'DOMAIN KIND [--json]',
      about: 'send a kind of notice again',
      options: { json: flag },
      takes: ['DOMAIN', 'KIND'],
      run: turn(true),
    },
  },
  examples: [
    ['Which notices there are', 'notices list acme.example'],
    ['See what own words would make', 'notices preview acme.example password_reset fr --words french.json'],
    ['Put them in', 'notices set acme.example password_reset fr french.json'],
    ['Turn one off', 'notices off acme.example guessing'],
    ['Turn it on again', 'notices on acme.example guessing'],
  ],
}
