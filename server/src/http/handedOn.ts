import type { Visit } from './visit.ts'

// The addresses that a partner hands on hold a secret, without which nothing opens. It stays in no address: not in the
// history, not in `next` while somebody signs in, not in what a proxy writes down.

const PAGE = /^\/partner-(?:requests|invitations)\/([0-9a-f-]{73})(?=\/|$)/
const SECRET = /^[\w-]{43}$/
/** A browser that opens more of them has the last ones. */
const KEPT = 4

type Asked = Pick<Visit, 'path' | 'cookies'>

/** The page of what a partner handed on, of this address or of its form; undefined for other addresses. */
export const partnerPage = ({ path }: Pick<Visit, 'path'>): string | undefined => PAGE.exec(path)?.[0]

/** Whether this is such a page's address. */
export const isPartnerPage = (address: string): boolean => partnerPage({ path: address }) === address

/** Moves the secret of an address into the browser, and tells the address without it; undefined: it has none. */
export function takeHandedSecret({
  path,
  query: { token },
  cookies,
}: Asked & Pick<Visit, 'query'>): string | undefined {
  const [page, id] = PAGE.exec(path) ?? []
  if (!page || token === undefined || path !== page) return undefined
  if (SECRET.test(token)) cookies.set('handed', [`${id}=${token}`, ...others(cookies, id!)].slice(0, KEPT).join('.'))
  return page
}

/** The secret that this browser has for the page. */
export function findHandedSecret({ path, cookies }: Asked): string | undefined {
  const [, id] = PAGE.exec(path) ?? []
  return kept(cookies)
    .find(one => one.startsWith(`${id}=`))
    ?.split('=')[1]
}

/** What was decided opens by its id alone. */
export function forgetHandedSecret({ path, cookies }: Asked): void {
  const [, id] = PAGE.exec(path) ?? []
  const left = others(cookies, id ?? '')
  if (left.length > 0) cookies.set('handed', left.join('.'))
  else cookies.clear('handed')
}

const kept = (cookies: Asked['cookies']) => cookies.get('handed')?.split('.') ?? []
const others = (cookies: Asked['cookies'], id: string) => kept(cookies).filter(one => one && !one.startsWith(`${id}=`))
