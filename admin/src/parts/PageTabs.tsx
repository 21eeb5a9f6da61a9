import { Tab, TabList } from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { allowedActions } from '../api/queries.ts'

/** A page beside others, with what opens it. */
export interface PageTab<Name extends string = string> {
  name: Name
  to: string
  takes: string
}

interface Shown<Name extends string> {
  pages: readonly PageTab<Name>[]
  page: Name
  titleOf: (name: Name) => string
}

/** Leads from a page to those beside it that one's roles open. */
export function PageTabs<Name extends string>({ pages, page, titleOf }: Shown<Name>) {
  const navigate = useNavigate()
  const { data: allowed } = useQuery(allowedActions)
  const open = pages.filter(({ takes }) => allowed?.value.includes(takes))
  if (open.length < 2) return null
  return (
    <TabList
      className="tabs"
      selectedValue={page}
      onTabSelect={(_, { value }) => {
        const chosen = pages.find(({ name }) => name === value)
        if (chosen) void navigate({ to: chosen.to })
      }}
    >
      {open.map(({ name }) => (
        <Tab key={name} value={name}>
          {titleOf(name)}
        </Tab>
      ))}
    </TabList>
  )
}
