/** The questions, with the answers of those that are chosen; of the others the answer is typed. */
export const questions = {
  username: null,
  what: [
    'forgot',
    'locked',
    'lost-method',
    'message',
    'no-administrator',
    'nobody',
    'denied',
    'sign-up-refused',
    'which-account',
    'missing',
    'domain-taken',
  ],
  administrator: ['known', 'unknown', 'left', 'none'],
  provider: ['yes', 'no'],
  member: ['yes', 'no'],
  dns: ['yes', 'no'],
  accounts: ['both', 'several'],
  missing: ['pages', 'offers'],
  code: null,
} as const
export type QuestionId = keyof typeof questions

/** The answer to `username` of somebody who does not want to tell it, or has none. */
export const SKIP = 'skip'

/** What a person can do in the end. */
export const actIds = [
  'reset',
  'unlock',
  'sign-in',
  'contact',
  'provider',
  'take-over',
  'domain',
  'access',
  'tenants',
  'settings',
  'code',
  'case',
  'support',
] as const
export type ActId = (typeof actIds)[number]

/** The end of the tree: a situation (work accounts, §1.8), and what to do in it, the best first. */
interface Leaf {
  situation: string
  acts: readonly ActId[]
  /** What a case that is opened there is about. */
  kind?: 'no-administrator' | 'colleague' | 'no-way-in'
}

/** One row a situation. A case and the support contact come with every one. */
export const leaves = {
  S1: { situation: 'S1', acts: ['reset'] },
  locked: { situation: 'locked', acts: ['unlock'] },
  lostMethod: { situation: 'lost-method', acts: ['reset', 'contact'] },
  S2: { situation: 'S2', acts: ['contact'] },
  S3: { situation: 'S3', acts: [], kind: 'no-administrator' },
  S4: { situation: 'S4', acts: [], kind: 'colleague' },
  S6: { situation: 'S6', acts: ['provider'], kind: 'no-administrator' },
  S7: { situation: 'S7', acts: ['contact', 'access'] },
  S8: { situation: 'S8', acts: ['contact', 'access'] },
  S9: { situation: 'S9', acts: [], kind: 'no-administrator' },
  S10: { situation: 'S10', acts: [], kind: 'no-way-in' },
  S10dns: { situation: 'S10', acts: ['take-over'], kind: 'no-way-in' },
  S11: { situation: 'S11', acts: ['take-over'], kind: 'no-administrator' },
  S12: { situation: 'S12', acts: ['contact'] },
  S13: { situation: 'S13', acts: ['sign-in'] },
  S14: { situation: 'S14', acts: ['tenants'] },
  S15: { situation: 'S15', acts: ['access'] },
  S16: { situation: 'S16', acts: ['sign-in'] },
  S17: { situation: 'S17', acts: ['contact'] },
  S18: { situation: 'S18', acts: ['contact'] },
  S19: { situation: 'S19', acts: ['domain'] },
  again: { situation: 'message', acts: ['sign-in'] },
  message: { situation: 'message', acts: [] },
} as const satisfies Record<string, Leaf>
export type LeafId = keyof typeof leaves

/** Where an answer leads; `unmanaged`: where the domain has accounts and nobody who manages them. */
type Way = StepId | LeafId | { unmanaged: LeafId; otherwise: StepId | LeafId }

/** `assumed`: the answer that holds without asking, once so many were asked that nobody would like another. */
interface Step {
  question: Exclude<QuestionId, 'username'>
  ways: Readonly<Record<string, Way>>
  assumed?: string
}

type StepId =
  | 'what'
  | 'refused'
  | 'refusedProvider'
  | 'member'
  | 'none'
  | 'provider'
  | 'dns'
  | 'accounts'
  | 'missing'
  | 'code'

const asked = { known: 'S2', unknown: 'S7', left: 'S8' } as const

/** The questions in their order. A refused reset begins at `refused`: what happened is known. */
const steps: Readonly<Record<StepId, Step>> = {
  what: {
    question: 'what',
    ways: {
      forgot: 'S1',
      locked: 'locked',
      'lost-method': 'lostMethod',
      message: 'code',
      'no-administrator': 'none',
      nobody: 'dns',
      denied: 'S17',
      'sign-up-refused': 'S12',
      'which-account': 'accounts',
      missing: 'missing',
      'domain-taken': 'S19',
    },
  },
  refused: { question: 'administrator', ways: { ...asked, none: 'refusedProvider' } },
  refusedProvider: { question: 'provider', ways: { yes: 'S6', no: 'member' }, assumed: 'no' },
  member: { question: 'member', ways: { yes: 'S3', no: 'S4' }, assumed: 'yes' },
  none: { question: 'administrator', ways: { ...asked, none: { unmanaged: 'S11', otherwise: 'provider' } } },
  provider: { question: 'provider', ways: { yes: 'S6', no: 'S9' }, assumed: 'no' },
  dns: { question: 'dns', ways: { yes: { unmanaged: 'S10dns', otherwise: 'S10' }, no: 'S10' } },
  accounts: { question: 'accounts', ways: { both: 'S13', several: 'S14' } },
  missing: { question: 'missing', ways: { pages: 'S15', offers: 'S16' } },
  code: { question: 'code', ways: {} },
}

/** What a code means (work accounts, §8.2): the codes of sign-in without their letters, and those of our refusals. */
const meanings: readonly (readonly [StepId | LeafId, readonly string[]])[] = [
  ['refused', ['SSPR_0009', 'SSPR_0013', 'SSPR_0014', '50057', 'account_disabled']],
  ['S18', ['SSPR_0010', 'SSPR_0029', 'SSPR_0030', '50144', '120012']],
  [
    'S1',
    [
      '50055',
      '50056',
      '50064',
      '50126',
      '50135',
      '120000',
      '120002',
      '120003',
      '120016',
      '120018',
      'temporary_password_expired',
    ],
  ],
  ['locked', ['50053']],
  ['lostMethod', ['50072', '50074', '50076', '50078', '50079', '530035']],
  [
    'S13',
    [
      '16000',
      '50014',
      '50020',
      '50034',
      '50059',
      '50128',
      '50197',
      '51004',
      '90002',
      '90019',
      '90072',
      '500208',
      'wrong_tenant',
    ],
  ],
  ['S17', ['50105', '50131', '53003', '53011', '65001', '90094', '90095', '90099', '530034', '650052', '700016']],
  ['again', ['50058', '50125', '50132', '50133', '50140', '50173', '50199', '70008', '700082']],
]

/** The code in what was typed, as it is looked up: of `AADSTS50126` the number, also from within a whole message. */
export function plainCode(typed: string): string {
  const text = typed.normalize('NFKC')
  const [, ours] = /SSPR[_\s-]?(\d{4})/i.exec(text) ?? []
  if (ours !== undefined) return `SSPR_${ours}`
  const [, digits] = /(?:AADSTS|\b)(\d{4,8})\b/i.exec(text) ?? []
  return digits ?? text.trim().toLowerCase()
}

const meaningOf = (code: string): StepId | LeafId | undefined =>
  meanings.find(([, codes]) => codes.includes(plainCode(code)))?.[0]

/** Answers that one person is asked for, at most. */
const ANSWERS_AT_MOST = 4

export interface Given {
  question: QuestionId
  answer: string
}

/** What the tree is walked with. `from`: the code of the refusal that it begins with. */
export interface Facts {
  username: string | undefined
  from: string | undefined
  isUnmanaged: boolean
  answers: readonly Given[]
}

/** Where somebody is in the tree. `code`: the one that was typed. */
export type At = { question: QuestionId } | { leaf: LeafId; code: string | undefined }

/** Walks the tree by the answers that were given. It depends on nothing that only the company or the person may know. */
export function walk({ username, from, isUnmanaged, answers }: Facts): At {
  const left = [...answers]
  if (username === undefined && left.shift()?.question !== 'username') return { question: 'username' }
  let code: string | undefined
  let at = (from !== undefined && meaningOf(from)) || 'what'
  while (at in steps) {
    const step = steps[at as StepId]
    const answer = left.shift()?.answer ?? (answers.length >= ANSWERS_AT_MOST ? step.assumed : undefined)
    if (answer === undefined) return { question: step.question }
    if (step.question === 'code') {
      code = answer
      at = meaningOf(answer) ?? 'message'
    } else {
      const way = step.ways[answer]!
      at = typeof way === 'string' ? way : isUnmanaged ? way.unmanaged : way.otherwise
    }
  }
  return { leaf: at as LeafId, code }
}
