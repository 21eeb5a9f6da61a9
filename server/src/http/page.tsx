import type { ReactNode } from 'react'
import { Actions, Button, ErrorSummary, type FormError, type PageProps, renderPage } from '../pages/index.ts'
import { languages } from '../words/index.ts'
import { type FieldProblem, type PasswordProblem, type Problem, problemWords } from './problems.ts'
import type { Visit } from './visit.ts'

/** What a route says about its page; the frame around it comes from the visit. */
export interface PageContent
  extends Pick<PageProps, 'title' | 'steps' | 'outcome' | 'supportCode' | 'notice' | 'width' | 'scripts'> {
  children: ReactNode
  /** Where this page can be got, for the language switch of a page that answers a form. */
  home?: string | undefined
  /** Loads the page again after so many seconds. */
  refreshAfterSeconds?: number | undefined
}

/** The whole document for a visit. */
export function drawPage(visit: Visit, content: PageContent): string {
  const { locale, tenant, around } = visit
  const { home = visit.path, refreshAfterSeconds: _, ...rest } = content
  const kept = ['username', 'whr', 'next'].filter(name => visit.query[name] !== undefined && home === visit.path)
  const query = kept.map(name => `&${name}=${encodeURIComponent(visit.query[name] ?? '')}`).join('')
  return renderPage({
    ...rest,
    locale,
    brand: tenant ? { tenantId: tenant.id, name: tenant.displayName, logo: tenant.hasLogo } : { name: 'Latchkey' },
    languages: languages.map(code => ({ code, href: `${home}?lang=${code}${query}` })),
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

/** What a refusal says about each field of a form. `names`: the form's names of fields that it asks for otherwise than the JSON form does. */
export function formErrors(
  visit: Visit,
  problem: Problem | undefined,
  names: Record<string, string> = {},
): FormError[] {
  if (!problem) return []
  const nameOf = (field: string) => names[field] ?? field
  if (problem.errors.length > 0)
    return problem.errors.map(({ field, code }) => ({ field: nameOf(field), text: fieldWords(visit, code) }))
  const { detail } = problemWords(visit.locale, problem)
  return [problem.field === undefined ? { text: detail } : { field: nameOf(problem.field), text: detail }]
}

const fieldWords = ({ locale }: Visit, code: FieldProblem['code']) =>
  isOfPassword(code) ? locale.t(`problems.${code}.detail`) : locale.t(`problems.field.${code}`)

const isOfPassword = (code: FieldProblem['code']): code is PasswordProblem => code.startsWith('password_')

/** The summary of a refusal at the top of the page that comes back; nothing where there is none. */
export function ProblemSummary(props: { visit: Visit; problem: Problem | undefined; errors: readonly FormError[] }) {
  const { visit, problem, errors } = props
  return problem ? <ErrorSummary title={problemWords(visit.locale, problem).title} errors={errors} /> : null
}
