import { plus, SECOND } from '../clock.ts'
import { type FieldRefusal, Refusal } from '../refusals.ts'
import { NOTICE_LASTS } from './cookies.ts'
import type { Visit } from './visit.ts'

/** The refusal of a form, on its way to the page that shows it. */
interface Notice {
  code: string
  status: number
  retryAfter?: number | undefined
  field?: string | undefined
  triesLeft?: number | undefined
  number?: number | undefined
  errors: FieldRefusal[]
  typed: Record<string, string>
  ends: number
  /** The language in which it was read: it is shown once in each. */
  readIn?: string
}

/** Bytes before sealing: with its name and attributes the cookie then stays under the 4 KB that browsers keep. */
const LARGEST = 2_600

/**
 * Leaves a refusal in the browser for the page of the form, with the text of the fields that `keeps` names, never a
 * secret. It is sealed to that page, and no table grows.
 */
export function leaveNotice(visit: Visit, page: string, problem: Refusal, keeps: RegExp | undefined): void {
  const { code, status, retryAfter, field, triesLeft, number } = problem
  // A page has no place for fields that the sender invented.
  const errors = problem.errors.filter(one => one.code !== 'unknown' && /^[\w.-]{1,64}$/.test(one.field))
  const notice: Notice = {
    code,
    status,
    retryAfter,
    field,
    triesLeft,
    number,
    errors,
    typed: {},
    ends: plus(visit.act.now, NOTICE_LASTS * SECOND).getTime(),
  }
  const typed = Object.entries((visit.body ?? {}) as Record<string, unknown>).filter(
    (entry): entry is [string, string] => keeps?.test(entry[0]) === true && typeof entry[1] === 'string',
  )
  // Of a long text as much as fits.
  const cut = (length: number) => Object.fromEntries(typed.map(([name, value]) => [name, value.slice(0, length)]))
  const whole = [2_000, 1_000, 300].map(length => ({ ...notice, typed: cut(length) }))
  const tries = [...whole, notice, { ...notice, errors: [] }]
  const fitting = tries.find(one => Buffer.byteLength(JSON.stringify(one)) <= LARGEST)
  if (fitting) keep(visit, pathOf(page), fitting)
}

/** The refusal that was left for this page, if any. `read`: to be called once it has been shown. */
export function findNotice(
  visit: Visit,
): { problem: Refusal; typed: Record<string, string>; read(): void } | undefined {
  const notice = open(visit)
  if (!notice) return undefined
  const { language } = visit.locale
  const again = visit.query.lang !== undefined && notice.readIn !== language
  if (notice.ends < visit.act.now.getTime() || (notice.readIn !== undefined && !again)) {
    visit.cookies.clear('notice')
    return undefined
  }
  return {
    problem: new Refusal(notice.code, notice.status, notice),
    typed: notice.typed,
    read: () => keep(visit, visit.path, { ...notice, readIn: language }),
  }
}

function open({ cookies, act, path }: Visit): Notice | undefined {
  const sealed = cookies.get('notice')
  if (sealed === undefined) return undefined
  try {
    return JSON.parse(act.keys.open(placeOf(path), Buffer.from(sealed, 'base64url')))
  } catch {
    return undefined // another page's, or a forged one: nothing is shown
  }
}

const keep = ({ cookies, act }: Visit, path: string, notice: Notice) =>
  cookies.set('notice', act.keys.seal(placeOf(path), JSON.stringify(notice)).toString('base64url'))

const placeOf = (path: string) => ({ purpose: 'form', tenantId: '', rowId: path }) as const

const pathOf = (page: string) => page.split('?')[0] ?? ''
