import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { allowedActions } from '../../api/queries.ts'
import { attention } from '../../parts/attention.ts'
import { LearnMore } from '../../parts/LearnMore.tsx'
import { t } from '../../words.ts'
import { Caller } from './Caller.tsx'
import { Find } from './Find.tsx'
import { JourneyTimeline } from './JourneyTimeline.tsx'

/** From the ringing phone to "they are in", on one page and by keyboard. */
export function HelpDeskPage() {
  const { person } = useSearch({ from: '/help-desk' })
  const navigate = useNavigate()
  return (
    <div className="page">
      <div className="head">
        <div>
          <h1 tabIndex={-1}>{t('admin.helpDesk.title')}</h1>
          <p>{t('admin.helpDesk.lead')}</p>
          <LearnMore topic="helping-people" />
        </div>
        <Waiting />
      </div>
      <Find choose={id => void navigate({ to: '/help-desk', search: { person: id } })} />
      {person && (
        <div className="columns">
          <Caller key={person} id={person} />
          <JourneyTimeline id={person} />
        </div>
      )}
    </div>
  )
}

/** How many recovery cases nobody has answered, and the way to them. */
function Waiting() {
  const { data: allowed } = useQuery(allowedActions)
  const { data } = useQuery({ ...attention, enabled: allowed?.value.includes('cases.read') ?? false })
  const count = data?.find(({ code }) => code === 'cases_waiting')?.count ?? 0
  return count > 0 ? <Link to="/cases">{t('admin.helpDesk.waiting', { count })}</Link> : null
}
