export {
  addLocalization,
  beginBranding,
  changeBranding,
  findBrandingVersion,
  findImage,
  type Localization,
  type Look,
  type Looks,
  localizationsOf,
  looksFor,
  putImage,
  readLocale,
  removeBranding,
  removeImage,
} from './branding.ts'
export {
  findTriedPicture,
  openPreview,
  saveTriedPicture,
  sealPreview,
  type TriedPictures,
  tryPicture,
  withPreview,
} from './brandingPreviews.ts'
export { contestDomain } from './contest.ts'
export { type Dns, openDns } from './dns.ts'
export { addDomain, type Domain, deleteDomain, getProof, listDomains, makeDefault, newDomainProof } from './domains.ts'
export { lookLengths } from './entities.ts'
export { forPeople } from './errors.ts'
export { type ImageKind, imageKinds, limitsFor } from './images.ts'
export { actOfKeeper } from './keeper.ts'
export { reservedNames } from './names.ts'
export {
  domainsWith,
  loseDomains,
  passDomains,
  readDomains,
  restoreDomains,
  settleDomains,
  takeDomains,
} from './passing.ts'
export { changeProfile } from './profile.ts'
export { type Check, isDoubtful, keptCheck, verifyDomain } from './proof.ts'
export { HYGIENE, nextCheckOf } from './schedule.ts'
