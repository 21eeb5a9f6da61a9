import { errorOf, formErrors, type PageContent, type SignedInVisit, typed } from '../http/index.ts'
import {
  Actions,
  Badge,
  type BannerProps,
  Button,
  Checkbox,
  DataTable,
  Details,
  Form,
  type FormError,
  Lead,
  MethodList,
  MethodRow,
  Panel,
  TextField,
} from '../pages/index.ts'
import type { Refusal } from '../refusals.ts'
import { shownDomain } from '../typing/index.ts'
import type { Domain } from './domains.ts'
import type { Check } from './proof.ts'
import { Findings, generalFields, RecordFields } from './recordPages.tsx'
import { registrarIds, registrarName } from './registrars.ts'
import { autoCheckUntil } from './schedule.ts'
import { type DomainState, fieldsFor, registrarOf, stateOf, takeoverOf } from './wire.ts'

const TONES: Record<DomainState, 'success' | 'warning' | 'danger'> = {
  verified: 'success',
  unverified: 'warning',
  conflict: 'danger',
  contested: 'danger',
  removing: 'warning',
}

/** Every domain of the company, and the form for another. `proved`: whether a fresh proof stands, without which nothing is added. */
export function domainsPage(
  visit: SignedInVisit,
  domains: readonly Domain[],
  { proved, problem }: { proved: boolean; problem: Refusal | undefined },
): PageContent {
  const { t } = visit.locale
  const errors = formErrors(visit, problem)
  return {
    title: t('domains.title'),
    width: 'wide',
    problem,
    errors,
    notice: visit.query.removed === undefined ? undefined : { tone: 'success', children: t('domains.removed') },
    children: (
      <>
        <Lead>{t('domains.lead')}</Lead>
        <MethodList>
          {domains.map(domain => (
            <DomainRow key={domain.name} visit={visit} domain={domain} />
          ))}
        </MethodList>
        <Panel title={t('domains.add.title')}>
          {proved ? (
            <Form action="/domains">
              <TextField
                name="name"
                label={t('domains.add.name')}
                hint={t('domains.add.hint')}
                value={typed(visit, 'name') ?? visit.query.name}
                error={errors.find(error => error.field === 'name')?.text}
              />
              <Actions>
                <Button>{t('domains.add.submit')}</Button>
              </Actions>
            </Form>
          ) : (
            <>
              <p>{t('domains.add.proveFirst')}</p>
              <Actions>
                <Button href="/session/proof?next=%2Fdomains">{t('domains.add.prove')}</Button>
              </Actions>
            </>
          )}
        </Panel>
        <Actions>
          <Button kind="link" href="/account">
            {t('domains.back')}
          </Button>
        </Actions>
      </>
    ),
  }
}

function DomainRow({ visit, domain }: { visit: SignedInVisit; domain: Domain }) {
  const { t } = visit.locale
  const { name, isDefault, isInitial, gone } = domain
  const state = stateOf(domain)
  const marks = [...(isDefault ? [t('domains.primary')] : []), ...(isInitial ? [t('domains.initial')] : [])]
  return (
    <MethodRow
      icon="globe"
      label={shownDomain(name)}
      hint={marks.length > 0 ? marks.join(' · ') : undefined}
      badge={{ tone: gone && state === 'verified' ? 'warning' : TONES[state], text: t(`domains.state.${state}`) }}
      action={
        <Button kind="link" href={`/domains/${name}`} label={t('domains.openLabel', { domain: name })}>
          {t('domains.open')}
        </Button>
      }
    />
  )
}

/** One domain: the record that proves it, what the DNS says, and what can be done with it. */
export function domainPage(visit: SignedInVisit, domain: Domain, problem?: Refusal): PageContent {
  const { t } = visit.locale
  const { name, proof, isInitial, isDefault, isRoot, verifiedAt, contestedUntil } = domain
  const state = stateOf(domain)
  const errors = formErrors(visit, problem)
  return {
    title: shownDomain(name),
    width: 'wide',
    problem,
    errors,
    scripts: ['copy', 'times'],
    notice: noticeOf(visit, domain),
    children: (
      <>
        <p>
          <Badge tone={TONES[state]} text={t(`domains.state.${state}`)} />
        </p>
        {state === 'conflict' && <ContestPanel visit={visit} domain={domain} errors={errors} />}
        {proof !== null && (!verifiedAt || contestedUntil) && (
          <RecordPanel visit={visit} domain={{ ...domain, proof }} />
        )}
        {proof !== null && (isRoot || !verifiedAt || contestedUntil) && <CheckPanel visit={visit} domain={domain} />}
        <Panel
          title={t('domains.more.title')}
          hint={verifiedAt && !isDefault ? t('domains.more.primaryHint') : undefined}
        >
          {verifiedAt && !isDefault && state !== 'removing' && (
            <Form action={`/domains/${name}/primary`}>
              <Actions>
                <Button kind="secondary" name="renameMe" value="false">
                  {t('domains.more.primary')}
                </Button>
                {!visit.session.user.userPrincipalName.endsWith(`@${name}`) && (
                  <Button kind="link" name="renameMe" value="true">
                    {t('domains.more.primaryRename')}
                  </Button>
                )}
              </Actions>
            </Form>
          )}
          {isInitial || isDefault ? (
            <p>{t('domains.remove.needed')}</p>
          ) : (
            <Actions>
              <Button kind="link" href={`/domains/${name}/uses`}>
                {t('domains.more.remove')}
              </Button>
            </Actions>
          )}
        </Panel>
        <Actions>
          <Button kind="link" href="/domains">
            {t('domains.all')}
          </Button>
        </Actions>
      </>
    ),
  }
}

/** What happened just now, or what is missing. */
function noticeOf(
  { locale, query }: SignedInVisit,
  { name, gone, goneSince, verifiedAt, isDefault, contestedUntil, contestingUntil }: Domain,
): BannerProps | undefined {
  const { t } = locale
  if (contestedUntil)
    return { tone: 'warning', children: t('domains.contest.held', { date: locale.dateTime(contestedUntil) }) }
  if (contestingUntil && !verifiedAt)
    return { tone: 'success', children: t('domains.contest.mine', { date: locale.dateTime(contestingUntil) }) }
  if (gone && goneSince)
    return { tone: 'warning', children: t(`domains.gone.${gone}`, { date: locale.day(goneSince) }) }
  if (query.added !== undefined && !verifiedAt)
    return { tone: 'success', children: t('domains.added', { domain: name }) }
  if (query.made !== undefined && isDefault) return { tone: 'success', children: t('domains.made', { domain: name }) }
  return undefined
}

/** What has proven the domain elsewhere, and the way to ask for it. */
function ContestPanel({
  visit,
  domain: { name, check },
  errors,
}: {
  visit: SignedInVisit
  domain: Domain
  errors: readonly FormError[]
}) {
  const { t } = visit.locale
  if (check?.holder === 'unmanaged')
    return (
      <Panel title={t('domains.take.title')} hint={t('domains.take.lead')}>
        <Form action={`/domains/${name}/takeover`}>
          <TextField
            name="address"
            label={t('domains.take.address')}
            hint={t('domains.take.addressHint')}
            value={typed(visit, 'address')}
            error={errorOf(errors, 'address')}
            type="email"
            autoComplete="email"
          />
          <Actions>
            <Button>{t('domains.take.submit')}</Button>
          </Actions>
        </Form>
        <p className="hint">{t('domains.take.or')}</p>
        <Actions>
          <Button kind="link" href={takeoverOf(name)}>
            {t('workAccounts.takeOver')}
          </Button>
        </Actions>
      </Panel>
    )
  return (
    <Panel title={t('domains.contest.title')} hint={t('domains.contest.lead')}>
      <Form action={`/domains/${name}/contest`}>
        <Actions>
          <Button kind="secondary">{t('domains.contest.submit')}</Button>
        </Actions>
      </Form>
    </Panel>
  )
}

/** The record, in the words of the registrar's form where that is known. */
function RecordPanel({ visit, domain }: { visit: SignedInVisit; domain: Domain & { proof: string } }) {
  const { t } = visit.locale
  const { name, proof } = domain
  const id = registrarOf(visit, domain)
  const fields = id ? fieldsFor(visit, id, domain) : generalFields(visit, proof)
  const others = registrarIds.filter(one => one !== id)
  return (
    <Panel
      title={t('domains.record.title')}
      hint={
        id
          ? t('domains.record.leadAt', { domain: name, registrar: registrarName(id) })
          : t('domains.record.lead', { domain: name })
      }
    >
      <RecordFields visit={visit} fields={fields} />
      <Details summary={t('domains.record.others')}>
        <ul>
          {others.map(one => (
            <li key={one}>
              <a href={`/domains/${name}?registrar=${one}`}>{registrarName(one)}</a>
            </li>
          ))}
          {id && (
            <li>
              <a href={`/domains/${name}?registrar=other`}>{t('domains.record.general')}</a>
            </li>
          )}
        </ul>
      </Details>
    </Panel>
  )
}

/** What the last look into the DNS found, and the button for another. */
function CheckPanel({ visit, domain }: { visit: SignedInVisit; domain: Domain }) {
  const { t } = visit.locale
  const { name, check, nextCheckAt, addedAt, verifiedAt, contestingUntil } = domain
  return (
    <Panel title={t('domains.check.title')}>
      <Findings visit={visit} check={check} />
      {check && <Answers visit={visit} check={check} />}
      {!verifiedAt && !contestingUntil && (
        <p className="hint">
          {nextCheckAt
            ? t('domains.check.next', {
                date: visit.locale.dateTime(nextCheckAt),
                until: visit.locale.dateTime(autoCheckUntil(addedAt)),
              })
            : t('domains.check.over')}
        </p>
      )}
      <Form action={`/domains/${name}/check`}>
        <Actions>
          <Button {...(verifiedAt && { kind: 'secondary' as const })}>{t('domains.check.now')}</Button>
        </Actions>
      </Form>
    </Panel>
  )
}

/** Answers that the page shows; the JSON form has all that are kept. */
const SHOWN = 12

function Answers({ visit, check }: { visit: SignedInVisit; check: Check }) {
  const { locale } = visit
  const { t } = locale
  const columns = [t('domains.check.question'), t('domains.check.resolver'), t('domains.check.answer')]
  const said = ({ rcode, answers }: Check['asked'][number]) => {
    if (rcode === null) return t('domains.check.silence')
    if (answers.length === 0) return rcode === 'NOERROR' ? t('domains.check.none') : rcode
    return (
      <ul>
        {answers.map(({ type, data, ttl }) => (
          <li key={`${type} ${data}`}>
            {t('domains.check.ttl', { data: `${type} ${data}`, duration: locale.duration(Math.max(1, ttl)) })}
          </li>
        ))}
      </ul>
    )
  }
  return (
    <Details summary={t('domains.check.details')}>
      <DataTable
        caption={t('domains.check.details')}
        captionHidden
        columns={columns}
        rows={check.asked.slice(0, SHOWN).map((one, place) => ({
          key: String(place),
          cells: [`${one.name} ${one.type}`, `${one.resolver} ${one.transport.toUpperCase()}`, said(one)],
        }))}
      />
    </Details>
  )
}

/** What hangs on a domain. */
interface Uses {
  domain: Domain
  /** Where renamed people go. */
  initial: Domain
  people: { count: number; first: readonly { id: string; userPrincipalName: string }[] }
  domains: readonly string[]
}

/** What hangs on a domain, and its removal. */
export function usesPage(
  visit: SignedInVisit,
  { domain, initial, people, domains }: Uses,
  problem?: Refusal,
): PageContent {
  const { locale } = visit
  const { t } = locale
  const { name, isInitial, isDefault } = domain
  const stays = isInitial || isDefault
  return {
    title: t('domains.remove.title', { domain: name }),
    problem,
    children: (
      <>
        <p>{people.count === 0 ? t('domains.remove.unused') : t('domains.remove.people', { count: people.count })}</p>
        {people.count > people.first.length && <p>{t('domains.remove.first', { count: people.first.length })}</p>}
        {people.count > 0 && (
          <ul>
            {people.first.map(one => (
              <li key={one.id}>
                <bdi>{one.userPrincipalName}</bdi>
              </li>
            ))}
          </ul>
        )}
        {domains.length > 0 && <p>{t('domains.remove.below', { domains: locale.list(domains) })}</p>}
        {stays && <p>{t('domains.remove.needed')}</p>}
        {!stays && domains.length === 0 && people.count === 0 && (
          <Form action={`/domains/${name}/removal`}>
            <Actions>
              <Button kind="danger">{t('domains.remove.submit')}</Button>
              <Keep visit={visit} name={name} />
            </Actions>
          </Form>
        )}
        {!stays && domains.length === 0 && people.count > 0 && (
          <Form action={`/domains/${name}/forced-removal`}>
            <p>{t('domains.remove.forcedLead', { initial: initial.name })}</p>
            <Checkbox name="disableUserAccounts" label={t('domains.remove.disable')} checked />
            <Actions>
              <Button kind="danger">{t('domains.remove.forced')}</Button>
              <Keep visit={visit} name={name} />
            </Actions>
          </Form>
        )}
        {(stays || domains.length > 0) && <Keep visit={visit} name={name} />}
      </>
    ),
  }
}

const Keep = ({ visit, name }: { visit: SignedInVisit; name: string }) => (
  <Button kind="link" href={`/domains/${name}`}>
    {visit.locale.t('domains.remove.cancel')}
  </Button>
)
