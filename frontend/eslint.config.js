import hooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';
import { readdirSync } from 'node:fs';

const features = readdirSync(new URL('./src/features', import.meta.url), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

const inert = { selector: 'JSXAttribute[name.name="dangerouslySetInnerHTML"]', message: 'Text from servers is rendered inert.' };

// A feature reaches another one only by a route link; what two need lives in shared or model.
const islands = features.map((name) => ({
  files: [`src/features/${name}/**/*.{ts,tsx}`],
  rules: {
    'no-restricted-imports': ['error', {
      patterns: [
        {
          group: [...features.filter((other) => other !== name).map((other) => `**/features/${other}/**`), '**/app/**', '~/app/**'],
          message: 'A feature imports shared and model only.',
        },
        // ../<other>/x from src/features/<name>/ leaves the feature.
        { regex: `^(\\.\\./)+(${features.filter((other) => other !== name).join('|') || '-'})/`, message: 'A feature imports shared and model only.' },
      ],
    }],
  },
}));

export default tseslint.config(
  { ignores: ['dist', 'node_modules'] },
  ...tseslint.configs.recommended,
  hooks.configs.flat.recommended,
  {
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-console': 'error',
      'no-restricted-properties': ['error', { property: 'dangerouslySetInnerHTML', message: 'Text from servers is rendered inert.' }],
      'no-restricted-syntax': ['error', inert],
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: ['src/shared/**/*.{ts,tsx}', 'src/model/**/*.{ts,tsx}'],
    rules: {
      'no-restricted-imports': ['error', { patterns: [{ group: ['**/features/**', '~/features/**', '~/app/**', '**/app/*'], message: 'shared and model know no feature.' }] }],
    },
  },
  {
    files: ['src/model/**/*.{ts,tsx}', 'src/**/model/**/*.ts'],
    ignores: ['**/*.test.*'],
    rules: {
      'no-restricted-imports': ['error', { patterns: [{ group: ['react', 'react-dom', 'antd', '@xyflow/*'], message: 'Models are plain code.' }] }],
    },
  },
  ...islands,
  {
    // The designer keeps a draft of what is typed in it and has a place of its own where a part is missing.
    files: ['src/features/**/*.tsx'],
    ignores: ['src/features/designer/**'],
    rules: {
      'no-restricted-syntax': ['error', inert, { selector: 'JSXOpeningElement[name.name="Suspense"]', message: 'A part that comes later is wrapped in Later: without its code the page stays, and what was typed there.' }],
    },
  },
  { files: ['**/*.test.{ts,tsx}', 'e2e/**'], rules: { 'max-lines': ['error', 600] } },
  { files: ['**/*.gen.d.ts'], rules: { 'max-lines': 'off' } },
  { files: ['scripts/**', 'e2e/**'], rules: { 'no-console': 'off' } },
);
