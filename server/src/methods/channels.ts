import type { Channel } from '../notifications/index.ts'
import { isChannelOn, isMethodOn, type MethodKind, type MethodsOn } from '../policies/index.ts'
import { methods } from './catalogue.ts'

/** The channels by which codes of this kind travel: those that are on. Of a method that is off, which can only guard its owner's security info, all. */
export const channelsOf = (kind: MethodKind, on: MethodsOn): Channel[] =>
  methods[kind].channels.filter(channel => isChannelOn(channel, on) || !isMethodOn(kind, on))
