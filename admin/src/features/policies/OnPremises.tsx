import { useQuery } from '@tanstack/react-query'
import { Refused } from '../../parts/Refused.tsx'
import { t } from '../../words.ts'
import { writeback } from './queries.ts'

/** Whether new passwords reach the company's own directory. */
export function OnPremises() {
  const { data, error, refetch } = useQuery(writeback)
  if (!data) return error ? <Refused error={error} again={() => void refetch()} /> : null
  return (
    <section className={data.writeback ? 'standing standing-good' : 'standing standing-off'}>
      <h2>{t(data.writeback ? 'admin.policies.onPremises.on' : 'admin.policies.onPremises.off')}</h2>
      <p>{t(data.writeback ? 'admin.policies.onPremises.onDetail' : 'admin.policies.onPremises.offDetail')}</p>
    </section>
  )
}
