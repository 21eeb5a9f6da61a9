import type { ReactNode } from 'react'
import { Actions, Button, type FormError, type PageProps, renderPage } from '../pages/index.ts'
import { languages } from '../words/index.ts'
import { type FieldProblem, type PasswordProblem, type Problem, problemWords } from './problems.ts'
import { ownAddress, type Visit } from './visit.ts'

/** What a route says about its page; the frame around it comes from the visit. */
export interface PageContent
  extends Pick<PageProps, 'title' | 'steps' | 'outcome' | 'supportCode' | 'notice' | 'width' | 'scripts'> {
  children: ReactNode
  /** Why the form of this page was refused, where the page tells of it. */
  problem?: Problem | undefined
  /** What is said of each field: `formErrors`, the problem's own words where they are left out. */
  errors?: readonly FormError[] | undefined
  /** Where the language switch leads, from a page that answers a form. */
  home?: string | undefined
  /** Loads the page again after so many seconds. */
  refreshAfterSeconds?: number | undefined
}

/** The whole document for a visit. */
export function drawPage(visit: Visit, content: PageContent): string {
  const { locale, tenant, around } = visit
  const { home, problem, errors = [], refreshAfterSeconds: _, ...rest } = content
  return renderPage({
    ...rest,
    refused: problem && { ...problemWords(locale, problem), errors },
    locale,
    brand: tenant ? { tenantId: tenant.id, name: tenant.displayName, logo: tenant.hasLogo } : { name: 'Latchkey' },
    languages: languages.map(code => ({
      code,
      href: home ? `${home}?lang=${code}` : ownAddress(visit, { lang: code }),
    })),
    signedIn: visit.session && { name: visit.session.user.userPrincipalName },
    demo: around.demo,
  })
}

/** The page of a problem that has no page of its own. */
export function problemPage(visit: Visit, problem: Problem): PageContent {
  const { title, detail } = problemWords(visit.locale, problem)
  return {
    title,
    outcome: problem.status >= 500 ? 'danger' : 'warning',
    home: '/',
    children: (
      <>
        <p>{detail}</p>
        <Actions>
          <Button href="/">{visit.locale.t('frame.home')}</Button>
        </Actions>
      </>
    ),
  }
}

/** What a refusal says about each field of a form. `nameOf`: the form's name of a field that it asks for otherwise than the JSON form does. */
export function formErrors(
  visit: Visit,
  problem: Problem | undefined,
  nameOf: (field: string) => string = field => field,
): FormError[] {
  if (!problem) return []
  if (problem.errors.length > 0)
    return problem.errors.map(({ field, code }) => ({ field: nameOf(field), text: fieldWords(visit, code) }))
  const { detail } = problemWords(visit.locale, problem)
  return [problem.field === undefined ? { text: detail } : { field: nameOf(problem.field), text: detail }]
}

const fieldWords = ({ locale }: Visit, code: FieldProblem['code']) =>
  isOfPassword(code) ? locale.t(`problems.${code}.detail`) : locale.t(`problems.field.${code}`)

const isOfPassword = (code: FieldProblem['code']): code is PasswordProblem => code.startsWith('password_')
