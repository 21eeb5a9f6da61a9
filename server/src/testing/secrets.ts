import type { Wire } from './wire.ts'

/** Each way in which a password could stand in bytes. A piece of base64 depends on where it begins. */
function encodingsOf(password: string): string[] {
  return (['utf8', 'utf16le'] as const).flatMap(encoding => {
    const bytes = Buffer.from(password, encoding)
    const base64 = [0, 1, 2].map(shift => {
      const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64')
      // Without the letters that what stands before and behind changes.
      return text.slice(shift === 0 ? 0 : 4, -4)
    })
    const url = base64.map(text => text.replaceAll('+', '-').replaceAll('/', '_'))
    const hex = bytes.toString('hex')
    return [bytes.toString('latin1'), hex, hex.toUpperCase(), ...base64, ...url]
  })
}

/** Those of the passwords that stand in what was written. */
export function findSecrets(secrets: string[], written: Buffer | string): string[] {
  const text = typeof written === 'string' ? written : written.toString('latin1')
  return secrets.filter(one => encodingsOf(one).some(encoded => text.includes(encoded)))
}

/** What a WebSocket carried, without the masks of its client. */
function framesIn(bytes: Buffer): Buffer[] {
  const frames: Buffer[] = []
  let at = bytes.indexOf('\r\n\r\n') + 4
  while (at >= 4 && at + 2 <= bytes.length) {
    const short = bytes[at + 1]! & 0x7f
    const more = short === 126 ? 2 : short === 127 ? 8 : 0
    const length = more === 0 ? short : bytes.readUIntBE(at + 2 + more - Math.min(more, 6), Math.min(more, 6))
    const isMasked = (bytes[at + 1]! & 0x80) !== 0
    const from = at + 2 + more + (isMasked ? 4 : 0)
    const mask = isMasked ? bytes.subarray(from - 4, from) : Buffer.alloc(4)
    frames.push(Buffer.from(bytes.subarray(from, from + length).map((byte, place) => byte ^ mask[place % 4]!)))
    at = from + length
  }
  return frames
}

/** Everything that passed between an agent and a server, as it was, and as each part of a frame decodes. */
export const everythingPassed = (wire: Wire): Buffer[] =>
  wire.passed.flatMap(({ there, back }) => {
    const frames = [there, back].flatMap(framesIn)
    const parts = frames
      .flatMap(frame => frame.toString('latin1').split('.'))
      .map(part => Buffer.from(part, 'base64url'))
    return [there, back, ...frames, ...parts]
  })
