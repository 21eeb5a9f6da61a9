import type { ReactNode } from 'react'
import { MINUTE, plus } from '../clock.ts'
import { supportCode as codeOf } from '../crypto/index.ts'
import { NOBODYS_TENANT } from '../directory/index.ts'
import type { Looks } from '../organization/index.ts'
import {
  Actions,
  type BannerProps,
  Button,
  type FormError,
  HelpLink,
  Lead,
  type PageProps,
  renderPage,
} from '../pages/index.ts'
import type { Refusal } from '../refusals.ts'
import { type Locale, languages } from '../words/index.ts'
import { directoryWords, type ProblemCode, problemWords } from './problems.ts'
import { ownAddress, type SignedInVisit, type Visit } from './visit.ts'

/** What a route says about its page; the frame around it comes from the visit. */
export interface PageContent
  extends Pick<PageProps, 'title' | 'steps' | 'outcome' | 'supportCode' | 'number' | 'notice' | 'width' | 'scripts'> {
  children: ReactNode
  /** The refusal of the form of this page, where the page shows it. */
  problem?: Refusal | undefined
  /** The errors of the fields, from `formErrors`; without them the page shows the words of the problem. */
  errors?: readonly FormError[] | undefined
  /** Where the language switch leads, from a page that answers a form. */
  home?: string | undefined
  /** Loads the page again after so many seconds. */
  refreshAfterSeconds?: number | undefined
  /** Where the page leads by itself, at once. */
  onward?: string | undefined
  /** Whether a page of ours may show it within itself. */
  framed?: true
  /** Whether it shows such a page. */
  frames?: boolean
}

/** The whole document for a visit. The log has the number of a refusal by the support code of its page. */
export function drawPage(visit: Visit, content: PageContent): string {
  const { locale, tenant, looks, services, act } = visit
  const { home, problem, errors = [], number = problem?.number, ...parts } = content
  const { refreshAfterSeconds: _, onward: __, framed: ___, frames: ____, ...rest } = parts
  const told = number !== undefined && {
    number,
    supportCode: content.supportCode ?? codeOf(act, tenant?.id ?? NOBODYS_TENANT, act.random.uuid(act.now)),
  }
  if (told) visit.log.info(told, 'refused')
  return renderPage({
    ...rest,
    ...told,
    refused: problem && { ...problemWords(locale, problem), errors },
    locale,
    brand: tenant
      ? { tenantId: tenant.id, name: tenant.displayName, ...(looks && lookOf(looks)) }
      : { name: 'Latchkey' },
    languages: languages.map(code => ({
      code,
      href: home ? `${home}${home.includes('?') ? '&' : '?'}lang=${code}` : ownAddress(visit, { lang: code }),
    })),
    signedIn: visit.session && { name: visit.session.user.userPrincipalName },
    demo: services.demo,
  })
}

/** The parts of a company's looks that stand on every page. */
const lookOf = ({ locale, settings, images, preview }: Looks): Omit<PageProps['brand'], 'name'> => ({
  locale,
  preview,
  logo: images.bannerLogo,
  icon: images.favicon,
  terms: linkOf(settings.customTermsOfUseText, settings.customTermsOfUseUrl),
  privacy: linkOf(settings.customPrivacyAndCookiesText, settings.customPrivacyAndCookiesUrl),
})

const linkOf = (text: string | null | undefined, href: string | null | undefined) =>
  href ? { href, text: text ?? undefined } : undefined

/** The banner that the password was changed, for a minute: a page that is loaded later does not show it. */
export function changedNotice({ query, session, act, locale }: SignedInVisit): BannerProps | undefined {
  if (query.changed === undefined || plus(session.passwordAt, MINUTE) < act.now) return undefined
  return { tone: 'success', children: locale.t('account.passwordChanged') }
}

/** The page of a problem that has no page of its own. */
export function problemPage(visit: Visit, problem: Refusal): PageContent {
  const { title, detail } = problemWords(visit.locale, problem)
  return {
    title,
    outcome: problem.status >= 500 ? 'danger' : 'warning',
    home: '/',
    children: (
      <>
        <p>{detail}</p>
        {problem.code !== 'not_found' && (
          <p className="hint">
            <HelpLink locale={visit.locale} to={`codes/${problem.code}`} />
          </p>
        )}
        <Actions>
          <Button href="/">{visit.locale.t('frame.home')}</Button>
        </Actions>
      </>
    ),
  }
}

/** Goes on to an application by itself. No form may: browsers block one whose redirects leave the origin (`form-action`). */
export const onwardPage = (
  { locale: { t } }: Visit,
  { title, application, to }: { title: string; application: string; to: string },
): PageContent => ({
  title,
  outcome: 'success',
  onward: to,
  children: (
    <>
      <Lead>{t('signin.done.lead', { application })}</Lead>
      <Actions>
        <Button href={to}>{t('signin.done.link', { application })}</Button>
      </Actions>
    </>
  ),
})

/** The words of the error of a field; undefined where it has none. */
export const errorOf = (errors: readonly FormError[], field: string): string | undefined =>
  errors.find(error => error.field === field)?.text

/** The errors of a refusal for each field of a form. `nameOf`: the form's name of a field, where it differs from the JSON form's. */
export function formErrors(
  visit: Visit,
  problem: Refusal | undefined,
  nameOf: (field: string) => string = field => field,
): FormError[] {
  if (!problem) return []
  if (problem.errors.length > 0)
    return problem.errors.map(({ field, code }) => {
      const name = nameOf(field)
      return { field: name, text: fieldWords(visit.locale, name, code) }
    })
  const { detail } = problemWords(visit.locale, problem)
  const { field, triesLeft: count = 0 } = problem
  const told = [field === undefined ? { text: detail } : { field: nameOf(field), text: detail }]
  const near = count === 1 || count === 2
  return near ? [...told, { text: visit.locale.t('problems.field.triesLeft', { count }) }] : told
}

/** The label of each typed field, by which its errors name it. */
const labels = {
  username: 'signin.username',
  password: 'signin.password',
  pass: 'signin.pass.label',
  currentPassword: 'account.change.current',
  newPassword: 'account.change.new',
  code: 'reset.code.label',
  recoveryCode: 'reset.code.recoveryLabel',
  answer: 'problems.field.answer',
  number: 'methods.number',
  address: 'registration.email.address',
  name: 'registration.passkey.name',
  text: 'cases.text',
} as const

/** Names the field and what to do, for `answers.<id>` and `answer.<place>` alike. */
function fieldWords(locale: Locale, name: string, code: string): string {
  const { t } = locale
  const ofDirectory = directoryWords(locale, code)
  if (ofDirectory !== undefined) return ofDirectory
  if (hasWords(code)) return t(`problems.${code}.detail`)
  const field = (/^(answer|question)s?\./.exec(name)?.[1] ?? name) as keyof typeof labels | 'question' | 'problem'
  if (field === 'question' || field === 'problem') return t(`problems.field.missing.${field}`)
  if (code === 'unknown' || !Object.hasOwn(labels, field)) return t('problems.field.required')
  // A malformed code is answered with what a code looks like.
  if (code === 'required' || field === 'code' || field === 'recoveryCode') return t(`problems.field.missing.${field}`)
  return t(`problems.field.${code === 'too_long' ? code : 'invalid'}`, { label: t(labels[field]) })
}

const hasWords = (code: string): code is Extract<ProblemCode, `${'password' | 'answer' | 'question'}_${string}`> =>
  /^(password|answer|question)_/.test(code)
