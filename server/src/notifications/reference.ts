import { timingSafeEqual } from 'node:crypto'
import type { Keyring } from '../crypto/index.ts'

/** What a message was: the code of a challenge or of a typed mailbox, or a notice. */
export type Referred = 'code' | 'mailbox' | 'notice'

/** A message of ours that something is told about, by the id of its row. */
export interface Reference {
  of: Referred
  id: string
}

const LETTERS: Record<Referred, string> = { code: 'c', mailbox: 'm', notice: 'n' }

/** Bytes of the tag: with a row's id they fit into the 64 letters of an address beside its name (RFC 5321, §4.5.3.1.1). */
const TAG = 9

const tagOf = (mac: Buffer) => mac.subarray(0, TAG)

/**
 * Names a message towards gateways and in the return path of a mail. It holds a tag that only a secret of ours makes, so
 * that a stranger cannot report on messages. Lower case and digits: some mail servers fold letters.
 */
export const messageReference = (keys: Pick<Keyring, 'mac'>, { of, id }: Reference): string =>
  `${LETTERS[of]}${id.replaceAll('-', '')}${tagOf(keys.mac('message', of, id)).toString('hex')}`

/** The message that a reference names; undefined for one that is not ours. */
export function readReference(keys: Pick<Keyring, 'macs'>, text: string): Reference | undefined {
  const [, letter, digits = '', tag = ''] = /^([cmn])([0-9a-f]{32})([0-9a-f]{18})$/.exec(text.toLowerCase()) ?? []
  const of = (Object.keys(LETTERS) as Referred[]).find(one => LETTERS[one] === letter)
  if (!of) return undefined
  const id = digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
  const given = Buffer.from(tag, 'hex')
  const isOurs = keys.macs('message', of, id).reduce((found, mac) => timingSafeEqual(tagOf(mac), given) || found, false)
  return isOurs ? { of, id } : undefined
}
