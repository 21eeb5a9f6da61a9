import type { Visit } from '../http/index.ts'
import { shownDomain } from '../typing/index.ts'
import type { Finding } from './diagnosis.ts'
import { RECORD_HOSTS, RECORD_TTL } from './dns.ts'
import type { Domain } from './domains.ts'
import type { Check } from './proof.ts'
import { fieldsOf, isRegistrar, type RegistrarId } from './registrars.ts'
import { autoCheckUntil } from './schedule.ts'

export type DomainState = 'unverified' | 'verified' | 'conflict' | 'contested' | 'removing'

export function stateOf({ removal, verifiedAt, check, contestedUntil, contestingUntil }: Domain): DomainState {
  if (removal === 'Scheduled' || removal === 'InProgress') return 'removing'
  if (contestedUntil || (contestingUntil && !verifiedAt)) return 'contested'
  if (verifiedAt) return 'verified'
  return check?.result === 'conflict' ? 'conflict' : 'unverified'
}

/** Who keeps the domain's zone: as the reader chose, else as it seems. */
export function registrarOf({ query }: Pick<Visit, 'query'>, { registrar }: Domain): RegistrarId | undefined {
  const id = query.registrar ?? registrar ?? ''
  return isRegistrar(id) ? id : undefined
}

/** The fields of the registrar's form for the record of this domain. */
export const fieldsFor = ({ locale }: Visit, id: RegistrarId, { name, zone, proof }: Domain & { proof: string }) =>
  fieldsOf(id, { name, zone: zone ?? name, value: proof, ttl: RECORD_TTL }, locale.language)

/** The record that proves a domain by its text. */
export const recordView = (proof: string) => ({ type: 'TXT', hosts: RECORD_HOSTS, value: proof, ttl: RECORD_TTL })

/** What a look found, each finding with its advice. */
export const checkView = (visit: Pick<Visit, 'locale'>, { holder: _, ...check }: Check) => ({
  ...check,
  diagnosis: check.diagnosis.map(finding => ({ ...finding, advice: adviceOf(visit, finding) })),
})

/** What a finding means and what to do about it. */
export const adviceOf = ({ locale: { t } }: Pick<Visit, 'locale'>, { code, host = '', found = '' }: Finding): string =>
  t(`domains.diagnosis.${code}`, { host, found })

/** Where the people of a domain that nobody administers get an administrator. */
export const takeoverOf = (name: string) => `/takeovers?domain=${name}`

/** What has proven the domain, and what can be done about it. */
export function conflictOf({ locale: { t } }: Pick<Visit, 'locale'>, { name, check }: Domain) {
  const act = (does: string, method: string, href: string, title: string) => ({ act: does, method, href, title })
  return check?.holder === 'unmanaged'
    ? {
        kind: 'unmanaged',
        acts: [
          act('take-in', 'POST', `/domains/${name}/takeover`, t('domains.take.title')),
          act('take-over', 'GET', takeoverOf(name), t('workAccounts.takeOver')),
        ],
      }
    : { kind: 'managed', acts: [act('contest', 'POST', `/domains/${name}/contest`, t('domains.contest.submit'))] }
}

/** A domain as its administrators read it (work accounts on the wire, §1.4). */
export function domainView(visit: Visit, domain: Domain) {
  const { name, isInitial, isDefault, proof, check, nextCheckAt, gone, goneSince, contestedUntil, contestingUntil } =
    domain
  const state = stateOf(domain)
  const waits = state === 'unverified' || state === 'conflict'
  const id = registrarOf(visit, domain)
  return {
    ...{ name, displayName: shownDomain(name), state, isInitial, isPrimary: isDefault },
    nextCheckAt: nextCheckAt?.toISOString() ?? null,
    autoCheckUntil: waits ? autoCheckUntil(domain.addedAt).toISOString() : null,
    record: proof === null ? null : recordView(proof),
    registrar: id && proof !== null ? { id, fields: fieldsFor(visit, id, { ...domain, proof }) } : null,
    check: check && checkView(visit, check),
    // Whose it is, nobody is told.
    ...(state === 'conflict' && { conflict: conflictOf(visit, domain) }),
    ...(state === 'contested' && { contestedUntil: (contestedUntil ?? contestingUntil)?.toISOString() }),
    ...(domain.verifiedAt &&
      proof !== null &&
      domain.isRoot && {
        health: {
          record: gone ? 'gone' : 'present',
          domain: gone === 'domain' ? 'gone' : 'present',
          since: (goneSince ?? domain.verifiedAt).toISOString(),
        },
      }),
  }
}
