import type { Cost } from '../senders.ts'

/** A price as a gateway tells it. What is none, or not exactly one, is not guessed at. */
export function readCost(cost: unknown, currency: unknown): Cost | undefined {
  const amount = typeof cost === 'number' ? String(cost) : cost
  if (typeof amount !== 'string' || !/^\d{1,6}(\.\d{1,6}0*)?$/.test(amount)) return undefined
  return typeof currency === 'string' && /^[A-Z]{3}$/.test(currency) ? { cost: amount, currency } : undefined
}

/** The letters of GSM 03.38 that a text message may have for 160 of them to fit; those that take two places are apart. */
const GSM = /^[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà^{}\\[~\]|€]*$/
const TWO_PLACES = /[\^{}\\[~\]|€]/g

/** Whether every letter of a text stands in the GSM alphabet. */
export const isGsm = (text: string) => GSM.test(text)

/** How many messages a text is, as networks count and charge them (3GPP TS 23.040, §9.2.3.24). */
export function countParts(text: string): number {
  const [length, alone, each] = isGsm(text)
    ? [text.length + (text.match(TWO_PLACES)?.length ?? 0), 160, 153]
    : [text.length, 70, 67]
  return length <= alone ? 1 : Math.ceil(length / each)
}

/** What so many messages cost at a price such as `0.0450 EUR`. */
export function multiply(price: string, parts: number): Cost {
  const [amount = '', currency = ''] = price.split(' ')
  const decimals = amount.split('.')[1]?.length ?? 0
  return { cost: (Math.round(Number(amount) * 10 ** decimals * parts) / 10 ** decimals).toFixed(decimals), currency }
}
