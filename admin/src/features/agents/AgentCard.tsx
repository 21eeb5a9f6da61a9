import { Button, useRestoreFocusTarget } from '@fluentui/react-components'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { i18n, moment, t } from '../../words.ts'
import type { Agent } from './queries.ts'

const TAGS: Record<Agent['status'], string> = {
  up: 'tag tag-good',
  outdated: 'tag tag-medium',
  unreachable: 'tag tag-high',
}

interface Shown {
  agent: Agent
  /** Whether no other one takes requests. */
  isLast: boolean
  mayWrite: boolean
}

/** One agent: how it is, in a sentence, and what went wrong there. */
export function AgentCard({ agent, isLast, mayWrite }: Shown) {
  const opens = useRestoreFocusTarget()
  const { id, displayName, status, lastBeatDateTime, version, latencyMs, findings } = agent
  const [isRemoving, setRemoving] = useState(false)
  return (
    <section className="card" aria-labelledby={`agent-${id}`}>
      <div className="head-small">
        <h3 id={`agent-${id}`}>{displayName}</h3>
        <span className={TAGS[status]}>{t(`admin.agents.status.${status}`)}</span>
      </div>
      <p>{t(`admin.agents.sentences.${status}`)}</p>
      <dl className="facts">
        <div>
          <dt>{t('admin.agents.facts.beat')}</dt>
          <dd>{lastBeatDateTime ? moment(lastBeatDateTime) : t('admin.agents.facts.never')}</dd>
        </div>
        <div>
          <dt>{t('admin.agents.facts.version')}</dt>
          <dd>{version}</dd>
        </div>
        {latencyMs !== null && (
          <div>
            <dt>{t('admin.agents.facts.latency')}</dt>
            <dd>{t('admin.agents.facts.milliseconds', { count: latencyMs })}</dd>
          </div>
        )}
      </dl>
      {findings.length > 0 && (
        <div>
          <h4>{t('admin.agents.findings.title')}</h4>
          <ul className="rows">
            {findings.map(({ code, detail, lastDateTime }) => (
              <li key={code}>
                <span className="tag">{code}</span>
                <div className="grows">
                  <b>{sentenceOfFinding(code, detail)}</b>
                  <p>
                    <span lang="en">{detail}</span> · {t('admin.agents.findings.last', { when: moment(lastDateTime) })}
                  </p>
                </div>
              </li>
            ))}
          </ul>
        </div>
      )}
      {mayWrite && (
        <div className="acts">
          <Button {...opens} onClick={() => setRemoving(true)}>
            {t('admin.agents.remove.open')}
          </Button>
        </div>
      )}
      {isRemoving && <RemoveAgent agent={agent} isLast={isLast} close={() => setRemoving(false)} />}
    </section>
  )
}

/** What a code of the agent means. One that this version does not know is told in the agent's own words. */
function sentenceOfFinding(code: string, detail: string): string {
  const key = `admin.agents.findings.${code}`
  return i18n.exists(key) ? t(key as 'admin.agents.findings.33004') : detail
}

function RemoveAgent({ agent, isLast, close }: { agent: Agent; isLast: boolean; close: () => void }) {
  const queries = useQueryClient()
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => api.DELETE('/onPremises/agents/{id}', { params: { path: { id: agent.id } } }),
    onSuccess: async () => {
      close()
      await queries.invalidateQueries({ queryKey: ['agents'] })
    },
  })
  return (
    <AskFirst
      title={t('admin.agents.remove.title', { name: agent.displayName })}
      verb={t('admin.agents.remove.open')}
      act={mutate}
      isActing={isPending}
      error={error}
      close={close}
    >
      <p>{t('admin.agents.remove.detail')}</p>
      {isLast && <p className="danger">{t('admin.agents.remove.last')}</p>}
    </AskFirst>
  )
}
