import type { Role } from '../access/index.ts'
import type { SettingsChanges } from '../directory/index.ts'
import { methodKinds, type ResetPolicySettings } from '../policies/index.ts'

/** The password of every account of the demonstration. */
export const PASSWORD = 'Demo-passphrase-2026!'

/** What an account has on record. Numbers are from ranges that are kept for fiction. */
export interface DemoMethods {
  mobilePhone?: string
  officePhone?: string
  email?: string
  /** The first questions on offer, as many as are to be registered; the answer to the n-th is "demo answer n". */
  questions?: true
}

export interface DemoAccount {
  name: string
  displayName: string
  role?: Role
  methods?: DemoMethods
  /** Filled in by an administrator, and not yet looked at by the person. */
  prefilled?: true
  /** How long ago the person registered; today where it is left out. */
  registeredDaysAgo?: number
  temporaryPassword?: true
  /** Nobody knows the password. */
  unknownPassword?: true
  locked?: true
  disabled?: true
  /** Mail to the name arrives. */
  mailbox?: true
  /** The password is kept in a directory of the company's own. */
  directory?: true
  /** In the group whose members may reset, where the tenant has one. */
  mayReset?: true
}

export interface DemoTenant {
  displayName: string
  domain: string
  /** Nobody has chosen any for an unmanaged tenant. `logo`: the name of its file. */
  looks?: { color: string; logo: string }
  /** Nobody administers it. */
  unmanaged?: true
  /** What it lets strangers learn, and who looks after its accounts. */
  openness?: SettingsChanges
  /** For everybody. */
  settings: Partial<ResetPolicySettings>
  /** The tenant's own banned words. */
  bannedWords?: readonly string[]
  /** For the members of one group. */
  groupPolicy?: { group: string; settings: Partial<ResetPolicySettings> }
  /** Those that have something to show. */
  accounts: readonly DemoAccount[]
  /** How many more people it has, with a password alone. */
  colleagues?: number
}

const ALL_METHODS = methodKinds.filter(kind => kind !== 'recoveryCode')

// An account has answered the first five. Their ids are in alphabetical order, so that the n-th is the same however a
// list is sorted.
const QUESTIONS: ResetPolicySettings['questions'] = [
  { id: 'after-school-place' },
  { id: 'book-read-again' },
  { id: 'broken-and-hidden' },
  { id: 'childhood-song' },
  { id: 'club-founded' },
  { id: 'first-concert' },
  { id: 'first-dish' },
  { id: 'first-earnings' },
  { id: 'first-sea' },
  { id: 'first-trip-alone' },
  { id: 'hiding-place' },
  { id: 'learned-to-swim' },
  { id: 'rocket-name', text: 'What would you call an Acme rocket of your own?' },
]

const HELP_DESK = 'https://help.globex.example'

/** One of those that the page shows. */
interface ShownTenant extends DemoTenant {
  /** Of its words there. */
  key: 'acme' | 'europe' | 'globex' | 'initech' | 'umbrella'
}

/** Every account of a tenant. */
export const accountsOf = ({ accounts, colleagues = 0, domain }: DemoTenant): DemoAccount[] => [
  ...accounts,
  ...Array.from({ length: colleagues }, (_, place) => ({
    name: `colleague-${place + 1}@${domain}`,
    displayName: `Colleague ${place + 1}`,
  })),
]

/** The demonstration's tenants: one that shows every journey, its sister of twelve people, one with a group and two gates, one where reset is off, and one that nobody administers. */
export const tenants = [
  {
    key: 'acme',
    displayName: 'Acme',
    domain: 'acme.example',
    looks: { color: '#c2410c', logo: 'acme' },
    settings: {
      enabled: true,
      gates: 1,
      methods: ALL_METHODS,
      questionsToRegister: 5,
      questionsToReset: 3,
      questions: QUESTIONS,
      registrationRequired: true,
      reconfirmAfterDays: 180,
      unlockAllowed: true,
    },
    bannedWords: ['acmerocket'],
    accounts: [
      {
        name: 'admin@acme.example',
        displayName: 'Global Administrator',
        role: 'Global Administrator',
        methods: { mobilePhone: '+12065550101', email: 'admin@mail.example' },
      },
      { name: 'helpdesk@acme.example', displayName: 'Helpdesk Administrator', role: 'Helpdesk Administrator' },
      {
        name: 'registered@acme.example',
        displayName: 'Registered Person',
        methods: {
          mobilePhone: '+12065550110',
          email: 'registered@mail.example',
          officePhone: '+12065550111',
          questions: true,
        },
      },
      { name: 'new@acme.example', displayName: 'New Person' },
      {
        name: 'prefilled@acme.example',
        displayName: 'Prefilled Person',
        methods: { mobilePhone: '+46701740605', email: 'prefilled@mail.example' },
        prefilled: true,
      },
      {
        name: 'stale@acme.example',
        displayName: 'Stale Person',
        methods: { mobilePhone: '+12065550112', email: 'stale@mail.example' },
        registeredDaysAgo: 200,
      },
      { name: 'temporary@acme.example', displayName: 'Temporary Person', temporaryPassword: true },
      {
        name: 'locked@acme.example',
        displayName: 'Locked Person',
        methods: { email: 'locked@mail.example' },
        locked: true,
      },
      { name: 'disabled@acme.example', displayName: 'Disabled Person', disabled: true },
      {
        name: 'onpremises@acme.example',
        displayName: 'Onpremises Person',
        methods: { mobilePhone: '+12065550113', email: 'onpremises@mail.example' },
        directory: true,
      },
      {
        name: 'signer@acme.example',
        displayName: 'Signing Person',
        methods: { mobilePhone: '+12065550114', email: 'signer@mail.example' },
      },
    ],
  },
  {
    key: 'europe',
    displayName: 'Acme Europe',
    domain: 'acme-europe.example',
    looks: { color: '#1d4ed8', logo: 'acme' },
    settings: { enabled: true, registrationRequired: false },
    accounts: [
      {
        name: 'admin@acme-europe.example',
        displayName: 'European Administrator',
        role: 'Global Administrator',
        methods: { mobilePhone: '+12065550115', email: 'admin-europe@mail.example' },
      },
    ],
    colleagues: 11,
  },
  {
    key: 'globex',
    displayName: 'Globex',
    domain: 'globex.example',
    looks: { color: '#0f766e', logo: 'globex' },
    settings: { helpdesk: HELP_DESK },
    groupPolicy: {
      group: 'Reset users',
      settings: {
        enabled: true,
        gates: 2,
        methods: ['mobilePhone', 'email', 'authenticatorCode'],
        helpdesk: HELP_DESK,
      },
    },
    accounts: [
      {
        name: 'two-gates@globex.example',
        displayName: 'Two-Gates Person',
        methods: { mobilePhone: '+61491570006', email: 'two-gates@mail.example' },
        mayReset: true,
      },
      { name: 'outside@globex.example', displayName: 'Outside Person' },
      {
        name: 'admin@globex.example',
        displayName: 'Globex Administrator',
        role: 'Global Administrator',
        methods: { mobilePhone: '+61491570157', email: 'admin-globex@mail.example' },
      },
    ],
  },
  {
    key: 'initech',
    displayName: 'Initech',
    domain: 'initech.example',
    looks: { color: '#5b4b9a', logo: 'initech' },
    openness: { publicCheck: 'hidden', providerContact: 'provider@mail.example' },
    settings: {},
    accounts: [{ name: 'someone@initech.example', displayName: 'Someone Person' }],
  },
  {
    key: 'umbrella',
    displayName: 'Umbrella',
    domain: 'umbrella.example',
    unmanaged: true,
    settings: { enabled: true },
    accounts: [
      { name: 'first@umbrella.example', displayName: 'First Person', mailbox: true },
      { name: 'second@umbrella.example', displayName: 'Second Person', mailbox: true },
    ],
  },
] as const satisfies readonly ShownTenant[]

/** The questions that `registered@acme.example` has answered, in their order. */
export const answeredQuestions = QUESTIONS.slice(0, 5)

/** The answer to the n-th question, counted from 1. */
export const answerTo = (n: number) => `demo answer ${n}`
