import { Tab, TabList } from '@fluentui/react-components'

interface Chosen<T extends string> {
  label: string
  value: T
  options: Record<T, string>
  choose: (value: T) => void
}

/** One of a few ways to look at something. */
export function TabChoice<T extends string>({ label, value, options, choose }: Chosen<T>) {
  return (
    <TabList size="small" aria-label={label} selectedValue={value} onTabSelect={(_, { value }) => choose(value as T)}>
      {(Object.entries(options) as [T, string][]).map(([one, name]) => (
        <Tab key={one} value={one}>
          {name}
        </Tab>
      ))}
    </TabList>
  )
}
