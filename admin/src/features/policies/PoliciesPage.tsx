import './policies.css'
import { Button, useRestoreFocusTarget } from '@fluentui/react-components'
import {
  AddRegular,
  ArrowDownRegular,
  ArrowUpRegular,
  DeleteRegular,
  ReOrderDotsVerticalRegular,
} from '@fluentui/react-icons'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type DragEvent, useState } from 'react'
import { allowedActions } from '../../api/queries.ts'
import { groupsNamed } from '../../parts/groupQueries.ts'
import { LearnMore } from '../../parts/LearnMore.tsx'
import { Loading } from '../../parts/Loading.tsx'
import { policies } from '../../parts/policyQueries.ts'
import { Refused } from '../../parts/Refused.tsx'
import { list, t } from '../../words.ts'
import { AddPolicy, MovePolicy, RemovePolicy } from './PolicyActs.tsx'
import { type Policy, peopleOf } from './queries.ts'
import { methodOf } from './values.ts'
import { WhoseFits } from './WhoseFits.tsx'

/** The reset policies in the order in which they are tried: the first that fits a person holds. */
export function PoliciesPage() {
  const { data: all, error, refetch } = useQuery(policies)
  const { data: allowed } = useQuery(allowedActions)
  const [asked, setAsked] = useState<{ policy: Policy; place?: number }>()
  const [isAdding, setAdding] = useState(false)
  const may = new Set(allowed?.value)
  const mayWrite = may.has('resetPolicies.write')
  const ids = [...new Set(all?.flatMap(({ includedGroups = [] }) => includedGroups))]
  const { data: groups = [] } = useQuery(groupsNamed(ids))
  const ranked = (all ?? []).flatMap(({ id, priority, isDefault }) =>
    isDefault ? [] : [{ id: id!, priority: priority! }],
  )
  return (
    <div className="page">
      <div className="head">
        <div>
          <h1 tabIndex={-1}>{t('admin.policies.title')}</h1>
          <p>{t('admin.policies.intro')}</p>
          <LearnMore topic="how-it-works" />
        </div>
        {mayWrite && all && (
          <Button appearance="primary" icon={<AddRegular />} onClick={() => setAdding(true)}>
            {t('admin.policies.add.open')}
          </Button>
        )}
      </div>
      {error && !all && <Refused error={error} again={() => void refetch()} />}
      {!all && !error && <Loading rows={4} />}
      <ol className="rows plain steps">
        {all?.map((policy, at) => (
          <Row
            key={policy.id}
            policy={policy}
            groups={new Map(groups.map(({ id, displayName }) => [id, displayName]))}
            mayCount={may.has('reports.read')}
            isAlone={all.length === 1}
            {...(mayWrite && !policy.isDefault && { remove: () => setAsked({ policy }) })}
            {...(mayWrite &&
              ranked.length > 1 && {
                order: {
                  place: Math.min(at, ranked.length - 1),
                  last: ranked.length - 1,
                  isFixed: policy.isDefault === true,
                  move: (id, place) => {
                    const moved = all.find(one => one.id === id)
                    if (moved && ranked[place]?.id !== id) setAsked({ policy: moved, place })
                  },
                },
              })}
          />
        ))}
      </ol>
      <p className="calm">
        <Link to="/password-reset/administrators">{t('admin.policies.administrators.title')}</Link>{' '}
        {t('admin.policies.administrators.short')}
      </p>
      <WhoseFits />
      {isAdding && (
        <AddPolicy
          last={ranked.at(-1)?.priority ?? 0}
          settings={all?.find(({ isDefault }) => isDefault)?.settings}
          close={() => setAdding(false)}
        />
      )}
      {asked && asked.place === undefined && <RemovePolicy policy={asked.policy} close={() => setAsked(undefined)} />}
      {asked?.place !== undefined && (
        <MovePolicy policy={asked.policy} place={asked.place} ranked={ranked} close={() => setAsked(undefined)} />
      )}
    </div>
  )
}

/** What a policy that is dragged is named by; nothing else may be dropped on the list. */
const DRAGGED = 'application/x-latchkey-policy'

/** Where a policy stands among those that have an order, and how one comes to its place. */
interface Order {
  place: number
  last: number
  /** The default policy stays at the end; what is dropped on it comes last before it. */
  isFixed: boolean
  move: (id: string, place: number) => void
}

interface RowShown {
  policy: Policy
  groups: ReadonlyMap<string, string>
  mayCount: boolean
  isAlone: boolean
  remove?: () => void
  order?: Order
}

function Row({ policy, groups, mayCount, isAlone, remove, order }: RowShown) {
  const opens = useRestoreFocusTarget()
  const { id = '', displayName = '', isDefault, includedGroups = [], settings } = policy
  const { data: count } = useQuery({ ...peopleOf(id), enabled: mayCount })
  const name = isDefault ? t('admin.policies.everyone') : displayName
  // Without a group a policy is for everybody, as the default one is.
  const fits =
    includedGroups.length === 0
      ? t(isAlone ? 'admin.policies.fitsAll' : 'admin.policies.fitsRest')
      : t('admin.policies.fitsGroups', { groups: list(includedGroups.map(one => groups.get(one) ?? '…')) })
  const [isOver, setOver] = useState(false)
  const drop = {
    onDragOver: (event: DragEvent) => {
      if (!event.dataTransfer.types.includes(DRAGGED)) return
      event.preventDefault()
      setOver(true)
    },
    onDragLeave: () => setOver(false),
    onDrop: (event: DragEvent) => {
      event.preventDefault()
      setOver(false)
      order?.move(event.dataTransfer.getData(DRAGGED), order.place)
    },
  }
  const moves = order && !order.isFixed
  return (
    <li {...(order && drop)} {...(isOver && { className: 'dropped-on' })}>
      {/* Who sees it can drag by it; the buttons do the same. */}
      {moves && (
        <span
          className="grip"
          aria-hidden="true"
          draggable
          onDragStart={({ dataTransfer, currentTarget }) => {
            dataTransfer.setData(DRAGGED, id)
            dataTransfer.setDragImage(currentTarget.parentElement!, 0, 0)
          }}
        >
          <ReOrderDotsVerticalRegular />
        </span>
      )}
      <span className={settings?.enabled ? 'tag tag-good' : 'tag'}>
        {t(settings?.enabled ? 'admin.policies.on' : 'admin.policies.off')}
      </span>
      <div className="grows">
        <Link to="/password-reset/policies/$policy/$tab" params={{ policy: id, tab: 'who' }}>
          <b>{name}</b>
        </Link>
        <p>
          {fits} {count !== undefined && t('admin.policies.takes', { count })}
        </p>
        {settings && (
          <p>
            {t('admin.diagnosis.gates', { count: settings.gates })} {list(settings.methods.map(methodOf))}
          </p>
        )}
      </div>
      <div className="acts">
        {moves && order.place > 0 && (
          <Button
            {...opens}
            appearance="subtle"
            icon={<ArrowUpRegular />}
            aria-label={t('admin.policies.move.earlier', { policy: name })}
            onClick={() => order.move(id, order.place - 1)}
          />
        )}
        {moves && order.place < order.last && (
          <Button
            {...opens}
            appearance="subtle"
            icon={<ArrowDownRegular />}
            aria-label={t('admin.policies.move.later', { policy: name })}
            onClick={() => order.move(id, order.place + 1)}
          />
        )}
        {remove && (
          <Button
            {...opens}
            appearance="subtle"
            icon={<DeleteRegular />}
            aria-label={t('admin.policies.remove.open', { policy: name })}
            onClick={remove}
          />
        )}
      </div>
    </li>
  )
}
