import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Json } from '~/shared/api/types';
import { Banner } from '~/shared/ui/Banner';
import { CodeEditor } from '~/shared/ui/CodeEditor';
import { Dialog } from '~/shared/ui/Dialog';
import { isObject } from '~/model/document';
import { formatJson, parseLossless } from '~/model/lossless';
import { editSample, sampleOf } from './useTest';

/** The JSON object that a text is; undefined for anything else. */
export function readRecord(text: string): Json | undefined {
  try {
    const found = parseLossless(text);
    return isObject(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

/** The chosen document of a sample as text, to try what the system does not have. */
export default function EditSample({ source, onClose }: { source: string; onClose: () => void }) {
  const { t } = useTranslation('designer');
  const [text, setText] = useState(() => formatJson(sampleOf(source)));
  const [wrong, setWrong] = useState<string>();
  const use = () => {
    const item = readRecord(text);
    if (item === undefined) {
      setWrong(t('sample.notRecord'));
      return;
    }
    void editSample(source, item);
    onClose();
  };
  return (
    <Dialog title={t('sample.editTitle')} size="large" submit={t('sample.use')} cancel={t('dialog.cancel')} dismissable={false} onSubmit={use} onClose={onClose}>
      <p>{t('sample.editText')}</p>
      {wrong !== undefined && <Banner tone="err" title={wrong} />}
      <CodeEditor
        value={text}
        language="json"
        label={t('sample.editTitle')}
        height={420}
        onChange={(next) => {
          setText(next);
          setWrong(undefined);
        }}
      />
    </Dialog>
  );
}
