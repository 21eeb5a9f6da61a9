import { refusals } from '../refusals.ts'
import type { EnglishWords, Translate } from '../words/index.ts'

type Kind = keyof EnglishWords['signinError']

/** The numbers by which errors are told (single sign-on, §5). Those of a kind ask the same of a person, in the same words. */
export const numbers: Readonly<Record<Kind, readonly number[]>> = {
  application: [700016],
  address: [50011],
  organization: [90002, 90019],
  request: [900144, 70005, 70007, 50147, 70003, 70011, 700022, 500011],
  code: [501481, 70008, 54005],
  credentials: [7000215, 7000222, 7000218, 700027, 700025],
  ended: [700082, 700084, 70000, 50173],
  account: [50057, 50034],
  nobody: [50058],
  several: [16000],
  password: [50055],
  registration: [50072, 50079],
  step: [50076, 50078],
  name: [50126],
  locked: [50053],
  otherOrganization: [50020],
  assignment: [50105],
  consent: [65001],
  administrator: [90094],
  declined: [65004],
  expired: [50089],
  deviceWrong: [70018],
  deviceOver: [70019],
  devicePending: [70016],
  fault: [90033],
  busy: [90055],
}

const kinds = new Map(
  Object.entries(numbers).flatMap(([kind, all]) => all.map(number => [number, kind as Kind] as const)),
)

const refuse = refusals({ error_unknown: 404 })

/** What a number means and what to do next, in the reader's language. */
export function wordsOf(t: Translate, number: number): { title: string; detail: string; next: string } {
  const kind = kinds.get(number)
  if (!kind) throw refuse('error_unknown')
  return {
    title: t(`signinError.${kind}.title`),
    detail: t(`signinError.${kind}.text`),
    next: t(`signinError.${kind}.next`),
  }
}
