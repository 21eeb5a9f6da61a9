import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { allowedActions } from '../../api/queries.ts'
import { Refused } from '../../parts/Refused.tsx'
import { writeback } from '../../parts/writeback.ts'
import { t } from '../../words.ts'

/** Whether new passwords reach the company's own directory. */
export function OnPremises() {
  const { data, error, refetch } = useQuery(writeback)
  const { data: allowed } = useQuery(allowedActions)
  if (!data) return error ? <Refused error={error} again={() => void refetch()} /> : null
  return (
    <section className={data.writeback ? 'standing standing-good' : 'standing standing-off'}>
      <h2>{t(data.writeback ? 'admin.policies.onPremises.on' : 'admin.policies.onPremises.off')}</h2>
      <p>{t(data.writeback ? 'admin.policies.onPremises.onDetail' : 'admin.policies.onPremises.offDetail')}</p>
      {allowed?.value.includes('agents.read') && (
        <p>
          <Link to="/agents">{t('admin.frame.places.agents')}</Link>
        </p>
      )}
    </section>
  )
}
