import { Button, useRestoreFocusTarget } from '@fluentui/react-components'
import { AddRegular } from '@fluentui/react-icons'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { allowedActions } from '../../api/queries.ts'
import { Loading } from '../../parts/Loading.tsx'
import { Refused } from '../../parts/Refused.tsx'
import { t } from '../../words.ts'
import { AgentCard } from './AgentCard.tsx'
import { EnrolAgent } from './EnrolAgent.tsx'
import { agents, isUp } from './queries.ts'
import { Synchronization } from './Synchronization.tsx'
import { Writeback } from './Writeback.tsx'

/** The agents beside the company's own directory: how they are, what they bring, and how passwords go there. */
export function AgentsPage() {
  const opens = useRestoreFocusTarget()
  const { data, error, refetch } = useQuery(agents)
  const { data: allowed } = useQuery(allowedActions)
  const [isEnrolling, setEnrolling] = useState(false)
  const mayWrite = allowed?.value.includes('agents.write') ?? false
  const up = data?.filter(isUp) ?? []
  return (
    <div className="page">
      <div className="head">
        <div>
          <h1 tabIndex={-1}>{t('admin.agents.title')}</h1>
          <p>{t('admin.agents.lead')}</p>
          {allowed && !mayWrite && <p>{t('admin.agents.whoWrites')}</p>}
        </div>
        {mayWrite && (
          <Button {...opens} appearance="primary" icon={<AddRegular />} onClick={() => setEnrolling(true)}>
            {t('admin.agents.enrol.open')}
          </Button>
        )}
      </div>
      {!data && (error ? <Refused error={error} again={() => void refetch()} /> : <Loading rows={6} />)}
      {data && (
        <div className="stack">
          <Writeback isHeard={up.length > 0} hasAgents={data.length > 0} mayWrite={mayWrite} />
          <section className="cards" aria-labelledby="agents">
            <h2 id="agents">{t('admin.agents.list')}</h2>
            {data.length === 0 && <p className="calm">{t('admin.agents.none')}</p>}
            {data.map(agent => (
              <AgentCard
                key={agent.id}
                agent={agent}
                isLast={up.length === 1 && up[0]!.id === agent.id}
                mayWrite={mayWrite}
              />
            ))}
          </section>
          {data.length > 0 && <Synchronization mayWrite={mayWrite} />}
        </div>
      )}
      {isEnrolling && <EnrolAgent isFirst={data?.length === 0} close={() => setEnrolling(false)} />}
    </div>
  )
}
