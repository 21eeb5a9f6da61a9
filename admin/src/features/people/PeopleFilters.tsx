import {
  Button,
  Field,
  Menu,
  MenuItemCheckbox,
  MenuList,
  MenuPopover,
  MenuTrigger,
  Select,
} from '@fluentui/react-components'
import { ColumnTripleRegular, DismissRegular, FilterRegular } from '@fluentui/react-icons'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { FilterSheet, useIsPhone } from '../../parts/FilterSheet.tsx'
import { FindBox } from '../../parts/FindBox.tsx'
import { FindOne } from '../../parts/FindOne.tsx'
import { groupsLike, groupsNamed } from '../../parts/groupQueries.ts'
import { roles } from '../../parts/roleQueries.ts'
import { number, t } from '../../words.ts'
import {
  filterNames,
  idleDays,
  type MethodKind,
  type MoreColumn,
  methodKinds,
  moreColumns,
  type PeopleSearch,
} from './address.ts'

interface Shown {
  search: Partial<PeopleSearch>
  /** Whether one may read who can reset, and by what. */
  withStates: boolean
  go: (changes: Partial<Record<keyof PeopleSearch, unknown>>) => void
}

/** Narrows the list by more than a name, and shows more of each row. All of it stands in the address. */
export function PeopleFilters({ search, withStates, go }: Shown) {
  const set = filterNames.filter(name => search[name] !== undefined).length
  const isPhone = useIsPhone()
  // What was opened beside the list stays there: a window that becomes narrow puts no sheet above it.
  const place = isPhone ? 'sheet' : 'beside'
  const [opened, setOpened] = useState<typeof place | undefined>(set > 0 && !isPhone ? 'beside' : undefined)
  if (opened === 'sheet' && !isPhone) setOpened(undefined)
  const isOpen = opened === place
  const columns = moreColumns.filter(one => withStates || one !== 'methods')
  return (
    <>
      <Button icon={<FilterRegular />} aria-expanded={isOpen} onClick={() => setOpened(isOpen ? undefined : place)}>
        {set > 0 ? t('admin.people.filters.openSet', { count: set }) : t('admin.people.filters.open')}
      </Button>
      <Menu
        checkedValues={{ cols: search.cols ?? [] }}
        onCheckedValueChange={(_, { checkedItems }) => go({ cols: checkedItems as MoreColumn[] })}
      >
        <MenuTrigger disableButtonEnhancement>
          <Button icon={<ColumnTripleRegular />}>{t('admin.people.columns.choose')}</Button>
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            {columns.map(one => (
              <MenuItemCheckbox key={one} name="cols" value={one}>
                {t(`admin.people.columns.${one}`)}
              </MenuItemCheckbox>
            ))}
          </MenuList>
        </MenuPopover>
      </Menu>
      {isOpen && !isPhone && <Filters search={search} withStates={withStates} go={go} />}
      {isOpen && isPhone && (
        <FilterSheet close={() => setOpened(undefined)}>
          <Filters search={search} withStates={withStates} go={go} />
        </FilterSheet>
      )}
    </>
  )
}

function Filters({ search, withStates, go }: Shown) {
  const { data: all = [] } = useQuery(roles)
  return (
    <fieldset className="filters more-filters" aria-label={t('admin.people.filters.open')}>
      <Field label={t('admin.people.columns.department')}>
        <FindBox
          q={search.department ?? ''}
          label={t('admin.people.filters.begins')}
          find={department => go({ department })}
        />
      </Field>
      <Field label={t('admin.people.columns.office')}>
        <FindBox q={search.office ?? ''} label={t('admin.people.filters.begins')} find={office => go({ office })} />
      </Field>
      <ByGroup group={search.group} go={go} />
      <Field label={t('admin.people.filters.role')}>
        <Select value={search.role ?? ''} onChange={(_, { value }) => go({ role: value })}>
          <option value="">{t('admin.people.filters.any')}</option>
          {all.map(({ id, displayName }) => (
            <option key={id} value={id}>
              {displayName}
            </option>
          ))}
        </Select>
      </Field>
      {withStates && (
        <Field label={t('admin.people.filters.registered')}>
          <Select
            value={search.registered === undefined ? '' : String(search.registered)}
            onChange={(_, { value }) => go({ registered: value === '' ? undefined : value === 'true' })}
          >
            <option value="">{t('admin.people.filters.any')}</option>
            <option value="true">{t('admin.people.filters.something')}</option>
            <option value="false">{t('admin.people.filters.nothing')}</option>
          </Select>
        </Field>
      )}
      {withStates && (
        <Field label={t('admin.people.filters.method')}>
          <Select value={search.method ?? ''} onChange={(_, { value }) => go({ method: value as MethodKind })}>
            <option value="">{t('admin.people.filters.any')}</option>
            {methodKinds.map(kind => (
              <option key={kind} value={kind}>
                {t(`admin.diagnosis.kinds.${kind}`)}
              </option>
            ))}
          </Select>
        </Field>
      )}
      <Field label={t('admin.people.columns.lastSignIn')}>
        <Select value={search.idle ?? ''} onChange={(_, { value }) => go({ idle: value ? Number(value) : undefined })}>
          <option value="">{t('admin.people.filters.any')}</option>
          {idleDays.map(days => (
            <option key={days} value={days}>
              {t('admin.people.filters.idle', { days: number(days) })}
            </option>
          ))}
        </Select>
      </Field>
    </fieldset>
  )
}

/** The group is found by its name, and stands there until it is taken away. */
function ByGroup({ group, go }: { group: string | undefined; go: Shown['go'] }) {
  const { data } = useQuery(groupsNamed(group === undefined ? [] : [group]))
  const name = data?.[0]?.displayName ?? '…'
  if (group === undefined)
    return <FindOne label={t('admin.people.filters.group')} find={groupsLike} choose={({ id }) => go({ group: id })} />
  return (
    <div className="asked">
      <span>{t('admin.people.filters.group')}</span>
      <Button
        icon={<DismissRegular />}
        iconPosition="after"
        aria-label={t('admin.people.filters.ungroup', { group: name })}
        onClick={() => go({ group: undefined })}
      >
        {name}
      </Button>
    </div>
  )
}
