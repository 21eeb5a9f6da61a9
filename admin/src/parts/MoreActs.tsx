import {
  Menu,
  MenuButton,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  useRestoreFocusTarget,
} from '@fluentui/react-components'
import { MoreHorizontalRegular } from '@fluentui/react-icons'
import { t } from '../words.ts'
import { useOffers } from './offers.ts'

interface Shown<Name extends string> {
  names: readonly Name[]
  titleOf: (name: Name) => string
  choose: (name: Name) => void
}

/** The acts that have no button of their own. A dialog that one of them opened gives the focus back here. */
export function MoreActs<Name extends string>({ names, titleOf, choose }: Shown<Name>) {
  const opens = useRestoreFocusTarget()
  useOffers(names.map(name => ({ name: titleOf(name), act: () => choose(name) })))
  if (names.length === 0) return null
  return (
    <Menu>
      <MenuTrigger disableButtonEnhancement>
        <MenuButton
          {...opens}
          icon={<MoreHorizontalRegular />}
          menuIcon={null}
          aria-label={t('admin.people.moreActs')}
        />
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          {names.map(name => (
            <MenuItem key={name} onClick={() => choose(name)}>
              {titleOf(name)}
            </MenuItem>
          ))}
        </MenuList>
      </MenuPopover>
    </Menu>
  )
}
