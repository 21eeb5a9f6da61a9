import { Type } from 'typebox'
import { passCaptcha } from '../captcha/captchaPages.tsx'
import type { Captcha } from '../captcha/index.ts'
import { Exactly, type Journeys, Text } from '../http/index.ts'
import { mailboxOf } from '../typing/index.ts'
import { checkAccount, readAnswer, readQuery, signAnswer } from './check.ts'
import { mailCheck } from './mailedCheck.ts'
import { answerPage, askPage, mailPage } from './pages.tsx'
import { actsOf } from './wire.ts'

/** The URLs of the question whether a company has a work account here (work accounts on the wire, §1.2). */
export function workAccountRoutes(journeys: Journeys, captcha: Captcha) {
  journeys.route({
    method: 'GET',
    url: '/account-check',
    access: 'anyone',
    async handle(visit) {
      const { answer } = visit.query
      if (answer === undefined) return { json: {} }
      const found = readAnswer(visit.act, answer)
      return { json: { ...found, acts: actsOf(visit, found) } }
    },
    page: async (visit, problem) => {
      const { answer } = visit.query
      return answer === undefined || problem
        ? askPage(visit, problem)
        : answerPage(visit, readAnswer(visit.act, answer))
    },
  })

  journeys.route({
    method: 'POST',
    url: '/account-check',
    access: 'anyone',
    flood: 'check',
    body: Exactly({ query: Text(256), captcha: Type.Optional(Type.String({ maxLength: 4096 })) }),
    fromForm: ({ captcha_form: _, ...body }) => body,
    async handle(visit, { query, captcha: solved = '' }) {
      const domain = readQuery(query)
      if (captcha.required) await passCaptcha(visit, captcha, domain, solved)
      const found = await checkAccount(visit.db, domain)
      const next = `/account-check?answer=${signAnswer(visit.act, found)}`
      return { json: { ...found, acts: actsOf(visit, found) }, next }
    },
    keeps: /^(query|captcha_form)$/,
  })

  journeys.route({
    method: 'GET',
    url: '/account-check/mail',
    access: 'anyone',
    page: async (visit, problem) => mailPage(visit, problem),
  })

  journeys.route({
    method: 'POST',
    url: '/account-check/mail',
    access: 'anyone',
    flood: 'begin',
    body: Exactly({ address: Text(256), captcha: Type.Optional(Type.String({ maxLength: 4096 })) }),
    fromForm: ({ captcha_form: _, ...body }) => body,
    async handle(visit, { address, captcha: solved = '' }) {
      if (captcha.required) await passCaptcha(visit, captcha, mailboxOf(address).domain, solved)
      await mailCheck(visit.db, visit.act, { address, language: visit.locale.language })
      return { status: 202, json: {}, next: '/account-check/mail?sent' }
    },
    keeps: /^(address|captcha_form)$/,
  })
}
