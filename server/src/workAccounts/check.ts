import { MINUTE, plus } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import { type AccountKind, findAccountKind, type MailboxHolder, namesAbove, readDomainIn } from '../directory/index.ts'
import { type Db, isOver } from '../store/index.ts'
import { refuse } from './errors.ts'

/** What a stranger may learn of a domain: never people, names or counts; and a proved mailbox of itself. */
export interface AccountCheck {
  domain: string
  account: MailboxHolder['account']
  /** Whether the mailbox has an account. Told to itself alone. */
  you?: boolean
}

/** How long the page of an answer can be read again. */
const LASTS = 15 * MINUTE

/** The domain that is asked for. Throws `domain_invalid`. */
export function readQuery(typed: string): string {
  const domain = readDomainIn(typed)
  if (domain === undefined) throw refuse('domain_invalid', { field: 'query' })
  return domain
}

/** What stands behind this domain, or the nearest one above it. The same statements, whichever domain it is. */
export const checkAccount = async (db: Db, domain: string): Promise<{ domain: string; account: AccountKind }> => ({
  domain,
  account: await findAccountKind(db, [domain, ...namesAbove(domain)], 'stranger'),
})

/** Signs an answer for its page. Without that, an address made by hand would ask without a captcha, or show another answer. */
export function signAnswer({ now, keys }: Means, { domain, account, you }: AccountCheck): string {
  const said = [now.getTime().toString(36), domain, account, you === undefined ? '' : String(you)]
  return Buffer.from(JSON.stringify([...said, keys.mac('account-check', ...said).toString('base64url')])).toString(
    'base64url',
  )
}

/** The answer of a page's address. Throws `answer_expired`. */
export function readAnswer({ now, keys }: Means, signed: string): AccountCheck {
  const parts = partsOf(signed)
  const [moment = '', domain = '', account = '', you = '', signature = ''] = parts
  const said = [moment, domain, account, you]
  if (!keys.matches(Buffer.from(signature, 'base64url'), 'account-check', ...said)) throw refuse('answer_expired')
  if (isOver(plus(new Date(Number.parseInt(moment, 36)), LASTS), now, LASTS)) throw refuse('answer_expired')
  return { domain, account: account as AccountCheck['account'], ...(you !== '' && { you: you === 'true' }) }
}

function partsOf(signed: string): string[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(signed, 'base64url').toString())
    return Array.isArray(parts) ? parts.map(String) : []
  } catch {
    return []
  }
}
