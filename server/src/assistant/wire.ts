import { supportCode } from '../crypto/index.ts'
import { type CodeHelp, helpOfCode } from '../help/index.ts'
import type { Visit } from '../http/index.ts'
import { type Asked, supportJson } from '../support/wire.ts'
import type { Assistant } from './assistant.ts'
import { type ActId, type LeafId, leaves, plainCode, type QuestionId, questions, SKIP } from './tree.ts'

/** What a page or an answer is drawn from. */
export interface Scene {
  one: Assistant
  /** The tenant of the name; the empty one where there is none. */
  tenantId: string
  /** The support contacts, at the end of the questions. */
  support: Asked | undefined
  /** Whether a Global Administrator is signed in here. */
  isGlobal: boolean
}

/** An act as a button or a program's link. */
interface OfferedAct {
  act: ActId
  method: 'GET' | 'POST'
  href: string
  title: string
}

/** What can be done at the end: the situation's acts, then a case and the support contact. */
export function actsOf(visit: Visit, { one, isGlobal }: Scene): OfferedAct[] {
  const { t } = visit.locale
  const { at, domain, username, id } = one
  if (!('leaf' in at)) return []
  const leaf: { acts: readonly ActId[]; kind?: string } = leaves[at.leaf]
  const acts = at.leaf === 'S12' && isGlobal ? (['settings'] as const) : leaf.acts
  const named = username === undefined ? '' : `?${new URLSearchParams({ username })}`
  const about = new URLSearchParams({ kind: leaf.kind ?? 'other', ...(domain && { domain }), assistant: id })
  const hrefs: Record<ActId, string> = {
    reset: `/reset${named}`,
    unlock: `/reset${named}`,
    'sign-in': `/signin${named}`,
    contact: `/help/sign-in/${id}/contact`,
    provider: `/help/sign-in/${id}/provider`,
    'take-over': `/takeovers?${new URLSearchParams({ domain: domain ?? '' })}`,
    domain: domain ? `/domains/${encodeURIComponent(domain)}` : '/domains',
    access: '/account/access',
    tenants: '/tenants',
    settings: '/tenants/settings',
    code: `/help/codes/${explain(visit, at.code ?? '')?.code}`,
    case: `/cases?${about}`,
    support: domain ? `/support?${new URLSearchParams({ whr: domain })}` : '/support',
  }
  const told = at.code === undefined ? undefined : explain(visit, at.code)
  const all: ActId[] = [...acts, ...(told ? (['code'] as const) : []), 'case', 'support']
  return all.map(act => ({
    act,
    method: act === 'contact' || act === 'provider' ? 'POST' : 'GET',
    href: hrefs[act],
    title: t(`assistant.act.${act}`),
  }))
}

/** What a code means; undefined where nobody knows it. */
export function explain({ locale }: Visit, code: string): CodeHelp | undefined {
  try {
    return helpOfCode(locale, plainCode(code))
  } catch {
    return undefined // it was typed
  }
}

/** The situation of an end of the questions (work accounts, §1.8). */
export const situationOf = (leaf: LeafId): string => leaves[leaf].situation

/** The words of a question, and of the answers that can be chosen. */
export function questionView({ locale: { t } }: Visit, id: QuestionId) {
  const text = t(`assistant.question.${id}`)
  if (id === 'username') return { id, text, options: [{ id: SKIP, text: t('assistant.skip') }] }
  if (id === 'code') return { id, text }
  const answers: readonly string[] = questions[id]
  return {
    id,
    text,
    options: answers.map(answer => ({
      id: answer,
      text: t(`assistant.answer.${id}.${answer}` as 'assistant.answer.dns.no'),
    })),
  }
}

/** The words of an end of the questions. */
export function leafWords({ locale: { t } }: Visit, { one: { at }, isGlobal }: Scene) {
  const leaf: LeafId = 'leaf' in at ? at.leaf : 'message'
  const which = leaf === 'S12' && isGlobal ? 'S12own' : leaf
  return { title: t(`assistant.leaf.${which}.title`), detail: t(`assistant.leaf.${which}.detail`) }
}

/** The assistant as programs get it (work accounts on the wire, §1.7). */
export function assistantView(visit: Visit, scene: Scene) {
  const { one, tenantId, support } = scene
  const { at, id, username, account, isExpired, told } = one
  const acts = actsOf(visit, scene)
  const isLeaf = 'leaf' in at
  return {
    id,
    state: isExpired ? 'expired' : isLeaf ? 'leaf' : 'ask',
    expiresAt: one.expiresAt.toISOString(),
    known: {
      ...(username !== undefined && { username, account }),
      ...(told.from !== undefined && { from: told.from }),
    },
    answers: told.answers,
    question: isExpired || isLeaf ? null : questionView(visit, at.question),
    leaf:
      isExpired || !isLeaf
        ? null
        : {
            situation: situationOf(at.leaf),
            ...leafWords(visit, scene),
            acts,
            help: support ? supportJson(visit.act.now, support) : null,
          },
    acts: isExpired ? [] : acts,
    supportCode: supportCode(visit.act, tenantId, id),
  }
}
