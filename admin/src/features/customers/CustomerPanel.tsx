import { Button, Field, Input, useRestoreFocusTarget } from '@fluentui/react-components'
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { Problem } from '../../api/problem.ts'
import { allowedActions } from '../../api/queries.ts'
import { openCustomer } from '../../api/session.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { fieldError } from '../../parts/fieldError.ts'
import { Panel } from '../../parts/Panel.tsx'
import { endOf } from '../../parts/relationshipEnd.ts'
import { useRoleNames } from '../../parts/useRoleNames.ts'
import { exactly, list, t } from '../../words.ts'
import { InviteAdministrator } from './InviteAdministrator.tsx'
import { NewRelationship } from './NewRelationship.tsx'
import { type Customer, customer, ownAccess, partnerships, relationships } from './queries.ts'

/** One customer: what the firm is to it, what one may do there oneself, and the relationships with it. */
export function CustomerPanel() {
  const { customer: id } = useParams({ from: '/customers/$customer' })
  const search = useSearch({ from: '/customers' })
  const navigate = useNavigate()
  const { data: found, error, refetch } = useQuery(customer(id))
  const { data: allowed } = useQuery(allowedActions)
  const { data: resellers } = useQuery(partnerships)
  const may = new Set(allowed?.value)
  const close = async () => {
    await navigate({ to: '/customers', search })
    document.getElementById(`customer-${id}`)?.focus()
  }
  const reseller = resellers?.find(one => one.id === found?.resellerTenantId)
  return (
    <Panel
      label={t('admin.customers.panel')}
      heading={found === null ? t('admin.customers.gone') : found?.displayName}
      error={error}
      again={() => void refetch()}
      close={() => void close()}
    >
      {found && (
        <>
          <Own id={id} />
          <dl className="facts">
            <div>
              <dt>{t('admin.customers.facts.domain')}</dt>
              <dd>{found.domain}</dd>
            </div>
            <div>
              <dt>{t('admin.customers.facts.resale')}</dt>
              <dd>
                {!found.resale
                  ? t('admin.customers.facts.notSold')
                  : reseller
                    ? t('admin.customers.facts.soldBy', { reseller: reseller.displayName })
                    : t('admin.customers.facts.sold')}
              </dd>
            </div>
            <div>
              <dt>{t('admin.customers.columns.tags')}</dt>
              <dd>{found.tags.length > 0 ? list(found.tags) : '–'}</dd>
            </div>
          </dl>
          <Acts found={found} may={may} />
          {may.has('partner.relationships.read') && <Relationships id={id} />}
        </>
      )}
    </Panel>
  )
}

/** What one may do there oneself. */
function Own({ id }: { id: string }) {
  const nameRoles = useRoleNames()
  const { data } = useQuery(ownAccess(id))
  if (!data) return null
  const { via, roles, until } = data
  return (
    <section role="status" className={via ? 'standing standing-good' : 'standing'}>
      <h3>{t(`admin.customers.own.${via ?? 'none'}`)}</h3>
      {via && <p>{nameRoles(roles)}</p>}
      {until && <p>{t('admin.customers.own.until', { when: exactly(until) })}</p>}
      {via ? (
        <div className="acts">
          <Button appearance="primary" onClick={() => openCustomer(id)}>
            {t('admin.customers.acts.open')}
          </Button>
        </div>
      ) : (
        <p>{t('admin.customers.own.noneDetail')}</p>
      )}
    </section>
  )
}

function Acts({ found, may }: { found: Customer; may: ReadonlySet<string> }) {
  const opens = useRestoreFocusTarget()
  const [asked, setAsked] = useState<'relate' | 'tag' | 'invite' | 'end'>()
  const close = () => setAsked(undefined)
  const button = (name: NonNullable<typeof asked>, action: string) =>
    may.has(action) && (
      <Button {...opens} onClick={() => setAsked(name)}>
        {t(`admin.customers.acts.${name}`)}
      </Button>
    )
  return (
    <div className="acts">
      {button('relate', 'partner.relationships.write')}
      {button('tag', 'partner.customers.write')}
      {found.resale && button('invite', 'partner.customers.create')}
      {found.resale && button('end', 'partner.customers.end')}
      {asked === 'relate' && <NewRelationship customer={found} close={close} />}
      {asked === 'tag' && <Tags found={found} close={close} />}
      {asked === 'invite' && <InviteAdministrator id={found.id} name={found.displayName} close={close} />}
      {asked === 'end' && <End found={found} close={close} />}
    </div>
  )
}

function Tags({ found, close }: { found: Customer; close: () => void }) {
  const queries = useQueryClient()
  const [typed, setTyped] = useState(found.tags.join(', '))
  const { mutate, isPending, error } = useMutation({
    mutationFn: () =>
      api.PATCH('/partner/customers/{customerTenantId}', {
        params: { path: { customerTenantId: found.id } },
        body: {
          tags: typed
            .split(/[,、]/)
            .map(tag => tag.trim())
            .filter(tag => tag !== ''),
        },
      }),
    onSuccess: async () => {
      close()
      await queries.invalidateQueries({ queryKey: ['customers'] })
    },
  })
  const fields = error instanceof Problem ? error.fields : new Map<string, string>()
  return (
    <AskFirst
      title={t('admin.customers.tags.title', { customer: found.displayName })}
      verb={t('admin.customers.save')}
      act={mutate}
      isActing={isPending}
      error={fields.size > 0 ? null : error}
      close={close}
    >
      <Field
        label={t('admin.customers.columns.tags')}
        hint={t('admin.customers.tags.hint')}
        {...fieldError(fields, 'tags')}
      >
        <Input value={typed} autoComplete="off" onChange={(_, { value }) => setTyped(value)} />
      </Field>
    </AskFirst>
  )
}

function End({ found, close }: { found: Customer; close: () => void }) {
  const queries = useQueryClient()
  const navigate = useNavigate()
  const { mutate, isPending, error } = useMutation({
    mutationFn: () =>
      api.DELETE('/partner/customers/{customerTenantId}', { params: { path: { customerTenantId: found.id } } }),
    onSuccess: async () => {
      await navigate({ to: '/customers', search: true })
      await queries.invalidateQueries({ queryKey: ['customers'] })
    },
  })
  return (
    <AskFirst
      title={t('admin.customers.end.title', { customer: found.displayName })}
      verb={t('admin.customers.end.verb')}
      act={mutate}
      isActing={isPending}
      error={error}
      close={close}
    >
      <p>{t('admin.customers.end.detail')}</p>
    </AskFirst>
  )
}

function Relationships({ id }: { id: string }) {
  const { data } = useInfiniteQuery(relationships({ customer: id }))
  const rows = data?.pages.flatMap(page => page.rows) ?? []
  return (
    <section>
      <h3>{t('admin.customers.titles.relationships')}</h3>
      {data && rows.length === 0 && <p className="calm">{t('admin.customers.relationships.noneHere')}</p>}
      <ul className="rows">
        {rows.map(row => (
          <li key={row.id} className="row-link">
            <Link to="/customers/relationships/$relationship" params={{ relationship: row.id }} className="two-lines">
              <b>{row.displayName}</b>
              <small>{endOf(row) && t('admin.customers.own.until', { when: exactly(endOf(row)!) })}</small>
            </Link>
            <span className={row.status === 'active' ? 'tag tag-good' : 'tag'}>
              {t(`admin.customers.statuses.${row.status as 'active'}`)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}
