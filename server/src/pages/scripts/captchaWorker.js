// @ts-check
// Solves a captcha beside the page: finds the number behind its nonce whose derived key begins as the server says.

/** @param {string} hex */
const bytesOf = hex => Uint8Array.from(hex.match(/../g) ?? [], pair => Number.parseInt(pair, 16))

/** @param {ArrayBuffer} buffer */
const hexOf = buffer => Array.from(new Uint8Array(buffer), byte => byte.toString(16).padStart(2, '0')).join('')

/** @param {{ nonce: string, salt: string, cost: number, keyLength: number, keyPrefix: string }} parameters */
async function solve({ nonce, salt, cost, keyLength, keyPrefix }) {
  const guess = new Uint8Array([...bytesOf(nonce), 0, 0, 0, 0])
  const number = new DataView(guess.buffer, guess.length - 4)
  const how = { name: 'PBKDF2', hash: 'SHA-256', salt: bytesOf(salt), iterations: cost }
  for (let counter = 0; ; counter++) {
    number.setUint32(0, counter)
    const password = await crypto.subtle.importKey('raw', guess, 'PBKDF2', false, ['deriveBits'])
    const derivedKey = hexOf(await crypto.subtle.deriveBits(how, password, keyLength * 8))
    if (derivedKey.startsWith(keyPrefix)) return { counter, derivedKey }
  }
}

addEventListener('message', ({ data }) => solve(data.parameters).then(postMessage, reportError))
