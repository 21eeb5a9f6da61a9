import { type Action, actions, type Role, type Rule } from '../access/index.ts'

/** What one action takes of its caller, in the words of a description. */
export interface Permissions {
  /** Any of these scopes of a person's token. */
  delegated: string[]
  /** Any of these permissions of an application; none: applications may not. */
  application: string[]
  /** These open it only for the caller's own objects. */
  own: string[]
  /** Any of these roles of the person; `everybody`: each person. */
  roles: Rule['roles']
  /** These do it to people whose rights theirs reach. */
  ranked: readonly Role[]
  /** What the person may do without a role, or never. */
  oneself?: 'only' | 'too' | 'never'
  /** Owners of the target may do it too. */
  owners: boolean
  /** `fresh`: a second step in the last fifteen minutes. */
  secondStep: 'none' | 'signIn' | 'fresh'
}

const STEPS = ['none', 'signIn', 'fresh'] as const

/** What an action takes, from the table that judges it (administration on the wire, §3.1). */
export function permissionsOf(action: Action): Permissions {
  const { scopes, ownScopes = [], roles, ranked, oneself, owners, step }: Rule = actions[action]
  return {
    delegated: scopes.map(plain),
    application: oneself === 'only' ? [] : [...scopes, ...ownScopes].filter(isForApplications).map(plain),
    own: ownScopes.map(plain),
    roles,
    ranked: ranked?.roles ?? [],
    ...(oneself && { oneself }),
    owners: owners ?? false,
    secondStep: STEPS[step],
  }
}

const isForApplications = (scope: string) => scope.endsWith('*')
const plain = (scope: string) => scope.replace('*', '')

const anyOf = new Intl.ListFormat('en', { type: 'disjunction' })

const ONESELF = {
  only: 'Of the person themselves alone.',
  too: 'The person themselves needs no role.',
  never: 'Never to oneself.',
}
const SECOND_STEP = {
  none: undefined,
  signIn: 'Second step: at sign-in.',
  fresh: 'Second step: within the last 15 minutes.',
}

/** The same in sentences. `isDelegated`: the resource takes a person’s token alone. */
export function sentencesOf(action: Action, isDelegated = false): string[] {
  const { delegated, application, own, roles, ranked, oneself, owners, secondStep } = permissionsOf(action)
  const isSame = application.length === delegated.length + own.length
  const applications = isDelegated || application.length === 0 ? 'no' : isSame ? 'the same' : anyOf.format(application)
  const holders = roles === 'everybody' ? 'none' : anyOf.format(roles)
  return [
    `Scope: ${anyOf.format(delegated)}${own.length > 0 ? `; ${anyOf.format(own)} for the caller’s own` : ''}.`,
    `Permission of an application: ${applications}.`,
    ...(holders === '' ? [] : [`Role: ${holders}.`]),
    ...(ranked.length > 0 ? [`Role, for people whose rights it reaches: ${anyOf.format(ranked)}.`] : []),
    ...(owners ? ['Owners need no role.'] : []),
    ...(oneself ? [ONESELF[oneself]] : []),
    ...(SECOND_STEP[secondStep] ? [SECOND_STEP[secondStep]] : []),
  ]
}
