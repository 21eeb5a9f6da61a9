import { plus, SECOND } from '../clock.ts'
import type { User } from '../directory/index.ts'
import { ACCOUNTS_LAST } from './cookies.ts'
import type { Visit } from './visit.ts'

/** An account that has signed in in this browser: a hint, which proves nothing. */
export interface KnownAccount {
  id: string
  tenantId: string
  userId: string
  username: string
  displayName: string
  /** The day of its last sign-in here. */
  day: string
}

const ACCOUNTS_AT_MOST = 5
/** Characters of a name, so that the cookie stays under the 4 KB that browsers keep. */
const NAME_AT_MOST = 40

const PLACE = { purpose: 'accounts', tenantId: '', rowId: 'accounts' } as const

/** The accounts that this browser remembers, newest first. */
export function readAccounts({ cookies, act }: Visit): KnownAccount[] {
  const sealed = cookies.get('accounts')
  if (sealed === undefined) return []
  try {
    const accounts: KnownAccount[] = JSON.parse(act.keys.open(PLACE, Buffer.from(sealed, 'base64url')))
    const oldest = dayOf(plus(act.now, -ACCOUNTS_LAST * SECOND))
    return accounts.filter(({ day }) => day >= oldest)
  } catch {
    return [] // a forged one, or one that was sealed under a secret that is gone: nothing is remembered
  }
}

/** Remembers an account after a full sign-in. */
export function keepAccount(visit: Visit, user: User) {
  const others = readAccounts(visit)
  const former = others.find(isOf(user))
  const account: KnownAccount = {
    id: former?.id ?? visit.act.random.token().slice(0, 22),
    tenantId: user.tenantId,
    userId: user.id,
    username: user.userPrincipalName,
    displayName: [...user.displayName].slice(0, NAME_AT_MOST).join(''),
    day: dayOf(visit.act.now),
  }
  keep(visit, [account, ...others.filter(one => one !== former)].slice(0, ACCOUNTS_AT_MOST))
}

/** Forgets the account of this id, or of this user. */
export function forgetAccount(visit: Visit, which: string | User) {
  const forgotten = typeof which === 'string' ? ({ id }: KnownAccount) => id === which : isOf(which)
  const accounts = readAccounts(visit)
  const left = accounts.filter(one => !forgotten(one))
  if (left.length < accounts.length) keep(visit, left)
}

const isOf = (user: User) => (one: KnownAccount) => one.tenantId === user.tenantId && one.userId === user.id
const dayOf = (moment: Date) => moment.toISOString().slice(0, DAY_LENGTH)
const DAY_LENGTH = 'yyyy-mm-dd'.length

function keep({ cookies, act }: Visit, accounts: KnownAccount[]) {
  if (accounts.length === 0) cookies.clear('accounts')
  else cookies.set('accounts', act.keys.seal(PLACE, JSON.stringify(accounts)).toString('base64url'))
}
