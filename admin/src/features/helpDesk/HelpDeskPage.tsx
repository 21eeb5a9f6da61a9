import { useNavigate, useSearch } from '@tanstack/react-router'
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
        </div>
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
