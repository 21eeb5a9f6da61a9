import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { registrationDays } from '../../parts/registrationDays.ts'
import { number, t } from '../../words.ts'

/** How many people can get back in on their own by now, and who cannot. */
export function Registered() {
  const { data: days } = useQuery(registrationDays)
  const today = days?.at(-1)
  if (!today) return null
  return (
    <>
      <p>{t('admin.home.reach.sentence', { capable: number(today.capable), people: number(today.enabled) })}</p>
      <p>
        <Link to="/people" search={{ view: 'cannotReset' }}>
          {t('admin.started.registered.who')}
        </Link>
      </p>
    </>
  )
}
