/** The failpoints of this library, which every process has; a role names its own (`Role.failpoints`). */
export const platformFailpoints = [
  'journal.before-append',
  'journal.after-append',
  'journal.before-publish',
  'relay.before-watermark',
  'reader.after-effect',
] as const;
