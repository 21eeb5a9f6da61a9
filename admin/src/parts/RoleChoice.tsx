import { Checkbox } from '@fluentui/react-components'
import type { Role } from './roleQueries.ts'

/** The acts by which a role opens other people's accounts, or gives rights. */
const OPENING = ['passwords.reset', 'roles.assign']

/** Whether nobody should give a role by a habit of pressing on (partners on the wire, §2.2). */
export const opensAccounts = ({ actions }: Role) => actions.some(action => OPENING.includes(action))

interface Shown {
  label: string
  roles: readonly Role[]
  chosen: ReadonlySet<string>
  choose: (chosen: ReadonlySet<string>) => void
  /** What is said where none is ticked. */
  none: string
}

/** Roles to be ticked, by their names. */
export const RoleChoice = ({ label, roles, chosen, choose, none }: Shown) => (
  <>
    <fieldset className={roles.length > 8 ? 'group scrolls' : 'group'}>
      <legend>{label}</legend>
      {roles.map(({ id, displayName }) => (
        <div key={id}>
          <Checkbox
            label={displayName}
            checked={chosen.has(id)}
            onChange={(_, { checked }) =>
              choose(new Set([...chosen].filter(one => one !== id).concat(checked === true ? [id] : [])))
            }
          />
        </div>
      ))}
    </fieldset>
    {chosen.size === 0 && (
      <p className="danger" role="status">
        {none}
      </p>
    )}
  </>
)
