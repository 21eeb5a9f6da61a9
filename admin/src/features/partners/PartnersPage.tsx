import { useQuery } from '@tanstack/react-query'
import { allowedActions } from '../../api/queries.ts'
import { Loading } from '../../parts/Loading.tsx'
import { Refused } from '../../parts/Refused.tsx'
import { t } from '../../words.ts'
import { PartnerCard } from './PartnerCard.tsx'
import { PartnersHead } from './PartnersHead.tsx'
import { partners, requests } from './queries.ts'
import { RequestCard } from './RequestCard.tsx'
import { RunningRescues } from './RunningRescues.tsx'

/** Who may act for the company, what firms ask of it, and the end of either. */
export function PartnersPage() {
  const { data, error, refetch } = useQuery(partners)
  const asked = useQuery(requests)
  const { data: allowed } = useQuery(allowedActions)
  const mayDecide = allowed?.value.includes('partners.decide') ?? false
  return (
    <div className="page">
      <PartnersHead page="partners" mayDecide={!allowed || mayDecide} />
      <div className="stack">
        <RunningRescues />
        {asked.error && !asked.data && <Refused error={asked.error} again={() => void asked.refetch()} />}
        {asked.data && asked.data.length > 0 && (
          <section className="cards" aria-labelledby="requests">
            <h2 id="requests">{t('admin.partners.requests.title', { count: asked.data.length })}</h2>
            {asked.data.map(request => (
              <RequestCard key={request.id} request={request} mayDecide={mayDecide} />
            ))}
          </section>
        )}
        <section className="cards" aria-labelledby="partners">
          <h2 id="partners">{t('admin.partners.list')}</h2>
          {!data && (error ? <Refused error={error} again={() => void refetch()} /> : <Loading rows={6} />)}
          {data?.length === 0 && <p className="calm">{t('admin.partners.none')}</p>}
          {data?.map(partner => (
            <PartnerCard key={partner.id} partner={partner} mayDecide={mayDecide} />
          ))}
        </section>
      </div>
    </div>
  )
}
