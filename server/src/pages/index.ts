export { type Asset, assets, productColor, type ScriptName, scriptHrefs, styleSheet } from './assets.ts'
export {
  Badge,
  Banner,
  type BannerProps,
  DataTable,
  type DataTableProps,
  Day,
  DefinitionList,
  Details,
  Identity,
  Lead,
  Masked,
  MethodList,
  MethodRow,
  type MethodRowProps,
  Panel,
  type PanelProps,
  QrCode,
  type QrCodeProps,
  Sentence,
  Steps,
  type StepsProps,
  Timeline,
  type TimelineItem,
  type Tone,
} from './blocks.tsx'
export { brandStyle } from './brand.ts'
export { Choice, type ChoiceProps, Choices, Undelivered, Waited } from './choices.tsx'
export { type PageProps, renderPage } from './document.tsx'
export {
  Checkbox,
  type CheckboxProps,
  CodeField,
  ErrorTemplate,
  type FieldProps,
  PasswordField,
  type PasswordFieldProps,
  PhoneField,
  type PhoneFieldProps,
  RadioCards,
  type RadioCardsProps,
  SelectField,
  type SelectFieldProps,
  TextField,
  type TextFieldProps,
} from './fields.tsx'
export {
  Actions,
  Button,
  type ButtonProps,
  ErrorSummary,
  Form,
  type FormError,
  type FormProps,
  fieldId,
} from './form.tsx'
export { Icon, type IconName } from './icons.tsx'
export { NewPassword, type NewPasswordProps } from './newPassword.tsx'
