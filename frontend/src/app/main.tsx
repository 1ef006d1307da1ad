import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { setRequestLanguage } from '../shared/api/client';
import { setupI18n } from '../shared/i18n/setup';
import { firstLanguage, usePreferences } from '../shared/lib/preferences.store';
import { App } from './App';
import { loadCatalogue } from './i18n';
import { installStyleNonce } from './styleNonce';
import './tokens.css';

const nonce = installStyleNonce();
const root = document.getElementById('root');
if (root === null) throw new Error('the page has no root element');

const i18n = await setupI18n(firstLanguage(usePreferences.getState().language), loadCatalogue);
setRequestLanguage(() => i18n.language);

createRoot(root).render(
  <StrictMode>
    <App nonce={nonce} />
  </StrictMode>,
);
