/**
 * The one description of how our TypeScript becomes JavaScript. The build and Jest both use it, so a test
 * runs the code that ships: decorators as NestJS expects them, no emitted metadata, ES modules, ES2023.
 */
export const swcOptions = Object.freeze({
  swcrc: false,
  configFile: false,
  jsc: {
    target: 'es2023',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: false, useDefineForClassFields: false, verbatimModuleSyntax: false },
    keepClassNames: true,
  },
  module: { type: 'es6' },
});
