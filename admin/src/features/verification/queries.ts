import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../api/client.ts'
import { pageOf, pageQuery } from '../../api/pages.ts'
import { orNull } from '../../api/problem.ts'
import type { components } from '../../api/schema.d.ts'

export type Verification = components['schemas']['partnerVerification']
export type Stage = Verification['stages'][number]
export type StageName = Stage['stage']
export type StageEvent = Verification['history'][number]
export type Document = components['schemas']['verificationDocument']
/** One of the firm's own. */
export type OwnDocument = Verification['documents'][number]
export type DocumentType = Document['type']

/** What proves something in a stage. */
export const typesOf: Record<StageName, readonly DocumentType[]> = {
  emailOwnership: [],
  employment: ['domainInvoice', 'domainRegistration', 'assignmentLetter'],
  business: ['businessRegistration', 'articlesOfIncorporation', 'taxCertificate', 'receipt'],
  dueDiligence: ['questionnaire'],
}

/** How the firm's verification stands; null before it has an account. */
export const verification = queryOptions({
  queryKey: ['partner', 'verification'],
  queryFn: () => orNull(dataOf(api.GET('/partner/verification'))),
})

/** Why a stage is rejected, or what is asked for. */
export const reasons = [
  ...(['name_mismatch', 'address_mismatch', 'not_registered', 'document_old', 'document_unreadable'] as const),
  ...(['document_incomplete', 'domain_not_theirs', 'contact_not_employee', 'contact_unreachable', 'other'] as const),
]

/** A firm at the reviewers' desk. */
export type FirmCase = Awaited<ReturnType<typeof readCase>>
const readCase = (id: string) => dataOf(api.GET('/verification/cases/{id}', { params: { path: { id } } }))

/** The firms whose verification is open, those that wait longest for a reviewer first. */
export const desk = infiniteQueryOptions({
  queryKey: ['verifications', 'list'],
  initialPageParam: '',
  queryFn: ({ pageParam, signal }) =>
    pageOf<components['schemas']['verificationCase']>(
      api.GET('/verification/cases', { params: { query: pageQuery(pageParam) }, signal }),
    ),
  getNextPageParam: ({ next }) => next,
})

/** One of them; null where there is none. */
export const firmCase = (id: string) =>
  queryOptions({ queryKey: ['verifications', 'one', id], queryFn: () => orNull(readCase(id)) })
