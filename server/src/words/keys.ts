import type account from '../../../locales/en/account.json'
import type assistant from '../../../locales/en/assistant.json'
import type branding from '../../../locales/en/branding.json'
import type callers from '../../../locales/en/callers.json'
import type cases from '../../../locales/en/cases.json'
import type demo from '../../../locales/en/demo.json'
import type device from '../../../locales/en/device.json'
import type domains from '../../../locales/en/domains.json'
import type frame from '../../../locales/en/frame.json'
import type help from '../../../locales/en/help.json'
import type links from '../../../locales/en/links.json'
import type messages from '../../../locales/en/messages.json'
import type methods from '../../../locales/en/methods.json'
import type onboarding from '../../../locales/en/onboarding.json'
import type partnerInvitation from '../../../locales/en/partnerInvitation.json'
import type partnerRequest from '../../../locales/en/partnerRequest.json'
import type passkey from '../../../locales/en/passkey.json'
import type personalData from '../../../locales/en/personalData.json'
import type problems from '../../../locales/en/problems.json'
import type questions from '../../../locales/en/questions.json'
import type registration from '../../../locales/en/registration.json'
import type rescues from '../../../locales/en/rescues.json'
import type reset from '../../../locales/en/reset.json'
import type scopes from '../../../locales/en/scopes.json'
import type signin from '../../../locales/en/signin.json'
import type signinError from '../../../locales/en/signinError.json'
import type signup from '../../../locales/en/signup.json'
import type support from '../../../locales/en/support.json'
import type takeovers from '../../../locales/en/takeovers.json'
import type tenants from '../../../locales/en/tenants.json'
import type workAccounts from '../../../locales/en/workAccounts.json'

/** The shape of locales/en: what every key is checked against. Each file is the first part of its keys. */
export interface EnglishWords {
  account: typeof account
  branding: typeof branding
  assistant: typeof assistant
  callers: typeof callers
  cases: typeof cases
  demo: typeof demo
  device: typeof device
  domains: typeof domains
  frame: typeof frame
  help: typeof help
  links: typeof links
  messages: typeof messages
  methods: typeof methods
  onboarding: typeof onboarding
  passkey: typeof passkey
  personalData: typeof personalData
  problems: typeof problems
  questions: typeof questions
  registration: typeof registration
  reset: typeof reset
  scopes: typeof scopes
  signin: typeof signin
  signinError: typeof signinError
  signup: typeof signup
  support: typeof support
  partnerInvitation: typeof partnerInvitation
  partnerRequest: typeof partnerRequest
  tenants: typeof tenants
  rescues: typeof rescues
  takeovers: typeof takeovers
  workAccounts: typeof workAccounts
}

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'words'
    resources: { words: EnglishWords }
  }
}
