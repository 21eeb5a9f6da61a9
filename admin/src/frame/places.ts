import {
  AppsListRegular,
  ArrowEnterRegular,
  BriefcaseRegular,
  BuildingRegular,
  DataBarVerticalRegular,
  FlashRegular,
  GlobeRegular,
  HeadsetRegular,
  HistoryRegular,
  HomeRegular,
  KeyRegular,
  MailInboxRegular,
  MailRegular,
  PaintBrushRegular,
  PeopleRegular,
  PeopleTeamRegular,
  PersonArrowRightRegular,
  PersonKeyRegular,
  PersonSupportRegular,
  PhoneKeyRegular,
  ServerRegular,
  ShieldRegular,
} from '@fluentui/react-icons'
import type { ParseKeys } from 'i18next'
import type { ComponentType } from 'react'

type WordKey = ParseKeys

/** A page that the navigation leads to. */
export interface Place {
  to: string
  words: WordKey
  icon: ComponentType
  /** Any of these actions shows it; none: everybody with a role sees it. */
  takes: readonly string[]
  /** By its address everybody with a role finds there what is theirs; the actions open the rest. */
  hasOwn?: true
  /** The letter that leads there after `G`. */
  letter: string
}

export interface PlaceGroup {
  words: WordKey | undefined
  places: readonly Place[]
}

/** The navigation, from top to bottom. What a person's roles do not open is not offered. */
export const placeGroups: readonly PlaceGroup[] = [
  {
    words: undefined,
    places: [
      { to: '/', words: 'admin.frame.places.home', icon: HomeRegular, takes: [], letter: 'O' },
      {
        to: '/help-desk',
        words: 'admin.frame.places.helpDesk',
        icon: HeadsetRegular,
        takes: ['readiness.read'],
        letter: 'H',
      },
      { to: '/cases', words: 'admin.frame.places.cases', icon: MailInboxRegular, takes: ['cases.read'], letter: 'E' },
    ],
  },
  {
    words: 'admin.frame.groups.directory',
    places: [
      {
        to: '/people',
        words: 'admin.frame.places.people',
        icon: PeopleRegular,
        takes: ['profile.readAll'],
        letter: 'P',
      },
      {
        to: '/groups',
        words: 'admin.frame.places.groups',
        icon: PeopleTeamRegular,
        takes: ['profile.readAll'],
        letter: 'G',
      },
      {
        to: '/roles',
        words: 'admin.frame.places.roles',
        icon: PersonKeyRegular,
        takes: ['profile.readAll'],
        letter: 'L',
      },
      {
        to: '/domains',
        words: 'admin.frame.places.domains',
        icon: GlobeRegular,
        takes: ['profile.readAll'],
        letter: 'D',
      },
    ],
  },
  {
    words: 'admin.frame.groups.gettingBackIn',
    places: [
      {
        to: '/password-reset/policies',
        words: 'admin.frame.places.passwordReset',
        icon: KeyRegular,
        takes: ['policies.read'],
        letter: 'K',
      },
      {
        to: '/methods',
        words: 'admin.frame.places.methods',
        icon: PhoneKeyRegular,
        takes: ['policies.read'],
        letter: 'V',
      },
      {
        to: '/password-protection',
        words: 'admin.frame.places.passwordProtection',
        icon: ShieldRegular,
        takes: ['policies.read'],
        letter: 'W',
      },
      {
        to: '/sign-in-policy',
        words: 'admin.frame.places.signInPolicy',
        icon: ArrowEnterRegular,
        takes: ['policies.read'],
        letter: 'S',
      },
    ],
  },
  {
    words: 'admin.frame.groups.insight',
    places: [
      {
        to: '/reports',
        words: 'admin.frame.places.reports',
        icon: DataBarVerticalRegular,
        takes: ['reports.read'],
        letter: 'R',
      },
      {
        to: '/logs/audit',
        words: 'admin.frame.places.auditLog',
        icon: HistoryRegular,
        takes: ['audit.read'],
        letter: 'U',
      },
      {
        to: '/logs/sign-ins',
        words: 'admin.frame.places.signIns',
        icon: PersonArrowRightRegular,
        takes: ['audit.read'],
        letter: 'I',
      },
    ],
  },
  {
    words: 'admin.frame.groups.setUp',
    places: [
      {
        to: '/applications',
        words: 'admin.frame.places.applications',
        icon: AppsListRegular,
        takes: ['profile.readAll'],
        letter: 'A',
      },
      {
        to: '/branding',
        words: 'admin.frame.places.branding',
        icon: PaintBrushRegular,
        takes: ['branding.write'],
        letter: 'B',
      },
      {
        to: '/notices',
        words: 'admin.frame.places.notices',
        icon: MailRegular,
        takes: ['branding.write', 'resetPolicies.write'],
        letter: 'X',
      },
      {
        to: '/support-contacts',
        words: 'admin.frame.places.support',
        icon: PersonSupportRegular,
        takes: ['organization.write'],
        letter: 'C',
      },
      {
        to: '/webhooks',
        words: 'admin.frame.places.webhooks',
        icon: FlashRegular,
        // Each sees their own; a Global Administrator sees all of the company's.
        takes: ['organization.write'],
        hasOwn: true,
        letter: 'N',
      },
      {
        to: '/agents',
        words: 'admin.frame.places.agents',
        icon: ServerRegular,
        takes: ['agents.read'],
        letter: 'T',
      },
      {
        to: '/customers',
        words: 'admin.frame.places.customers',
        icon: BuildingRegular,
        takes: ['partner.customers.read'],
        letter: 'F',
      },
      {
        to: '/partner',
        words: 'admin.frame.places.partner',
        icon: BriefcaseRegular,
        takes: ['partner.verification.read', 'partner.customers.read'],
        letter: 'Y',
      },
      {
        to: '/verifications',
        words: 'admin.frame.places.verifications',
        icon: BriefcaseRegular,
        takes: ['verifications.read'],
        letter: 'J',
      },
      {
        to: '/partners',
        words: 'admin.frame.places.partners',
        icon: BriefcaseRegular,
        takes: ['partners.read'],
        letter: 'M',
      },
    ],
  },
]

const opens = ({ takes }: Place, actions: ReadonlySet<string>) =>
  takes.length === 0 || takes.some(action => actions.has(action))

/** Whether a page belongs to a place of the navigation. */
export const isIn = (path: string, to: string) => path === to || (to !== '/' && path.startsWith(`${to}/`))

/** The place of an address that these actions do not open; undefined for every other address. */
export const closedPlace = (path: string, actions: ReadonlySet<string>): Place | undefined =>
  placeGroups
    .flatMap(({ places }) => places)
    .find(place => isIn(path, place.to) && !place.hasOwn && !opens(place, actions))

/** The groups with the places that these actions open. */
export const placesFor = (actions: ReadonlySet<string>): PlaceGroup[] =>
  placeGroups
    .map(group => ({
      ...group,
      places: group.places.filter(place => opens(place, actions)),
    }))
    .filter(({ places }) => places.length > 0)
