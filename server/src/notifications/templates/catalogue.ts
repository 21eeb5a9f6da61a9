import type { Places } from '../../audit/index.ts'
import type { Locale } from '../../words/index.ts'
import { type AccountCheckVariables, accountCheckMessage } from './accountCheck.ts'
import { type AccountNotice, noticeMessage } from './accountNotice.ts'
import { type AnnouncementTemplate, announcementMessage, isAnnouncement } from './announcement.ts'
import { approvalMessage } from './approval.ts'
import { brakeMessage } from './brake.ts'
import {
  type CaseHelpVariables,
  type CaseVariables,
  caseHelpMessage,
  caseMessage,
  caseProviderMessage,
} from './case.ts'
import { domainMessage } from './domain.ts'
import { explanationMessage } from './explanation.ts'
import { guessingMessage } from './guessing.ts'
import { type InvitationVariables, invitationMessage } from './invitation.ts'
import { reworded, valuesOf, type Wording } from './kinds.ts'
import { type LinkVariables, linkMessage } from './link.ts'
import { limitMessage } from './messageLimit.ts'
import { newAdministratorMessage } from './newAdministrator.ts'
import { type OnboardingVariables, onboardingMessage } from './onboarding.ts'
import { providerRequestMessage } from './providerRequest.ts'
import { relationshipMessage } from './relationship.ts'
import { requestMessage } from './request.ts'
import { type RescueVariables, rescueMessage } from './rescue.ts'
import { secondAdministratorMessage } from './secondAdministrator.ts'
import { type SignupInvitationVariables, signupInvitationMessage } from './signupInvitation.ts'
import { claimMessage, recoveryMessage, stayingMessage, type TakeoverVariables, takeoverMessage } from './takeover.ts'
import { tenantLinkMessage } from './tenantLink.ts'
import { tenantMadeMessage } from './tenantMade.ts'
import type { Text } from './text.ts'
import { type VerificationVariables, verificationMessage } from './verification.ts'

/** Every mail besides codes, links and the notices of accounts, by its template's name in the outbox. A new one is a file here and a line in this list. */
const mails = {
  request: requestMessage,
  approval: approvalMessage,
  provider_request: providerRequestMessage,
  message_limit: limitMessage,
  guessing: guessingMessage,
  domain: domainMessage,
  explanation: explanationMessage,
  new_administrator: newAdministratorMessage,
  tenant_made: tenantMadeMessage,
  tenant_link: tenantLinkMessage,
  relationship: relationshipMessage,
  rescue_firm: (locale: Locale, variables: RescueVariables) => rescueMessage(locale, variables),
  second_administrator: secondAdministratorMessage,
  brake: brakeMessage,
  recovery_begun: recoveryMessage,
  takeover_staying: stayingMessage,
}
type Mails = typeof mails

/** A mail of the outbox, without its reader. */
export type Mail =
  | AccountNotice
  | { template: 'link'; variables: LinkVariables }
  | { template: AnnouncementTemplate; variables: { organization: string; username: string } }
  | { template: 'case'; variables: CaseVariables }
  | { template: 'onboarding'; variables: OnboardingVariables }
  | { template: 'takeover_claim'; variables: TakeoverVariables['claim'] }
  | { template: 'takeover'; variables: TakeoverVariables['member'] }
  | { template: 'rescue'; variables: RescueVariables }
  | { template: 'verification'; variables: VerificationVariables }
  | { template: 'case_help'; variables: CaseHelpVariables }
  | { template: 'case_provider'; variables: CaseHelpVariables }
  | { template: 'invitation'; variables: InvitationVariables }
  | { template: 'account_check'; variables: AccountCheckVariables }
  | { template: 'signup_invitation'; variables: SignupInvitationVariables }
  | { [T in keyof Mails]: { template: T; variables: Parameters<Mails[T]>[1] } }[keyof Mails]

/**
 * The words of a mail. Its variables are what was written beside its template, when it was queued. `secret`: the token of
 * its link, and behind a blank that of the link by which its reader stops such mails. `wording`: the company's own.
 */
export function messageOf(
  locale: Locale,
  mail: Mail & { secret: string; wording?: Wording | undefined },
  origin: string,
  places: Places | undefined,
): Text {
  const [secret = '', stop] = mail.secret.split(' ')
  const standard = wordsOf(locale, { ...mail, secret }, origin, places)
  const message = mail.wording ? reworded(standard, mail.wording, valuesOf(locale, mail)) : standard
  if (stop === undefined) return message
  const link = `${origin}/links/${stop}`
  return {
    ...message,
    unsubscribe: link,
    text: `${message.text}\n${locale.t('messages.code.stop', { link })}\n`,
  }
}

function wordsOf(locale: Locale, mail: Mail & { secret: string }, origin: string, places: Places | undefined): Text {
  if (mail.template === 'invitation') return invitationMessage(locale, mail.variables, `${origin}/links/${mail.secret}`)
  if (mail.template === 'account_check')
    return accountCheckMessage(locale, mail.variables, `${origin}/links/${mail.secret}`)
  if (mail.template === 'signup_invitation')
    return signupInvitationMessage(locale, mail.variables, `${origin}/links/${mail.secret}`)
  if (mail.template === 'link') return linkMessage(locale, mail.variables, `${origin}/links/${mail.secret}`)
  if (mail.template === 'case_help')
    return caseHelpMessage(locale, mail.variables, `${origin}/cases/${mail.variables.number}`)
  if (mail.template === 'takeover_claim') return claimMessage(locale, mail.variables, `${origin}/links/${mail.secret}`)
  if (mail.template === 'takeover') return takeoverMessage(locale, mail.variables, `${origin}/links/${mail.secret}`)
  if (mail.template === 'rescue') return rescueMessage(locale, mail.variables, `${origin}/links/${mail.secret}`)
  if (mail.template === 'verification')
    return verificationMessage(locale, mail.variables, `${origin}/links/${mail.secret}`)
  if (mail.template === 'case_provider')
    return caseProviderMessage(locale, mail.variables, `${origin}/links/${mail.secret}`)
  if (mail.template === 'case') return caseMessage(locale, mail.variables, `${origin}/links/${mail.secret}`)
  if (mail.template === 'onboarding') return onboardingMessage(locale, mail.variables, `${origin}/links/${mail.secret}`)
  if (isAnnouncement(mail.template))
    return announcementMessage(locale, mail.template, mail.variables as { organization: string; username: string }, {
      origin,
      stop: mail.secret,
    })
  if (!Object.hasOwn(mails, mail.template)) return noticeMessage(locale, mail as AccountNotice, origin, places)
  return mails[mail.template as keyof Mails](locale, mail.variables as never, places)
}
