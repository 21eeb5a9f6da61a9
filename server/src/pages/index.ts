export { type Asset, assets, assetTypes, favicon, productColor, scriptHrefs } from './assets.ts'
export {
  Badge,
  Banner,
  type BannerProps,
  CopyButton,
  DataTable,
  Day,
  DefinitionList,
  Details,
  HelpLink,
  Identity,
  Lead,
  Masked,
  MethodList,
  MethodRow,
  Panel,
  QrCode,
  Sentence,
  StepList,
  Timeline,
  TitledList,
  type Tone,
} from './blocks.tsx'
export { brandStyle, readabilityOf } from './brand.ts'
export { Choice, Choices, PasskeyChoice, Undelivered, Waited } from './choices.tsx'
export { CodeSheet } from './codeSheet.tsx'
export { type PageProps, renderPage } from './document.tsx'
export {
  Checkbox,
  CodeField,
  ErrorTemplate,
  FileField,
  PasswordField,
  PhoneField,
  RadioCards,
  RecoveryCodeField,
  SelectField,
  TextArea,
  TextField,
  UserCodeField,
} from './fields.tsx'
export { Actions, Button, Form, type FormError } from './form.tsx'
export type { IconName } from './icons.tsx'
export { mailDocument } from './mail.tsx'
export { NewPassword } from './newPassword.tsx'
export { PasskeyForm, PasskeysOnRecord, PasskeyUnknown, PasskeyWay, PasskeyWithout } from './passkey.tsx'
