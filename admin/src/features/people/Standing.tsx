import { useQuery } from '@tanstack/react-query'
import { diagnose } from '../../parts/diagnosis.ts'
import { Loading } from '../../parts/Loading.tsx'
import { readiness } from '../../parts/personQueries.ts'
import { Refused } from '../../parts/Refused.tsx'
import { list, moment, t } from '../../words.ts'

/** Whether a person can get back in on their own, and what keeps them from it. */
export function Standing({ id, accountEnabled }: { id: string; accountEnabled: boolean }) {
  const { data, error, refetch } = useQuery(readiness(id))
  if (!data) return error ? <Refused error={error} again={() => void refetch()} /> : <Loading rows={2} />
  const { finding, until } = diagnose({ accountEnabled, readiness: data })
  return (
    <section className={finding === 'nothing' ? 'standing standing-good' : 'standing'}>
      <h3>{t(`admin.diagnosis.${finding}`)}</h3>
      {until && <p>{t('admin.diagnosis.until', { when: moment(until) })}</p>}
      <p>
        {data.methodsRegistered.length === 0
          ? t('admin.diagnosis.noMethods')
          : t('admin.diagnosis.methods', {
              methods: list(data.methodsRegistered.map(method => t(`admin.diagnosis.kinds.${method}`))),
            })}
      </p>
      <p>{t('admin.diagnosis.gates', { count: data.gatesRequired })}</p>
    </section>
  )
}
