import { MINUTE, plus, SECOND } from '../clock.ts'
import { NOTE_LASTS } from './cookies.ts'
import type { Visit } from './visit.ts'

/** A refusal of sign-in or reset that this browser got, by its code, and the name that was typed. */
export interface Refused {
  code: string
  /** Empty where nobody had said who they are. */
  username: string
}

/**
 * Notes the refusal in the browser that got it, for help that goes on from there (work accounts on the wire, §1.7). It is
 * sealed, and no other browser has it. The way to it asks the database nothing, and no table grows.
 */
export function noteRefused({ cookies, act }: Visit, { code, username }: Refused): void {
  const ends = plus(act.now, NOTE_LASTS * SECOND).getTime()
  cookies.set('refused', act.keys.seal(place, JSON.stringify([ends, code, username])).toString('base64url'))
}

/** The last refusal that this browser got, for a quarter of an hour. */
export function readRefused({ cookies, act }: Visit): Refused | undefined {
  const sealed = cookies.get('refused')
  if (sealed === undefined) return undefined
  try {
    const [ends, code, username] = JSON.parse(act.keys.open(place, Buffer.from(sealed, 'base64url')))
    const left = ends - act.now.getTime()
    // A clock that was set back makes nothing last longer.
    return left > 0 && left <= 15 * MINUTE ? { code, username } : undefined
  } catch {
    return undefined // forged, or of a secret that is gone
  }
}

const place = { purpose: 'refused', tenantId: '', rowId: '' } as const
