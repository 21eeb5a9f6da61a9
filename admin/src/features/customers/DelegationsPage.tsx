import { Button, useRestoreFocusTarget } from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { allowedActions } from '../../api/queries.ts'
import { Loading } from '../../parts/Loading.tsx'
import { Refused } from '../../parts/Refused.tsx'
import { lastDay, moment, number, t } from '../../words.ts'
import { CustomersHead } from './CustomersHead.tsx'
import { EndDialog } from './EndDialog.tsx'
import { delegations } from './queries.ts'

/** Delegated administration that customers have given, with its use: what nobody uses is given back. */
export function DelegationsPage() {
  const opens = useRestoreFocusTarget()
  const { data, error, refetch } = useQuery(delegations)
  const { data: allowed } = useQuery(allowedActions)
  const [leaving, setLeaving] = useState<{ id: string; name: string }>()
  const mayWrite = allowed?.value.includes('partner.relationships.write') ?? false
  return (
    <div className="page">
      <CustomersHead page="delegations" />
      {!data && (error ? <Refused error={error} again={() => void refetch()} /> : <Loading rows={4} />)}
      {data?.length === 0 && <p className="empty">{t('admin.customers.delegations.none')}</p>}
      {data && data.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
        <section className="figures-frame" tabIndex={0} aria-label={t('admin.customers.titles.delegations')}>
          <table className="figures-table">
            <thead>
              <tr>
                {(['customer', 'state', 'ends', 'lastUsed', 'agents', 'used', 'admins'] as const).map(name => (
                  <th key={name} scope="col" className={['agents', 'used', 'admins'].includes(name) ? 'number' : ''}>
                    {t(`admin.customers.delegations.${name}`)}
                  </th>
                ))}
                {mayWrite && <td />}
              </tr>
            </thead>
            <tbody>
              {data.map(one => (
                <tr key={one.customerTenantId}>
                  <th scope="row">{one.organizationDisplayName}</th>
                  <td>
                    <span className={one.asleep ? 'tag tag-medium' : 'tag tag-good'}>
                      {t(`admin.customers.delegations.${one.asleep ? 'asleep' : 'awake'}`)}
                    </span>
                  </td>
                  <td>{lastDay(one.endDateTime)}</td>
                  <td>{one.lastSignInDateTime ? moment(one.lastSignInDateTime) : t('admin.customers.never')}</td>
                  <td className="number">{number(one.partnerAgentCount)}</td>
                  <td className="number">{number(one.partnerSignInCount)}</td>
                  <td className="number">{number(one.globalAdminSignInCount)}</td>
                  {mayWrite && (
                    <td>
                      <Button
                        {...opens}
                        size="small"
                        aria-label={t('admin.customers.delegations.endOf', { customer: one.organizationDisplayName })}
                        onClick={() => setLeaving({ id: one.customerTenantId, name: one.organizationDisplayName })}
                      >
                        {t('admin.customers.delegations.end')}
                      </Button>
                    </td>
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      {leaving && (
        <EndDialog
          title={t('admin.customers.delegations.endOf', { customer: leaving.name })}
          verb={t('admin.customers.delegations.end')}
          detail={t('admin.customers.delegations.endDetail')}
          end={() =>
            api.DELETE('/partner/delegations/{customerTenantId}', {
              params: { path: { customerTenantId: leaving.id } },
            })
          }
          close={() => setLeaving(undefined)}
        />
      )}
    </div>
  )
}
